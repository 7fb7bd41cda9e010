use crate::feature::{Feature, counted};
use crate::hash::mix;
use bonas_core::CellGraph;

/// Apart from every other kind of feature.
const SALT: u64 = 0x7061_6972;

/// How often each operation occurs, and each pair of operations on the two ends of an edge. Sorted by key.
pub fn operations_and_pairs(graph: &CellGraph) -> Vec<Feature> {
    let operation = |node: usize| graph.operations()[node] as u64;
    let single = (0..graph.node_count()).map(|node| (mix(SALT, operation(node)), 1));
    let pairs = graph.edges().iter().map(|&(from, to)| (mix(mix(SALT, operation(from)), operation(to)), 2));
    counted(single.chain(pairs).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_and_directed_pairs_are_counted() {
        let graph = CellGraph::new(vec![0, 1, 1, 2], vec![(0, 1), (0, 2), (1, 3), (2, 3), (1, 2)], 3).expect("valid");
        let mut counts: Vec<(usize, f64)> =
            operations_and_pairs(&graph).iter().map(|feature| (feature.length, feature.count)).collect();
        counts.sort_by(|left, right| left.partial_cmp(right).expect("counts"));
        // Operations 0, 2 and twice 1; pairs 11 once, 01 and 12 twice each.
        assert_eq!(counts, [(1, 1.0), (1, 1.0), (1, 2.0), (2, 1.0), (2, 2.0), (2, 2.0)]);
        let reversed = CellGraph::new(vec![2, 1], vec![(0, 1)], 3).expect("valid");
        let forward = CellGraph::new(vec![1, 2], vec![(0, 1)], 3).expect("valid");
        assert_ne!(operations_and_pairs(&reversed), operations_and_pairs(&forward));
    }
}
