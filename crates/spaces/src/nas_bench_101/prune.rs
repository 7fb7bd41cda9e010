use super::cell::{Cell, MAX_EDGES, MAX_INNER};
use super::edges::Edges;

impl Cell {
    /// The cell without the vertices that are on no path from input to output, the others in their order; nothing if there is
    /// no such path.
    pub(super) fn pruned(&self) -> Option<Self> {
        let live = self.live();
        if live & 1 == 0 {
            return None;
        }
        let is_live = |vertex: usize| live >> vertex & 1 == 1;
        let place = |vertex: usize| (live & ((1 << vertex) - 1)).count_ones() as usize;
        let kept = self.edges.pairs().filter(|&(from, to)| is_live(from) && is_live(to));
        let edges: Edges = kept.map(|(from, to)| (place(from), place(to))).collect();
        let mut operations = [0; MAX_INNER];
        for vertex in self.inner().filter(|&vertex| is_live(vertex)) {
            operations[place(vertex) - 1] = self.operation(vertex);
        }
        Some(Self { vertices: live.count_ones() as usize, edges, operations })
    }

    /// The pruned cell, if it is one of the space; else the rule that is broken.
    pub(super) fn admitted(&self) -> Result<Self, String> {
        let cell = self.pruned().ok_or("no path leads from its input to its output")?;
        let edges = cell.edges.count();
        if edges > MAX_EDGES {
            return Err(format!("it has {edges} edges, but at most {MAX_EDGES} are allowed"));
        }
        Ok(cell)
    }

    /// A vertex that is on no path from input to output, if there is one.
    pub(super) fn dead_vertex(&self) -> Option<usize> {
        let live = self.live();
        (0..self.vertices).find(|vertex| live >> vertex & 1 == 0)
    }

    /// The vertices on paths from input to output, as bits.
    fn live(&self) -> u32 {
        // Sources come in order: when an edge is looked at, all that leads to its source has been.
        let follow = |reached: u32, (from, to): (usize, usize)| reached | (reached >> from & 1) << to;
        let lead = |reached: u32, (from, to): (usize, usize)| reached | (reached >> to & 1) << from;
        self.edges.pairs().fold(1, follow) & self.edges.pairs().rfold(1 << self.output(), lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(edges: &[(usize, usize)]) -> Cell {
        Cell { vertices: 7, edges: edges.iter().copied().collect(), operations: [0, 1, 2, 0, 1] }
    }

    #[test]
    fn only_vertices_between_input_and_output_stay() {
        // 1 is reached and leads nowhere, 2 leads to the output and is not reached, 5 is isolated.
        let pruned = cell(&[(0, 1), (2, 6), (0, 3), (3, 4), (4, 6), (2, 4)]).pruned().expect("there is a path");
        let edges = [(0, 1), (1, 2), (2, 3)].into_iter().collect();
        assert_eq!(pruned, Cell { vertices: 4, edges, operations: [2, 0, 0, 0, 0] });
        assert_eq!(pruned.pruned(), Some(pruned));
        assert_eq!((pruned.dead_vertex(), cell(&[(0, 6), (0, 1)]).dead_vertex()), (None, Some(1)));
    }

    #[test]
    fn cells_without_a_path_or_with_too_many_edges_are_none() {
        assert_eq!(cell(&[]).pruned(), None);
        assert_eq!(cell(&[(0, 1), (2, 6)]).admitted(), Err("no path leads from its input to its output".into()));
        let all = cell(&Edges::from_bits((1 << 21) - 1).pairs().collect::<Vec<_>>());
        assert_eq!(all.admitted(), Err("it has 21 edges, but at most 9 are allowed".into()));
    }

    #[test]
    fn edges_are_counted_after_pruning() {
        let dead = (1..5).flat_map(|from| (from + 1..6).map(move |to| (from, to)));
        let admitted = cell(&dead.chain([(0, 6)]).collect::<Vec<_>>()).admitted().expect("one edge is left");
        assert_eq!((admitted.vertices, admitted.edges.count(), admitted.operations), (2, 1, [0; 5]));
    }
}
