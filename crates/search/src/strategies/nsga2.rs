use super::observed_objectives::ObservedObjectives;
use super::{fresh, origin, out_of_range};
use crate::range::check_range;
use crate::{Objectives, RangeError};
use bonas_bayes::dominates;
use bonas_core::{Architecture, CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Settings of [`Nsga2`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nsga2Config {
    /// Members that survive a round (2 to 100,000).
    pub population_size: usize,
    /// How often a child has two parents (0 to 1).
    pub crossover: f64,
    /// How often a child of two parents is mutated; one of a single parent always is (0 to 1).
    pub mutation: f64,
}

impl Default for Nsga2Config {
    fn default() -> Self {
        Self { population_size: 20, crossover: 0.9, mutation: 0.5 }
    }
}

impl Nsga2Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("nsga2.population_size", &self.population_size, 2..=100_000)?;
        check_range("nsga2.crossover", &self.crossover, 0.0..=1.0)?;
        check_range("nsga2.mutation", &self.mutation, 0.0..=1.0)
    }
}

/// NSGA-II: evolution towards the Pareto front of several objectives.
///
/// K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, *A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II*, IEEE Transactions on
/// Evolutionary Computation, 2002. Of parents and children together survive those of the first fronts, and of the last front that has
/// room those in the least crowded places. Parents win a tournament of two, by front and then by room. A child takes each decision
/// from one of two parents; where that is no architecture of the space, or one that is known, it is mutated instead. A round of a
/// study is a generation, whatever its size.
pub struct Nsga2 {
    space: Arc<dyn SearchSpace>,
    config: Nsga2Config,
    observed: ObservedObjectives,
    /// Survivors, the fittest first.
    population: Vec<Member>,
}

/// An architecture, and its objectives, all maximised.
type Member = (Architecture, Vec<f64>);

impl Nsga2 {
    /// NSGA-II in `space`.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(space: Arc<dyn SearchSpace>, objectives: Objectives, config: Nsga2Config) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        Ok(Self { space, config, observed: ObservedObjectives::new(objectives), population: Vec::new() })
    }

    fn newcomer(&self, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Proposal> {
        let architecture = fresh::sample(self.space.as_ref(), taken, rng)?;
        Some(Proposal { architecture, prediction: None, origin: origin::RANDOM.into() })
    }

    fn offspring(&self, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Proposal> {
        let space = self.space.as_ref();
        let mother = self.parent(rng);
        let crossed = if rng.random::<f64>() < self.config.crossover { self.cross(mother, self.parent(rng), rng) } else { None };
        if let Some(child) = &crossed
            && rng.random::<f64>() >= self.config.mutation
            && taken.insert(child.clone())
        {
            return Some(Proposal { architecture: child.clone(), prediction: None, origin: origin::CROSSOVER.into() });
        }
        match fresh::child(space, crossed.as_ref().unwrap_or(mother), taken, rng) {
            Some(architecture) => Some(Proposal { architecture, prediction: None, origin: origin::MUTATION.into() }),
            None => self.newcomer(taken, rng),
        }
    }

    /// The fitter of two; the population is in the order of fitness.
    fn parent(&self, rng: &mut StudyRng) -> &Architecture {
        let mut draw = || rng.random_range(0..self.population.len());
        &self.population[draw().min(draw())].0
    }

    /// Each decision from one of two parents; `None` where that is no architecture.
    fn cross(&self, mother: &Architecture, father: &Architecture, rng: &mut StudyRng) -> Option<Architecture> {
        if mother.decisions().len() != father.decisions().len() {
            return None;
        }
        let pairs = mother.decisions().iter().zip(father.decisions());
        let child = Architecture::new(pairs.map(|(&left, &right)| if rng.random() { left } else { right }).collect::<Vec<u8>>());
        self.space.validate(&child).ok().map(|()| self.space.canonical(&child))
    }
}

impl SearchStrategy for Nsga2 {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let missing = self.config.population_size.saturating_sub(self.observed.measured().len());
        let newcomers = if self.population.is_empty() { count } else { missing.min(count) };
        let mut taken = self.observed.seen().clone();
        let propose = |place| if place < newcomers { self.newcomer(&mut taken, rng) } else { self.offspring(&mut taken, rng) };
        Ok((0..count).map_while(propose).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        let children = self.observed.tell(completed);
        if children.is_empty() {
            return;
        }
        let all: Vec<Member> = self.population.iter().chain(children).cloned().collect();
        self.population = survivors(all, self.config.population_size);
    }
}

/// At most `count` members, the fittest first: by front, then by room, then the earlier.
fn survivors(all: Vec<Member>, count: usize) -> Vec<Member> {
    let mut left = all;
    let mut survivors: Vec<Member> = Vec::new();
    while survivors.len() < count && !left.is_empty() {
        let is_beaten = |member: &Member| left.iter().any(|other| dominates(&other.1, &member.1));
        let beaten: Vec<bool> = left.iter().map(is_beaten).collect();
        let (mut front, mut rest) = (Vec::new(), Vec::new());
        left.into_iter().zip(beaten).for_each(|(member, beaten)| if beaten { rest.push(member) } else { front.push(member) });
        survivors.extend(roomiest_first(front));
        left = rest;
    }
    survivors.truncate(count);
    survivors
}

/// The members of a front by their crowding distance, the largest first.
fn roomiest_first(front: Vec<Member>) -> Vec<Member> {
    let points: Vec<&[f64]> = front.iter().map(|member| member.1.as_slice()).collect();
    let room = room(&points);
    let mut order: Vec<(f64, Member)> = room.into_iter().zip(front).collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0));
    order.into_iter().map(|(_, member)| member).collect()
}

