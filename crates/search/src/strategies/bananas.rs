use super::candidate::{Candidate, Rounds, Scorer, fit, highest_first};
use super::observed::Observed;
use super::{fresh, origin, out_of_range, random};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{
    Acquisition, Architecture, CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng, Surrogate,
};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Settings of [`Bananas`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BananasConfig {
    /// Measured trials needed before the surrogate is trusted; rounds are random until then (2 to 1,000,000).
    pub initial: usize,
    /// Candidates scored in a round (1 to 10,000,000).
    pub candidates: usize,
    /// How many of the best trials are mutated into candidates, in turn (1 to 100,000).
    pub parents: usize,
    /// Most mutations between a candidate and its parent, each number alike (1 to 100).
    pub max_mutations: usize,
    /// Most candidates that the surrogate is asked about together; bounds its memory (1 to 10,000,000).
    pub scoring_batch: usize,
}

impl Default for BananasConfig {
    fn default() -> Self {
        Self { initial: 10, candidates: 100, parents: 10, max_mutations: 1, scoring_batch: 1000 }
    }
}

impl BananasConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("bananas.initial", &self.initial, 2..=1_000_000)?;
        check_range("bananas.candidates", &self.candidates, 1..=10_000_000)?;
        check_range("bananas.parents", &self.parents, 1..=100_000)?;
        check_range("bananas.max_mutations", &self.max_mutations, 1..=100)?;
        check_range("bananas.scoring_batch", &self.scoring_batch, 1..=10_000_000)
    }
}

/// BANANAS: a surrogate scores mutations of the best trials, and independent Thompson sampling chooses among them.
///
/// C. White, W. Neiswanger, Y. Savani, *BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
/// Search*, AAAI 2021, algorithm 1. The paper's surrogate is an ensemble of networks on path encodings, whose spread is the
/// posterior, and its acquisition is independent Thompson sampling (`ThompsonSampling` of `bonas-bayes`); here both are
/// handed in. A candidate that is known already is mutated on.
pub struct Bananas {
    space: Arc<dyn SearchSpace>,
    surrogate: Box<dyn Surrogate>,
    acquisition: Box<dyn Acquisition>,
    config: BananasConfig,
    observed: Observed,
}

impl Bananas {
    /// BANANAS in `space`, with this surrogate and acquisition.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        surrogate: Box<dyn Surrogate>,
        acquisition: Box<dyn Acquisition>,
        config: BananasConfig,
    ) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        Ok(Self { space, surrogate, acquisition, config, observed: Observed::default() })
    }

    /// New mutants of the best trials, which take turns; fewer where their surroundings are used up.
    fn mutants(&self, rng: &mut StudyRng) -> Vec<Architecture> {
        let parents = self.observed.best(self.config.parents);
        let mut taken = self.observed.seen().clone();
        let turns = parents.iter().cycle().take(if parents.is_empty() { 0 } else { self.config.candidates });
        turns.filter_map(|parent| self.mutant(parent, &mut taken, rng)).collect()
    }

    fn mutant(&self, parent: &Architecture, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Architecture> {
        let mutations = rng.random_range(1..=self.config.max_mutations);
        let mut walker = parent.clone();
        for _ in 1..mutations {
            walker = self.space.canonical(&self.space.mutate(&walker, rng));
        }
        fresh::child(self.space.as_ref(), &walker, taken, rng)
    }
}

impl SearchStrategy for Bananas {
    /// A round larger than the number of candidates gets them all, and no more.
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let space = self.space.as_ref();
        if self.observed.measured().len() < self.config.initial {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let mutants = self.mutants(rng);
        if mutants.is_empty() {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let fitted = fit(space, self.surrogate.as_ref(), &self.observed, Rounds::Comparable, rng)?;
        let (acquisition, batch) = (self.acquisition.as_ref(), self.config.scoring_batch);
        let scorer = Scorer { space, fitted: fitted.as_ref(), acquisition, batch };
        let ranked = highest_first(scorer.score(&mutants, origin::MUTATION, rng)?);
        Ok(ranked.into_iter().take(count).map(Candidate::into_proposal).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_spaces::complete;
    use bonas_bayes::ThompsonSampling;
    use bonas_core::SeedStream;
    use bonas_testing::toy::{ToySpace, ToySurrogate};

    fn bananas(space: &Arc<ToySpace>, config: BananasConfig) -> Bananas {
        Bananas::new(space.clone(), Box::new(ToySurrogate), Box::new(ThompsonSampling), config).expect("valid")
    }

    /// After 20 measured trials.
    fn learnt(space: &Arc<ToySpace>, config: BananasConfig) -> Bananas {
        let mut strategy = bananas(space, BananasConfig { initial: 20, ..config });
        while strategy.observed.measured().len() < 20 {
            let round = strategy.observed.seen().len() as u64;
            let drawn = strategy.ask(5, &mut SeedStream::new(1).rng("ask", round)).expect("proposals");
            assert!(drawn.iter().all(|proposal| proposal.prediction.is_none()));
            strategy.tell(&drawn.iter().map(|proposal| complete(&proposal.architecture)).collect::<Vec<_>>());
        }
        strategy
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        let config = BananasConfig { initial: 8, candidates: 40, max_mutations: 2, ..BananasConfig::default() };
        bonas_testing::strategy::check(&|| Box::new(bananas(&space, config.clone())), space.as_ref());
    }

    #[test]
    fn candidates_are_new_mutants_of_the_best_trials() {
        let space = Arc::new(ToySpace::new(6));
        let strategy = learnt(&space, BananasConfig { candidates: 30, parents: 2, ..BananasConfig::default() });
        let best = strategy.observed.best(2);
        let mutants = strategy.mutants(&mut SeedStream::new(2).rng("mutants", 0));
        let is_near = |parent: &Architecture, mutant| space.neighbors(parent).iter().any(|near| space.canonical(near) == mutant);
        let near = |parent| mutants.iter().filter(|mutant| is_near(parent, (*mutant).clone())).count();
        assert_eq!(mutants.len(), 30);
        assert!(near(best[0]) >= 10 && near(best[1]) >= 10, "{} {}", near(best[0]), near(best[1]));
        assert!(mutants.iter().all(|mutant| !strategy.observed.seen().contains(mutant)));
    }

    #[test]
    fn more_mutations_lead_farther() {
        let space = Arc::new(ToySpace::new(8));
        let changed = |max_mutations| {
            let config = BananasConfig { parents: 1, max_mutations, ..BananasConfig::default() };
            let strategy = learnt(&space, config);
            let parent = strategy.observed.best(1)[0].decisions().to_vec();
            let pairs = |mutant: &Architecture| {
                mutant.decisions().chunks(2).zip(parent.chunks(2)).filter(|(left, right)| left != right).count()
            };
            strategy.mutants(&mut SeedStream::new(3).rng("mutants", 0)).iter().map(pairs).max()
        };
        assert!(changed(6) > changed(1), "{:?} {:?}", changed(6), changed(1));
    }

    #[test]
    fn sampling_explores_where_a_mean_would_repeat_itself() {
        let space = Arc::new(ToySpace::new(3));
        let strategy = learnt(&space, BananasConfig { candidates: 1000, ..BananasConfig::default() });
        let tops: BTreeSet<_> = (0..20)
            .map(|round| strategy.ask(1, &mut SeedStream::new(4).rng("ask", round)).expect("a proposal")[0].architecture.clone())
            .collect();
        assert!(tops.len() > 1, "the same proposal twenty times");
    }
}
