use crate::{LaboratoryError, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the file that says what the records of a folder have in common.
const SETTINGS: &str = "settings.json";

/// A finished piece of work, as a journal keeps it.
pub trait Record: Serialize + DeserializeOwned + Send {
    /// Which piece.
    type Key: Ord + Clone + Display;
    /// Name of the file of all of them, JSON lines.
    const FILE: &'static str;
    /// What one is, in a word.
    const WHAT: &'static str;

    /// Which piece it is.
    fn key(&self) -> &Self::Key;
}

/// The finished work of a folder, one line each, appended as it ends. A line that was torn by a crash is dropped.
#[derive(Debug)]
pub struct Journal<R: Record> {
    path: PathBuf,
    /// Locked while it is open.
    file: File,
    records: BTreeMap<R::Key, R>,
    other_build: bool,
}

impl<R: Record> Journal<R> {
    /// Opens the journal in `folder`, which must exist, or begins one.
    ///
    /// # Errors
    /// When the folder holds work with other settings ([`LaboratoryError::OtherSettings`]), another process writes there, or a
    /// line that is not the last cannot be read.
    pub fn open(folder: &Path, settings: &Settings) -> Result<Self, LaboratoryError> {
        let path = folder.join(R::FILE);
        let failed = |source| LaboratoryError::Io { action: "open", path: path.clone(), source };
        let opened = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LaboratoryError::Locked(path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let other_build = keep_settings(folder, settings)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let (whole, records) = read(&path, &text)?;
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { path, file, records, other_build })
    }

    /// Whether recorded work was done by another build of the program.
    pub fn is_of_another_build(&self) -> bool {
        self.other_build && !self.records.is_empty()
    }

    /// Whether this piece of work is finished.
    pub fn holds(&self, key: &R::Key) -> bool {
        self.records.contains_key(key)
    }

    /// Adds a finished piece of work.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, record: R) -> Result<(), LaboratoryError> {
        let failed = |source| LaboratoryError::Io { action: "write", path: self.path.clone(), source };
        let mut line = serde_json::to_vec(&record).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(failed)?;
        self.records.insert(record.key().clone(), record);
        Ok(())
    }

    /// All finished work, by its key.
    pub fn records(&self) -> &BTreeMap<R::Key, R> {
        &self.records
    }
}

/// The settings and the finished work of a folder, which is left as it is.
pub(crate) fn recorded<R: Record>(folder: &Path) -> Result<(Settings, BTreeMap<R::Key, R>), LaboratoryError> {
    let bytes = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|source| LaboratoryError::Io { action: "read", path, source })
    };
    let settings = serde_json::from_slice(&bytes(SETTINGS)?);
    let failed =
        |error: serde_json::Error| LaboratoryError::Io { action: "read", path: folder.join(SETTINGS), source: error.into() };
    Ok((settings.map_err(failed)?, read(&folder.join(R::FILE), &bytes(R::FILE)?)?.1))
}

/// Joins the settings with the recorded ones; says whether these are of another build.
fn keep_settings(folder: &Path, given: &Settings) -> Result<bool, LaboratoryError> {
    let path = folder.join(SETTINGS);
    let failed = |action| {
        let path = path.clone();
        move |source| LaboratoryError::Io { action, path, source }
    };
    let (merged, other_build) = match std::fs::read(&path) {
        Ok(text) => {
            let recorded: Settings = serde_json::from_slice(&text).map_err(|error| failed("read")(error.into()))?;
            (recorded.merged(given, folder)?, recorded.build != given.build)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (given.clone(), false),
        Err(error) => return Err(failed("read")(error)),
    };
    let text = serde_json::to_vec_pretty(&merged).map_err(|error| failed("write")(error.into()))?;
    let partial = path.with_added_extension("part");
    std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &path)).map_err(failed("write"))?;
    Ok(other_build)
}

/// The length of the whole lines, and what they say.
fn read<R: Record>(path: &Path, text: &[u8]) -> Result<(usize, BTreeMap<R::Key, R>), LaboratoryError> {
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
    let mut records = BTreeMap::new();
    let lines = text[..whole].split_inclusive(|&byte| byte == b'\n');
    for (place, line) in lines.enumerate() {
        let damaged = |error: serde_json::Error| LaboratoryError::Damaged {
            path: path.into(),
            line: place + 1,
            what: R::WHAT,
            reason: error.to_string(),
        };
        let record: R = serde_json::from_slice(line).map_err(damaged)?;
        records.insert(record.key().clone(), record);
    }
    Ok((whole, records))
}
