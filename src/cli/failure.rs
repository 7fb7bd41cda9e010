use bonas::{BonasError, ConfigError};
use std::error::Error;
use std::process::ExitCode;

/// An error on its way to the user: a paragraph on stderr and an exit code.
pub(crate) struct Failure {
    error: Box<dyn Error>,
    code: u8,
}

/// The command line was wrong.
const USAGE: u8 = 2;
/// Anything else went wrong.
const FAILED: u8 = 1;

impl Failure {
    pub(crate) fn usage(error: impl Into<Box<dyn Error>>) -> Self {
        Self { error: error.into(), code: USAGE }
    }

    pub(crate) fn other(error: impl Into<Box<dyn Error>>) -> Self {
        Self { error: error.into(), code: FAILED }
    }

    /// Prints the error with its causes as one paragraph.
    pub(crate) fn print(&self) -> ExitCode {
        let mut paragraph = self.error.to_string();
        let mut cause = self.error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Transparent errors repeat their source.
            if !paragraph.ends_with(&text) {
                paragraph = format!("{paragraph}: {text}");
            }
            cause = error.source();
        }
        // Messages of parsers may come with a picture of several lines.
        let paragraph: Vec<&str> = paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        anstream::eprintln!("error: {}", paragraph.join(" "));
        ExitCode::from(self.code)
    }
}

impl From<BonasError> for Failure {
    fn from(error: BonasError) -> Self {
        match error {
            BonasError::Config(error) => error.into(),
            other => Self::other(other),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Override { .. } | ConfigError::NoRecipe { .. } => Self::usage(error),
            ConfigError::Unreadable { .. } | ConfigError::Invalid { .. } => Self::other(error),
        }
    }
}
