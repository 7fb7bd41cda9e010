//! Opening the database, and what its errors mean to people.

use super::schema::{APPLICATION_ID, SCHEMA_VERSION};
use crate::SearchError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// SQLite's name of a database without a file.
pub(super) const MEMORY: &str = ":memory:";

pub(super) fn memory() -> Result<Connection, SearchError> {
    let explained = |error| explain(Path::new(MEMORY), "create", error);
    let connection = Connection::open_in_memory().map_err(explained)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(explained)?;
    Ok(connection)
}

pub(super) fn create(path: &Path) -> Result<Connection, SearchError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|error| explain(path, "create", error))
}

/// Opens and checks a study for writing.
///
/// A write-ahead log lets readers in while a round is written. `synchronous = FULL` flushes every commit, so a recorded
/// round survives a power cut as well as a kill; one flush a round costs nothing beside an evaluation.
pub(super) fn write(path: &Path) -> Result<Connection, SearchError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let prepare = || {
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0))
    };
    let verdict = prepare().map_err(|error| explain(path, "open", error))?;
    if verdict != "ok" {
        return Err(SearchError::Damaged { path: path.into(), reason: verdict });
    }
    Ok(connection)
}

/// Opens and checks a study for reading.
pub(super) fn read(path: &Path) -> Result<Connection, SearchError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, SearchError> {
    if !path.is_file() {
        return Err(SearchError::Missing(path.into()));
    }
    let opened = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = opened.map_err(|error| explain(path, "open", error))?;
    check_identity(path, &connection)?;
    Ok(connection)
}

fn check_identity(path: &Path, connection: &Connection) -> Result<(), SearchError> {
    let header = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = header("application_id").map_err(|error| explain(path, "read", error))?;
    if application != APPLICATION_ID {
        let found = match path.metadata() {
            Ok(metadata) if metadata.len() == 0 => "an empty file".into(),
            _ => format!("an SQLite database of another program (application id {application:#x})"),
        };
        return Err(SearchError::NotAStudy { path: path.into(), found });
    }
    let found = header("user_version").map_err(|error| explain(path, "read", error))?;
    if found != SCHEMA_VERSION {
        let bonas = connection.query_row("SELECT bonas FROM study", (), |row| row.get(0)).ok();
        return Err(SearchError::WrongVersion { path: path.into(), found, expected: SCHEMA_VERSION, bonas });
    }
    Ok(())
}

/// The error that tells people what to do.
pub(super) fn explain(path: &Path, action: &'static str, error: rusqlite::Error) -> SearchError {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    let path = path.to_path_buf();
    match (error.sqlite_error_code(), &error) {
        (Some(ErrorCode::NotADatabase), _) => SearchError::NotAStudy { path, found: "a file that is not SQLite".into() },
        (Some(ErrorCode::DiskFull), _) => SearchError::DiskFull(path),
        (Some(ErrorCode::DatabaseCorrupt), _)
        | (None, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)) => {
            SearchError::Damaged { path, reason: error.to_string() }
        }
        _ => SearchError::Database { path, action, source: error },
    }
}
