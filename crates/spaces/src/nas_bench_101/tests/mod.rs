//! What only this space knows: how many cells there are, which are isomorphic, what the published tables say.

mod classes;
mod contract;
mod published;

use super::canonical::Numbering;
use super::cell::Cell;
use super::enumerate::{coloured, structures};

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
