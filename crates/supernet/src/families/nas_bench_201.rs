use super::operations::{self, relu_conv_norm};
use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::EdgeCellSpace;

/// The network of a cell of NAS-Bench-201 (Dong and Yang, ICLR 2020, section 2.1): a 3×3 convolution with batch norm, then three
/// stages of cells with a residual block of stride 2 and twice the channels between them, batch norm and ReLU.
///
/// Its 16 channels and five cells a stage are `channels = 16` and `cells = 17`, the two residual blocks included; where they are is
/// for [`NetworkConfig::is_reduction`] to say.
pub(crate) fn nas_bench_201(space: &EdgeCellSpace, cell: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    let mut plan = PlanBuilder::new(image);
    let stem = [Layer::Convolution { output: config.channels, kernel: 3, stride: config.stem_stride }, Layer::Norm];
    let mut state = plan.single(0, 1, Input::new(plan.image(), stem));
    for depth in 0..config.cells {
        let layer = 1 + depth;
        state = match config.is_reduction(depth) {
            true => residual_block(&mut plan, layer, state),
            false => edge_cell(&mut plan, layer, state, space, cell),
        };
    }
    plan.single(1 + config.cells, 0, Input::new(state, [Layer::Norm, Layer::Relu]));
    plan.finish()
}

/// A residual block that halves the resolution and doubles the channels: two 3×3 convolutions, beside a mean over 2×2 pixels with a
/// 1×1 convolution (the `ResNetBasicblock` of the benchmark's code).
pub(crate) fn residual_block(plan: &mut PlanBuilder, layer: usize, state: Key) -> Key {
    let output = 2 * state.shape.channels;
    let first = plan.single(layer, 0, Input::new(state, relu_conv_norm(output, 3, 2)));
    let beside = [Layer::Pool { is_max: false, kernel: 2, stride: 2 }, Layer::Convolution { output, kernel: 1, stride: 1 }];
    let inputs = vec![Input::new(first, relu_conv_norm(output, 3, 1)), Input::new(state, beside)];
    plan.sum(layer, 1, first.shape, inputs)
}

/// Every node adds what its edges bring.
fn edge_cell(plan: &mut PlanBuilder, layer: usize, state: Key, space: &EdgeCellSpace, cell: &Architecture) -> Key {
    let mut nodes = vec![state];
    let edges: Vec<_> = space.edges(cell).collect();
    let last = edges.iter().map(|edge| edge.1).max().unwrap_or(0);
    for node in 1..=last {
        let arriving = edges.iter().filter(|edge| edge.1 == node);
        let inputs = arriving.flat_map(|&(source, _, name)| operations::inputs(name, nodes[source])).collect();
        nodes.push(plan.sum(layer, node, state.shape, inputs));
    }
    nodes[last]
}
