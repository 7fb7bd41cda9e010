use serde::{Deserialize, Serialize};
use std::fmt;

/// Which images a value was measured on. Searches may see training and validation values; test values are for reports alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Training images.
    Train,
    /// Validation images.
    Validation,
    /// Test images.
    Test,
    /// Not measured on images: parameters, multiply-adds, latency, seconds.
    None,
}

/// Which training a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Run {
    /// The mean of all trainings of an architecture.
    Mean,
    /// The training with this seed.
    Seed(u32),
}

/// What a column of a table holds: everything that must be known of a number before it is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ColumnKey {
    /// Name of the task, such as `cifar10-valid` or `class_scene`.
    pub task: String,
    /// Name of the metric, such as `accuracy`, `loss`, `seconds`, `parameters`.
    pub metric: String,
    /// Which images it was measured on.
    pub split: Split,
    /// Epochs of the training after which it was measured; none for what does not depend on training.
    pub epochs: Option<u32>,
    /// Which training it comes from.
    pub run: Run,
}

impl fmt::Display for ColumnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.task, self.metric)?;
        match self.split {
            Split::Train => write!(f, ", train")?,
            Split::Validation => write!(f, ", validation")?,
            Split::Test => write!(f, ", test")?,
            Split::None => {}
        }
        if let Some(epochs) = self.epochs {
            write!(f, ", {epochs} epochs")?;
        }
        match self.run {
            Run::Mean => write!(f, ", mean"),
            Run::Seed(seed) => write!(f, ", seed {seed}"),
        }
    }
}
