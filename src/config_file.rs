use crate::config::ExperimentConfig;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;
use toml::{Table, Value};

/// Why a configuration could not be read.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read the configuration {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or a key or value is wrong.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, column, and what is wrong.
        message: String,
    },
    /// A recipe is neither known nor a file.
    #[error("there is no such recipe: {message}")]
    NoRecipe {
        /// What was given, and what is known.
        message: String,
    },
    /// A `--set` or another option of the command line does not fit the configuration.
    #[error("the setting '{setting}' does not fit: {message}")]
    Override {
        /// As it was given.
        setting: String,
        /// What is wrong.
        message: String,
    },
}

/// One setting from the command line, such as `study.budget.queries=60`.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    key: String,
    value: Value,
    is_option: bool,
}

impl Override {
    /// The setting `key`, dots between tables, with this value.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { key: key.into(), value: value.into(), is_option: false }
    }

    /// The same, from an option of its own rather than from `--set`. What one says, the other must not say, too.
    pub fn option(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { is_option: true, ..Self::new(key, value) }
    }

    fn insert(&self, table: &mut Table) -> Result<(), String> {
        let (parents, leaf) =
            self.key.rsplit_once('.').map_or((None, self.key.as_str()), |(parents, leaf)| (Some(parents), leaf));
        let mut place = table;
        for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
            let entry = place.entry(parent).or_insert_with(|| Value::Table(Table::new()));
            place = entry.as_table_mut().ok_or_else(|| format!("'{parent}' is a value, not a table"))?;
        }
        place.insert(leaf.to_string(), self.value.clone());
        Ok(())
    }
}

impl FromStr for Override {
    type Err = String;

    /// Reads `key=value`. The value is TOML; what is not TOML is taken as a string, so that quotes are optional.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or_else(|| format!("'{text}' is not of the form key=value"))?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || key.split('.').any(str::is_empty) {
            return Err(format!("'{key}' is not a key; write table.key=value, such as study.seed=7"));
        }
        let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
        Ok(Self::new(key, parsed.unwrap_or_else(|| Value::String(value.to_string()))))
    }
}

/// Reads a configuration file (or the default experiment, if there is none) and applies the overrides in their order.
///
/// # Errors
/// When the file cannot be read, or a key or value is wrong; unknown keys get the nearest known one as a suggestion.
pub fn load_config(path: Option<&Path>, overrides: &[Override]) -> Result<ExperimentConfig, ConfigError> {
    let (text, path) = match path {
        None => (ExperimentConfig::QUICK.to_string(), PathBuf::from("configs/quick.toml (built in)")),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            (text.map_err(|source| ConfigError::Unreadable { path: path.to_path_buf(), source })?, path.to_path_buf())
        }
    };
    // The text alone first: only then does TOML know the line of a mistake.
    let invalid = |error: toml::de::Error| ConfigError::Invalid { path: path.clone(), message: located(&text, &error) };
    let mut config: ExperimentConfig = toml::from_str(&text).map_err(invalid)?;
    let mut table: Table = toml::from_str(&text).map_err(invalid)?;
    for setting in overrides {
        let failed = |message| ConfigError::Override { setting: format!("{}={}", setting.key, setting.value), message };
        if let Some(option) = overrides.iter().find(|other| other.is_option && !setting.is_option && other.key == setting.key) {
            return Err(failed(format!("an option of its own says {} already; give one of the two", option.value)));
        }
        setting.insert(&mut table).map_err(failed)?;
        let merged: Result<ExperimentConfig, _> = Value::Table(table.clone()).try_into();
        config = merged.map_err(|error: toml::de::Error| failed(explained(error.message())))?;
    }
    Ok(config)
}

pub(crate) fn located(text: &str, error: &toml::de::Error) -> String {
    let message = explained(error.message());
    let Some(span) = error.span() else { return message };
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&character| character != '\n').count() + 1;
    format!("line {line}, column {column}: {message}")
}

/// Adds the nearest known key to serde's list of all of them.
pub(crate) fn explained(message: &str) -> String {
    let message = message.trim();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (true, Some(unknown)) = (is_unknown, quoted.next()) else { return message.to_string() };
    let nearest = quoted.min_by_key(|known| strsim::damerau_levenshtein(unknown, known));
    match nearest {
        Some(nearest) => format!("{message}. Did you mean '{nearest}'?"),
        None => message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_toml_or_else_strings() {
        assert_eq!("study.seed=7".parse(), Ok(Override::new("study.seed", 7)));
        assert_eq!("space=darts".parse(), Ok(Override::new("space", "darts")));
        assert_eq!("data.path=/a b".parse(), Ok(Override::new("data.path", "/a b")));
        assert!("study.seed".parse::<Override>().is_err());
        assert!("study..seed=1".parse::<Override>().is_err());
    }

    #[test]
    fn unknown_keys_get_the_nearest_known_one() {
        let error = load_config(None, &[Override::new("study.sede", 3)]).expect_err("unknown key").to_string();
        assert!(error.contains("Did you mean 'seed'?"), "{error}");
    }

    #[test]
    fn every_shipped_configuration_is_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
        let mut read = 0;
        for entry in std::fs::read_dir(folder).expect("configs") {
            let path = entry.expect("entry").path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                load_config(Some(&path), &[]).unwrap_or_else(|error| panic!("{error}"));
                read += 1;
            }
        }
        assert!(read >= 2);
    }

    #[test]
    fn the_resolved_configuration_reads_back_as_itself() {
        let config = ExperimentConfig::quick();
        assert_eq!(toml::from_str::<ExperimentConfig>(&config.to_toml()), Ok(config));
    }
}
