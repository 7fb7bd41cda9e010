use super::connect;
use crate::{SearchError, StudyRecord};
use rusqlite::{Connection, params};
use std::path::Path;

/// Marks an SQLite file as a study of bonas: the letters `BNAS`.
pub const APPLICATION_ID: i64 = 0x424E_4153;
/// Version of the tables below; it changes whenever they do.
pub const SCHEMA_VERSION: i64 = 1;

/// A trial's row is complete without its space: `architecture` holds the decisions, `text` what people read.
const TABLES: &str = "
CREATE TABLE study (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    space TEXT NOT NULL,
    seed TEXT NOT NULL, -- decimal; SQLite's integers have a sign, seeds do not
    config TEXT NOT NULL,
    bonas TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE details (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE rounds (
    round INTEGER PRIMARY KEY,
    propose_seconds REAL NOT NULL,
    evaluate_seconds REAL NOT NULL,
    record_seconds REAL NOT NULL
) STRICT;
CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    round INTEGER NOT NULL REFERENCES rounds (round) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    architecture BLOB NOT NULL,
    text TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'failed')),
    score REAL CHECK ((outcome = 'measured') = (score IS NOT NULL)),
    reason TEXT CHECK ((outcome = 'failed') = (reason IS NOT NULL)),
    metrics TEXT NOT NULL,
    prediction_mean REAL,
    prediction_stddev REAL CHECK ((prediction_mean IS NULL) = (prediction_stddev IS NULL)),
    origin TEXT NOT NULL,
    cached INTEGER NOT NULL CHECK (cached IN (0, 1)),
    UNIQUE (round, position)
) STRICT;
CREATE TABLE results (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
";

/// Writes a complete database beside `path` and gives it its name last.
pub(super) fn create(path: &Path, record: &StudyRecord) -> Result<(), SearchError> {
    let unfinished = path.with_added_extension("new");
    remove_if_present(&unfinished)?;
    let written = connect::create(&unfinished).and_then(|mut connection| {
        let written = write(&mut connection, record);
        written.map_err(|error| connect::explain(path, "write", error))
    });
    // The connection is closed by now: the file is whole.
    written.inspect_err(|_| drop(remove_if_present(&unfinished)))?;
    std::fs::rename(&unfinished, path).map_err(|source| SearchError::Io { path: path.into(), action: "create", source })
}

/// A complete database in memory.
pub(super) fn create_in_memory(record: &StudyRecord) -> Result<Connection, SearchError> {
    let mut connection = connect::memory()?;
    write(&mut connection, record).map_err(|error| connect::explain(Path::new(connect::MEMORY), "write", error))?;
    Ok(connection)
}

fn write(connection: &mut Connection, record: &StudyRecord) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "INSERT INTO study (id, space, seed, config, bonas, created) VALUES (0, ?1, ?2, ?3, ?4, ?5)",
        params![record.space, record.seed.to_string(), record.config, record.bonas, record.created],
    )?;
    for (name, value) in &record.details {
        transaction.execute("INSERT INTO details (name, value) VALUES (?1, ?2)", params![name, value])?;
    }
    transaction.commit()
}

fn remove_if_present(path: &Path) -> Result<(), SearchError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(SearchError::Io { path: path.into(), action: "remove the unfinished", source })
        }
        _ => Ok(()),
    }
}
