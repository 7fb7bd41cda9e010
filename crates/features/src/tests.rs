//! Graphs of every kind, and the same graphs with other names for their nodes.

use crate::{operations_and_pairs, paths};
use bonas_core::{CellGraph, SeedStream};
use proptest::prelude::*;
use rand::RngExt;

const VOCABULARY: usize = 3;

/// A graph of up to nine nodes with any forward edges, and a seed for [`relabelled`].
pub(crate) fn graph_and_relabelling() -> impl Strategy<Value = (CellGraph, u64)> {
    let graph = (1..=9_usize).prop_flat_map(|nodes| {
        let pairs = nodes * (nodes - 1) / 2;
        (proptest::collection::vec(0..VOCABULARY, nodes), proptest::collection::vec(any::<bool>(), pairs))
    });
    let graph = graph.prop_map(|(operations, present)| {
        let pairs = (1..operations.len()).flat_map(|to| (0..to).map(move |from| (from, to)));
        let edges = pairs.zip(present).filter(|(_, present)| *present).map(|(edge, _)| edge).collect();
        CellGraph::new(operations, edges, VOCABULARY).expect("edges run forward")
    });
    (graph, any::<u64>())
}

/// The same graph with its nodes in another topological order.
pub(crate) fn relabelled(graph: &CellGraph, seed: u64) -> CellGraph {
    let mut rng = SeedStream::new(seed).rng("relabel", 0);
    let count = graph.node_count();
    let mut place: Vec<Option<usize>> = vec![None; count];
    for next in 0..count {
        let free = |node: &usize| {
            let mut sources = graph.edges().iter().filter(|edge| edge.1 == *node);
            place[*node].is_none() && sources.all(|edge| place[edge.0].is_some())
        };
        let ready: Vec<usize> = (0..count).filter(free).collect();
        place[ready[rng.random_range(0..ready.len())]] = Some(next);
    }
    let place: Vec<usize> = place.into_iter().flatten().collect();
    let mut operations = vec![0; count];
    place.iter().zip(graph.operations()).for_each(|(&place, &operation)| operations[place] = operation);
    let edges = graph.edges().iter().map(|&(from, to)| (place[from], place[to])).collect();
    CellGraph::new(operations, edges, VOCABULARY).expect("a topological order")
}

proptest! {
    #[test]
    fn features_do_not_see_the_order_of_nodes((graph, seed) in graph_and_relabelling()) {
        let other = relabelled(&graph, seed);
        prop_assert_eq!(paths(&graph), paths(&other));
        prop_assert_eq!(operations_and_pairs(&graph), operations_and_pairs(&other));
    }
}
