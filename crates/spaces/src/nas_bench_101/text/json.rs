use super::matrix::{Entry, Matrix, Row, matrix};
use super::operations::{self, Vertex};
use crate::cursor::Cursor;
use crate::nas_bench_101::cell::Cell;
use crate::nearest::nearest;
use bonas_core::SpaceError;

/// Keys of the matrix and of the operations: those of `ModelSpec`, then those of the benchmark's table.
const MATRIX: [&str; 2] = ["matrix", "module_adjacency"];
const OPERATIONS: [&str; 2] = ["ops", "module_operations"];

/// Writes a cell as `{"matrix":[[0,1],[0,0]],"ops":["input","output"]}`.
pub(in crate::nas_bench_101) fn json(cell: &Cell) -> String {
    let row = |from: usize| joined((0..cell.vertices).map(|to| u8::from(cell.edges.contains(from, to)).to_string()));
    let matrix = joined((0..cell.vertices).map(row));
    let operations = joined(cell.vertex_names().map(|name| format!("\"{name}\"")));
    format!("{{\"{}\":{matrix},\"{}\":{operations}}}", MATRIX[0], OPERATIONS[0])
}

fn joined(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

#[derive(Default)]
struct Fields {
    matrix: Option<Matrix>,
    operations: Option<(usize, Vec<Vertex>)>,
}

/// Reads an object.
pub(super) fn cell(cursor: &mut Cursor<'_>) -> Result<Cell, SpaceError> {
    let start = cursor.offset();
    cursor.require('{')?;
    let mut fields = Fields::default();
    items(cursor, '}', |cursor| field(cursor, &mut fields))?;
    let missing = |key: &str| cursor.error_since(start, format!("an object with the key \"{key}\""));
    let matrix = fields.matrix.ok_or_else(|| missing(MATRIX[0]))?;
    let (start, vertices) = fields.operations.ok_or_else(|| missing(OPERATIONS[0]))?;
    operations::cell(cursor, matrix, start, &vertices)
}

fn field(cursor: &mut Cursor<'_>, fields: &mut Fields) -> Result<(), SpaceError> {
    let start = cursor.offset();
    let key = cursor.quoted().ok_or_else(|| cursor.error(key_names(None)))?;
    let (is_matrix, is_operations) = (MATRIX.contains(&key), OPERATIONS.contains(&key));
    if !is_matrix && !is_operations {
        return Err(cursor.error_since(start, key_names(nearest(key, MATRIX.into_iter().chain(OPERATIONS)))));
    }
    if is_matrix && fields.matrix.is_some() || is_operations && fields.operations.is_some() {
        return Err(cursor.error_since(start, "matrix and operations only once"));
    }
    cursor.require(':')?;
    if is_matrix {
        fields.matrix = Some(rows(cursor)?);
    } else {
        fields.operations = Some(names(cursor)?);
    }
    Ok(())
}

fn key_names(nearest: Option<&str>) -> String {
    let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
    format!("a key in quotes ({}, {}{hint})", MATRIX.join(", "), OPERATIONS.join(", "))
}

fn rows(cursor: &mut Cursor<'_>) -> Result<Matrix, SpaceError> {
    let start = cursor.offset();
    let mut rows = Vec::new();
    list(cursor, |cursor| {
        rows.push(row(cursor)?);
        Ok(())
    })?;
    matrix(cursor, start, &rows)
}

fn row(cursor: &mut Cursor<'_>) -> Result<Row, SpaceError> {
    let offset = cursor.offset();
    let mut entries = Vec::new();
    list(cursor, |cursor| {
        let offset = cursor.offset();
        let is_edge = match cursor.number() {
            Some(0) => false,
            Some(1) => true,
            Some(_) => return Err(cursor.error_since(offset, "0 or 1")),
            None => return Err(cursor.error("0 or 1")),
        };
        entries.push(Entry { offset, is_edge });
        Ok(())
    })?;
    Ok(Row { offset, entries })
}

fn names(cursor: &mut Cursor<'_>) -> Result<(usize, Vec<Vertex>), SpaceError> {
    let start = cursor.offset();
    let mut vertices = Vec::new();
    list(cursor, |cursor| {
        let offset = cursor.offset();
        let name = cursor.quoted().ok_or_else(|| cursor.error("the name of an operation in quotes"))?;
        vertices.extend(operations::vertices(cursor, offset, name)?);
        Ok(())
    })?;
    Ok((start, vertices))
}

fn list<'a>(cursor: &mut Cursor<'a>, item: impl FnMut(&mut Cursor<'a>) -> Result<(), SpaceError>) -> Result<(), SpaceError> {
    cursor.require('[')?;
    items(cursor, ']', item)
}

/// Reads items between commas up to and including what closes them.
fn items<'a>(
    cursor: &mut Cursor<'a>,
    close: char,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<(), SpaceError>,
) -> Result<(), SpaceError> {
    while !cursor.take(close) {
        item(cursor)?;
        if !cursor.take(',') {
            return if cursor.take(close) { Ok(()) } else { Err(cursor.error(format!("',' or '{close}'"))) };
        }
    }
    Ok(())
}
