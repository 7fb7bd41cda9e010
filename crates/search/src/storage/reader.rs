use super::{connect, rows};
use crate::{RoundRecord, SearchError, StudyRecord, TrialRecord};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that can be read of a study, also while it is being written.
#[derive(Debug)]
pub struct StudyReader {
    path: PathBuf,
    connection: Connection,
}

impl StudyReader {
    /// Opens the database at `path` to look at it.
    ///
    /// # Errors
    /// [`SearchError::Missing`], [`SearchError::NotAStudy`], [`SearchError::WrongVersion`] or [`SearchError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, SearchError> {
        Ok(Self { path: path.into(), connection: connect::read(path)? })
    }

    pub(super) fn for_writing(path: &Path) -> Result<Self, SearchError> {
        Ok(Self { path: path.into(), connection: connect::write(path)? })
    }

    pub(super) fn in_memory(connection: Connection) -> Self {
        Self { path: connect::MEMORY.into(), connection }
    }

    pub(super) fn parts_mut(&mut self) -> (&Path, &mut Connection) {
        (&self.path, &mut self.connection)
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The file; `:memory:` for a study in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written down before the first query.
    ///
    /// # Errors
    /// When the database cannot be read or is damaged; so for every method below.
    pub fn study_record(&self) -> Result<StudyRecord, SearchError> {
        let pairs = self.rows("SELECT name, value FROM details ORDER BY name", (), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let details: BTreeMap<String, String> = pairs.into_iter().collect();
        let read = |row: &Row<'_>| {
            let seed: String = row.get(1)?;
            let no_seed = |error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error));
            let seed = seed.parse().map_err(no_seed)?;
            Ok(StudyRecord { space: row.get(0)?, seed, config: row.get(2)?, bonas: row.get(3)?, created: row.get(4)?, details })
        };
        let found = self.connection.query_row("SELECT space, seed, config, bonas, created FROM study", (), read);
        found.map_err(|error| self.explain(error))
    }

    /// The finished rounds, in order.
    ///
    /// # Errors
    /// As [`study_record`](Self::study_record).
    pub fn rounds(&self) -> Result<Vec<RoundRecord>, SearchError> {
        self.rows(&format!("SELECT {} FROM rounds ORDER BY round", rows::ROUND_COLUMNS), (), rows::round)
    }

    /// The recorded trials, in order; cached answers included.
    ///
    /// # Errors
    /// As [`study_record`](Self::study_record).
    pub fn trials(&self) -> Result<Vec<TrialRecord>, SearchError> {
        self.rows(&format!("SELECT {} FROM trials ORDER BY id", rows::TRIAL_COLUMNS), (), rows::trial)
    }

    /// At most `count` measured trials, the highest score first and the earliest of equals first; cached answers left out.
    ///
    /// # Errors
    /// As [`study_record`](Self::study_record).
    pub fn best_trials(&self, count: usize) -> Result<Vec<TrialRecord>, SearchError> {
        let columns = rows::TRIAL_COLUMNS;
        let wanted = "outcome = 'measured' AND NOT cached ORDER BY score DESC, id LIMIT ?1";
        self.rows(&format!("SELECT {columns} FROM trials WHERE {wanted}"), [count], rows::trial)
    }

    /// A final result by its name, if it was recorded.
    ///
    /// # Errors
    /// As [`study_record`](Self::study_record), and when the result is not a `T`.
    pub fn result<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SearchError> {
        let value = "SELECT value FROM results WHERE name = ?1";
        let found = self.connection.query_row(value, [name], |row| row.get::<_, String>(0)).optional();
        let Some(text) = found.map_err(|error| self.explain(error))? else {
            return Ok(None);
        };
        let other_type = |source| SearchError::Result { path: self.path.clone(), name: name.into(), source };
        serde_json::from_str(&text).map(Some).map_err(other_type)
    }

    fn rows<T>(
        &self,
        query: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, SearchError> {
        let collect = || self.connection.prepare(query)?.query_map(parameters, read)?.collect::<rusqlite::Result<_>>();
        collect().map_err(|error| self.explain(error))
    }

    fn explain(&self, error: rusqlite::Error) -> SearchError {
        connect::explain(&self.path, "read", error)
    }
}
