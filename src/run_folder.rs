use crate::error::BonasError;
use std::path::{Path, PathBuf};

/// The folder of one run and the names of the files in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// Makes a new folder.
    ///
    /// # Errors
    /// When it exists already: a run never writes over anything.
    pub fn create(path: &Path) -> Result<Self, BonasError> {
        let failed = |source| BonasError::Folder { path: path.to_path_buf(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let run = Self(path.to_path_buf());
        match std::fs::create_dir(path) {
            Ok(()) => Ok(run),
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(error)),
            Err(_) if run.study().is_file() => Err(BonasError::RunExists(run.0)),
            Err(_) => Err(BonasError::NotARun(run.0)),
        }
    }

    /// The folder of an existing run.
    ///
    /// # Errors
    /// When there is no study in it.
    pub fn open(path: &Path) -> Result<Self, BonasError> {
        let run = Self(path.to_path_buf());
        match run.study().is_file() {
            true => Ok(run),
            false => Err(BonasError::NoRun(path.to_path_buf())),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database of the study.
    pub fn study(&self) -> PathBuf {
        self.0.join("study.db")
    }

    /// The configuration with every default written out.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The report.
    pub fn report(&self) -> PathBuf {
        self.0.join("report.html")
    }

    /// Writes the report, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_report(&self, html: &str) -> Result<(), BonasError> {
        write_whole(&self.report(), html)
    }

    /// The folder of the winner: genotype, weights, picture and metrics.
    pub fn best(&self) -> PathBuf {
        self.0.join("best")
    }
}

/// Writes a file, complete or not at all. A crash never leaves half a file under a good name.
///
/// # Errors
/// When the file cannot be written.
pub fn write_whole(path: &Path, text: &str) -> Result<(), BonasError> {
    let failed = |source| BonasError::Write { path: path.to_path_buf(), source };
    let partial = path.with_added_extension("part");
    std::fs::write(&partial, text).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
