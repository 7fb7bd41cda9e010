use bonas_core::CellGraph;
use std::collections::HashMap;

/// The states of the nodes of many graphs, each of those once that are equal by construction.
///
/// After l layers the state of a node depends on nothing but the operations at most l edges upstream. Nodes that have the same there (the
/// same colour of Weisfeiler and Lehman, along the edges) have the same state, in whatever graph they are: the inputs of all cells, or
/// all convolutions of an input. What they have in common is computed once, and weighs as often as it occurs.
pub(super) struct States {
    /// [layer][state]: the states of the layer below that are summed, and how often each. Those of layer 0 are features and sum nothing.
    sources: Vec<Vec<Vec<Source>>>,
    /// [layer][graph][node], the global node first.
    of_graphs: Vec<Vec<Vec<u32>>>,
}

/// A state of the layer below, and how often it is summed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) state: u32,
    pub(super) times: f32,
}

/// The states of some graphs, numbered within each layer.
pub(super) struct BatchStates {
    pub(super) layers: Vec<LayerStates>,
    /// State of the global node of every graph in the last layer.
    pub(super) global: Vec<u32>,
    /// Nodes of all graphs, the global ones included.
    pub(super) nodes: usize,
}

/// The states of one layer.
#[derive(Default)]
pub(super) struct LayerStates {
    /// Their numbers among the states of all graphs.
    pub(super) ids: Vec<u32>,
    /// How many nodes are in each.
    pub(super) nodes: Vec<f32>,
    /// What each sums, `sources[starts[state]..starts[state + 1]]`.
    starts: Vec<usize>,
    sources: Vec<Source>,
}

/// No number yet.
const NONE: u32 = u32::MAX;

impl States {
    /// The states of these graphs, of one vocabulary, in a network of so many layers.
    pub(super) fn new(graphs: &[CellGraph], vocabulary: usize, layers: usize) -> Self {
        let features = |graph: &CellGraph| {
            let operations = graph.operations().iter().map(|&operation| operation as u32);
            std::iter::once(vocabulary as u32).chain(operations).collect::<Vec<u32>>()
        };
        let mut states =
            Self { sources: vec![vec![Vec::new(); vocabulary + 1]], of_graphs: vec![graphs.iter().map(features).collect()] };
        let summed: Vec<Vec<Vec<usize>>> = graphs.iter().map(summed_nodes).collect();
        for layer in 0..layers {
            let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
            let mut sources = Vec::new();
            let mut number = |mut below: Vec<u32>| {
                below.sort_unstable();
                *numbers.entry(below).or_insert_with_key(|below| {
                    let run = |run: &[u32]| Source { state: run[0], times: run.len() as f32 };
                    sources.push(below.chunk_by(u32::eq).map(run).collect());
                    (sources.len() - 1) as u32
                })
            };
            let of_graphs = summed.iter().zip(&states.of_graphs[layer]).map(|(summed, below)| {
                summed.iter().map(|nodes| number(nodes.iter().map(|&node| below[node]).collect())).collect()
            });
            let of_graphs = of_graphs.collect();
            states.of_graphs.push(of_graphs);
            states.sources.push(sources);
        }
        states
    }

    /// The states of some of the graphs.
    pub(super) fn select(&self, graphs: &[usize]) -> BatchStates {
        let mut layers: Vec<LayerStates> = Vec::with_capacity(self.sources.len());
        let mut below: Vec<u32> = Vec::new();
        for (sources, of_graphs) in self.sources.iter().zip(&self.of_graphs) {
            let mut places = vec![NONE; sources.len()];
            let mut layer = LayerStates { starts: vec![0], ..LayerStates::default() };
            for &id in graphs.iter().flat_map(|&graph| &of_graphs[graph]) {
                let place = &mut places[id as usize];
                if *place == NONE {
                    *place = layer.ids.len() as u32;
                    layer.ids.push(id);
                    layer.nodes.push(0.0);
                    let numbered = |source: &Source| Source { state: below[source.state as usize], ..*source };
                    layer.sources.extend(sources[id as usize].iter().map(numbered));
                    layer.starts.push(layer.sources.len());
                }
                layer.nodes[*place as usize] += 1.0;
            }
            layers.push(layer);
            below = places;
        }
        let last = self.of_graphs.last().into_iter().flat_map(|last| graphs.iter().map(move |&graph| &last[graph]));
        let (global, nodes) = last.fold((Vec::new(), 0), |(mut global, nodes), of_graph| {
            global.push(below[of_graph[0] as usize]);
            (global, nodes + of_graph.len())
        });
        BatchStates { layers, global, nodes }
    }
}

