use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a description is no search space.
#[derive(Debug, Error)]
pub enum CustomSpaceError {
    /// The file cannot be read.
    #[error("cannot read the space {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML, or a value has another type.
    #[error("{}: this is no description of a space: {reason}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A key that means nothing here.
    #[error(
        "{}: {place}: unknown key '{key}'; {}the keys here are: {}",
        path.display(), nearest.map(|nearest| format!("did you mean '{nearest}'? ")).unwrap_or_default(), known.join(", ")
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The table that has it.
        place: String,
        /// The key.
        key: String,
        /// The known key it may be a slip for.
        nearest: Option<&'static str>,
        /// The keys that mean something.
        known: &'static [&'static str],
    },
    /// The description contradicts itself or a limit.
    #[error("{}{place}: {problem}; {remedy}", file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default())]
    Invalid {
        /// The file, if it came from one.
        file: Option<PathBuf>,
        /// Cell, stage and key.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl CustomSpaceError {
    pub(super) fn invalid(place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Invalid { file: None, place: place.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// The same error of a description that came from this file.
    pub(super) fn in_file(mut self, path: &Path) -> Self {
        if let Self::Invalid { file, .. } = &mut self {
            *file = Some(path.into());
        }
        self
    }
}
