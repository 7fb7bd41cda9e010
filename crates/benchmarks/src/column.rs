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

/// What a number means, and how it becomes a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A number as it is.
    #[default]
    Plain,
    /// Hundredths: 91.6 stands for 0.916, and that is its score.
    Percent,
    /// Seconds of wall clock.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
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

/// A column of a table without its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What its values are.
    pub key: ColumnKey,
    /// What its numbers mean.
    pub unit: Unit,
    /// Whether larger values are better; scores of the others are negated.
    pub larger_is_better: bool,
}

impl Column {
    /// A value as a score: percentages as fractions, and larger is better.
    pub fn score(&self, value: f64) -> f64 {
        let value = if self.unit == Unit::Percent { value / 100.0 } else { value };
        if self.larger_is_better { value } else { -value }
    }
}
