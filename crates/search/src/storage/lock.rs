use crate::SearchError;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Held by the one process that may write a study; the system frees it when the process ends, however it ends.
///
/// The lock is on a file beside the database, `study.db.lock`: closing a second handle of the database itself would drop
/// SQLite's own locks on it (POSIX).
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    pub(super) fn path(database: &Path) -> PathBuf {
        database.with_added_extension("lock")
    }

    pub(super) fn acquire(database: &Path) -> Result<Self, SearchError> {
        let path = Self::path(database);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|source| SearchError::Io { path: path.clone(), action: "open", source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(SearchError::Locked(database.into())),
            Err(TryLockError::Error(source)) => Err(SearchError::Io { path, action: "lock", source }),
        }
    }
}
