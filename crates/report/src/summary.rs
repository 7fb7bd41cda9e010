//! What a list of trials says, worked out once for all sections.

use crate::TrialEntry;
use std::collections::BTreeSet;

/// A trial that was charged to the budget, with its place among those.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    /// 1 for the first.
    pub(crate) number: usize,
    pub(crate) trial: &'a TrialEntry,
}

/// A scored query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scored<'a> {
    pub(crate) query: Query<'a>,
    pub(crate) score: f64,
}

/// Facts that several sections share.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    /// Trials that were charged to the budget.
    pub(crate) queries: Vec<Query<'a>>,
    /// Trials that the history answered.
    pub(crate) cached: usize,
    /// Every query that was the best so far when it was recorded.
    pub(crate) incumbents: Vec<Scored<'a>>,
    /// Queries without a score.
    pub(crate) failed: Vec<Query<'a>>,
    /// Numbers of the rounds that have trials, in order.
    pub(crate) rounds: Vec<u32>,
    trials: &'a [TrialEntry],
}

impl<'a> Summary<'a> {
    pub(crate) fn of(trials: &'a [TrialEntry]) -> Self {
        let charged = trials.iter().filter(|trial| !trial.cached);
        let queries: Vec<_> = charged.enumerate().map(|(place, trial)| Query { number: place + 1, trial }).collect();
        let rounds: BTreeSet<_> = trials.iter().map(|trial| trial.round).collect();
        Self {
            cached: trials.len() - queries.len(),
            incumbents: incumbents(&queries),
            failed: queries.iter().copied().filter(|query| query.trial.outcome.score().is_none()).collect(),
            rounds: rounds.into_iter().collect(),
            queries,
            trials,
        }
    }

    /// The trial of this identity.
    pub(crate) fn trial(&self, id: u64) -> Option<&'a TrialEntry> {
        self.trials.iter().find(|trial| trial.id == id)
    }

    /// Queries that have a score.
    pub(crate) fn scored(&self) -> impl Iterator<Item = Scored<'a>> + '_ {
        scored(&self.queries)
    }

    /// The best query, if any has a score.
    pub(crate) fn best(&self) -> Option<Scored<'a>> {
        self.incumbents.last().copied()
    }

    /// Where a round lies between the first (0) and the last (1); an only round is the last.
    pub(crate) fn phase_of(&self, round: u32) -> f64 {
        let last = self.rounds.len().saturating_sub(1);
        if last == 0 {
            return 1.0;
        }
        self.rounds.iter().position(|&other| other == round).unwrap_or(last) as f64 / last as f64
    }
}

fn scored<'a>(queries: &[Query<'a>]) -> impl Iterator<Item = Scored<'a>> {
    queries.iter().filter_map(|&query| query.trial.outcome.score().map(|score| Scored { query, score }))
}

fn incumbents<'a>(queries: &[Query<'a>]) -> Vec<Scored<'a>> {
    let mut incumbents: Vec<Scored<'a>> = Vec::new();
    for candidate in scored(queries) {
        if incumbents.last().is_none_or(|incumbent| candidate.score > incumbent.score) {
            incumbents.push(candidate);
        }
    }
    incumbents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{failed_trial, scored_trial};

    #[test]
    fn cached_trials_are_no_queries_and_failures_no_incumbents() {
        let cached = TrialEntry { cached: true, ..scored_trial(2, 1, 0.9) };
        let trials =
            [scored_trial(1, 0, 0.9), cached, failed_trial(3, 1, "NaN"), scored_trial(4, 3, 0.8), scored_trial(5, 3, 0.95)];
        let summary = Summary::of(&trials);
        assert_eq!((summary.queries.len(), summary.cached, summary.failed.len()), (4, 1, 1));
        let incumbents: Vec<_> = summary.incumbents.iter().map(|best| (best.query.number, best.query.trial.id)).collect();
        assert_eq!(incumbents, [(1, 1), (4, 5)]);
        assert_eq!(summary.rounds, [0, 1, 3]);
        assert_eq!([0, 1, 3].map(|round| summary.phase_of(round)), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn nothing_has_no_best() {
        let summary = Summary::of(&[]);
        assert!(summary.best().is_none());
        assert_eq!(summary.phase_of(0), 1.0);
    }
}
