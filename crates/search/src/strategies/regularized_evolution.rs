use super::observed::Observed;
use super::{fresh, origin, out_of_range, tournament};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{Architecture, CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Settings of [`RegularizedEvolution`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegularizedEvolutionConfig {
    /// How many of the latest measured trials are alive (1 to 100,000).
    pub population_size: usize,
    /// How many of them compete to be a parent (1 to 100,000).
    pub tournament_size: usize,
}

impl Default for RegularizedEvolutionConfig {
    fn default() -> Self {
        Self { population_size: 30, tournament_size: 10 }
    }
}

impl RegularizedEvolutionConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("regularized_evolution.population_size", &self.population_size, 1..=100_000)?;
        check_range("regularized_evolution.tournament_size", &self.tournament_size, 1..=100_000)
    }
}

/// Regularized (ageing) evolution: E. Real, A. Aggarwal, Y. Huang, Q. V. Le, *Regularized Evolution for Image Classifier
/// Architecture Search*, AAAI 2019, algorithm 1.
///
/// The population are the latest measured trials; the fittest of a random tournament is the single parent of a child that
/// differs by one mutation. Two things differ from the paper. A round asks for several children of one population, to
/// evaluate them together. And a child that has been evaluated before is mutated on, since the study would only repeat the
/// known outcome.
pub struct RegularizedEvolution {
    space: Arc<dyn SearchSpace>,
    config: RegularizedEvolutionConfig,
    observed: Observed,
}

impl RegularizedEvolution {
    /// Evolution in `space`.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(space: Arc<dyn SearchSpace>, config: RegularizedEvolutionConfig) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        Ok(Self { space, config, observed: Observed::default() })
    }

    /// The latest measured trials; the oldest have died.
    fn population(&self) -> &[(Architecture, f64)] {
        let measured = self.observed.measured();
        &measured[measured.len().saturating_sub(self.config.population_size)..]
    }

    /// A child of the fittest of a tournament, or a random architecture where all around it is taken.
    fn offspring(&self, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Proposal> {
        let (parent, _) = tournament(self.population(), self.config.tournament_size, |member| member.1, rng);
        match fresh::child(self.space.as_ref(), parent, taken, rng) {
            Some(architecture) => Some(Proposal { architecture, prediction: None, origin: origin::MUTATION.into() }),
            None => self.newcomer(taken, rng),
        }
    }

    fn newcomer(&self, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Proposal> {
        let architecture = fresh::sample(self.space.as_ref(), taken, rng)?;
        Some(Proposal { architecture, prediction: None, origin: origin::RANDOM.into() })
    }
}

impl SearchStrategy for RegularizedEvolution {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let alive = self.population().len();
        let missing = self.config.population_size - alive;
        // Without a parent there is nothing to mutate, so a first round is random to its end.
        let newcomers = if alive == 0 { count } else { missing.min(count) };
        let mut taken = self.observed.seen().clone();
        let propose = |place| if place < newcomers { self.newcomer(&mut taken, rng) } else { self.offspring(&mut taken, rng) };
        Ok((0..count).map_while(propose).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{Measurement, Outcome, SeedStream};
    use bonas_testing::toy::ToySpace;

    fn evolution(space: &Arc<ToySpace>, population_size: usize) -> RegularizedEvolution {
        let config = RegularizedEvolutionConfig { population_size, tournament_size: 3 };
        RegularizedEvolution::new(space.clone(), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        bonas_testing::strategy::check(&|| Box::new(evolution(&space, 7)), space.as_ref());
    }

    #[test]
    fn the_oldest_die_even_when_they_are_the_best() {
        let space = Arc::new(ToySpace::new(3));
        let mut strategy = evolution(&space, 3);
        for (score, text) in [(0.9, "aa-aa-aa"), (0.1, "dd-dd-dd"), (0.2, "dd-dd-cd"), (0.3, "dd-cd-cd")] {
            let outcome = Outcome::Measured(Measurement::new(score).expect("finite"));
            strategy.tell(&[CompletedTrial { architecture: space.parse(text).expect("valid"), outcome }]);
        }
        assert_eq!(strategy.population().iter().map(|member| member.1).collect::<Vec<_>>(), [0.1, 0.2, 0.3]);
        let children = strategy.ask(20, &mut SeedStream::new(0).rng("ask", 0)).expect("children");
        assert!(children.iter().all(|child| child.origin == origin::MUTATION));
    }

    #[test]
    fn an_exhausted_space_ends_the_proposals() {
        let space = Arc::new(ToySpace::new(1));
        let mut strategy = evolution(&space, 4);
        let outcome = Outcome::Measured(Measurement::new(0.5).expect("finite"));
        let all = space.enumerate().into_iter().map(|architecture| CompletedTrial { architecture, outcome: outcome.clone() });
        strategy.tell(&all.collect::<Vec<_>>());
        assert_eq!(strategy.ask(5, &mut SeedStream::new(0).rng("ask", 0)).expect("an answer"), []);
    }
}
