use super::operations::{self, relu_conv_norm};
use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::{EdgeCellSpace, MacroModule, TransNasMacroSpace};

/// Modules of a micro network: 4, 1, 4, 1, 4 in the digits of the macro space.
const MICRO: [MacroModule; 5] = [BOTH, PLAIN, BOTH, PLAIN, BOTH];
const PLAIN: MacroModule = MacroModule { doubles: false, halves: false };
const BOTH: MacroModule = MacroModule { doubles: true, halves: true };

/// The classification network of a micro cell of TransNAS-Bench-101 (Duan et al., CVPR 2021, section 3): a stem of two 3×3 convolutions,
/// then five modules of cells, of which the first, third and fifth double the channels and halve the resolution.
///
/// Its 64 channels and two cells a module are `channels = 64` and `cells = 10`.
pub(crate) fn transnas_micro(space: &EdgeCellSpace, cell: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    modules(&MICRO, config, image, &|plan, layer, state, output| micro_cell(plan, layer, state, output, space, cell))
}

/// The classification network of a chain of the macro space of TransNAS-Bench-101: the same stem, then the modules of the chain, made
/// of residual blocks of two 3×3 convolutions.
///
/// Its 64 channels and two blocks a module are `channels = 64` and `cells = 10`.
pub(crate) fn transnas_macro(space: &TransNasMacroSpace, chain: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    modules(&space.modules(chain), config, image, &basic_block)
}

/// Brings a state to an output shape.
type Block<'a> = dyn Fn(&mut PlanBuilder, usize, Key, Shape) -> Key + 'a;

/// A fifth of the configured cells for each module, at least one; the first of them changes the size.
fn modules(modules: &[MacroModule], config: &NetworkConfig, image: Shape, block: &Block<'_>) -> Plan {
    let mut plan = PlanBuilder::new(image);
    let (channels, stride) = (config.channels, config.stem_stride);
    let half = channels.div_ceil(2);
    let stem = [
        Layer::Convolution { output: half, kernel: 3, stride },
        Layer::Norm,
        Layer::Relu,
        Layer::Convolution { output: channels, kernel: 3, stride },
        Layer::Norm,
    ];
    let mut state = plan.single(0, 1, Input::new(plan.image(), stem));
    let repeats = (config.cells / MICRO.len()).max(1);
    for (number, module) in modules.iter().enumerate() {
        let channels = state.shape.channels * if module.doubles { 2 } else { 1 };
        let output = state.shape.with_channels(channels).strided(if module.halves { 2 } else { 1 });
        for repeat in 0..repeats {
            state = block(&mut plan, 1 + number * repeats + repeat, state, output);
        }
    }
    plan.finish()
}

/// The cell of NAS-Bench-201, whose edges from the input bring it to the size of the output.
fn micro_cell(
    plan: &mut PlanBuilder,
    layer: usize,
    state: Key,
    output: Shape,
    space: &EdgeCellSpace,
    cell: &Architecture,
) -> Key {
    let edges: Vec<_> = space.edges(cell).collect();
    let last = edges.iter().map(|edge| edge.1).max().unwrap_or(0);
    let mut nodes = vec![state];
    for node in 1..=last {
        let arriving = edges.iter().filter(|edge| edge.1 == node);
        let inputs = arriving.flat_map(|&(source, _, name)| match nodes[source].shape == output {
            true => operations::inputs(name, nodes[source]),
            false => resizing(name, nodes[source], output),
        });
        let inputs = inputs.collect();
        nodes.push(plan.sum(layer, node, output, inputs));
    }
    nodes[last]
}

/// An operation of a micro cell that halves the resolution or changes the channels.
fn resizing(name: &str, source: Key, output: Shape) -> Vec<Input> {
    let channels = output.channels;
    let stride = if output.with_channels(0) == source.shape.with_channels(0) { 1 } else { 2 };
    let layers = match (name, stride) {
        ("none", _) => return Vec::new(),
        ("nor_conv_3x3", _) => relu_conv_norm(channels, 3, stride),
        ("skip_connect", 2) => vec![Layer::FactorizedReduce { output: channels }],
        _ => relu_conv_norm(channels, 1, stride),
    };
    vec![Input::new(source, layers)]
}

/// A residual block of two 3×3 convolutions (He et al., CVPR 2016); a 1×1 convolution beside them where the size changes.
fn basic_block(plan: &mut PlanBuilder, layer: usize, state: Key, output: Shape) -> Key {
    let stride = if output.with_channels(0) == state.shape.with_channels(0) { 1 } else { 2 };
    let convolution = |kernel, stride| Layer::Convolution { output: output.channels, kernel, stride };
    let both = [convolution(3, stride), Layer::Norm, Layer::Relu, convolution(3, 1), Layer::Norm];
    let beside = match state.shape == output {
        true => Input::wire(state),
        false => Input::new(state, [convolution(1, stride), Layer::Norm]),
    };
    let sum = plan.sum(layer, 0, output, vec![Input::new(state, both), beside]);
    plan.single(layer, 1, Input::new(sum, [Layer::Relu]))
}
