//! The candidates of a round: evolved towards a high acquisition, plus random ones.
//!
//! The evolution is the one of the BONAS release (population 30, tournament 10, one parent, the oldest die, no crossover),
//! in generations: a generation of children is bred from the population as it stands and scored by the surrogate in one
//! batch, because a surrogate answers a batch almost as fast as a single question. Then the children join the population
//! and the oldest leave it. With a generation of one this is exactly the release's loop. Every child is a candidate,
//! whether or not it lives on.

use super::bonas::BonasConfig;
use super::observed::Observed;
use super::{fresh, origin, tournament};
use crate::ask_seconds::scoring;
use bonas_core::{Acquisition, Architecture, FittedSurrogate, Prediction, SearchSpace, StrategyError, StudyRng};
use std::collections::{BTreeSet, VecDeque};

/// A candidate and what is expected of it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) architecture: Architecture,
    pub(super) prediction: Prediction,
    /// The acquisition's score.
    pub(super) score: f64,
    pub(super) origin: &'static str,
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
    fn score(
        &self,
        architectures: Vec<Architecture>,
        origin: &'static str,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        scoring(|| self.scored(architectures, origin, rng))
    }

    fn scored(
        &self,
        architectures: Vec<Architecture>,
        origin: &'static str,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        let mut candidates = Vec::with_capacity(architectures.len());
        for batch in architectures.chunks(self.batch) {
            let graphs: Vec<_> = batch.iter().map(|architecture| self.space.graph(architecture)).collect();
            let posterior = self.fitted.posterior(&graphs)?;
            let scores = self.acquisition.score(&posterior, self.fitted.incumbent(), rng)?;
            check_counts(batch.len(), posterior.len(), scores.len())?;
            let predictions = posterior.mean().iter().zip(posterior.stddev()).map(|(&mean, &stddev)| Prediction { mean, stddev });
            let scored = batch.iter().cloned().zip(predictions).zip(scores);
            candidates.extend(scored.map(|((architecture, prediction), score)| Candidate {
                architecture,
                prediction,
                score,
                origin,
            }));
        }
        Ok(candidates)
    }
}

fn check_counts(candidates: usize, predictions: usize, scores: usize) -> Result<(), StrategyError> {
    if candidates == predictions && candidates == scores {
        return Ok(());
    }
    let reason = format!("{candidates} candidates got {predictions} predictions and {scores} scores");
    Err(StrategyError::Other(reason.into()))
}

/// At most `pool_size` scored candidates, canonical, distinct and not yet evaluated; fewer when the space is used up.
pub(super) fn candidate_pool(
    scorer: &Scorer<'_>,
    observed: &Observed,
    config: &BonasConfig,
    rng: &mut StudyRng,
) -> Result<Vec<Candidate>, StrategyError> {
    let mut taken = observed.seen().clone();
    let random = fresh::samples(scorer.space, config.pool_size - config.evolved(), &mut taken, rng);
    let mut pool = scorer.score(random, origin::POOL_RANDOM, rng)?;
    pool.extend(evolve(scorer, observed, config, &mut taken, rng)?);
    Ok(pool)
}

fn evolve(
    scorer: &Scorer<'_>,
    observed: &Observed,
    config: &BonasConfig,
    taken: &mut BTreeSet<Architecture>,
    rng: &mut StudyRng,
) -> Result<Vec<Candidate>, StrategyError> {
    let wanted = config.evolved();
    let mut pool = Vec::with_capacity(wanted);
    if wanted == 0 {
        return Ok(pool);
    }
    let mut population =
        VecDeque::from(scorer.score(founders(scorer.space, observed, config, rng), origin::POOL_EVOLVED, rng)?);
    while pool.len() < wanted {
        let count = config.generation_size.min(wanted - pool.len());
        let children = breed(scorer.space, population.make_contiguous(), count, config.tournament_size, taken, rng);
        if children.is_empty() {
            break;
        }
        let children = scorer.score(children, origin::POOL_EVOLVED, rng)?;
        population.extend(children.iter().cloned());
        population.drain(..population.len().saturating_sub(config.population_size));
        pool.extend(children);
    }
    Ok(pool)
}

