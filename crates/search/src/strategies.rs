//! The strategies, one file each.

mod bananas;
mod batch;
mod bonas;
mod candidate;
mod candidate_pool;
mod fresh;
mod local_search;
mod npenas;
mod nsga2;
mod observed;
mod observed_objectives;
mod pareto_bonas;
mod policy;
mod random;
mod regularized_evolution;
mod reinforce;
#[cfg(test)]
mod test_objectives;
#[cfg(test)]
mod test_spaces;
mod whole_space;

pub use bananas::{Bananas, BananasConfig};
pub use batch::BatchChoice;
pub use bonas::{Bonas, BonasConfig};
pub use local_search::{LocalSearch, LocalSearchConfig, LocalSearchStep};
pub use npenas::{Npenas, NpenasConfig};
pub use nsga2::{Nsga2, Nsga2Config};
pub use pareto_bonas::{CostBelief, ParetoBonas, ParetoConfig};
pub use random::RandomSearch;
pub use regularized_evolution::{RegularizedEvolution, RegularizedEvolutionConfig};
pub use reinforce::{Reinforce, ReinforceConfig};

use crate::RangeError;
use bonas_core::{StrategyError, StudyRng};
use rand::RngExt;

/// Where proposals come from, as people read it.
mod origin {
    /// Drawn uniformly, without a model.
    pub(super) const RANDOM: &str = "random";
    /// A mutation of an evaluated architecture.
    pub(super) const MUTATION: &str = "mutation";
    /// Decisions of two evaluated architectures.
    pub(super) const CROSSOVER: &str = "crossover";
    /// A neighbour of an evaluated architecture, without a model.
    pub(super) const NEIGHBOR: &str = "neighbor";
    /// Drawn from a policy that learns from scores.
    pub(super) const POLICY: &str = "policy";
    /// From the evolved part of a candidate pool.
    pub(super) const POOL_EVOLVED: &str = "pool-evolved";
    /// From the random part of a candidate pool.
    pub(super) const POOL_RANDOM: &str = "pool-random";
    /// A neighbour of one of the best trials, in a candidate pool.
    pub(super) const POOL_NEIGHBOR: &str = "pool-neighbor";
    /// From a space that is scored completely.
    pub(super) const SPACE: &str = "space";
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

    #[test]
    fn settings_round_trip_and_unknown_ones_are_refused() {
        let config: BonasConfig = toml::from_str("pool_size = 50").expect("readable");
        assert_eq!(config, BonasConfig { pool_size: 50, ..BonasConfig::default() });
        let text = toml::to_string(&config).expect("writable");
        assert_eq!(toml::from_str::<BonasConfig>(&text).expect("readable"), config);
        assert!(toml::from_str::<BonasConfig>("pool = 5").is_err());
        assert!(toml::from_str::<RegularizedEvolutionConfig>("pool_size = 5").is_err());
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let config = BonasConfig { evolved_fraction: 1.5, ..BonasConfig::default() };
        let error = config.validate().expect_err("outside").to_string();
        assert_eq!(error, "bonas.evolved_fraction must be in [0, 1], but is 1.5");
        let config = RegularizedEvolutionConfig { tournament_size: 0, ..RegularizedEvolutionConfig::default() };
        let error = config.validate().expect_err("outside").to_string();
        assert!(error.starts_with("regularized_evolution.tournament_size must be in [1, "), "{error}");
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
