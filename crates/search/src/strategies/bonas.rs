use super::batch::BatchChoice;
use super::candidate::{Candidate, Rounds, Scorer, fit, highest_first};
use super::candidate_pool::candidate_pool;
use super::observed::Observed;
use super::whole_space::WholeSpace;
use super::{out_of_range, random};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{
    Acquisition, Architecture, CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng, Surrogate,
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Settings of [`Bonas`]. The evolved pool is the paper's, the rest is ours; [`published`](Self::published) is the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BonasConfig {
    /// Measured trials needed before the surrogate is trusted; rounds are random until then (2 to 1,000,000).
    pub initial: usize,
    /// A space of at most so many architectures is scored completely, every round; then the settings of the pool are not used
    /// (0 to 10,000,000). 0 makes a pool in every space.
    pub exhaustive_up_to: usize,
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
    /// All neighbours of so many of the best trials join the pool, beyond its size (0 to 100,000).
    pub neighbors_of_best: usize,
    /// How the queries of a round are chosen among the candidates.
    pub batch: BatchChoice,
    /// Most candidates that the surrogate is asked about together; bounds its memory (1 to 10,000,000).
    pub scoring_batch: usize,
}

impl Default for BonasConfig {
    fn default() -> Self {
        Self {
            initial: 10,
            exhaustive_up_to: 20_000,
            pool_size: 10_000,
            evolved_fraction: 0.5,
            population_size: 30,
            tournament_size: 10,
            generation_size: 10,
            elite_fraction: 0.5,
            neighbors_of_best: 5,
            batch: BatchChoice::Believer,
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
        check_range("bonas.exhaustive_up_to", &self.exhaustive_up_to, 0..=10_000_000)?;
        check_range("bonas.pool_size", &self.pool_size, 1..=10_000_000)?;
        check_range("bonas.evolved_fraction", &self.evolved_fraction, 0.0..=1.0)?;
        check_range("bonas.population_size", &self.population_size, 1..=100_000)?;
        check_range("bonas.tournament_size", &self.tournament_size, 1..=100_000)?;
        check_range("bonas.generation_size", &self.generation_size, 1..=100_000)?;
        check_range("bonas.elite_fraction", &self.elite_fraction, 0.0..=1.0)?;
        check_range("bonas.neighbors_of_best", &self.neighbors_of_best, 0..=100_000)?;
        check_range("bonas.scoring_batch", &self.scoring_batch, 1..=10_000_000)
    }

    /// As published, where that differs from ours: every space has an evolved pool, and the queries of a round are those of the
    /// highest scores. The number of random trials and the sizes stay as they are.
    pub fn published(&self) -> Self {
        Self { exhaustive_up_to: 0, neighbors_of_best: 0, batch: BatchChoice::Top, ..self.clone() }
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
///
/// A small space ([`BonasConfig::exhaustive_up_to`]) is its own pool. It is listed once, by following neighbours; where that
/// does not lead everywhere, the pool is evolved and random as in large spaces. The origin of a proposal tells which: `space`,
/// `pool-evolved`, `pool-random` or `pool-neighbor`.
pub struct Bonas {
    space: Arc<dyn SearchSpace>,
    surrogate: Box<dyn Surrogate>,
    acquisition: Box<dyn Acquisition>,
    config: BonasConfig,
    observed: Observed,
    rounds: Rounds,
    /// The whole space, if it is small; listed when it is first needed.
    whole: OnceLock<Option<WholeSpace>>,
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
        let (observed, rounds, whole) = (Observed::default(), Rounds::Comparable, OnceLock::new());
        Ok(Self { space, surrogate, acquisition, config, observed, rounds, whole })
    }

    /// The same for scores that are comparable within a round only, as those of sub-supernets are: the surrogate is told which scores
    /// were measured together ([`Observations::with_groups`](bonas_core::Observations::with_groups)).
    #[must_use]
    pub fn with_rounds_apart(self) -> Self {
        Self { rounds: Rounds::Apart, ..self }
    }

    /// Everything that may be queried this round, scored.
    fn candidates(&self, scorer: &Scorer<'_>, rng: &mut StudyRng) -> Result<Vec<Candidate>, StrategyError> {
        match self.whole.get_or_init(|| WholeSpace::list(scorer.space, self.config.exhaustive_up_to)) {
            Some(whole) => whole.candidates(scorer, &self.observed, rng),
            None => candidate_pool(scorer, &self.observed, &self.config, rng),
        }
    }
}

impl SearchStrategy for Bonas {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let space = self.space.as_ref();
        if self.observed.measured().len() < self.config.initial {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let fitted = fit(space, self.surrogate.as_ref(), &self.observed, self.rounds, rng)?;
        let scorer =
            Scorer { space, fitted: fitted.as_ref(), acquisition: self.acquisition.as_ref(), batch: self.config.scoring_batch };
        let candidates = highest_first(self.candidates(&scorer, rng)?);
        let chosen = self.config.batch.choose(&scorer, candidates, count, rng)?;
        Ok(chosen.into_iter().map(Candidate::into_proposal).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }

    fn best_told(&self, count: usize, rng: &mut StudyRng) -> Result<Option<Vec<Architecture>>, StrategyError> {
        let measured = self.observed.measured();
        if self.rounds == Rounds::Comparable || measured.len() < self.config.initial {
            return Ok(None);
        }
        let fitted = fit(self.space.as_ref(), self.surrogate.as_ref(), &self.observed, self.rounds, rng)?;
        let graphs: Vec<_> = measured.iter().map(|(architecture, _)| self.space.graph(architecture)).collect();
        let posterior = fitted.posterior(&graphs)?;
        let mut order: Vec<usize> = (0..measured.len()).collect();
        order.sort_by(|&a, &b| posterior.mean()[b].total_cmp(&posterior.mean()[a]));
        Ok(Some(order.into_iter().take(count).map(|place| measured[place].0.clone()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_spaces::complete;
    use bonas_core::SeedStream;
    use bonas_testing::toy::{ToySpace, ToySurrogate, ToyUcb};
    use std::collections::BTreeSet;

    fn small() -> BonasConfig {
        BonasConfig { initial: 8, pool_size: 60, exhaustive_up_to: 0, neighbors_of_best: 0, ..BonasConfig::default() }
    }

    fn bonas(space: &Arc<ToySpace>, config: BonasConfig) -> Bonas {
        Bonas::new(space.clone(), Box::new(ToySurrogate), Box::new(ToyUcb), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        for config in [
            small(),
            BonasConfig { evolved_fraction: 0.0, ..small() },
            BonasConfig { exhaustive_up_to: 20_000, ..small() },
            BonasConfig { neighbors_of_best: 3, batch: BatchChoice::Spread, ..small() },
        ] {
            bonas_testing::strategy::check(&|| Box::new(bonas(&space, config.clone())), space.as_ref());
        }
    }

    /// Asks after 20 random trials.
    fn ask(config: BonasConfig, count: usize) -> (Bonas, Vec<Proposal>) {
        let space = Arc::new(ToySpace::new(3));
        let mut strategy = bonas(&space, config);
        for (round, count) in [(0, 7), (1, 13)] {
            let drawn = random::proposals(space.as_ref(), &strategy.observed, count, &mut SeedStream::new(3).rng("ask", round));
            drawn.into_iter().for_each(|proposal| strategy.tell(&[complete(&proposal.architecture)]));
        }
        let proposals = strategy.ask(count, &mut SeedStream::new(3).rng("ask", 2)).expect("proposals");
        (strategy, proposals)
    }

    #[test]
    fn a_small_space_is_its_own_pool_whatever_the_batches_of_scoring() {
        let (strategy, all) = ask(BonasConfig { exhaustive_up_to: 4096, ..small() }, 1000);
        let proposed: BTreeSet<_> = all.iter().map(|proposal| proposal.architecture.clone()).collect();
        assert_eq!((all.len(), proposed.len()), (1000 - 20, 1000 - 20), "all but what was evaluated");
        assert!(proposed.is_disjoint(strategy.observed.seen()) && all.iter().all(|proposal| proposal.origin == "space"));
        let (_, again) = ask(BonasConfig { exhaustive_up_to: 4096, scoring_batch: 7, ..small() }, 1000);
        assert_eq!(all, again);
        let (_, pool) = ask(BonasConfig { exhaustive_up_to: 4095, ..small() }, 5);
        assert!(pool.iter().all(|proposal| proposal.origin.starts_with("pool-")), "one too large");
    }

    #[test]
    fn a_random_pool_proposes_nothing_evolved() {
        let (_, proposals) = ask(BonasConfig { evolved_fraction: 0.0, ..small() }, 15);
        assert_eq!(proposals.len(), 15);
        assert!(proposals.iter().all(|proposal| proposal.origin == "pool-random" && proposal.prediction.is_some()));
    }

    #[test]
    fn rounds_are_random_until_there_is_enough_to_learn_from() {
        let space = Arc::new(ToySpace::new(3));
        let mut strategy = bonas(&space, small());
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
                strategy.tell(&[complete(&proposal.architecture)]);
            }
        }
        assert!(strategy.observed.measured().len() < strategy.observed.seen().len(), "the toy has failures");
    }
}
