use super::candidate::{Candidate, Rounds, Scorer, fit, highest_first};
use super::observed::Observed;
use super::{fresh, origin, out_of_range, random};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{
    Acquisition, AcquisitionError, Architecture, CompletedTrial, Posterior, Proposal, SearchSpace, SearchStrategy, StrategyError,
    StudyRng, Surrogate,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Settings of [`Npenas`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NpenasConfig {
    /// Measured trials needed before the predictor is trusted; rounds are random until then (2 to 1,000,000).
    pub initial: usize,
    /// How many of the best trials are parents (1 to 100,000).
    pub parents: usize,
    /// Children of each parent (1 to 100,000).
    pub mutations: usize,
}

impl Default for NpenasConfig {
    fn default() -> Self {
        Self { initial: 10, parents: 10, mutations: 10 }
    }
}

impl NpenasConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("npenas.initial", &self.initial, 2..=1_000_000)?;
        check_range("npenas.parents", &self.parents, 1..=100_000)?;
        check_range("npenas.mutations", &self.mutations, 1..=100_000)
    }
}

/// NPENAS-NP: evolution in which every parent has many children, and a predictor says which of them are worth evaluating.
///
/// C. Wei, C. Niu, Y. Tang, Y. Wang, H. Hu, J. Liang, *NPENAS: Neural Predictor Guided Evolution for Neural Architecture
/// Search*, 2020. The parents are the best of all trials, whatever their age; a child differs from its parent by
/// one mutation, or by more where everything nearer is known. The predictor is any [`Surrogate`], of which only the expected
/// outcome counts: there is no exploration beyond the mutations. The paper's own predictor is a graph network without a
/// posterior.
pub struct Npenas {
    space: Arc<dyn SearchSpace>,
    predictor: Box<dyn Surrogate>,
    config: NpenasConfig,
    observed: Observed,
}

impl Npenas {
    /// NPENAS in `space`, guided by this predictor.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(space: Arc<dyn SearchSpace>, predictor: Box<dyn Surrogate>, config: NpenasConfig) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        Ok(Self { space, predictor, config, observed: Observed::default() })
    }

    /// New children of the best trials; fewer where their surroundings are used up.
    fn children(&self, rng: &mut StudyRng) -> Vec<Architecture> {
        let mut taken = self.observed.seen().clone();
        let parents = self.observed.best(self.config.parents).into_iter();
        let births = parents.flat_map(|parent| std::iter::repeat_n(parent, self.config.mutations));
        births.filter_map(|parent| fresh::child(self.space.as_ref(), parent, &mut taken, rng)).collect()
    }
}

impl SearchStrategy for Npenas {
    /// A round larger than the number of children gets them all, and no more.
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let space = self.space.as_ref();
        if self.observed.measured().len() < self.config.initial {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let children = self.children(rng);
        if children.is_empty() {
            return Ok(random::proposals(space, &self.observed, count, rng));
        }
        let fitted = fit(space, self.predictor.as_ref(), &self.observed, Rounds::Comparable, rng)?;
        let scorer = Scorer { space, fitted: fitted.as_ref(), acquisition: &Expected, batch: children.len() };
        let ranked = highest_first(scorer.score(&children, origin::MUTATION, rng)?);
        Ok(ranked.into_iter().take(count).map(Candidate::into_proposal).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

/// The expected outcome alone.
struct Expected;

impl Acquisition for Expected {
    fn score(&self, posterior: &Posterior, _incumbent: f64, _rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        Ok(posterior.mean().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_spaces::complete;
    use bonas_core::SeedStream;
    use bonas_testing::toy::{ToyEvaluator, ToySpace, ToySurrogate};
    use std::collections::BTreeSet;

    fn npenas(space: &Arc<ToySpace>, config: NpenasConfig) -> Npenas {
        Npenas::new(space.clone(), Box::new(ToySurrogate), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        let config = NpenasConfig { initial: 8, parents: 4, mutations: 5 };
        bonas_testing::strategy::check(&|| Box::new(npenas(&space, config.clone())), space.as_ref());
    }

    #[test]
    fn proposals_are_the_children_of_which_the_predictor_expects_most() {
        let space = Arc::new(ToySpace::new(4));
        let mut strategy = npenas(&space, NpenasConfig { initial: 30, parents: 3, mutations: 12 });
        while strategy.observed.measured().len() < 30 {
            let round = strategy.observed.seen().len() as u64;
            let drawn = strategy.ask(5, &mut SeedStream::new(1).rng("ask", round)).expect("proposals");
            assert!(drawn.iter().all(|proposal| proposal.prediction.is_none()));
            strategy.tell(&drawn.iter().map(|proposal| complete(&proposal.architecture)).collect::<Vec<_>>());
        }
        let ask = |count| strategy.ask(count, &mut SeedStream::new(2).rng("ask", 0)).expect("proposals");
        let all = ask(1000);
        assert_eq!(all.len(), 36, "every child of three parents");
        let means: Vec<f64> = all.iter().filter_map(|proposal| proposal.prediction.map(|it| it.mean)).collect();
        assert!(means.len() == 36 && means.is_sorted_by(|left, right| left >= right), "{means:?}");
        assert_eq!(ask(4), all[..4]);
        let near: BTreeSet<_> = strategy.observed.best(3).into_iter().flat_map(|best| space.neighbors(best)).collect();
        let near: BTreeSet<_> = near.iter().map(|near| space.canonical(near)).collect();
        let one_mutation = all.iter().filter(|proposal| near.contains(&proposal.architecture)).count();
        assert!(one_mutation >= 24, "{one_mutation} of 36 children are one mutation away");
        let score = |proposal: &Proposal| ToyEvaluator::score(&proposal.architecture).unwrap_or(0.0);
        let mean = |proposals: &[Proposal]| proposals.iter().map(score).sum::<f64>() / proposals.len() as f64;
        assert!(mean(&all[..12]) > mean(&all[24..]) + 0.02, "the predictor knows better from worse");
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let space = Arc::new(ToySpace::new(1));
        let config = NpenasConfig { mutations: 0, ..NpenasConfig::default() };
        let error = Npenas::new(space, Box::new(ToySurrogate), config).err().expect("outside").to_string();
        assert!(error.contains("npenas.mutations must be in [1, 100000], but is 0"), "{error}");
    }
}
