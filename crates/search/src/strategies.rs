//! The strategies, one file each, and the one place that knows their names.

mod bonas;
mod candidate_pool;
mod fresh;
mod observed;
mod random;
mod regularized_evolution;

pub use bonas::{Bonas, BonasConfig};
pub use random::{RandomConfig, RandomSearch};
pub use regularized_evolution::{RegularizedEvolution, RegularizedEvolutionConfig};

use crate::RangeError;
use bonas_core::{Acquisition, SearchSpace, SearchStrategy, StrategyError, StudyRng, Surrogate};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A strategy by its name, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum StrategyConfig {
    /// Bayesian optimisation with a learned surrogate over an evolved candidate pool.
    Bonas(BonasConfig),
    /// Random search without repetition.
    Random(RandomConfig),
    /// Evolution in which the oldest dies (Real et al. 2019).
    RegularizedEvolution(RegularizedEvolutionConfig),
}

impl Default for StrategyConfig {
    fn default() -> Self {
        Self::Bonas(BonasConfig::default())
    }
}

impl StrategyConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        match self {
            Self::Bonas(config) => config.validate(),
            Self::Random(RandomConfig {}) => Ok(()),
            Self::RegularizedEvolution(config) => config.validate(),
        }
    }

    /// Builds the strategy. `model` is called only by strategies that have a surrogate.
    ///
    /// # Errors
    /// When a setting lies outside its range or `model` fails.
    pub fn build(
        &self,
        space: Arc<dyn SearchSpace>,
        model: impl FnOnce() -> Result<(Box<dyn Surrogate>, Box<dyn Acquisition>), StrategyError>,
    ) -> Result<Box<dyn SearchStrategy>, StrategyError> {
        Ok(match self {
            Self::Bonas(config) => {
                let (surrogate, acquisition) = model()?;
                Box::new(Bonas::new(space, surrogate, acquisition, config.clone())?)
            }
            Self::Random(RandomConfig {}) => Box::new(RandomSearch::new(space)),
            Self::RegularizedEvolution(config) => Box::new(RegularizedEvolution::new(space, config.clone())?),
        })
    }
}

/// Where proposals come from, as people read it.
mod origin {
    /// Drawn uniformly, without a model.
    pub(super) const RANDOM: &str = "random";
    /// A mutation of an evaluated architecture, without a model.
    pub(super) const MUTATION: &str = "mutation";
    /// From the evolved part of a candidate pool.
    pub(super) const POOL_EVOLVED: &str = "pool-evolved";
    /// From the random part of a candidate pool.
    pub(super) const POOL_RANDOM: &str = "pool-random";
}

fn out_of_range(error: RangeError) -> StrategyError {
    StrategyError::Config(error.to_string())
}

/// The fittest of `size` members drawn with replacement (Real et al. 2019, algorithm 1); the first drawn of equals.
fn tournament<'a, T>(population: &'a [T], size: usize, fitness: impl Fn(&T) -> f64, rng: &mut StudyRng) -> &'a T {
    let mut winner = &population[rng.random_range(0..population.len())];
    for _ in 1..size {
        let rival = &population[rng.random_range(0..population.len())];
        if fitness(rival) > fitness(winner) {
            winner = rival;
        }
    }
    winner
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use bonas_testing::toy::{ToySpace, ToySurrogate, ToyUcb};

    fn build(text: &str) -> Result<Box<dyn SearchStrategy>, StrategyError> {
        let config: StrategyConfig = toml::from_str(text).expect("readable");
        config.build(Arc::new(ToySpace::new(3)), || Ok((Box::new(ToySurrogate), Box::new(ToyUcb))))
    }

    #[test]
    fn every_name_builds_its_strategy() {
        for name in ["bonas", "random", "regularized-evolution"] {
            let strategy = build(&format!("name = '{name}'")).expect("valid");
            assert_eq!(strategy.ask(4, &mut SeedStream::new(0).rng("ask", 0)).expect("proposals").len(), 4, "{name}");
        }
    }

    #[test]
    fn settings_round_trip_and_unknown_ones_are_refused() {
        let config: StrategyConfig = toml::from_str("name = 'bonas'\npool_size = 50").expect("readable");
        let expected = BonasConfig { pool_size: 50, ..BonasConfig::default() };
        assert_eq!(config, StrategyConfig::Bonas(expected));
        let text = toml::to_string(&config).expect("writable");
        assert_eq!(toml::from_str::<StrategyConfig>(&text).expect("readable"), config);
        for text in ["name = 'bonas'\npool = 5", "name = 'random'\npool_size = 5", "name = 'annealing'", ""] {
            assert!(toml::from_str::<StrategyConfig>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let refused = |text| match build(text) {
            Ok(_) => panic!("{text} is accepted"),
            Err(error) => error.to_string(),
        };
        assert!(
            refused("name = 'bonas'\nevolved_fraction = 1.5").contains("strategy.evolved_fraction must be in [0, 1], but is 1.5")
        );
        assert!(refused("name = 'bonas'\npool_size = 0").contains("strategy.pool_size"));
        assert!(refused("name = 'regularized-evolution'\ntournament_size = 0").contains("strategy.tournament_size"));
    }

    #[test]
    fn a_larger_tournament_presses_harder() {
        let mut rng = SeedStream::new(0).rng("tournament", 0);
        let population: Vec<f64> = (0..100).map(f64::from).collect();
        let mut mean = |size| (0..500).map(|_| tournament(&population, size, |&fitness| fitness, &mut rng)).sum::<f64>() / 500.0;
        let (one, ten) = (mean(1), mean(10));
        // The largest of n uniform draws lies at n / (n + 1) of the range.
        assert!((one - 50.0).abs() < 5.0 && (ten - 90.0).abs() < 3.0, "{one} {ten}");
    }
}
