//! One SQLite file per study.
//!
//! The study's process alone writes it (a lock file says so); any process may read it meanwhile. Every round is one
//! transaction, flushed to the disk before the round counts, so that a kill or a power cut loses at most the running round.
//!
//! A study that nobody will resume may be kept in memory instead, and is gone with its process.

mod connect;
mod lock;
mod metrics;
mod reader;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use reader::StudyReader;
pub use schema::{APPLICATION_ID, SCHEMA_VERSION};

use crate::{PhaseSeconds, RoundRecord, SearchError, StudyRecord, TrialRecord};
use lock::WriterLock;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};

/// The database of a study, open for writing. There is one per study at any time, in any process.
#[derive(Debug)]
pub struct Storage {
    reader: StudyReader,
    /// None in memory, where nobody else can write.
    _lock: Option<WriterLock>,
}

impl Storage {
    /// Begins a database at `path` with the record of its study. Its folder must exist.
    ///
    /// The file appears under its name only when it is complete, so a crash leaves either no study or a study.
    ///
    /// # Errors
    /// [`SearchError::Exists`], [`SearchError::Locked`], or when the file cannot be written.
    pub fn create(path: &Path, record: &StudyRecord) -> Result<Self, SearchError> {
        let lock = WriterLock::acquire(path)?;
        if path.exists() {
            return Err(SearchError::Exists(path.into()));
        }
        let created = schema::create(path, record).and_then(|()| Self::open_locked(path, lock));
        if created.is_err() {
            // No study, so nothing to lock: leave the folder as it was found.
            let _ = std::fs::remove_file(WriterLock::path(path));
        }
        created
    }

    /// Begins a database in memory: the same tables, no file.
    ///
    /// # Errors
    /// When there is no memory left.
    pub fn in_memory(record: &StudyRecord) -> Result<Self, SearchError> {
        Ok(Self { reader: StudyReader::in_memory(schema::create_in_memory(record)?), _lock: None })
    }

    /// Opens the database at `path` to continue its study.
    ///
    /// # Errors
    /// [`SearchError::Missing`], [`SearchError::Locked`], [`SearchError::NotAStudy`], [`SearchError::WrongVersion`] or
    /// [`SearchError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, SearchError> {
        if !path.is_file() {
            return Err(SearchError::Missing(path.into()));
        }
        let lock = WriterLock::acquire(path)?;
        Self::open_locked(path, lock)
    }

    /// Opens the database at `path` to look at it, also while a study writes it.
    ///
    /// # Errors
    /// As [`open`](Self::open), but never [`SearchError::Locked`].
    pub fn read(path: &Path) -> Result<StudyReader, SearchError> {
        StudyReader::open(path)
    }

    /// Everything that can be read.
    pub fn reader(&self) -> &StudyReader {
        &self.reader
    }

    /// Records the next round and its trials in one transaction. `seconds.record` is measured here.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing of the round is recorded and all earlier rounds are.
    pub fn record_round(
        &mut self,
        round: usize,
        seconds: PhaseSeconds,
        trials: &[TrialRecord],
    ) -> Result<RoundRecord, SearchError> {
        let clock = Instant::now();
        let (path, connection) = self.reader.parts_mut();
        let written = write_round(connection, round, seconds, trials, clock);
        written.map_err(|error| connect::explain(path, "write", error))
    }

    /// Records a final result under a name, as JSON; a result of the same name is replaced.
    ///
    /// # Errors
    /// When `value` is not JSON or the database cannot be written.
    pub fn set_result<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), SearchError> {
        let (path, connection) = self.reader.parts_mut();
        let text = serde_json::to_string(value).map_err(|source| SearchError::Result {
            path: path.into(),
            name: name.into(),
            source,
        })?;
        let written = connection.execute("INSERT OR REPLACE INTO results (name, value) VALUES (?1, ?2)", params![name, text]);
        written.map(drop).map_err(|error| connect::explain(path, "write", error))
    }

    fn open_locked(path: &Path, lock: WriterLock) -> Result<Self, SearchError> {
        let reader = StudyReader::for_writing(path)?;
        Ok(Self { reader, _lock: Some(lock) })
    }
}

impl Drop for Storage {
    /// Leaves one self-contained file that can be copied, or read from a read-only disk. Where a reader is in the way, the
    /// write-ahead log stays beside the file, which is as good.
    fn drop(&mut self) {
        let (_, connection) = self.reader.parts_mut();
        let _ = connection.busy_timeout(Duration::ZERO);
        let _ = connection.pragma_update(None, "journal_mode", "delete");
    }
}

fn write_round(
    connection: &mut Connection,
    round: usize,
    mut seconds: PhaseSeconds,
    trials: &[TrialRecord],
    clock: Instant,
) -> rusqlite::Result<RoundRecord> {
    let transaction = connection.transaction()?;
    for trial in trials {
        rows::insert_trial(&transaction, trial)?;
    }
    seconds.record = clock.elapsed().as_secs_f64();
    let record = RoundRecord { round, seconds };
    rows::insert_round(&transaction, &record)?;
    transaction.commit()?;
    Ok(record)
}
