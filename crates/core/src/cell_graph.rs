use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A directed acyclic graph with one operation per node: the only view of an architecture that a surrogate gets.
///
/// Nodes are in topological order, so every edge `(i, j)` has `i < j`. Operations are indices below
/// [`vocabulary`](Self::vocabulary), which is the same for every graph of a space. An architecture of several cells is one
/// graph, the disjoint union of its cells, each cell's inputs with operation types of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawCellGraph")]
pub struct CellGraph {
    operations: Vec<usize>,
    edges: Vec<(usize, usize)>,
    vocabulary: usize,
}

#[derive(Deserialize)]
struct RawCellGraph {
    operations: Vec<usize>,
    edges: Vec<(usize, usize)>,
    vocabulary: usize,
}

impl TryFrom<RawCellGraph> for CellGraph {
    type Error = CellGraphError;
    fn try_from(raw: RawCellGraph) -> Result<Self, CellGraphError> {
        Self::new(raw.operations, raw.edges, raw.vocabulary)
    }
}

/// Why a list of nodes and edges is not a cell graph.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CellGraphError {
    /// A graph needs a node.
    #[error("a cell graph needs at least one node")]
    Empty,
    /// An operation index lies outside the vocabulary.
    #[error("node {node} has operation {operation}, but the vocabulary has only {vocabulary} operations")]
    UnknownOperation {
        /// The node with the unknown operation.
        node: usize,
        /// Its operation index.
        operation: usize,
        /// The number of operations there are.
        vocabulary: usize,
    },
    /// An edge does not run forward between two nodes of the graph.
    #[error("edge ({from}, {to}) does not run forward within a graph of {nodes} nodes in topological order")]
    NotForward {
        /// Source node.
        from: usize,
        /// Target node.
        to: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// The same edge is listed twice.
    #[error("edge ({from}, {to}) is listed twice")]
    DuplicateEdge {
        /// Source node.
        from: usize,
        /// Target node.
        to: usize,
    },
}

impl CellGraph {
    /// Checks and builds a graph from the operation of every node and the edges `(from, to)`.
    ///
    /// # Errors
    /// When there is no node, an operation is not below `vocabulary`, an edge does not run forward, or one is repeated.
    pub fn new(operations: Vec<usize>, mut edges: Vec<(usize, usize)>, vocabulary: usize) -> Result<Self, CellGraphError> {
        let nodes = operations.len();
        if nodes == 0 {
            return Err(CellGraphError::Empty);
        }
        if let Some((node, &operation)) = operations.iter().enumerate().find(|&(_, &operation)| operation >= vocabulary) {
            return Err(CellGraphError::UnknownOperation { node, operation, vocabulary });
        }
        if let Some(&(from, to)) = edges.iter().find(|&&(from, to)| from >= to || to >= nodes) {
            return Err(CellGraphError::NotForward { from, to, nodes });
        }
        edges.sort_unstable();
        if let Some(pair) = edges.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CellGraphError::DuplicateEdge { from: pair[0].0, to: pair[0].1 });
        }
        Ok(Self { operations, edges, vocabulary })
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.operations.len()
    }

    /// The operation of every node, as indices below [`vocabulary`](Self::vocabulary).
    pub fn operations(&self) -> &[usize] {
        &self.operations
    }

    /// The edges `(from, to)`, sorted.
    pub fn edges(&self) -> &[(usize, usize)] {
        &self.edges
    }

    /// Number of operations that the space of this graph knows.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_sorted_and_kept() {
        let graph = CellGraph::new(vec![0, 1, 2], vec![(1, 2), (0, 1)], 3).expect("valid");
        assert_eq!(graph.edges(), [(0, 1), (1, 2)]);
        assert_eq!((graph.node_count(), graph.vocabulary()), (3, 3));
    }

    #[test]
    fn invalid_graphs_are_refused_with_their_place() {
        assert_eq!(CellGraph::new(vec![], vec![], 1), Err(CellGraphError::Empty));
        assert_eq!(
            CellGraph::new(vec![0, 7], vec![], 3),
            Err(CellGraphError::UnknownOperation { node: 1, operation: 7, vocabulary: 3 })
        );
        for edge in [(1, 1), (1, 0), (0, 2)] {
            let error = CellGraph::new(vec![0, 0], vec![edge], 1);
            assert_eq!(error, Err(CellGraphError::NotForward { from: edge.0, to: edge.1, nodes: 2 }));
        }
        assert_eq!(CellGraph::new(vec![0, 0], vec![(0, 1), (0, 1)], 1), Err(CellGraphError::DuplicateEdge { from: 0, to: 1 }));
    }

    #[test]
    fn reading_a_graph_checks_it() {
        let text = r#"{"operations":[0,1],"edges":[[1,0]],"vocabulary":2}"#;
        assert!(serde_json::from_str::<CellGraph>(text).is_err());
    }
}
