use bonas_core::CellGraph;
use bonas_features::canonical_order;

/// Positions of nodes, for networks that have weights of their own for each: as many as the largest observed graph has nodes.
///
/// Nodes stand in [`canonical_order`], so that isomorphic graphs look the same. A network has no weight for a node beyond the
/// last position; it does not see the end of a graph that is larger than all observed ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Positions {
    pub(crate) nodes: usize,
    pub(crate) vocabulary: usize,
}

/// A graph in its positions.
pub(crate) struct Placed {
    /// Operations of the nodes that have a position.
    pub(crate) operations: Vec<usize>,
    /// Edges between them.
    pub(crate) edges: Vec<(usize, usize)>,
}

impl Positions {
    /// Positions for graphs like the observed ones, of which there is at least one.
    pub(crate) fn of(observed: &[CellGraph]) -> Self {
        let nodes = observed.iter().map(CellGraph::node_count).max().unwrap_or(1);
        Self { nodes, vocabulary: observed[0].vocabulary() }
    }

    pub(crate) fn place(&self, graph: &CellGraph) -> Placed {
        let ordered = canonical_order(graph);
        let operations = ordered.operations().iter().copied().take(self.nodes).collect();
        let edges = ordered.edges().iter().copied().filter(|edge| edge.1 < self.nodes).collect();
        Placed { operations, edges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_beyond_the_last_position_are_not_seen() {
        let small = CellGraph::new(vec![0, 1], vec![(0, 1)], 3).expect("valid");
        let large = CellGraph::new(vec![0, 1, 2], vec![(0, 1), (1, 2)], 3).expect("valid");
        let placed = Positions::of(std::slice::from_ref(&small)).place(&large);
        assert_eq!((placed.operations, placed.edges), (vec![0, 1], vec![(0, 1)]));
        let all = Positions::of(&[small, large.clone()]).place(&large);
        assert_eq!((all.operations, all.edges), (large.operations().to_vec(), large.edges().to_vec()));
    }
}
