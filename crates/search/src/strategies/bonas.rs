use super::candidate_pool::{Candidate, Scorer, candidate_pool};
use super::observed::Observed;
use super::{out_of_range, random};
use crate::RangeError;
use crate::ask_seconds::fitting;
use crate::range::check_range;
use bonas_core::{
    Acquisition, CompletedTrial, FittedSurrogate, Observations, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng,
    Surrogate,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Settings of [`Bonas`]. The defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BonasConfig {
    /// Measured trials needed before the surrogate is trusted; rounds are random until then (2 to 1,000,000).
    pub initial: usize,
    /// Candidates scored in a round (1 to 10,000,000).
    pub pool_size: usize,
    /// The part of the pool that is evolved; the rest is random (0 to 1).
    pub evolved_fraction: f64,
    /// Members of the evolution alive at a time (1 to 100,000).
    pub population_size: usize,
    /// Members that compete to be a parent (1 to 100,000).
    pub tournament_size: usize,
    /// Children bred and scored together before the oldest members leave (1 to 100,000); 1 is the release's evolution.
    pub generation_size: usize,
    /// The part of the first population that are the best trials; the rest is random (0 to 1).
    pub elite_fraction: f64,
    /// Most candidates that the surrogate is asked about together; bounds its memory (1 to 10,000,000).
    pub scoring_batch: usize,
}

impl Default for BonasConfig {
    fn default() -> Self {
        Self {
            initial: 100,
            pool_size: 10_000,
            evolved_fraction: 0.5,
            population_size: 30,
            tournament_size: 10,
            generation_size: 10,
            elite_fraction: 0.5,
            scoring_batch: 1000,
        }
    }
}

impl BonasConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("bonas.initial", &self.initial, 2..=1_000_000)?;
        check_range("bonas.pool_size", &self.pool_size, 1..=10_000_000)?;
        check_range("bonas.evolved_fraction", &self.evolved_fraction, 0.0..=1.0)?;
        check_range("bonas.population_size", &self.population_size, 1..=100_000)?;
        check_range("bonas.tournament_size", &self.tournament_size, 1..=100_000)?;
        check_range("bonas.generation_size", &self.generation_size, 1..=100_000)?;
        check_range("bonas.elite_fraction", &self.elite_fraction, 0.0..=1.0)?;
        check_range("bonas.scoring_batch", &self.scoring_batch, 1..=10_000_000)
    }

    /// Candidates of the pool that are evolved.
    pub(super) fn evolved(&self) -> usize {
        (self.pool_size as f64 * self.evolved_fraction).round() as usize
    }

    /// Best trials in the first population.
    pub(super) fn elite(&self) -> usize {
        (self.population_size as f64 * self.elite_fraction).round() as usize
    }
}

/// BONAS: a surrogate fitted to all trials scores a pool of candidates, and the best of them are queried together.
///
/// H. Shi, R. Pi, H. Xu, Z. Li, J. T. Kwok, T. Zhang, *Bridging the Gap between Sample-based and One-shot Neural
/// Architecture Search with BONAS*, NeurIPS 2020, algorithm 1. A new surrogate is fitted every round to every measured
/// trial. Failed trials teach it nothing, but are never proposed again.
pub struct Bonas {
    space: Arc<dyn SearchSpace>,
    surrogate: Box<dyn Surrogate>,
    acquisition: Box<dyn Acquisition>,
    config: BonasConfig,
    observed: Observed,
}

impl Bonas {
    /// BONAS in `space`, with this surrogate and acquisition.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        surrogate: Box<dyn Surrogate>,
        acquisition: Box<dyn Acquisition>,
        config: BonasConfig,
    ) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        Ok(Self { space, surrogate, acquisition, config, observed: Observed::default() })
    }

    fn fit(&self, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, StrategyError> {
        let measured = self.observed.measured();
        let (graphs, scores) = measured.iter().map(|(architecture, score)| (self.space.graph(architecture), score)).unzip();
        let observations = Observations::new(graphs, scores).map_err(|error| StrategyError::Other(error.into()))?;
        Ok(fitting(|| self.surrogate.fit(&observations, rng))?)
    }
}

impl SearchStrategy for Bonas {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let space = self.space.as_ref();
        if self.observed.measured().len() < self.config.initial {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let fitted = self.fit(rng)?;
        let scorer =
            Scorer { space, fitted: fitted.as_ref(), acquisition: self.acquisition.as_ref(), batch: self.config.scoring_batch };
        let pool = candidate_pool(&scorer, &self.observed, &self.config, rng)?;
        Ok(highest(pool, count).into_iter().map(proposal).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

/// The `count` candidates of the highest score; equals in the order of their decisions.
fn highest(mut pool: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    pool.sort_unstable_by(|left, right| {
        right.score.total_cmp(&left.score).then_with(|| left.architecture.cmp(&right.architecture))
    });
    pool.truncate(count);
    pool
}

fn proposal(candidate: Candidate) -> Proposal {
    let Candidate { architecture, prediction, origin, .. } = candidate;
    Proposal { architecture, prediction: Some(prediction), origin: origin.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{Measurement, Outcome, SeedStream};
    use bonas_testing::toy::{ToyEvaluator, ToySpace, ToySurrogate, ToyUcb};
    use std::collections::BTreeSet;

    fn bonas(space: &Arc<ToySpace>) -> Bonas {
        let config = BonasConfig { initial: 8, pool_size: 60, ..BonasConfig::default() };
        Bonas::new(space.clone(), Box::new(ToySurrogate), Box::new(ToyUcb), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        bonas_testing::strategy::check(&|| Box::new(bonas(&space)), space.as_ref());
    }

    #[test]
    fn rounds_are_random_until_there_is_enough_to_learn_from() {
        let space = Arc::new(ToySpace::new(3));
        let mut strategy = bonas(&space);
        let mut evaluated = BTreeSet::new();
        for round in 0..20 {
            let learns = strategy.observed.measured().len() >= 8;
            let proposals = strategy.ask(5, &mut SeedStream::new(2).rng("ask", round)).expect("proposals");
            assert_eq!(proposals.len(), 5);
            for proposal in proposals {
                assert_eq!(proposal.prediction.is_some(), learns);
                assert!(
                    evaluated.insert(proposal.architecture.clone()),
                    "{proposal:?} is queried twice, though it may have failed"
                );
                let outcome = match ToyEvaluator::score(&proposal.architecture) {
                    Some(score) => Outcome::Measured(Measurement::new(score).expect("finite")),
                    None => Outcome::Failed { reason: "fails".into() },
                };
                strategy.tell(&[CompletedTrial { architecture: proposal.architecture, outcome }]);
            }
        }
        assert!(strategy.observed.measured().len() < strategy.observed.seen().len(), "the toy has failures");
    }

    #[test]
    fn proposals_are_the_highest_scores_of_the_pool_in_order() {
        let candidate = |decision: u8, score| Candidate {
            architecture: bonas_core::Architecture::new([decision]),
            prediction: bonas_core::Prediction { mean: score, stddev: 0.0 },
            score,
            origin: "test",
        };
        let pool = vec![candidate(3, 0.5), candidate(0, 0.1), candidate(1, 0.5), candidate(2, 0.9)];
        let order: Vec<_> = highest(pool, 3).iter().map(|candidate| candidate.architecture.decisions()[0]).collect();
        assert_eq!(order, [2, 1, 3]);
    }
}
