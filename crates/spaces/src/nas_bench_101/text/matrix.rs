use crate::cursor::Cursor;
use crate::nas_bench_101::edges::{Edges, MAX_VERTICES};
use bonas_core::SpaceError;
use std::ops::RangeInclusive;

const VERTICES: RangeInclusive<usize> = 2..=MAX_VERTICES;

/// An entry of a matrix, and where it stands.
pub(super) struct Entry {
    pub(super) offset: usize,
    pub(super) is_edge: bool,
}

/// A row of a matrix, and where it starts.
pub(super) struct Row {
    pub(super) offset: usize,
    pub(super) entries: Vec<Entry>,
}

/// Number of vertices and edges.
pub(super) type Matrix = (usize, Edges);

/// The edges of an adjacency matrix, which was read just now from `start` on.
pub(super) fn matrix(cursor: &Cursor<'_>, start: usize, rows: &[Row]) -> Result<Matrix, SpaceError> {
    let vertices = rows.len();
    if !VERTICES.contains(&vertices) {
        let expected = format!("a matrix of {} to {} rows (not {vertices})", VERTICES.start(), VERTICES.end());
        return Err(cursor.error_since(start, expected));
    }
    if let Some(row) = rows.iter().find(|row| row.entries.len() != vertices) {
        let expected = format!("a row of {vertices} entries, as there are {vertices} rows (not {})", row.entries.len());
        return Err(cursor.error_since(row.offset, expected));
    }
    rows.iter().enumerate().map(|(from, row)| targets(cursor, from, row)).collect::<Result<Vec<_>, _>>().map(|targets| {
        let pairs = targets.into_iter().enumerate().flat_map(|(from, targets)| targets.into_iter().map(move |to| (from, to)));
        (vertices, pairs.collect())
    })
}

/// The vertices to which edges lead from this one.
fn targets(cursor: &Cursor<'_>, from: usize, row: &Row) -> Result<Vec<usize>, SpaceError> {
    let edges = row.entries.iter().enumerate().filter(|(_, entry)| entry.is_edge);
    let checked = |(to, entry): (usize, &Entry)| {
        let expected = || format!("0, as edges lead forward only and not from vertex {from} to vertex {to}");
        if from < to { Ok(to) } else { Err(cursor.error_since(entry.offset, expected())) }
    };
    edges.map(checked).collect()
}
