use crate::SearchError;
use crate::range::check_range;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A few hundredths of a second: a shorter budget is spent before the first round begins.
const MIN_MINUTES: f64 = 0.001;

/// As many seconds of training as make any difference.
const MIN_HOURS: f64 = 1e-6;

/// When a study has had enough. At least one limit must be set; the first one reached ends the study.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Architectures to evaluate, failures included; answers from the history are free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queries: Option<usize>,
    /// Rounds to record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<usize>,
    /// Minutes of wall clock, summed over every run of the study. Looked at between rounds: a round that has begun is
    /// finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// Hours of training, as the trials report them: simulated hours where a table answers. Looked at between rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_hours: Option<f64>,
}

impl Budget {
    /// Checks that there is a limit, and every limit's range.
    ///
    /// # Errors
    /// [`SearchError::NoBudget`] or the first limit outside its range.
    pub fn validate(&self) -> Result<(), SearchError> {
        if *self == Self::default() {
            return Err(SearchError::NoBudget);
        }
        let at_least_one =
            |field, limit: Option<usize>| limit.map_or(Ok(()), |limit| check_range(field, &limit, 1..=1_000_000_000));
        at_least_one("study.budget.queries", self.queries)?;
        at_least_one("study.budget.rounds", self.rounds)?;
        if let Some(minutes) = self.minutes {
            check_range("study.budget.minutes", &minutes, MIN_MINUTES..=1e9)?;
        }
        if let Some(hours) = self.cost_hours {
            check_range("study.budget.cost_hours", &hours, MIN_HOURS..=1e9)?;
        }
        Ok(())
    }

    /// Queries that may still be made.
    pub(super) fn queries_left(&self, queries: usize) -> usize {
        self.queries.map_or(usize::MAX, |limit| limit.saturating_sub(queries))
    }

    /// The limit that has been reached.
    pub(super) fn spent(&self, queries: usize, rounds: usize, seconds: f64, cost_seconds: f64) -> Option<StopReason> {
        if self.queries_left(queries) == 0 {
            return Some(StopReason::QueryBudget);
        }
        if self.rounds.is_some_and(|limit| rounds >= limit) {
            return Some(StopReason::RoundBudget);
        }
        if self.cost_hours.is_some_and(|limit| cost_seconds >= 3600.0 * limit) {
            return Some(StopReason::CostBudget);
        }
        self.minutes.is_some_and(|limit| seconds >= 60.0 * limit).then_some(StopReason::TimeBudget)
    }
}

/// Why a study ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// All queries have been made.
    QueryBudget,
    /// All rounds have been recorded.
    RoundBudget,
    /// The time is up.
    TimeBudget,
    /// The hours of training are used up.
    CostBudget,
    /// The strategy proposes nothing that has not been evaluated.
    Exhausted,
    /// Someone asked to stop; the study can be resumed.
    Interrupted,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueryBudget => "the query budget is spent",
            Self::RoundBudget => "the round budget is spent",
            Self::TimeBudget => "the time budget is spent",
            Self::CostBudget => "the budget of training hours is spent",
            Self::Exhausted => "the strategy proposes nothing new",
            Self::Interrupted => "interrupted",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_reached_ends_the_study() {
        let budget = Budget { queries: Some(10), rounds: Some(3), minutes: Some(0.5), cost_hours: Some(2.0) };
        assert_eq!(budget.spent(9, 2, 29.0, 7199.0), None);
        assert_eq!(budget.spent(10, 2, 0.0, 0.0), Some(StopReason::QueryBudget));
        assert_eq!(budget.spent(9, 3, 0.0, 0.0), Some(StopReason::RoundBudget));
        assert_eq!(budget.spent(9, 2, 30.0, 0.0), Some(StopReason::TimeBudget));
        assert_eq!(budget.spent(9, 2, 0.0, 7200.0), Some(StopReason::CostBudget));
        assert_eq!((budget.queries_left(4), Budget::default().queries_left(4)), (6, usize::MAX));
    }

    #[test]
    fn limits_are_checked() {
        assert!(matches!(Budget::default().validate(), Err(SearchError::NoBudget)));
        for minutes in [f64::NAN, 0.0, -1.0] {
            assert!(Budget { minutes: Some(minutes), ..Budget::default() }.validate().is_err());
        }
        let error = Budget { queries: Some(0), ..Budget::default() }.validate().expect_err("no queries");
        assert!(error.to_string().starts_with("study.budget.queries must be in [1, "), "{error}");
        assert!(Budget { rounds: Some(1), ..Budget::default() }.validate().is_ok());
    }
}
