use super::cell::{Cell, MAX_INNER};
use super::edges::{Edges, MAX_VERTICES};
use std::sync::LazyLock;

/// The new number of every vertex.
pub(super) type Numbering = [usize; MAX_VERTICES];

/// By the number of inner vertices: every numbering that moves only these.
static NUMBERINGS: LazyLock<[Vec<Numbering>; MAX_INNER + 1]> = LazyLock::new(|| std::array::from_fn(numberings));

fn numberings(inner: usize) -> Vec<Numbering> {
    if inner == 0 {
        return vec![std::array::from_fn(|vertex| vertex)];
    }
    let exchanged = |numbering: Numbering, vertex: usize| {
        let mut numbering = numbering;
        numbering.swap(vertex, inner);
        numbering
    };
    numberings(inner - 1).into_iter().flat_map(|numbering| (1..=inner).map(move |vertex| exchanged(numbering, vertex))).collect()
}

impl Cell {
    /// The smallest of all cells that differ from this one only in the numbers of their inner vertices.
    pub(super) fn canonical(&self) -> Self {
        self.numberings().iter().filter_map(|numbering| self.renumbered(numbering)).min().unwrap_or(*self)
    }

    /// Every numbering of the inner vertices; not every one keeps the edges forward.
    pub(super) fn numberings(&self) -> &'static [Numbering] {
        &NUMBERINGS[self.inner().len()]
    }

    /// The cell with new numbers for its inner vertices, unless an edge would lead backward.
    pub(super) fn renumbered(&self, numbering: &Numbering) -> Option<Self> {
        let mut edges = Edges::default();
        for (from, to) in self.edges.pairs().map(|(from, to)| (numbering[from], numbering[to])) {
            if from >= to {
                return None;
            }
            edges = edges.with(from, to);
        }
        let mut operations = [0; MAX_INNER];
        for vertex in self.inner() {
            operations[numbering[vertex] - 1] = self.operation(vertex);
        }
        Some(Self { edges, operations, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_as_many_numberings_as_orders() {
        let distinct = |numberings: &Vec<Numbering>| numberings.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(NUMBERINGS.each_ref().map(distinct), [1, 1, 2, 6, 24, 120]);
        for (inner, numberings) in NUMBERINGS.iter().enumerate() {
            assert!(numberings.iter().all(|numbering| (0..7).all(|v| (1..=inner).contains(&v) || numbering[v] == v)));
        }
    }
}
