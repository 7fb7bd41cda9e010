mod compact;
mod json;
mod matrix;
mod operations;

pub(super) use json::json;

use super::cell::Cell;
use crate::cursor::Cursor;
use bonas_core::SpaceError;

/// Reads a cell, which may need pruning, by this grammar; white space is free:
///
/// ```text
/// cell       = json | compact
/// json       = "{" key ":" value "," key ":" value [ "," ] "}"
/// value      = "[" row { "," row } "]" (of matrix, module_adjacency)
///            | "[" STRING { "," STRING } "]" (of ops, module_operations)
/// row        = "[" BIT { "," BIT } "]"
/// compact    = ( BITS "|" BITS { "|" BITS } | 21 BITS ) [ ";" | "," ] operation { [ "," ] operation }
/// operation  = NAME | LETTERS
/// ```
///
/// An operation is `input` or `in`, `output` or `out`, a name of the benchmark, or letters `3`, `1` and `M`, each of which is an
/// operation. Rows come with an operation for every vertex, 21 bits with those of the five inner vertices.
pub(in crate::nas_bench_101) fn cell(text: &str) -> Result<Cell, SpaceError> {
    let mut cursor = Cursor::new(text);
    let is_json = cursor.clone().take('{');
    let cell = if is_json { json::cell(&mut cursor) } else { compact::cell(&mut cursor) }?;
    cursor.end()?;
    Ok(cell)
}

#[cfg(test)]
mod tests;
