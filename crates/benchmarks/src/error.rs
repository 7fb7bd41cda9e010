use std::path::PathBuf;
use thiserror::Error;

/// Why a table cannot be read, or a question not be answered from it.
#[derive(Debug, Error)]
pub enum BenchmarkError {
    /// A file cannot be opened, read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// No layout knows the header of a CSV file.
    #[error(
        "{}: no known layout has this header ({}); describe it in a layout file and name that with table.layout (known: {})",
        path.display(), header.join(", "), known.join("; ")
    )]
    UnknownLayout {
        /// The file.
        path: PathBuf,
        /// Its header.
        header: Vec<String>,
        /// Names of the known layouts.
        known: Vec<String>,
    },
    /// A layout file is wrong.
    #[error("the layout {}: {reason}", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A row of a CSV file is wrong.
    #[error("{}, line {line}: {reason}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A stored table is damaged, or no table.
    #[error("{} is not a table of bonas: {reason}; import it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A value of a release cannot be entered: it is there already, or there are too many.
    #[error("{table}: {reason}")]
    Value {
        /// The table.
        table: String,
        /// What is wrong.
        reason: String,
    },
    /// The table has no such values.
    #[error("the table {table} has no {asked}; it has: {}", available.join("; "))]
    NotInTable {
        /// The table.
        table: String,
        /// What was asked for.
        asked: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Several columns answer the question.
    #[error("the table {table} has several answers to {asked}: {}; say which with {setting}", found.join(", "))]
    Ambiguous {
        /// The table.
        table: String,
        /// What was asked for.
        asked: String,
        /// The candidates.
        found: Vec<String>,
        /// The setting that decides.
        setting: &'static str,
    },
    /// The table is one of another space.
    #[error("the table {table} is one of the space {found}, but the search is in {wanted}; choose --space {found}")]
    OtherSpace {
        /// The table.
        table: String,
        /// Its space.
        found: String,
        /// The space of the search.
        wanted: String,
    },
    /// No table was named.
    #[error("the evaluator `table` needs a table; name a file with --table")]
    NoTable,
    /// A table names an architecture that its space does not have.
    #[error("the table {table} names an architecture that is not one of its space: {text}")]
    Architecture {
        /// The table.
        table: String,
        /// The text.
        text: String,
        /// What is wrong.
        #[source]
        source: Box<bonas_core::SpaceError>,
    },
    /// The release of a benchmark cannot be imported.
    #[error(transparent)]
    Import(Box<crate::import::ImportError>),
}

impl From<crate::import::ImportError> for BenchmarkError {
    fn from(error: crate::import::ImportError) -> Self {
        Self::Import(Box::new(error))
    }
}
