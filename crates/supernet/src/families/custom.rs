use super::nas_bench_201::residual_block;
use super::operations::{self, relu_conv_norm};
use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::{CustomCell, CustomNode, CustomSpace};

/// Cells whose names begin so are those that halve the resolution.
const REDUCTION: &str = "reduc";

/// An operation of the space that the library lacks.
pub(crate) fn missing_operation(space: &CustomSpace) -> Option<&str> {
    space.operations().iter().map(String::as_str).find(|name| !operations::is_known(name))
}

/// The network of an architecture of a space that its user describes.
///
/// * A 3×3 convolution with batch norm is the stem, batch norm and ReLU precede the classifier.
/// * Cells are stacked: `cells` layers, each of which is all cells of the architecture in a row. At one and two thirds of the depth
///   (see [`NetworkConfig::is_reduction`]) stand those whose names begin with "reduc" instead, whose inputs are brought to half the
///   resolution and twice the channels; or, if there are none, a residual block that does the same.
/// * A chain stands between stem and cells. Without cells, it has residual blocks at one and two thirds of its own length.
/// * A cell with several inputs reads the layers before it, the nearest as its last input, brought to one size; the outputs of a cell
///   are concatenated where the output collects nodes, else added.
pub(crate) fn custom(space: &CustomSpace, architecture: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    let parts = space.cells(architecture);
    let (reductions, normals): (Vec<&CustomCell<'_>>, Vec<&CustomCell<'_>>) =
        parts.iter().filter(|part| !part.is_chain).partition(|cell| cell.name.to_lowercase().starts_with(REDUCTION));
    let mut plan = PlanBuilder::new(image);
    let stem = [Layer::Convolution { output: config.channels, kernel: 3, stride: config.stem_stride }, Layer::Norm];
    let stem = plan.single(0, 1, Input::new(plan.image(), stem));
    let mut network = Stack { plan, channels: config.channels, states: vec![stem], layer: 0 };
    let has_cells = !(reductions.is_empty() && normals.is_empty());
    for chain in parts.iter().filter(|part| part.is_chain) {
        network.chain(chain, !has_cells);
    }
    let depth = if has_cells { config.cells } else { 0 };
    for depth in 0..depth {
        match config.is_reduction(depth) {
            true if reductions.is_empty() => network.reduce(),
            true => {
                network.channels *= 2;
                reductions.iter().enumerate().for_each(|(number, cell)| network.cell(cell, number == 0));
            }
            false => normals.iter().for_each(|cell| network.cell(cell, false)),
        }
    }
    network.finish()
}

/// A network on its way up.
struct Stack {
    plan: PlanBuilder,
    channels: usize,
    /// The results of all layers, that of the stem first.
    states: Vec<Key>,
    layer: usize,
}

impl Stack {
    fn newest(&self) -> Key {
        self.states[self.states.len() - 1]
    }

    fn reduce(&mut self) {
        self.layer += 1;
        self.channels *= 2;
        // A cell may have collected more channels than half of what is wanted.
        let state = match self.newest() {
            state if 2 * state.shape.channels == self.channels => state,
            state => self.plan.single(self.layer, 0, Input::new(state, relu_conv_norm(self.channels / 2, 1, 1))),
        };
        self.layer += 1;
        self.states.push(residual_block(&mut self.plan, self.layer, state));
    }

    fn chain(&mut self, chain: &CustomCell<'_>, reduces: bool) {
        let stages: Vec<&str> = chain.nodes.iter().filter_map(|node| node.operation).collect();
        for (index, name) in stages.iter().enumerate() {
            let thirds = [stages.len() / 3, 2 * stages.len() / 3];
            for _ in thirds.iter().filter(|&&place| reduces && place == index) {
                self.reduce();
            }
            self.layer += 1;
            let state = self.newest();
            let inputs = operations::inputs(name, state);
            self.states.push(self.plan.sum(self.layer, 0, state.shape, inputs));
        }
    }

    /// Adds a cell, at half the resolution of the newest state if it `halves`.
    fn cell(&mut self, cell: &CustomCell<'_>, halves: bool) {
        self.layer += 1;
        let shape = self.newest().shape.with_channels(self.channels).strided(if halves { 2 } else { 1 });
        let known = self.states.len();
        let mut nodes: Vec<Key> = (0..cell.inputs)
            .map(|input| {
                // Before the first layers, the stem stands for what is missing.
                let state = self.states[(known + input).saturating_sub(cell.inputs).min(known - 1)];
                match state.shape == shape {
                    true => state,
                    false => self.plan.single(self.layer, input, Input::new(state, resizing(state.shape, shape))),
                }
            })
            .collect();
        let output = cell.nodes.len() - 1;
        for (index, node) in cell.nodes.iter().enumerate() {
            let place = cell.inputs + 2 * index;
            nodes.push(match index == output && cell.collects {
                true => {
                    let inputs = node.sources.iter().map(|&(source, _)| Input::wire(nodes[source])).collect();
                    self.plan.concatenation(self.layer, place, inputs)
                }
                false => self.node(place, node, &nodes, shape),
            });
        }
        self.states.push(nodes[nodes.len() - 1]);
    }

    /// A node adds what it reads, each by the operation of its edge; then follows its own operation.
    fn node(&mut self, place: usize, node: &CustomNode<'_>, nodes: &[Key], shape: Shape) -> Key {
        let read = |&(source, operation): &(usize, Option<&str>)| match operation {
            Some(name) => operations::inputs(name, nodes[source]),
            None => vec![Input::wire(nodes[source])],
        };
        let sum = self.plan.sum(self.layer, place, shape, node.sources.iter().flat_map(read).collect());
        match node.operation {
            Some(name) => self.plan.sum(self.layer, place + 1, shape, operations::inputs(name, sum)),
            None => sum,
        }
    }

    fn finish(mut self) -> Plan {
        let last = self.newest();
        self.plan.single(self.layer + 1, 0, Input::new(last, [Layer::Norm, Layer::Relu]));
        self.plan.finish()
    }
}

/// Brings a map to a size that some halvings of it have.
fn resizing(from: Shape, to: Shape) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut shape = from;
    while shape.with_channels(0) != to.with_channels(0) {
        layers.push(Layer::FactorizedReduce { output: to.channels });
        shape = shape.with_channels(to.channels).strided(2);
    }
    if layers.is_empty() {
        layers = relu_conv_norm(to.channels, 1, 1);
    }
    layers
}
