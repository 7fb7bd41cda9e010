use crate::Record;
use crate::statistics::coverage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which fit of a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FitKey {
    /// Name of the task.
    pub task: String,
    /// Name of the surrogate.
    pub surrogate: String,
    /// Architectures that it was trained on.
    pub train: usize,
    /// Seed of the split.
    pub split: u64,
}

impl fmt::Display for FitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} of {}, split {}", self.surrogate, self.train, self.task, self.split)
    }
}

/// A finished fit: what it said, and nothing that changes between runs but the times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitRecord {
    /// Which fit.
    #[serde(flatten)]
    pub key: FitKey,
    /// Architectures that were ranked.
    pub ranked: usize,
    /// Kendall's τ-b between expected outcomes and scores; `None` where one of them is constant.
    pub kendall: Option<f64>,
    /// Spearman's ρ between the same.
    pub spearman: Option<f64>,
    /// Held-out validation scores that errors and intervals were judged on.
    pub held_out: usize,
    /// Mean absolute difference between expected and observed outcomes, on the scale that the surrogate predicts.
    pub mae: f64,
    /// How well its intervals fit; `None` for a surrogate without any uncertainty.
    pub calibration: Option<Calibration>,
    /// What it took.
    pub seconds: FitSeconds,
}

/// How well the predicted distributions fit the observed outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Part of the outcomes inside their central 50 % intervals.
    pub coverage_50: f64,
    /// Inside their central 80 % intervals.
    pub coverage_80: f64,
    /// Inside their central 95 % intervals.
    pub coverage_95: f64,
    /// Mean negative logarithm of the predicted density of the outcomes, on the scale that the surrogate predicts; `None` where an
    /// outcome was thought impossible.
    pub negative_log_likelihood: Option<f64>,
}

/// Seconds of wall clock of one fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitSeconds {
    /// The fit.
    pub fit: f64,
    /// The predictions for everything that is ranked or judged.
    pub predict: f64,
}

impl Calibration {
    /// From standardised outcomes and the logarithms of their densities.
    pub(super) fn new(standardised: &[f64], log_densities: &[f64]) -> Self {
        let likelihood = log_densities.iter().sum::<f64>() / log_densities.len() as f64;
        let at = |probability| coverage(standardised, probability);
        Self {
            coverage_50: at(0.5),
            coverage_80: at(0.8),
            coverage_95: at(0.95),
            negative_log_likelihood: likelihood.is_finite().then_some(-likelihood),
        }
    }
}

impl Record for FitRecord {
    type Key = FitKey;
    const FILE: &'static str = "fits.jsonl";
    const WHAT: &'static str = "fit";

    fn key(&self) -> &FitKey {
        &self.key
    }
}

impl FitRecord {
    /// The same fit without its times, to compare runs.
    pub fn untimed(self) -> Self {
        Self { seconds: FitSeconds::default(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_outcome_has_no_likelihood() {
        let calibration = Calibration::new(&[0.1, f64::INFINITY], &[-1.0, f64::NEG_INFINITY]);
        assert_eq!((calibration.coverage_50, calibration.coverage_95, calibration.negative_log_likelihood), (0.5, 0.5, None));
        assert_eq!(Calibration::new(&[0.0, 1.0], &[-1.0, 4.0]).negative_log_likelihood, Some(-1.5));
    }
}
