use bonas_core::CellGraph;
use std::collections::BTreeSet;

/// The cells of a graph: its connected components, each as its nodes in order, in the order of the operations of their
/// inputs.
///
/// The inputs of an architecture's cells have operation types of their own, so the order is the same for every architecture.
pub(super) fn components(graph: &CellGraph) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..graph.node_count()).collect();
    for &(from, to) in graph.edges() {
        let (left, right) = (find(&mut root, from), find(&mut root, to));
        root[left.max(right)] = left.min(right);
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); graph.node_count()];
    for node in 0..graph.node_count() {
        members[find(&mut root, node)].push(node);
    }
    let mut components: Vec<Vec<usize>> = members.into_iter().filter(|nodes| !nodes.is_empty()).collect();
    let fed: BTreeSet<usize> = graph.edges().iter().map(|edge| edge.1).collect();
    components.sort_by_cached_key(|nodes| {
        let inputs = nodes.iter().filter(|node| !fed.contains(node));
        let mut operations: Vec<usize> = inputs.map(|&node| graph.operations()[node]).collect();
        operations.sort_unstable();
        operations
    });
    components
}

fn find(root: &mut [usize], mut node: usize) -> usize {
    while root[node] != node {
        root[node] = root[root[node]];
        node = root[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_and_ordered_by_their_inputs() {
        let graph = CellGraph::new(vec![3, 1, 0, 2, 0], vec![(0, 2), (1, 3), (1, 4)], 4).expect("valid");
        assert_eq!(components(&graph), [vec![1, 3, 4], vec![0, 2]]);
        let one = CellGraph::new(vec![0, 1, 1], vec![(0, 2), (1, 2)], 2).expect("valid");
        assert_eq!(components(&one), [vec![0, 1, 2]]);
    }
}
