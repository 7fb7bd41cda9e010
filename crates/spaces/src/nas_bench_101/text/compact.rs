use super::matrix::{Entry, Matrix, Row, matrix};
use super::operations::{self, Vertex};
use crate::cursor::Cursor;
use crate::nas_bench_101::cell::{Cell, MAX_INNER};
use crate::nas_bench_101::edges::{Edges, MAX_VERTICES, PAIRS};
use crate::nas_bench_101::graph::{INPUT, OUTPUT};
use bonas_core::SpaceError;

/// Reads rows and all operations, or a triangle and the operations of the inner vertices.
pub(super) fn cell(cursor: &mut Cursor<'_>) -> Result<Cell, SpaceError> {
    let start = cursor.offset();
    let mut rows = vec![row(cursor, "a JSON object, rows such as 011|001|000, or the 21 bits of a triangle, then operations")?];
    while cursor.take('|') {
        rows.push(row(cursor, "a row of 0 and 1")?);
    }
    let (matrix, is_triangle) = match rows.as_slice() {
        [triangle] => (self::triangle(cursor, triangle)?, true),
        rows => (matrix(cursor, start, rows)?, false),
    };
    let _separator = cursor.take(';') || cursor.take(',');
    let start = cursor.offset();
    let given = words(cursor)?;
    let vertices = if is_triangle { with_terminals(cursor, start, given)? } else { given };
    operations::cell(cursor, matrix, start, &vertices)
}

/// Input, the inner vertices of a triangle, which were read just now from `start` on, and output.
fn with_terminals(cursor: &Cursor<'_>, start: usize, inner: Vec<Vertex>) -> Result<Vec<Vertex>, SpaceError> {
    if inner.len() != MAX_INNER {
        let expected = format!("{MAX_INNER} operations, one for every inner vertex (not {})", inner.len());
        return Err(cursor.error_since(start, expected));
    }
    let terminal = |vertex_type| Vertex { offset: start, vertex_type };
    Ok(std::iter::once(terminal(INPUT)).chain(inner).chain([terminal(OUTPUT)]).collect())
}

fn words(cursor: &mut Cursor<'_>) -> Result<Vec<Vertex>, SpaceError> {
    let mut vertices = Vec::new();
    loop {
        let offset = cursor.offset();
        let word = cursor.run(|c| c.is_ascii_alphanumeric() || c == '-');
        if word.is_empty() {
            return if vertices.is_empty() { Err(cursor.error("operations")) } else { Ok(vertices) };
        }
        vertices.extend(operations::vertices(cursor, offset, word)?);
        cursor.take(',');
    }
}

fn row(cursor: &mut Cursor<'_>, expected: &str) -> Result<Row, SpaceError> {
    let offset = cursor.offset();
    let bits = cursor.run(|c| c == '0' || c == '1');
    if bits.is_empty() {
        return Err(cursor.error(expected));
    }
    let entry = |(place, bit): (usize, char)| Entry { offset: offset + place, is_edge: bit == '1' };
    Ok(Row { offset, entries: bits.char_indices().map(entry).collect() })
}

fn triangle(cursor: &Cursor<'_>, row: &Row) -> Result<Matrix, SpaceError> {
    let given = row.entries.len();
    if given != PAIRS {
        return Err(cursor.error_since(row.offset, format!("rows between '|', or {PAIRS} bits (not {given})")));
    }
    Ok((MAX_VERTICES, Edges::from_triangle(row.entries.iter().map(|entry| entry.is_edge))))
}
