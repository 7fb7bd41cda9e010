use bonas_core::{Architecture, CompletedTrial, Outcome, Prediction};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is written down of a study before its first query. Plain data, supplied by the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyRecord {
    /// Name of the search space.
    pub space: String,
    /// The one seed of the study.
    pub seed: u64,
    /// The resolved configuration, as TOML.
    pub config: String,
    /// Version of bonas that began the study.
    pub bonas: String,
    /// When the study began, in seconds since 1970 (UTC).
    pub created: u64,
    /// Anything else worth keeping, such as hashes of the data.
    pub details: BTreeMap<String, String>,
}

/// Seconds of wall clock that the phases of a round took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseSeconds {
    /// Fitting the surrogate and choosing proposals.
    pub propose: f64,
    /// Evaluating the batch.
    pub evaluate: f64,
    /// Writing the trials, up to the commit.
    pub record: f64,
}

impl PhaseSeconds {
    /// The whole round.
    pub fn total(&self) -> f64 {
        self.propose + self.evaluate + self.record
    }
}

/// A finished round. A round that did not finish leaves no record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundRecord {
    /// Number of the round, from 0.
    pub round: usize,
    /// How long its phases took.
    pub seconds: PhaseSeconds,
}

/// A trial: a canonical architecture, its outcome and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Number of the trial in its study, from 0.
    pub id: usize,
    /// Round in which it was proposed, from 0.
    pub round: usize,
    /// Place among the proposals of its round, from 0.
    pub position: usize,
    /// The architecture, in canonical form.
    pub architecture: Architecture,
    /// The same in the text form of its space.
    pub text: String,
    /// How its evaluation ended.
    pub outcome: Outcome,
    /// What the surrogate expected before the evaluation.
    pub prediction: Option<Prediction>,
    /// How the strategy came by it.
    pub origin: String,
    /// Whether the outcome was taken from an earlier trial; such a trial is not charged to the budget.
    pub cached: bool,
}

impl TrialRecord {
    /// The score, if the trial was measured.
    pub fn score(&self) -> Option<f64> {
        self.outcome.score()
    }

    /// What a strategy is told of this trial.
    pub fn completed(&self) -> CompletedTrial {
        CompletedTrial { architecture: self.architecture.clone(), outcome: self.outcome.clone() }
    }

    /// The measured trial with the highest score, the earliest of equals. Trials must be in the order of their ids.
    pub fn best<'a>(trials: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        let measured = trials.into_iter().filter_map(|trial| Some((trial.score()?, trial)));
        measured.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, trial)| trial)
    }
}
