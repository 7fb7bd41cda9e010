use crate::Architecture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Name of the metric that says what an evaluation cost, in seconds of training; budgets in hours count it.
pub const COST_SECONDS: &str = "cost_seconds";

/// What an evaluation measured: a finite score, which the study maximises, and anything else worth keeping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawMeasurement")]
pub struct Measurement {
    score: f64,
    metrics: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct RawMeasurement {
    score: f64,
    metrics: BTreeMap<String, f64>,
}

impl TryFrom<RawMeasurement> for Measurement {
    type Error = MeasurementError;
    fn try_from(raw: RawMeasurement) -> Result<Self, MeasurementError> {
        Ok(Self { metrics: raw.metrics, ..Self::new(raw.score)? })
    }
}

/// A score that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("a score must be finite, but is {0}")]
pub struct MeasurementError(pub f64);

impl Measurement {
    /// A measurement with this score.
    ///
    /// # Errors
    /// When the score is NaN or infinite; such a trial is [`Outcome::Failed`].
    pub fn new(score: f64) -> Result<Self, MeasurementError> {
        if !score.is_finite() {
            return Err(MeasurementError(score));
        }
        Ok(Self { score, metrics: BTreeMap::new() })
    }

    /// Adds a further number, such as `parameters`.
    pub fn with_metric(mut self, name: impl Into<String>, value: f64) -> Self {
        self.metrics.insert(name.into(), value);
        self
    }

    /// The score; larger is better.
    pub fn score(&self) -> f64 {
        self.score
    }

    /// Further numbers by name.
    pub fn metrics(&self) -> &BTreeMap<String, f64> {
        &self.metrics
    }
}

/// How an evaluation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It has a score.
    Measured(Measurement),
    /// It has none, for this reason. The study goes on.
    Failed {
        /// What happened, for people.
        reason: String,
    },
}

impl Outcome {
    /// The score, if there is one.
    pub fn score(&self) -> Option<f64> {
        match self {
            Self::Measured(measurement) => Some(measurement.score()),
            Self::Failed { .. } => None,
        }
    }
}

impl Outcome {
    /// A further number by its name, if the outcome is measured and has it.
    pub fn metric(&self, name: &str) -> Option<f64> {
        match self {
            Self::Measured(measurement) => measurement.metrics().get(name).copied(),
            Self::Failed { .. } => None,
        }
    }
}

/// What a surrogate said of a proposal before it was evaluated, on the scale of the surrogate's targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Expected outcome.
    pub mean: f64,
    /// Its standard deviation.
    pub stddev: f64,
}

/// A trial that has ended: a canonical architecture and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletedTrial {
    /// The architecture, in canonical form.
    pub architecture: Architecture,
    /// How its evaluation ended.
    pub outcome: Outcome,
}
