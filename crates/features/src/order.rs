use crate::adjacency::Adjacency;
use crate::hash::mix;
use bonas_core::CellGraph;
use std::cmp::Reverse;

/// What makes nodes come early: few nodes before them, many after them, then their degrees, then all of the wiring around them,
/// then all of the operations around them.
type Place = (usize, Reverse<usize>, usize, usize, u64, u64);

/// The same graph with its nodes in an order that depends on nothing but the graph: isomorphic graphs become equal. For
/// encodings that see positions, such as a flattened adjacency matrix.
///
/// Nodes are ordered by their place in the wiring before their operations are looked at, so that graphs of one wiring keep
/// the same positions. Places are told apart by colour refinement in both directions; where nodes stay equal, one is singled
/// out and the refinement goes on. Nodes that refinement can't tell apart are interchangeable in all but highly regular
/// graphs of a dozen nodes and more; only there the given order shows through.
pub fn canonical_order(graph: &CellGraph) -> CellGraph {
    let adjacency = Adjacency::of(graph);
    let mut colours = Colours::of(graph, &adjacency);
    let order = loop {
        let mut order: Vec<usize> = (0..graph.node_count()).collect();
        order.sort_by_key(|&node| colours.place(node));
        match order.windows(2).find(|pair| colours.place(pair[0]) == colours.place(pair[1])) {
            Some(tied) => colours.single_out(tied[0], &adjacency),
            None => break order,
        }
    };
    let mut position = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &node)| position[node] = place);
    let operations = order.iter().map(|&node| graph.operations()[node]).collect();
    let edges = graph.edges().iter().map(|&(from, to)| (position[from], position[to])).collect();
    CellGraph::new(operations, edges, graph.vocabulary()).expect("more nodes lie before the target of an edge than its source")
}

/// What is known of every node.
struct Colours {
    /// Longest way from a node without sources.
    depth: Vec<usize>,
    /// Longest way to a node without targets.
    height: Vec<usize>,
    degrees: Vec<(usize, usize)>,
    /// Of the wiring alone.
    wiring: Vec<u64>,
    /// Of the operations as well.
    full: Vec<u64>,
}

impl Colours {
    fn of(graph: &CellGraph, adjacency: &Adjacency) -> Self {
        let count = graph.node_count();
        let (mut depth, mut height) = (vec![0; count], vec![0; count]);
        for node in 0..count {
            depth[node] = adjacency.sources[node].iter().map(|&source| depth[source] + 1).max().unwrap_or(0);
        }
        for node in (0..count).rev() {
            height[node] = adjacency.targets[node].iter().map(|&target| height[target] + 1).max().unwrap_or(0);
        }
        let degrees = (0..count).map(|node| (adjacency.sources[node].len(), adjacency.targets[node].len())).collect();
        let wiring = refined(vec![0; count], adjacency);
        let typed = wiring.iter().zip(graph.operations()).map(|(&colour, &operation)| mix(colour, operation as u64)).collect();
        Self { depth, height, degrees, wiring, full: refined(typed, adjacency) }
    }

    fn place(&self, node: usize) -> Place {
        let (sources, targets) = self.degrees[node];
        (self.depth[node], Reverse(self.height[node]), sources, targets, self.wiring[node], self.full[node])
    }

    fn single_out(&mut self, node: usize, adjacency: &Adjacency) {
        self.full[node] = mix(self.full[node], 1);
        self.full = refined(std::mem::take(&mut self.full), adjacency);
    }
}

/// Colours after as many rounds of refinement as can tell nodes apart: every round mixes in the colours around a node, those of
/// sources and of targets apart, each as a sum, which has no order.
fn refined(mut colours: Vec<u64>, adjacency: &Adjacency) -> Vec<u64> {
    let mut classes = count_distinct(&colours);
    loop {
        let around =
            |neighbours: &[usize]| neighbours.iter().fold(0_u64, |sum, &neighbour| sum.wrapping_add(mix(0, colours[neighbour])));
        let next: Vec<u64> = (0..colours.len())
            .map(|node| mix(mix(colours[node], around(&adjacency.sources[node])), around(&adjacency.targets[node])))
            .collect();
        let found = count_distinct(&next);
        colours = next;
        if found == classes {
            return colours;
        }
        classes = found;
    }
}

fn count_distinct(colours: &[u64]) -> usize {
    let mut sorted = colours.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{graph_and_relabelling, relabelled};
    use proptest::prelude::*;

    #[test]
    fn graphs_of_one_wiring_keep_their_positions() {
        // A line graph of NAS-Bench-201: every place has a wiring of its own.
        let wires = vec![(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)];
        let ordered =
            |operations: [usize; 8]| canonical_order(&CellGraph::new(operations.to_vec(), wires.clone(), 9).expect("valid"));
        let places = ordered([0, 1, 2, 3, 4, 5, 6, 7]).operations().to_vec();
        let other = ordered([8, 5, 5, 1, 0, 3, 3, 2]);
        let moved: Vec<usize> = places.iter().map(|&place| [8, 5, 5, 1, 0, 3, 3, 2][place]).collect();
        assert_eq!(other.operations(), moved);
    }

    #[test]
    fn twins_and_symmetric_branches_are_ordered() {
        let twins = CellGraph::new(vec![0, 1, 1, 1, 2], vec![(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)], 3).expect("valid");
        assert_eq!(canonical_order(&twins), twins);
        let branches = CellGraph::new(vec![1, 1, 2, 2], vec![(0, 2), (1, 3)], 3).expect("valid");
        let crossed = CellGraph::new(vec![1, 1, 2, 2], vec![(0, 3), (1, 2)], 3).expect("valid");
        assert_eq!(canonical_order(&branches), canonical_order(&crossed));
    }

    proptest! {
        #[test]
        fn isomorphic_graphs_become_equal((graph, seed) in graph_and_relabelling()) {
            let ordered = canonical_order(&graph);
            prop_assert_eq!(&canonical_order(&relabelled(&graph, seed)), &ordered);
            prop_assert_eq!(&canonical_order(&ordered), &ordered);
            prop_assert_eq!(ordered.edges().len(), graph.edges().len());
        }
    }
}
