use super::matrix::{Entry, Matrix, Row, matrix};
use super::operations::{self, Vertex};
use crate::cursor::Cursor;
use crate::nas_bench_101::cell::Cell;
use crate::nas_bench_101::edges::{Edges, MAX_VERTICES, PAIRS};
use crate::nas_bench_101::graph::{INPUT, OUTPUT};
use bonas_core::SpaceError;

/// Reads rows and all operations, or a triangle and the operations of the inner vertices.
pub(super) fn cell(cursor: &mut Cursor<'_>) -> Result<Cell, SpaceError> {
    let start = cursor.offset();
    let mut rows = vec![row(cursor)?];
    while cursor.take('|') {
        rows.push(row(cursor)?);
    }
    if let [triangle] = rows.as_slice() {
        let matrix = self::triangle(cursor, triangle)?;
        return rest(cursor, matrix, true);
    }
    let matrix = matrix(cursor, start, &rows)?;
    rest(cursor, matrix, false)
}

/// Reads the operations; those of a triangle have the terminals added.
fn rest(cursor: &mut Cursor<'_>, matrix: Matrix, is_triangle: bool) -> Result<Cell, SpaceError> {
    let _ = cursor.take(';') || cursor.take(',');
    let start = cursor.offset();
    let mut vertices = words(cursor)?;
    if is_triangle {
        let terminal = |vertex_type| Vertex { offset: start, vertex_type };
        vertices.insert(0, terminal(INPUT));
        vertices.push(terminal(OUTPUT));
        let inner = vertices.len() - 2;
        if inner != MAX_VERTICES - 2 {
            let expected = format!("{} operations, one for every inner vertex (not {inner})", MAX_VERTICES - 2);
            return Err(cursor.error_since(start, expected));
        }
    }
    operations::cell(cursor, matrix, start, &vertices)
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

fn row(cursor: &mut Cursor<'_>) -> Result<Row, SpaceError> {
    let offset = cursor.offset();
    let bits = cursor.run(|c| c == '0' || c == '1');
    if bits.is_empty() {
        let expected = "a JSON object, rows such as 011|001|000, or the 21 bits of a triangle, then operations";
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