/// Crowding distance of each point of a front: over the objectives, the sum of the distances between its two neighbours, in parts of
/// the range; ∞ at the ends.
fn room(points: &[&[f64]]) -> Vec<f64> {
    let mut room = vec![0.0; points.len()];
    for objective in 0..points.first().map_or(0, |point| point.len()) {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&left, &right| points[left][objective].total_cmp(&points[right][objective]));
        let value = |place: usize| points[order[place]][objective];
        let range = value(order.len() - 1) - value(0);
        room[order[0]] = f64::INFINITY;
        room[order[order.len() - 1]] = f64::INFINITY;
        for place in 1..order.len().saturating_sub(1) {
            room[order[place]] += if range > 0.0 { (value(place + 1) - value(place - 1)) / range } else { 0.0 };
        }
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_objectives::{complete, objectives};
    use bonas_core::SeedStream;
    use bonas_testing::toy::ToySpace;

    fn nsga2(space: &Arc<ToySpace>, config: Nsga2Config) -> Nsga2 {
        Nsga2::new(space.clone(), objectives(), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        for config in [Nsga2Config { population_size: 6, ..Nsga2Config::default() }, Nsga2Config::default()] {
            // The suite's scores alone, and with a cost, which the suite does not give.
            let alone = || Nsga2::new(space.clone(), Objectives::default(), config.clone()).expect("valid");
            bonas_testing::strategy::check(&|| Box::new(alone()), space.as_ref());
            bonas_testing::strategy::check(&|| Box::new(nsga2(&space, config.clone())), space.as_ref());
        }
    }

    #[test]
    fn fronts_come_first_and_then_room() {
        let member = |decision: u8, point: [f64; 2]| (Architecture::new([decision]), point.to_vec());
        let all = vec![
            member(0, [1.0, 1.0]),
            member(1, [0.0, 4.0]),
            member(2, [3.8, 0.0]),
            member(3, [2.0, 2.0]),
            member(4, [2.1, 1.9]),
            member(5, [1.0, 3.0]),
        ];
        let kept: Vec<u8> = survivors(all, 5).iter().map(|member| member.0.decisions()[0]).collect();
        // The first front is 1 5 3 4 2. Rooms of the inner ones: 5: 2/3.8 + 2/4, 3: 1.1/3.8 + 1.1/4, 4: 1.8/3.8 + 2/4.
        assert_eq!(kept, [1, 2, 5, 4, 3]);
    }

    #[test]
    fn children_take_every_decision_from_a_parent() {
        let space = Arc::new(ToySpace::new(4));
        let strategy = nsga2(&space, Nsga2Config::default());
        let (mother, father) = (space.parse("aa-aa-aa-aa").expect("valid"), space.parse("dd-dd-dd-dd").expect("valid"));
        let mut rng = SeedStream::new(1).rng("cross", 0);
        let children: BTreeSet<_> = (0..50).filter_map(|_| strategy.cross(&mother, &father, &mut rng)).collect();
        assert!(children.len() > 20);
        let of_parents = |child: &Architecture| child.decisions().iter().all(|decision| [0, 3].contains(decision));
        assert!(children.iter().all(of_parents));
    }

    #[test]
    fn evolution_dominates_more_than_chance() {
        let volume = |evolved: bool| -> f64 {
            let of_seed = |seed| {
                crate::strategies::test_objectives::volume(seed, 200, &|space| match evolved {
                    true => Box::new(Nsga2::new(space, objectives(), Nsga2Config::default()).expect("valid")),
                    false => Box::new(crate::RandomSearch::new(space)),
                })
            };
            (0..10).map(of_seed).sum::<f64>() / 10.0
        };
        let (evolved, random) = (volume(true), volume(false));
        assert!(evolved > random * 1.01, "{evolved} {random}");
    }

    #[test]
    fn an_exhausted_space_ends_the_proposals() {
        let space = Arc::new(ToySpace::new(1));
        let mut strategy = nsga2(&space, Nsga2Config::default());
        strategy.tell(&space.enumerate().iter().map(complete).collect::<Vec<_>>());
        assert_eq!(strategy.ask(5, &mut SeedStream::new(0).rng("ask", 0)).expect("an answer"), []);
    }
}
