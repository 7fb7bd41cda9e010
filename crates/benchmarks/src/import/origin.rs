use crate::ImportError;
use std::path::{Path, PathBuf};

pub(crate) const AGAIN: &str = "Download it again";

/// Where bytes come from: what an error message needs to name the place.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    /// A part of the file that has offsets of its own: an entry of an archive, or what is left after decompression.
    part: Option<String>,
}

impl Origin {
    pub(crate) fn file(path: &Path) -> Self {
        Self { path: path.to_path_buf(), part: None }
    }

    pub(crate) fn part(path: &Path, part: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), part: Some(part.into()) }
    }

    pub(crate) fn place(&self, offset: u64) -> String {
        match &self.part {
            None => format!("at byte {offset}"),
            Some(part) => format!("at byte {offset} of {part}"),
        }
    }

    pub(crate) fn damaged(&self, offset: u64, expected: impl Into<String>, found: impl Into<String>) -> ImportError {
        ImportError::Damaged {
            path: self.path.clone(),
            place: self.place(offset),
            expected: expected.into(),
            found: found.into(),
            remedy: AGAIN,
        }
    }

    pub(crate) fn too_large(&self, offset: u64, what: &'static str, limit: u64) -> ImportError {
        ImportError::TooLarge { path: self.path.clone(), place: self.place(offset), what, limit }
    }

    pub(crate) fn foreign(&self, offset: u64, name: impl Into<String>) -> ImportError {
        ImportError::ForeignClass { path: self.path.clone(), place: self.place(offset), name: name.into() }
    }

    /// A failed read: a short or undecodable stream is damage, anything else lies with the disk.
    pub(crate) fn io(&self, offset: u64, expected: &str, source: std::io::Error) -> ImportError {
        use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        match source.kind() {
            UnexpectedEof => self.damaged(offset, expected, "the end of the data"),
            InvalidData | InvalidInput | Other => self.damaged(offset, expected, format!("'{source}'")),
            _ => ImportError::Unreadable { path: self.path.clone(), source },
        }
    }
}
