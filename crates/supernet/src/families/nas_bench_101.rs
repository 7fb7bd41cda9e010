use super::operations::{self, conv_norm_relu};
use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::NasBench101Space;

/// The network of a cell of NAS-Bench-101 (Ying et al., ICML 2019, sections 2.1 and 2.2): a 3×3 convolution, then three stacks of
/// cells with 2×2 max pooling between them, after which the channels double.
///
/// Its 128 channels and three cells a stack are `channels = 128` and `cells = 11`, the two poolings included.
pub(crate) fn nas_bench_101(space: &NasBench101Space, cell: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    let cell = Cell::new(space, cell);
    let mut plan = PlanBuilder::new(image);
    let mut channels = config.channels;
    let mut state = plan.single(0, 1, Input::new(plan.image(), conv_norm_relu(channels, 3, config.stem_stride)));
    for depth in 0..config.cells {
        let layer = 1 + depth;
        state = match config.is_reduction(depth) {
            true => {
                channels *= 2;
                plan.single(layer, 0, Input::new(state, [Layer::Pool { is_max: true, kernel: 2, stride: 2 }]))
            }
            false => cell.build(&mut plan, layer, state, channels),
        };
    }
    plan.finish()
}

struct Cell {
    edges: Vec<(usize, usize)>,
    operations: Vec<&'static str>,
}

impl Cell {
    fn new(space: &NasBench101Space, cell: &Architecture) -> Self {
        Self { edges: space.edges(cell), operations: space.operations(cell) }
    }

    fn output(&self) -> usize {
        self.operations.len() + 1
    }

    fn sources(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.iter().filter(move |edge| edge.1 == vertex).map(|edge| edge.0)
    }

    /// Every vertex adds what it reads, cut to its own channels; what it reads from the cell's input is brought to them by a 1×1
    /// convolution. The output concatenates its vertices and adds the projected input, if it reads that.
    fn build(&self, plan: &mut PlanBuilder, layer: usize, input: Key, channels: usize) -> Key {
        let widths = self.widths(channels);
        let shape = input.shape.with_channels(channels);
        let projected = |width: usize| Input::new(input, conv_norm_relu(width, 1, 1));
        let mut vertices = vec![input];
        for (vertex, &width) in widths.iter().enumerate().skip(1) {
            let read = |source: usize| match source {
                0 => projected(width),
                _ if vertices[source].shape.channels == width => Input::wire(vertices[source]),
                _ => Input::new(vertices[source], [Layer::Truncate { channels: width }]),
            };
            let inputs = self.sources(vertex).map(read).collect();
            let sum = plan.sum(layer, 2 * vertex, shape.with_channels(width), inputs);
            let results = operations::inputs(self.operations[vertex - 1], sum);
            vertices.push(plan.sum(layer, 2 * vertex + 1, sum.shape, results));
        }
        let inner: Vec<Input> =
            self.sources(self.output()).filter(|&source| source > 0).map(|source| Input::wire(vertices[source])).collect();
        let reads_input = self.sources(self.output()).any(|source| source == 0);
        let last = 2 * self.output();
        match (inner.is_empty(), reads_input) {
            (true, _) => plan.single(layer, last, projected(channels)),
            (false, false) => plan.concatenation(layer, last, inner),
            (false, true) => {
                let concatenated = plan.concatenation(layer, last, inner);
                plan.sum(layer, last + 1, shape, vec![Input::wire(concatenated), projected(channels)])
            }
        }
    }

    /// Channels of every vertex but the output; those of the input are not used.
    ///
    /// The vertices that the output concatenates share its channels, the first of them one more where that does not come out even.
    /// All others have as many as the widest vertex that reads them.
    fn widths(&self, channels: usize) -> Vec<usize> {
        let output = self.output();
        let mut widths = vec![0; output];
        let concatenated: Vec<usize> = self.sources(output).filter(|&source| source > 0).collect();
        for (place, &vertex) in concatenated.iter().enumerate() {
            let more = usize::from(place < channels % concatenated.len());
            widths[vertex] = channels / concatenated.len() + more;
        }
        for vertex in (1..output).rev().filter(|vertex| !concatenated.contains(vertex)) {
            let readers = self.edges.iter().filter(|edge| edge.0 == vertex).map(|edge| edge.1);
            widths[vertex] = readers.filter(|&reader| reader < output).map(|reader| widths[reader]).max().unwrap_or(0);
        }
        widths
    }
}
