use super::NasBench101Space;
use super::cell::{Cell, MAX_EDGES, MAX_INNER, OPERATIONS};
use super::edges::{Edges, MAX_VERTICES};
use super::search_space::encode;
use bonas_core::Architecture;
use std::collections::BTreeSet;

impl NasBench101Space {
    /// Every architecture of the space in canonical form, in the order of their decisions: 423,624. It takes a few seconds.
    pub fn all(&self) -> Vec<Architecture> {
        // Cells of one structure are isomorphic only to cells of the same canonical structure, so these are coloured alone.
        let structures: BTreeSet<Cell> = (2..=MAX_VERTICES).flat_map(structures).map(|cell| cell.canonical()).collect();
        let cells: BTreeSet<Cell> = structures.into_iter().flat_map(coloured).map(|cell| cell.canonical()).collect();
        cells.iter().map(encode).collect()
    }
}

/// Every pruned cell of this many vertices that the space admits, all operations 0.
pub(super) fn structures(vertices: usize) -> Vec<Cell> {
    let pairs: Vec<(usize, usize)> = (0..vertices).flat_map(|from| (from + 1..vertices).map(move |to| (from, to))).collect();
    let subsets = (0_u32..1 << pairs.len()).filter(|subset| subset.count_ones() as usize <= MAX_EDGES);
    let edges = |subset: u32| pairs.iter().enumerate().filter(move |(place, _)| subset >> place & 1 == 1).map(|(_, &pair)| pair);
    let cells = subsets.map(|subset| Cell { vertices, edges: edges(subset).collect::<Edges>(), operations: [0; MAX_INNER] });
    cells.filter(|cell| cell.dead_vertex().is_none()).collect()
}

/// The cell with every choice of operations.
pub(super) fn coloured(cell: Cell) -> impl Iterator<Item = Cell> {
    let (inner, count) = (cell.inner(), OPERATIONS.len() as u32);
    (0..count.pow(inner.len() as u32)).map(move |code| {
        let operation = |vertex: usize| (code / count.pow(vertex as u32 - 1) % count) as u8;
        inner.clone().fold(cell, |cell, vertex| cell.with_operation(vertex, operation(vertex)))
    })
}