impl LayerStates {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// What a state sums.
    pub(super) fn sources(&self, state: usize) -> &[Source] {
        &self.sources[self.starts[state]..self.starts[state + 1]]
    }
}

/// Which nodes each node sums: itself and those before it; the global one, which comes first, all.
fn summed_nodes(graph: &CellGraph) -> Vec<Vec<usize>> {
    let nodes = graph.node_count() + 1;
    let mut summed: Vec<Vec<usize>> = (0..nodes).map(|node| vec![node]).collect();
    summed[0] = (0..nodes).collect();
    for &(from, to) in graph.edges() {
        summed[to + 1].push(from + 1);
    }
    summed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_upstream_is_one_state() {
        // Two chains that begin alike: 0 → 1 → 2 and 0 → 1 → 1.
        let chain = |last| CellGraph::new(vec![0, 1, last], vec![(0, 1), (1, 2)], 3).expect("valid");
        let states = States::new(&[chain(2), chain(1)], 3, 3);
        let batch = states.select(&[0, 1]);
        assert_eq!(batch.nodes, 8);
        // Features: three operations and the global node. Then the first nodes are one state, and the second ones; after one layer
        // the second node of a chain, whose source is 0, differs from a third with the same operation.
        let counts: Vec<usize> = batch.layers.iter().map(LayerStates::len).collect();
        assert_eq!(counts, [4, 6, 6, 6]);
        for layer in &batch.layers {
            assert_eq!(layer.nodes.iter().sum::<f32>(), 8.0);
        }
        assert_eq!(batch.layers[3].nodes.iter().filter(|&&nodes| nodes == 2.0).count(), 2);
        assert_ne!(batch.global[0], batch.global[1]);
        let global = batch.layers[1].sources(batch.layers[1].ids.iter().position(|&id| id == 0).expect("the first global node"));
        assert_eq!(global.iter().map(|source| source.times).sum::<f32>(), 4.0);
    }

    #[test]
    fn equal_graphs_share_everything_and_a_selection_is_numbered_anew() {
        let chain = CellGraph::new(vec![0, 1], vec![(0, 1)], 2).expect("valid");
        let other = CellGraph::new(vec![1, 1], vec![(0, 1)], 2).expect("valid");
        let states = States::new(&[other, chain.clone(), chain], 2, 2);
        let batch = states.select(&[2, 1]);
        assert_eq!(batch.global, [0, 0]);
        assert!(batch.layers.iter().all(|layer| layer.len() == 3 && layer.nodes == [2.0; 3]));
        for pair in batch.layers.windows(2) {
            let sources = (0..pair[1].len()).flat_map(|state| pair[1].sources(state));
            assert!(sources.into_iter().all(|source| (source.state as usize) < pair[0].len()));
        }
    }

    #[test]
    fn several_edges_between_equal_states_are_summed_that_often() {
        let fan = CellGraph::new(vec![0, 0, 1], vec![(0, 2), (1, 2)], 2).expect("valid");
        let batch = States::new(&[fan], 2, 1).select(&[0]);
        let last = &batch.layers[1];
        let third = last.ids.len() - 1;
        let mut times: Vec<f32> = last.sources(third).iter().map(|source| source.times).collect();
        times.sort_by(f32::total_cmp);
        assert_eq!(times, [1.0, 2.0]);
    }
}
