use super::operations::bottleneck;
use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::NasBenchMacroSpace;

/// Channels of the eight stages, as multiples of those of the stem. Where they grow, the resolution is halved.
const WIDTHS: [usize; 8] = [2, 2, 4, 4, 4, 8, 8, 8];
/// Channels before the classifier, as a multiple of those of the stem.
const LAST_WIDTH: usize = 40;

/// The network of NAS-Bench-Macro (Su et al., CVPR 2021, appendix): a 3×3 convolution, eight stages, a 1×1 convolution.
///
/// Its 32 channels are `channels = 32`; `cells` has no part in it, as the space has its own depth. An identity that changes the size
/// is a 1×1 convolution with batch norm.
pub(crate) fn nas_bench_macro(space: &NasBenchMacroSpace, chain: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    let mut plan = PlanBuilder::new(image);
    let mut state = plan.single(0, 1, Input::new(plan.image(), convolution(config.channels, 3, config.stem_stride)));
    for (stage, (width, bottleneck)) in WIDTHS.into_iter().zip(space.bottlenecks(chain)).enumerate() {
        state = block(&mut plan, 1 + stage, state, width * config.channels, bottleneck);
    }
    plan.single(1 + WIDTHS.len(), 0, Input::new(state, convolution(LAST_WIDTH * config.channels, 1, 1)));
    plan.finish()
}

fn convolution(output: usize, kernel: usize, stride: usize) -> [Layer; 3] {
    [Layer::Convolution { output, kernel, stride }, Layer::Norm, Layer::Relu6]
}

/// A stage: a bottleneck of some expansion and kernel, or the identity.
fn block(plan: &mut PlanBuilder, layer: usize, state: Key, output: usize, choice: Option<(usize, usize)>) -> Key {
    let input = state.shape.channels;
    let grows = output != input;
    let stride = if grows { 2 } else { 1 };
    let mut inputs: Vec<Input> = choice
        .map(|(expansion, kernel)| Input::new(state, bottleneck([input, output], expansion, kernel, stride)))
        .into_iter()
        .collect();
    match (grows, inputs.is_empty()) {
        (false, _) => inputs.push(Input::wire(state)),
        (true, true) => inputs.push(Input::new(state, [Layer::Convolution { output, kernel: 1, stride }, Layer::Norm])),
        (true, false) => {}
    }
    plan.sum(layer, 0, state.shape.with_channels(output).strided(stride), inputs)
}
