use crate::ColumnKey;

/// One architecture of a table, as an importer reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Text form of the architecture in its space.
    pub architecture: String,
    /// What is known of it.
    pub values: Vec<(ColumnKey, f64)>,
}
