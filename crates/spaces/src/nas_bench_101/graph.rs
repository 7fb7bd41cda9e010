use super::cell::{Cell, OPERATIONS};
use bonas_core::CellGraph;

/// Types of vertices that are no operations.
const TERMINALS: [&str; 2] = ["input", "output"];
/// Vertex type of the input.
pub(super) const INPUT: usize = 0;
/// Vertex type of the output.
pub(super) const OUTPUT: usize = 1;

/// Names of the vertex types: the terminals, then the operations.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    TERMINALS.into_iter().chain(OPERATIONS)
}

/// The vertex type of an operation.
pub(super) fn operation_type(operation: u8) -> usize {
    TERMINALS.len() + usize::from(operation)
}

/// The operation of a vertex type, if it is that of one.
pub(super) fn typed_operation(vertex_type: usize) -> Option<u8> {
    vertex_type.checked_sub(TERMINALS.len()).map(|operation| operation as u8)
}

impl Cell {
    /// The type of every vertex.
    pub(super) fn vertex_types(&self) -> impl Iterator<Item = usize> + '_ {
        let inner = self.inner().map(|vertex| operation_type(self.operation(vertex)));
        std::iter::once(INPUT).chain(inner).chain([OUTPUT])
    }

    /// The name of every vertex.
    pub(super) fn vertex_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.vertex_types().filter_map(|vertex_type| vocabulary().nth(vertex_type))
    }

    /// The cell itself: its operations are vertices already.
    pub(super) fn graph(&self) -> CellGraph {
        CellGraph::new(self.vertex_types().collect(), self.edges.pairs().collect(), vocabulary().count())
            .expect("a cell has edges that lead forward, each once, and operations of the vocabulary")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vertex_has_its_operation() {
        let edges = [(0, 1), (1, 2), (0, 2), (2, 3)].into_iter().collect();
        let graph = Cell { vertices: 4, edges, operations: [2, 0, 0, 0, 0] }.graph();
        assert_eq!((graph.operations(), graph.vocabulary()), ([0, 4, 2, 1].as_slice(), 5));
        assert_eq!(graph.edges(), [(0, 1), (0, 2), (1, 2), (2, 3)]);
    }
}
