use super::cell::{Cell, MAX_EDGES, OPERATIONS};
use super::edges::{Edges, MAX_VERTICES};
use std::collections::BTreeSet;

/// What a mutation changes in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The operation of one vertex.
    Operation,
    /// One edge between vertices of the cell: it is added, or removed with all that then is on no path.
    Edge,
    /// One vertex comes in, with an operation, an edge that leads to it and one that leads from it.
    Vertex,
}

impl Change {
    pub(super) const ALL: [Self; 3] = [Self::Operation, Self::Edge, Self::Vertex];
}

impl Cell {
    /// Every cell of the space that one change makes of this one, each once, in order.
    pub(super) fn changed(&self, change: Change) -> BTreeSet<Self> {
        match change {
            Change::Operation => self.with_another_operation().collect(),
            Change::Edge => self.with_flipped_edge().collect(),
            Change::Vertex => self.with_another_vertex().collect(),
        }
    }

    fn with_another_operation(&self) -> impl Iterator<Item = Self> + '_ {
        let others = move |vertex| operations().filter(move |&operation| operation != self.operation(vertex));
        self.inner().flat_map(move |vertex| others(vertex).map(move |operation| self.with_operation(vertex, operation)))
    }

    fn with_flipped_edge(&self) -> impl Iterator<Item = Self> + '_ {
        let pairs = (0..self.vertices).flat_map(|from| (from + 1..self.vertices).map(move |to| (from, to)));
        let flipped = pairs.map(|(from, to)| self.with_edges(self.edges.flipped(from, to)));
        flipped.filter_map(|cell| cell.admitted().ok())
    }

    fn with_another_vertex(&self) -> impl Iterator<Item = Self> + '_ {
        let has_room = self.vertices < MAX_VERTICES && self.edges.count() + 2 <= MAX_EDGES;
        let places = (1..self.vertices).filter(move |_| has_room);
        let ends = move |place| (0..place).flat_map(move |from| (place..self.vertices).map(move |to| (from, place, to)));
        let wired = places.flat_map(ends).map(|(from, place, to)| self.with_vertex(from, place, to));
        wired.flat_map(|(cell, place)| operations().map(move |operation| cell.with_operation(place, operation)))
    }

    /// The cell with a new vertex before vertex `place`, which gets the old vertex `from` as its source and `to` as its target.
    fn with_vertex(&self, from: usize, place: usize, to: usize) -> (Self, usize) {
        let moved = |vertex: usize| vertex + usize::from(vertex >= place);
        let edges: Edges = self.edges.pairs().map(|(from, to)| (moved(from), moved(to))).collect();
        let mut operations = self.operations;
        operations[place - 1..].rotate_right(1);
        let edges = edges.with(from, place).with(place, moved(to));
        (Self { vertices: self.vertices + 1, edges, operations }, place)
    }
}

fn operations() -> impl Iterator<Item = u8> {
    0..OPERATIONS.len() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(vertices: usize, edges: &[(usize, usize)], operations: [u8; 5]) -> Cell {
        Cell { vertices, edges: edges.iter().copied().collect(), operations }
    }

    #[test]
    fn the_smallest_cell_can_only_grow() {
        let smallest = cell(2, &[(0, 1)], [0; 5]);
        assert!(smallest.changed(Change::Operation).is_empty() && smallest.changed(Change::Edge).is_empty());
        let grown: Vec<Cell> = smallest.changed(Change::Vertex).into_iter().collect();
        let with = |operation| cell(3, &[(0, 1), (0, 2), (1, 2)], [operation, 0, 0, 0, 0]);
        assert_eq!(grown, [with(0), with(1), with(2)]);
    }

    #[test]
    fn removing_an_edge_removes_what_it_alone_supplied() {
        let parent = cell(4, &[(0, 1), (1, 2), (0, 2), (2, 3)], [1, 2, 0, 0, 0]);
        let changed = parent.changed(Change::Edge);
        // Either edge of vertex 1 takes it away; without (2, 3) there is no path; (0, 3) and (1, 3) are added.
        let without_first = cell(3, &[(0, 1), (1, 2)], [2, 0, 0, 0, 0]);
        let chain = cell(4, &[(0, 1), (1, 2), (2, 3)], [1, 2, 0, 0, 0]);
        let more = [(0, 3), (1, 3)].map(|(from, to)| parent.with_edges(parent.edges.with(from, to)));
        assert_eq!(changed, BTreeSet::from([without_first, chain, more[0], more[1]]));
    }

    #[test]
    fn a_vertex_comes_in_wherever_its_edges_lead_forward() {
        let parent = cell(4, &[(0, 1), (1, 2), (2, 3)], [0, 1, 0, 0, 0]);
        let changed = parent.changed(Change::Vertex);
        // 3 operations, and for each of 3 places 1 · 3, 2 · 2 and 3 · 1 pairs of ends; beside a vertex of the same source, target
        // and operation before and after are the same.
        assert_eq!(changed.len(), 3 * 10 - 2);
        assert!(changed.contains(&cell(5, &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)], [0, 2, 1, 0, 0])));
        let full = cell(7, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)], [0; 5]);
        assert!(full.changed(Change::Vertex).is_empty());
    }
}
