//! Candidates of a round, and what a fitted surrogate expects of them.

use super::observed::Observed;
use crate::ask_seconds::{fitting, scoring};
use bonas_core::{
    Acquisition, Architecture, CellGraph, FittedSurrogate, Observations, Prediction, Proposal, SearchSpace, StrategyError,
    StudyRng, Surrogate,
};
use std::cmp::Ordering;

/// A candidate and what is expected of it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) architecture: Architecture,
    pub(super) prediction: Prediction,
    /// The acquisition's score.
    pub(super) score: f64,
    pub(super) origin: &'static str,
}

impl Candidate {
    pub(super) fn into_proposal(self) -> Proposal {
        Proposal { architecture: self.architecture, prediction: Some(self.prediction), origin: self.origin.into() }
    }
}

/// Whether scores of different rounds can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounds {
    /// They can.
    Comparable,
    /// Every round has a level of its own.
    Apart,
}

/// A surrogate fitted to everything that was measured.
pub(super) fn fit(
    space: &dyn SearchSpace,
    surrogate: &dyn Surrogate,
    observed: &Observed,
    rounds: Rounds,
    rng: &mut StudyRng,
) -> Result<Box<dyn FittedSurrogate>, StrategyError> {
    let measured = observed.measured();
    let (graphs, scores) = measured.iter().map(|(architecture, score)| (space.graph(architecture), score)).unzip();
    let observations = Observations::new(graphs, scores).and_then(|observations| match rounds {
        Rounds::Comparable => Ok(observations),
        Rounds::Apart => observations.with_groups(observed.rounds().to_vec()),
    });
    let observations = observations.map_err(|error| StrategyError::Other(error.into()))?;
    Ok(fitting(|| surrogate.fit(&observations, rng))?)
}

/// The candidates with the highest score first; equals in the order of their decisions.
pub(super) fn highest_first(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_unstable_by(by_score);
    candidates
}

/// The higher score before the lower; equals in the order of their decisions.
pub(super) fn by_score(left: &Candidate, right: &Candidate) -> Ordering {
    right.score.total_cmp(&left.score).then_with(|| left.architecture.cmp(&right.architecture))
}

/// What scores candidates in one round.
pub(super) struct Scorer<'a> {
    pub(super) space: &'a dyn SearchSpace,
    pub(super) fitted: &'a dyn FittedSurrogate,
    pub(super) acquisition: &'a dyn Acquisition,
    /// Most candidates that are scored together; it bounds the memory.
    pub(super) batch: usize,
}

impl Scorer<'_> {
    /// One candidate for each of these architectures, in their order.
    pub(super) fn score(
        &self,
        architectures: &[Architecture],
        origin: &'static str,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        let mut candidates = Vec::with_capacity(architectures.len());
        for batch in architectures.chunks(self.batch) {
            let graphs: Vec<_> = batch.iter().map(|architecture| self.space.graph(architecture)).collect();
            candidates.extend(self.score_graphs(batch, &graphs, origin, rng)?);
        }
        Ok(candidates)
    }

    /// As [`score`](Self::score), with the graph of every architecture at hand.
    pub(super) fn score_known(
        &self,
        architectures: &[Architecture],
        graphs: &[CellGraph],
        origin: &'static str,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        let mut candidates = Vec::with_capacity(architectures.len());
        for (batch, graphs) in architectures.chunks(self.batch).zip(graphs.chunks(self.batch)) {
            candidates.extend(self.score_graphs(batch, graphs, origin, rng)?);
        }
        Ok(candidates)
    }

    fn score_graphs(
        &self,
        architectures: &[Architecture],
        graphs: &[CellGraph],
        origin: &'static str,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        let (posterior, scores) = scoring(|| -> Result<_, StrategyError> {
            let posterior = self.fitted.posterior(graphs)?;
            let scores = self.acquisition.score(&posterior, self.fitted.incumbent(), rng)?;
            Ok((posterior, scores))
        })?;
        check_counts(architectures.len(), posterior.len(), scores.len())?;
        let predictions = posterior.mean().iter().zip(posterior.stddev()).map(|(&mean, &stddev)| Prediction { mean, stddev });
        let scored = architectures.iter().cloned().zip(predictions).zip(scores);
        let candidate = |((architecture, prediction), score)| Candidate { architecture, prediction, score, origin };
        Ok(scored.map(candidate).collect())
    }
}

fn check_counts(candidates: usize, predictions: usize, scores: usize) -> Result<(), StrategyError> {
    if candidates == predictions && candidates == scores {
        return Ok(());
    }
    let reason = format!("{candidates} candidates got {predictions} predictions and {scores} scores");
    Err(StrategyError::Other(reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_come_first_and_equals_in_the_order_of_their_decisions() {
        let candidate = |decision: u8, score| Candidate {
            architecture: Architecture::new([decision]),
            prediction: Prediction { mean: score, stddev: 0.0 },
            score,
            origin: "test",
        };
        let pool = vec![candidate(3, 0.5), candidate(0, 0.1), candidate(1, 0.5), candidate(2, 0.9)];
        let order: Vec<_> = highest_first(pool).iter().map(|candidate| candidate.architecture.decisions()[0]).collect();
        assert_eq!(order, [2, 1, 3, 0]);
    }
}
