use super::edges::{Edges, MAX_VERTICES, PAIRS};

/// Vertices that carry an operation, at most.
pub(super) const MAX_INNER: usize = MAX_VERTICES - 2;
/// Edges that a cell can have, once what is not on a path from input to output has been removed.
pub(super) const MAX_EDGES: usize = 9;
/// Decisions of an architecture: number of vertices, edges, operations.
pub(super) const DECISIONS: usize = 1 + PAIRS + MAX_INNER;

/// The operations, as the published tables name and number them.
pub(super) const OPERATIONS: [&str; 3] = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];

/// A cell, pruned or not. Ordered like the decisions it is stored as.
///
/// Vertex 0 is the input, the last one the output. Edges join only vertices of the cell; operations of vertices that the cell
/// lacks are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell {
    pub(super) vertices: usize,
    pub(super) edges: Edges,
    /// Operation of every inner vertex, that of vertex 1 first.
    pub(super) operations: [u8; MAX_INNER],
}

impl Cell {
    /// The cell of decisions, unless they break the rules of the encoding; the rule is said.
    pub(super) fn decode(decisions: &[u8]) -> Result<Self, String> {
        let decisions: &[u8; DECISIONS] =
            decisions.try_into().map_err(|_| format!("it has {} decisions instead of {DECISIONS}", decisions.len()))?;
        let (vertices, bits, operations) = (decisions[0], &decisions[1..=PAIRS], &decisions[1 + PAIRS..]);
        if let Some(place) = bits.iter().position(|&bit| bit > 1) {
            return Err(format!("decision {} is {}, but an edge is 0 or 1", place + 1, bits[place]));
        }
        let edges = Edges::from_triangle(bits.iter().map(|&bit| bit == 1));
        let cell = Self { vertices: usize::from(vertices), edges, operations: std::array::from_fn(|inner| operations[inner]) };
        cell.check_ranges().map(|()| cell)
    }

    /// The decisions of the cell.
    pub(super) fn encode(&self) -> [u8; DECISIONS] {
        let vertices = std::iter::once(self.vertices as u8);
        let mut decisions = vertices.chain(self.edges.triangle().map(u8::from)).chain(self.operations);
        std::array::from_fn(|_| decisions.next().unwrap_or_default())
    }

    /// The vertices that carry an operation.
    pub(super) fn inner(&self) -> std::ops::Range<usize> {
        1..self.vertices - 1
    }

    /// Number of the output.
    pub(super) fn output(&self) -> usize {
        self.vertices - 1
    }

    /// Operation of an inner vertex.
    pub(super) fn operation(&self, vertex: usize) -> u8 {
        self.operations[vertex - 1]
    }

    /// The cell with another operation at an inner vertex.
    pub(super) fn with_operation(mut self, vertex: usize, operation: u8) -> Self {
        self.operations[vertex - 1] = operation;
        self
    }

    /// The cell with other edges between its vertices.
    pub(super) fn with_edges(mut self, edges: Edges) -> Self {
        self.edges = edges;
        self
    }

    fn check_ranges(&self) -> Result<(), String> {
        if !(2..=MAX_VERTICES).contains(&self.vertices) {
            return Err(format!("it has {} vertices instead of 2 to {MAX_VERTICES}", self.vertices));
        }
        if let Some((from, to)) = self.edges.pairs().find(|&(_, to)| to >= self.vertices) {
            return Err(format!(
                "an edge leads from vertex {from} to vertex {to}, but there are only {} vertices",
                self.vertices
            ));
        }
        let unused = |place: usize| place + 1 >= self.output();
        let wrong = |&(place, &operation): &(usize, &u8)| operation >= if unused(place) { 1 } else { OPERATIONS.len() as u8 };
        match self.operations.iter().enumerate().find(wrong) {
            Some((place, _)) if unused(place) => Err(format!("there is no vertex {}, but it has an operation", place + 1)),
            Some((place, operation)) => {
                Err(format!("vertex {} has operation {operation}, but there are only 3, from 0", place + 1))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_undoes_encoding() {
        let edges = [(0, 1), (1, 3), (0, 2), (2, 3)].into_iter().collect();
        let cell = Cell { vertices: 4, edges, operations: [2, 1, 0, 0, 0] };
        assert_eq!(cell.encode(), [4, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0]);
        assert_eq!(Cell::decode(&cell.encode()), Ok(cell));
    }

    #[test]
    fn broken_decisions_are_refused_with_the_rule() {
        let edges = [(0, 1), (1, 2)].into_iter().collect();
        let cell = Cell { vertices: 3, edges, operations: [0; MAX_INNER] };
        let refusal = |place: usize, value: u8| {
            let mut decisions = cell.encode();
            decisions[place] = value;
            Cell::decode(&decisions).expect_err("broken")
        };
        assert_eq!(Cell::decode(&[2]), Err("it has 1 decisions instead of 27".into()));
        assert_eq!(refusal(0, 1), "it has 1 vertices instead of 2 to 7");
        assert_eq!(refusal(0, 2), "an edge leads from vertex 1 to vertex 2, but there are only 2 vertices");
        assert_eq!(refusal(4, 2), "decision 4 is 2, but an edge is 0 or 1");
        assert_eq!(refusal(22, 3), "vertex 1 has operation 3, but there are only 3, from 0");
        assert_eq!(refusal(23, 1), "there is no vertex 2, but it has an operation");
    }
}
