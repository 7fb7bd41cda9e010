use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which table a search is answered from, and by which of its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableConfig {
    /// An imported table, or a CSV file of a known layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The layout of a CSV file (see `datasets/layouts`); without it, the known one that its header matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<PathBuf>,
    /// The task; may be left out if the table has only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The metric; without it, the first of the task on validation images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Epochs of training; without it, the most there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// Whether the search keeps to the architectures that the table has, where it holds only a part of the space. Without it, asking
    /// for another one is a failed trial.
    pub only_rows: bool,
    /// Which training of an architecture answers.
    pub run: RunChoice,
}

/// Which of the trainings of an architecture answers a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunChoice {
    /// The mean of all of them.
    #[default]
    Mean,
    /// One drawn at random: the noise of a single training.
    Random,
    /// The one with this seed.
    Seed(u32),
}
