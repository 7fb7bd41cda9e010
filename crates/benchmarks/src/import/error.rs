use std::path::PathBuf;
use thiserror::Error;

/// Why a table could not be imported. Every message names the file, the place and what to do.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file or folder cannot be read.
    #[error("cannot read {}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file does not follow its format.
    #[error("{} is damaged {place}: expected {expected}, found {found}. {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, such as `at byte 16`.
        place: String,
        /// What the format demands there.
        expected: String,
        /// What stands there.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A pickle names code or a class that is not on the list of known data classes.
    #[error(
        "{} names {name} {place}, which is not one of the classes that tables are made of; nothing of it was run. \
         Use the file that the table's authors released",
        path.display()
    )]
    ForeignClass {
        /// The file.
        path: PathBuf,
        /// Where, such as `at byte 16`.
        place: String,
        /// `module.name`.
        name: String,
    },
    /// A file asks for more than any table needs.
    #[error(
        "{} holds more than is allowed {place}: {what} of more than {limit}. Use the file that the table's authors released",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Where, such as `at byte 16`.
        place: String,
        /// What is too large, such as `a nesting`.
        what: &'static str,
        /// The most that is allowed.
        limit: u64,
    },
    /// A file is whole, but is not laid out as this table.
    #[error("{} is not laid out as {table}: expected {expected}, found {found}. Check which table the file belongs to", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// Name of the table.
        table: &'static str,
        /// What the table has there.
        expected: String,
        /// What stands there, such as the keys.
        found: String,
    },
    /// A folder misses a file.
    #[error("{} is missing; the folder of {table} holds {expected}. Unpack the whole archive", path.display())]
    Missing {
        /// The file that was looked for.
        path: PathBuf,
        /// Name of the table.
        table: &'static str,
        /// What the folder should hold.
        expected: &'static str,
    },
    /// Whoever receives the rows wants no more of them.
    #[error("the import was stopped: {0}")]
    Stopped(String),
}
