//! What only this space knows: how many cells there are, which are isomorphic, what the published tables say.

mod classes;
mod contract;
mod published;

use super::canonical::Numbering;
use super::cell::{Cell, MAX_EDGES, MAX_INNER};
use super::edges::Edges;

/// Every pruned cell of this many vertices that the space admits, all operations 0.
fn structures(vertices: usize) -> Vec<Cell> {
    let pairs: Vec<(usize, usize)> = (0..vertices).flat_map(|from| (from + 1..vertices).map(move |to| (from, to))).collect();
    let subsets = (0_u32..1 << pairs.len()).filter(|subset| subset.count_ones() as usize <= MAX_EDGES);
    let edges = |subset: u32| pairs.iter().enumerate().filter(move |(place, _)| subset >> place & 1 == 1).map(|(_, &pair)| pair);
    let cells = subsets.map(|subset| Cell { vertices, edges: edges(subset).collect::<Edges>(), operations: [0; MAX_INNER] });
    cells.filter(|cell| cell.dead_vertex().is_none()).collect()
}

/// The cell with every choice of operations.
fn coloured(cell: Cell) -> impl Iterator<Item = Cell> {
    let inner = cell.inner();
    (0..3_u32.pow(inner.len() as u32)).map(move |code| {
        let operation = |vertex: usize| (code / 3_u32.pow(vertex as u32 - 1) % 3) as u8;
        inner.clone().fold(cell, |cell, vertex| cell.with_operation(vertex, operation(vertex)))
    })
}

/// Number of cycles among the inner vertices.
fn cycles(cell: &Cell, numbering: &Numbering) -> u32 {
    let mut seen = [false; 7];
    let mut count = 0;
    for start in cell.inner() {
        count += u32::from(!seen[start]);
        let mut vertex = start;
        while !seen[vertex] {
            seen[vertex] = true;
            vertex = numbering[vertex];
        }
    }
    count
}
