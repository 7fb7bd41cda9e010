use super::CustomSpaceError;
use crate::nearest::nearest;
use std::path::Path;
use toml::{Table, Value};

const SPACE: &[&str] = &["name", "description", "operations", "at_most", "at_least", "forbid", "cells", "stages"];
const CELL: &[&str] = &[
    "name",
    "nodes",
    "inputs",
    "operations_on",
    "operations",
    "node_operations",
    "edge_operations",
    "edges",
    "operands",
    "free_edges",
    "max_edges",
    "output",
    "at_most",
    "at_least",
    "forbid",
];
const NODE: &[&str] = &["node", "operations"];
const EDGE: &[&str] = &["edge", "operations"];
const STAGE: &[&str] = &["operations", "repeat"];
const LIMIT: &[&str] = &["operation", "count"];

/// Refuses keys that mean nothing: a slip would otherwise be a rule that is silently not kept.
pub(super) fn check(path: &Path, space: &Table) -> Result<(), CustomSpaceError> {
    known(path, "the space", space, SPACE)?;
    limits(path, "", space)?;
    for (place, cell) in tables(space, "cells") {
        known(path, &place, cell, CELL)?;
        limits(path, &format!("{place}."), cell)?;
        for (key, keys) in [("node_operations", NODE), ("edge_operations", EDGE)] {
            tables(cell, key).try_for_each(|(list, table)| known(path, &format!("{place}.{list}"), table, keys))?;
        }
    }
    tables(space, "stages").try_for_each(|(place, stage)| known(path, &place, stage, STAGE))
}

fn limits(path: &Path, prefix: &str, table: &Table) -> Result<(), CustomSpaceError> {
    let lists = ["at_most", "at_least"].into_iter().flat_map(|key| tables(table, key));
    lists.into_iter().try_for_each(|(place, limit)| known(path, &format!("{prefix}{place}"), limit, LIMIT))
}

/// The tables of a list of tables, with their places. Values of other types are left for the typed reading.
fn tables<'a>(table: &'a Table, key: &'a str) -> impl Iterator<Item = (String, &'a Table)> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.enumerate().filter_map(move |(index, value)| Some((format!("{key}[{index}]"), value.as_table()?)))
}

fn known(path: &Path, place: &str, table: &Table, known: &'static [&'static str]) -> Result<(), CustomSpaceError> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(CustomSpaceError::UnknownKey {
            path: path.into(),
            place: place.into(),
            key: key.clone(),
            nearest: nearest(key, known.iter().copied()).and_then(|name| known.iter().copied().find(|known| *known == name)),
            known,
        }),
        None => Ok(()),
    }
}
