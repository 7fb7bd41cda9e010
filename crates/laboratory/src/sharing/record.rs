use crate::Record;
use bonas_core::Outcome;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// Passes over the training images, a finite number; fractions are allowed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epochs(pub f64);

impl PartialEq for Epochs {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Epochs {}

impl PartialOrd for Epochs {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Epochs {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Epochs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which training of a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "training", rename_all = "kebab-case")]
pub enum TrainingKey {
    /// One architecture by itself, from scratch.
    Alone {
        /// The architecture, in the text form of its space.
        architecture: String,
        /// Seed of the training.
        seed: u64,
    },
    /// A group of architectures in one sub-supernet.
    Shared {
        /// Passes after the warm-up.
        epochs: Epochs,
        /// The architectures, in the text form of their space.
        members: Vec<String>,
    },
}

impl fmt::Display for TrainingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone { architecture, seed } => write!(f, "{architecture} alone, seed {seed}"),
            Self::Shared { epochs, members } => write!(f, "a sub-supernet of {}, {epochs} epochs", members.len()),
        }
    }
}

/// A finished training: its scores, and nothing that changes between runs but the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Which training.
    #[serde(flatten)]
    pub key: TrainingKey,
    /// Score of every member on the validation split; of one where it trained alone. `None` for one that failed.
    pub scores: Vec<Option<f64>>,
    /// Why members failed, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// Wall clock of training and scoring together.
    pub seconds: f64,
}

impl TrainingRecord {
    pub(super) fn new(key: TrainingKey, outcomes: Vec<Outcome>, seconds: f64) -> Self {
        let scores = outcomes.iter().map(Outcome::score).collect();
        let reason = |outcome| match outcome {
            Outcome::Failed { reason } => Some(reason),
            Outcome::Measured(_) => None,
        };
        Self { key, scores, failures: outcomes.into_iter().filter_map(reason).collect(), seconds }
    }

    /// The same training without its time, to compare runs.
    pub fn untimed(self) -> Self {
        Self { seconds: 0.0, ..self }
    }
}

impl Record for TrainingRecord {
    type Key = TrainingKey;
    const FILE: &'static str = "trainings.jsonl";
    const WHAT: &'static str = "training";

    fn key(&self) -> &TrainingKey {
        &self.key
    }
}
