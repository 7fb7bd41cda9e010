use crate::error::SupernetError;
use crate::retrain::Epoch;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};

/// A file with one line of JSON per finished epoch, which can be followed while the training runs.
#[derive(Clone, Debug)]
pub struct EpochLog(PathBuf);

impl EpochLog {
    /// The log at this path; nothing is written yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Begins the file anew with the epochs that a training continues behind: an epoch that was logged, but not saved, comes again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(&self, history: &[Epoch]) -> Result<(), SupernetError> {
        let partial = self.0.with_added_extension("part");
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(history.iter().map(line).collect::<String>().as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&partial, &self.0)
        });
        written.map_err(|error| self.failed(&error))
    }

    /// Adds an epoch, as one write.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn append(&self, epoch: &Epoch) -> Result<(), SupernetError> {
        let written = OpenOptions::new().append(true).create(true).open(&self.0).and_then(|mut file| {
            file.write_all(line(epoch).as_bytes())?;
            file.sync_data()
        });
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> SupernetError {
        let reason = format!("{error}; free space or give permission, then continue with `bonas resume`");
        SupernetError::Log { path: self.0.as_path().to_path_buf(), reason }
    }

    /// The file.
    pub fn path(&self) -> &FilePath {
        &self.0
    }
}

fn line(epoch: &Epoch) -> String {
    let json = serde_json::to_string(epoch).expect("plain data with text keys is JSON");
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_continues_behind_what_was_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = EpochLog::new(folder.path().join("metrics.jsonl"));
        let epoch =
            |epoch| Epoch { epoch, train_loss: 0.5, validation_loss: 0.25, validation_accuracy: 0.75, learning_rate: 0.1 };
        let epochs = || {
            let text = std::fs::read_to_string(log.path()).expect("read");
            let lines = text.lines().map(|line| serde_json::from_str::<Epoch>(line).expect("a line is an epoch").epoch);
            lines.collect::<Vec<_>>()
        };
        log.begin(&[]).expect("written");
        (1..=3).for_each(|number| log.append(&epoch(number)).expect("written"));
        assert_eq!(epochs(), [1, 2, 3]);
        log.begin(&[epoch(1), epoch(2)]).expect("written");
        log.append(&epoch(3)).expect("written");
        assert_eq!(epochs(), [1, 2, 3]);
    }
}
