use super::matrix::Matrix;
use crate::cursor::Cursor;
use crate::nas_bench_101::NAME;
use crate::nas_bench_101::cell::{Cell, MAX_INNER, OPERATIONS};
use crate::nas_bench_101::graph::{INPUT, OUTPUT, operation_type, typed_operation, vocabulary};
use crate::nearest::nearest;
use bonas_core::SpaceError;

/// Letters by which tables write the operations, in their order.
const LETTERS: [char; OPERATIONS.len()] = ['3', '1', 'M'];

/// The type of a vertex, and where it was read.
pub(super) struct Vertex {
    pub(super) offset: usize,
    pub(super) vertex_type: usize,
}

/// The vertices of a word, which was read just now from `offset` on: one of a name, one of each letter.
pub(super) fn vertices(cursor: &Cursor<'_>, offset: usize, word: &str) -> Result<Vec<Vertex>, SpaceError> {
    let types = named(word).map(|vertex_type| vec![vertex_type]).or_else(|| lettered(word));
    let types = types.ok_or_else(|| cursor.error_since(offset, expected_names(word)))?;
    Ok(types.into_iter().map(|vertex_type| Vertex { offset, vertex_type }).collect())
}

/// The cell of a matrix and the vertices, input and output included, that were read just now from `start` on.
pub(super) fn cell(cursor: &Cursor<'_>, matrix: Matrix, start: usize, given: &[Vertex]) -> Result<Cell, SpaceError> {
    let (vertices, edges) = matrix;
    if given.len() != vertices {
        let expected = format!("{vertices} operations, one for every vertex (not {})", given.len());
        return Err(cursor.error_since(start, expected));
    }
    let mut operations = [0; MAX_INNER];
    for (place, vertex) in given.iter().enumerate() {
        let operation = operation(cursor, place, vertices, vertex)?;
        if let Some(operation) = operation {
            operations[place - 1] = operation;
        }
    }
    Ok(Cell { vertices, edges, operations })
}

/// The operation of the vertex at this place; nothing at the ends, where input and output must be, and only there.
fn operation(cursor: &Cursor<'_>, place: usize, vertices: usize, vertex: &Vertex) -> Result<Option<u8>, SpaceError> {
    let operation = typed_operation(vertex.vertex_type);
    let (is_right, expected) = match place {
        0 => (vertex.vertex_type == INPUT, "'input' as the first operation"),
        place if place + 1 == vertices => (vertex.vertex_type == OUTPUT, "'output' as the last operation"),
        _ => (operation.is_some(), "an operation between input and output"),
    };
    if is_right { Ok(operation) } else { Err(cursor.error_since(vertex.offset, expected)) }
}

fn named(word: &str) -> Option<usize> {
    match word {
        "in" => Some(INPUT),
        "out" => Some(OUTPUT),
        word => vocabulary().position(|name| name == word),
    }
}

fn lettered(word: &str) -> Option<Vec<usize>> {
    let place = |letter| LETTERS.iter().position(|&known| known == letter);
    let types: Option<Vec<usize>> = word.chars().map(|letter| place(letter).map(|place| operation_type(place as u8))).collect();
    types.filter(|types| !types.is_empty())
}

fn expected_names(word: &str) -> String {
    let hint = nearest(word, vocabulary()).map(|nearest| format!("; did you mean '{nearest}'?")).unwrap_or_default();
    let letters: String = LETTERS.iter().map(|letter| format!(", {letter}")).collect();
    format!("an operation of space {NAME} ({}{letters}{hint})", vocabulary().collect::<Vec<_>>().join(", "))
}
