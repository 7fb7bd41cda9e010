use super::{StopReason, StudySummary};
use crate::{RoundRecord, SearchError, StudyReader, TrialRecord};
use bonas_core::{Architecture, COST_SECONDS, Outcome, Proposal, SearchSpace};
use std::collections::{BTreeMap, BTreeSet};

/// What has been recorded so far, and the answers it holds.
#[derive(Debug, Default)]
pub(super) struct History {
    rounds: Vec<RoundRecord>,
    trials: Vec<TrialRecord>,
    answers: BTreeMap<Architecture, Outcome>,
}

impl History {
    /// Reads what is recorded and checks that it is a history of `space`.
    pub(super) fn load(reader: &StudyReader, space: &dyn SearchSpace) -> Result<Self, SearchError> {
        let (rounds, trials) = (reader.rounds()?, reader.trials()?);
        let damaged = |reason| SearchError::Damaged { path: reader.path().into(), reason };
        if let Some(gap) = rounds.iter().enumerate().position(|(place, record)| record.round != place) {
            return Err(damaged(format!("round {gap} is missing")));
        }
        for (place, trial) in trials.iter().enumerate() {
            if trial.id != place || trial.round >= rounds.len() {
                return Err(damaged(format!("trial {} of round {} is out of place", trial.id, trial.round)));
            }
            space.validate(&trial.architecture).map_err(|error| damaged(format!("trial {place}: {error}")))?;
        }
        let mut history = Self { rounds, ..Self::default() };
        history.add(trials);
        Ok(history)
    }

    /// Proposals without an answer, each once, in order.
    pub(super) fn unanswered(&self, proposals: &[Proposal]) -> Vec<Architecture> {
        let mut distinct = BTreeSet::new();
        let architectures = proposals.iter().map(|proposal| &proposal.architecture);
        let unknown = architectures.filter(|&architecture| !self.answers.contains_key(architecture));
        unknown.filter(|&architecture| distinct.insert(architecture)).cloned().collect()
    }

    /// Joins proposals with their outcomes: of `batch`, or from the history, or from an equal proposal before.
    pub(super) fn settle(
        &self,
        space: &dyn SearchSpace,
        proposals: Vec<Proposal>,
        batch: Vec<Architecture>,
        outcomes: Vec<Outcome>,
    ) -> Vec<TrialRecord> {
        let measured: BTreeMap<Architecture, Outcome> = batch.into_iter().zip(outcomes).collect();
        let mut fresh: BTreeSet<Architecture> = measured.keys().cloned().collect();
        let (first, round) = (self.trials.len(), self.next_round());
        let trial = |(position, proposal): (usize, Proposal)| {
            let architecture = proposal.architecture;
            let outcome = self.answers.get(&architecture).unwrap_or_else(|| &measured[&architecture]).clone();
            TrialRecord {
                id: first + position,
                round,
                position,
                text: space.format(&architecture),
                outcome,
                prediction: proposal.prediction,
                origin: proposal.origin,
                cached: !fresh.remove(&architecture),
                architecture,
            }
        };
        proposals.into_iter().enumerate().map(trial).collect()
    }

    /// Adds a recorded round.
    pub(super) fn append(&mut self, record: RoundRecord, trials: Vec<TrialRecord>) {
        self.rounds.push(record);
        self.add(trials);
    }

    fn add(&mut self, trials: Vec<TrialRecord>) {
        let answer = |trial: &TrialRecord| (trial.architecture.clone(), trial.outcome.clone());
        self.answers.extend(trials.iter().map(answer));
        self.trials.extend(trials);
    }

    pub(super) fn trials(&self) -> &[TrialRecord] {
        &self.trials
    }

    /// The trials of every round, as they were told.
    pub(super) fn trials_by_round(&self) -> impl Iterator<Item = &[TrialRecord]> {
        self.trials.chunk_by(|left, right| left.round == right.round)
    }

    /// Number of the round that comes next, which is the number of rounds recorded.
    pub(super) fn next_round(&self) -> usize {
        self.rounds.len()
    }

    pub(super) fn queries(&self) -> usize {
        self.trials.iter().filter(|trial| !trial.cached).count()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.rounds.iter().map(|record| record.seconds.total()).sum()
    }

    /// What the charged trials say they cost, in seconds of training.
    pub(super) fn cost_seconds(&self) -> f64 {
        let charged = self.trials.iter().filter(|trial| !trial.cached);
        charged.filter_map(|trial| trial.outcome.metric(COST_SECONDS)).sum()
    }

    pub(super) fn best(&self) -> Option<&TrialRecord> {
        TrialRecord::best(&self.trials)
    }

    /// How many of the last rounds brought no new query.
    pub(super) fn idle_rounds(&self) -> usize {
        let last_query = self.trials.iter().rev().find(|trial| !trial.cached);
        self.next_round() - last_query.map_or(0, |trial| trial.round + 1)
    }

    pub(super) fn summary(&self, stop_reason: StopReason) -> StudySummary {
        StudySummary {
            stop_reason,
            queries: self.queries(),
            rounds: self.next_round(),
            best: self.best().cloned(),
            seconds: self.seconds(),
        }
    }
}
