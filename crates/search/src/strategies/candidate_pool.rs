//! The candidates of a round: evolved towards a high acquisition, plus random ones, plus the surroundings of the best trials.
//!
//! The evolution is the one of the BONAS release (population 30, tournament 10, one parent, the oldest die, no crossover),
//! in generations: a generation of children is bred from the population as it stands and scored by the surrogate in one
//! batch, because a surrogate answers a batch almost as fast as a single question. Then the children join the population
//! and the oldest leave it. With a generation of one this is exactly the release's loop. Every child is a candidate,
//! whether or not it lives on.

use super::bonas::BonasConfig;
use super::candidate::{Candidate, Scorer};
use super::observed::Observed;
use super::{fresh, origin, tournament};
use bonas_core::{Architecture, SearchSpace, StrategyError, StudyRng};
use std::collections::{BTreeSet, VecDeque};

/// At most `pool_size` scored candidates and the neighbours of the best trials, canonical, distinct and not yet evaluated;
/// fewer when the space is used up.
pub(super) fn candidate_pool(
    scorer: &Scorer<'_>,
    observed: &Observed,
    config: &BonasConfig,
    rng: &mut StudyRng,
) -> Result<Vec<Candidate>, StrategyError> {
    let mut taken = observed.seen().clone();
    let random = fresh::samples(scorer.space, config.pool_size - config.evolved(), &mut taken, rng);
    let mut pool = scorer.score(&random, origin::POOL_RANDOM, rng)?;
    pool.extend(evolve(scorer, observed, config, &mut taken, rng)?);
    // Last, so that what evolution breeds does not depend on it.
    let near = surroundings(scorer.space, &observed.best(config.neighbors_of_best), &mut taken);
    pool.extend(scorer.score(&near, origin::POOL_NEIGHBOR, rng)?);
    Ok(pool)
}

/// Every neighbour of these architectures that is not taken.
fn surroundings(space: &dyn SearchSpace, of: &[&Architecture], taken: &mut BTreeSet<Architecture>) -> Vec<Architecture> {
    let neighbors = of.iter().flat_map(|architecture| space.neighbors(architecture));
    neighbors.map(|neighbor| space.canonical(&neighbor)).filter(|neighbor| taken.insert(neighbor.clone())).collect()
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
        VecDeque::from(scorer.score(&founders(scorer.space, observed, config, rng), origin::POOL_EVOLVED, rng)?);
    while pool.len() < wanted {
        let count = config.generation_size.min(wanted - pool.len());
        let children = breed(scorer.space, population.make_contiguous(), count, config.tournament_size, taken, rng);
        if children.is_empty() {
            break;
        }
        let children = scorer.score(&children, origin::POOL_EVOLVED, rng)?;
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
    use crate::strategies::test_spaces::complete;
    use bonas_core::{Observations, SeedStream, Surrogate};
    use bonas_testing::toy::{ToySpace, ToySurrogate, ToyUcb};

    fn observe(space: &ToySpace, count: usize, rng: &mut StudyRng) -> Observed {
        let mut observed = Observed::default();
        for architecture in fresh::samples(space, count, &mut BTreeSet::new(), rng) {
            observed.tell(&[complete(&architecture)]);
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
        let config = BonasConfig { pool_size: 300, evolved_fraction: 0.7, neighbors_of_best: 0, ..BonasConfig::default() };
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
    fn the_neighbors_of_the_best_trials_join_the_pool_once() {
        let space = ToySpace::new(4);
        let mut rng = SeedStream::new(8).rng("pool", 0);
        let observed = observe(&space, 40, &mut rng);
        let plain = BonasConfig { pool_size: 100, neighbors_of_best: 0, ..BonasConfig::default() };
        let config = BonasConfig { neighbors_of_best: 3, ..plain.clone() };
        let (without, with) =
            (pool(&space, &observed, &plain, &mut rng.clone()), pool(&space, &observed, &config, &mut rng.clone()));
        let names = |pool: &[Candidate]| pool.iter().map(|candidate| candidate.architecture.clone()).collect::<Vec<_>>();
        assert_eq!(names(&with)[..100], names(&without)[..], "the rest of the pool stays as it was");
        let near = observed.best(3).into_iter().flat_map(|best| space.neighbors(best)).map(|near| space.canonical(&near));
        let mut missing: BTreeSet<_> = near.collect();
        names(&without).iter().chain(observed.seen()).for_each(|known| {
            missing.remove(known);
        });
        let added = &with[100..];
        assert!(!missing.is_empty() && added.iter().all(|candidate| candidate.origin == origin::POOL_NEIGHBOR));
        assert_eq!((names(added).len(), names(added).into_iter().collect()), (missing.len(), missing));
    }

    #[test]
    fn without_evolution_the_pool_is_random() {
        let space = ToySpace::new(4);
        let mut rng = SeedStream::new(9).rng("pool", 0);
        let observed = observe(&space, 40, &mut rng);
        let config = BonasConfig { pool_size: 100, evolved_fraction: 0.0, neighbors_of_best: 0, ..BonasConfig::default() };
        let pool = pool(&space, &observed, &config, &mut rng);
        assert!(pool.len() == 100 && pool.iter().all(|candidate| candidate.origin == origin::POOL_RANDOM));
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