/// The first parents: the best trials, the best last so that it lives longest, after random ones. They may have been
/// evaluated; only their children are candidates.
fn founders(space: &dyn SearchSpace, observed: &Observed, config: &BonasConfig, rng: &mut StudyRng) -> Vec<Architecture> {
    let best = observed.best(config.elite());
    let random = config.population_size - best.len();
    let mut founders: Vec<_> = (0..random).map(|_| space.canonical(&space.sample(rng))).collect();
    founders.extend(best.into_iter().rev().cloned());
    founders
}

/// At most `count` new children; fewer when the surroundings of their parents are used up.
fn breed(
    space: &dyn SearchSpace,
    population: &[Candidate],
    count: usize,
    tournament_size: usize,
    taken: &mut BTreeSet<Architecture>,
    rng: &mut StudyRng,
) -> Vec<Architecture> {
    let mut children = Vec::with_capacity(count);
    for _ in 0..count {
        let parent = tournament(population, tournament_size, |member| member.score, rng);
        children.extend(fresh::child(space, &parent.architecture, taken, rng));
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{CompletedTrial, Measurement, Observations, Outcome, SeedStream, Surrogate};
    use bonas_testing::toy::{ToyEvaluator, ToySpace, ToySurrogate, ToyUcb};

    fn observe(space: &ToySpace, count: usize, rng: &mut StudyRng) -> Observed {
        let mut observed = Observed::default();
        for architecture in fresh::samples(space, count, &mut BTreeSet::new(), rng) {
            let outcome = match ToyEvaluator::score(&architecture) {
                Some(score) => Outcome::Measured(Measurement::new(score).expect("finite")),
                None => Outcome::Failed { reason: "fails".into() },
            };
            observed.tell(&[CompletedTrial { architecture, outcome }]);
        }
        observed
    }

    fn pool(space: &ToySpace, observed: &Observed, config: &BonasConfig, rng: &mut StudyRng) -> Vec<Candidate> {
        let (graphs, scores) = observed.measured().iter().map(|(architecture, score)| (space.graph(architecture), score)).unzip();
        let fitted = ToySurrogate.fit(&Observations::new(graphs, scores).expect("valid"), rng).expect("fitted");
        let scorer = Scorer { space, fitted: fitted.as_ref(), acquisition: &ToyUcb, batch: 64 };
        candidate_pool(&scorer, observed, config, rng).expect("scored")
    }

    #[test]
    fn candidates_are_new_distinct_and_as_many_as_wanted() {
        let space = ToySpace::new(4);
        let mut rng = SeedStream::new(5).rng("pool", 0);
        let observed = observe(&space, 40, &mut rng);
        let config = BonasConfig { pool_size: 300, evolved_fraction: 0.7, ..BonasConfig::default() };
        let pool = pool(&space, &observed, &config, &mut rng);
        let distinct: BTreeSet<_> = pool.iter().map(|candidate| candidate.architecture.clone()).collect();
        assert_eq!((pool.len(), distinct.len()), (300, 300));
        assert!(distinct.is_disjoint(observed.seen()));
        assert!(distinct.iter().all(|architecture| space.canonical(architecture) == *architecture));
        assert_eq!(pool.iter().filter(|candidate| candidate.origin == origin::POOL_EVOLVED).count(), 210);
    }

    #[test]
    fn evolution_finds_higher_scores_than_chance() {
        let space = ToySpace::new(6);
        let mut rng = SeedStream::new(6).rng("pool", 0);
        let observed = observe(&space, 40, &mut rng);
        let config = BonasConfig { pool_size: 600, ..BonasConfig::default() };
        let pool = pool(&space, &observed, &config, &mut rng);
        let best = |origin| {
            pool.iter().filter(|candidate| candidate.origin == origin).map(|candidate| candidate.score).fold(f64::MIN, f64::max)
        };
        assert!(best(origin::POOL_EVOLVED) > best(origin::POOL_RANDOM) + 0.05);
    }

    #[test]
    fn a_space_smaller_than_the_pool_is_given_completely() {
        let space = ToySpace::new(2);
        let mut rng = SeedStream::new(7).rng("pool", 0);
        let observed = observe(&space, 30, &mut rng);
        let config = BonasConfig { pool_size: 1000, ..BonasConfig::default() };
        assert_eq!(pool(&space, &observed, &config, &mut rng).len(), space.distinct() - 30);
    }
}
