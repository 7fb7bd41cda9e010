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

    /// Makes the folder of a new run beside others: `name`, or `name-2`, `name-3` … where that exists already, as it does when
    /// another run began in the same second.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_beside(parent: &Path, name: &str) -> Result<Self, BonasError> {
        let mut path = parent.join(name);
        let mut count = 1_u32;
        loop {
            match Self::create(&path) {
                Err(BonasError::RunExists(_) | BonasError::NotARun(_)) => count += 1,
                other => return other,
            }
            path = parent.join(format!("{name}-{count}"));
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

    /// The folder of the networks of all finalists that were trained from scratch.
    pub fn finalists(&self) -> PathBuf {
        self.0.join("finalists")
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
pub fn write_whole(path: &Path, contents: &(impl AsRef<[u8]> + ?Sized)) -> Result<(), BonasError> {
    let failed = |source| BonasError::Write { path: path.to_path_buf(), source };
    let partial = path.with_added_extension("part");
    std::fs::write(&partial, contents).and_then(|()| std::fs::rename(&partial, path)).map_err(|source| {
        // What there is of it only fills the disk.
        let _ = std::fs::remove_file(&partial);
        failed(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_begin_in_the_same_second_get_folders_of_their_own() {
        let parent = tempfile::tempdir().expect("a folder");
        let name = |_| RunFolder::create_beside(parent.path(), "now").expect("made").path().to_path_buf();
        let made: Vec<_> = (0..3).map(name).collect();
        assert_eq!(made, ["now", "now-2", "now-3"].map(|name| parent.path().join(name)));
    }
}
