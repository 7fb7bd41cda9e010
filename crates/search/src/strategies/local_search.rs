use super::observed::Observed;
use super::{origin, out_of_range, random};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{Architecture, CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Settings of [`LocalSearch`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalSearchConfig {
    /// Random architectures measured at every start, of which the best is where the walk begins (1 to 1,000,000).
    pub initial: usize,
    /// When the walk goes on to a better neighbour.
    pub step: LocalSearchStep,
}

/// When a local search goes on to a better neighbour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalSearchStep {
    /// When all neighbours are evaluated, to the best of them.
    #[default]
    Best,
    /// As soon as one is better, after the round in which it was found; to the best that is known.
    First,
}

impl Default for LocalSearchConfig {
    fn default() -> Self {
        Self { initial: 10, step: LocalSearchStep::default() }
    }
}

impl LocalSearchConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("local_search.initial", &self.initial, 1..=1_000_000)
    }
}

/// Local search: evaluates the neighbours of the architecture it stands on in random order, goes on to a better one, and
/// starts again at random where no neighbour is better.
///
/// C. White, S. Nolen, Y. Savani, *Exploring the Loss Landscape in Neural Architecture Search*, UAI 2021, algorithm 1.
/// Neighbours that are known from an earlier walk are not evaluated again, but are as good to go to. Failed neighbours count
/// as evaluated, and as worse. At a start, and where few neighbours are left, a round is smaller than it might be.
pub struct LocalSearch {
    space: Arc<dyn SearchSpace>,
    config: LocalSearchConfig,
    observed: Observed,
    scores: BTreeMap<Architecture, f64>,
    walk: Walk,
}

/// Where the search stands.
enum Walk {
    /// Gathering random architectures; those measured so far.
    Starting(Vec<(Architecture, f64)>),
    /// On an architecture with this score and these neighbours, canonical and distinct.
    Standing { score: f64, neighbors: BTreeSet<Architecture> },
}

impl LocalSearch {
    /// Local search in `space`.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(space: Arc<dyn SearchSpace>, config: LocalSearchConfig) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        let (observed, scores, walk) = (Observed::default(), BTreeMap::new(), Walk::Starting(Vec::new()));
        Ok(Self { space, config, observed, scores, walk })
    }

    /// Walks as far as what is known leads.
    fn walk_on(&mut self) {
        while let Some(walk) = self.next() {
            self.walk = walk;
        }
    }

    /// Where to go from here; `None` when that needs further evaluations.
    fn next(&self) -> Option<Walk> {
        match &self.walk {
            Walk::Starting(starts) if starts.len() < self.config.initial => None,
            Walk::Starting(starts) => highest(starts.iter().map(|(start, score)| (start, *score))).map(|best| self.stand(best)),
            Walk::Standing { score, neighbors } => {
                let complete = neighbors.iter().all(|neighbor| self.observed.seen().contains(neighbor));
                let known = neighbors.iter().filter_map(|neighbor| Some((neighbor, *self.scores.get(neighbor)?)));
                let better = highest(known).filter(|best| best.1 > *score);
                match (better, complete, self.config.step) {
                    (Some(best), true, _) | (Some(best), false, LocalSearchStep::First) => Some(self.stand(best)),
                    (None, true, _) => Some(Walk::Starting(Vec::new())),
                    (_, false, _) => None,
                }
            }
        }
    }

    fn stand(&self, (architecture, score): (&Architecture, f64)) -> Walk {
        let mut neighbors: BTreeSet<_> =
            self.space.neighbors(architecture).iter().map(|neighbor| self.space.canonical(neighbor)).collect();
        // An architecture can be isomorphic to its neighbour.
        neighbors.remove(architecture);
        Walk::Standing { score, neighbors }
    }
}

/// The first of the highest score.
fn highest<'a>(scored: impl Iterator<Item = (&'a Architecture, f64)>) -> Option<(&'a Architecture, f64)> {
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// At most `count` of the items, drawn without replacement.
fn draw<T>(mut items: Vec<T>, count: usize, rng: &mut StudyRng) -> Vec<T> {
    let count = count.min(items.len());
    for place in 0..count {
        let chosen = rng.random_range(place..items.len());
        items.swap(place, chosen);
    }
    items.truncate(count);
    items
}

impl SearchStrategy for LocalSearch {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        match &self.walk {
            Walk::Starting(starts) => {
                let missing = self.config.initial - starts.len();
                Ok(random::proposals(self.space.as_ref(), &self.observed, count.min(missing), rng))
            }
            Walk::Standing { neighbors, .. } => {
                let unknown = neighbors.iter().filter(|neighbor| !self.observed.seen().contains(*neighbor)).collect();
                let proposal = |architecture: &Architecture| Proposal {
                    architecture: architecture.clone(),
                    prediction: None,
                    origin: origin::NEIGHBOR.into(),
                };
                Ok(draw(unknown, count, rng).into_iter().map(proposal).collect())
            }
        }
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        for trial in completed {
            let is_new = !self.observed.seen().contains(&trial.architecture);
            let Some(score) = trial.outcome.score().filter(|_| is_new) else { continue };
            self.scores.insert(trial.architecture.clone(), score);
            if let Walk::Starting(starts) = &mut self.walk {
                starts.push((trial.architecture.clone(), score));
            }
        }
        self.observed.tell(completed);
        self.walk_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{Measurement, Outcome, SeedStream};
    use bonas_testing::toy::ToySpace;

    fn search(stages: usize, initial: usize, step: LocalSearchStep) -> (Arc<ToySpace>, LocalSearch) {
        let space = Arc::new(ToySpace::new(stages));
        let strategy = LocalSearch::new(space.clone(), LocalSearchConfig { initial, step }).expect("valid");
        (space, strategy)
    }

    /// One peak: the more late letters, the better.
    fn hill(architecture: &Architecture) -> f64 {
        architecture.decisions().iter().map(|&decision| f64::from(decision)).sum()
    }

    fn measured(architecture: &Architecture, score: f64) -> CompletedTrial {
        let outcome = Outcome::Measured(Measurement::new(score).expect("finite"));
        CompletedTrial { architecture: architecture.clone(), outcome }
    }

    /// Runs rounds of `batch` on the hill, until the peak is measured; the proposals of every round.
    fn climb(space: &ToySpace, strategy: &mut LocalSearch, batch: usize) -> Vec<Vec<Proposal>> {
        let peak = space.enumerate().into_iter().map(|member| hill(&member)).fold(f64::MIN, f64::max);
        let mut rounds = Vec::new();
        while !strategy.scores.values().any(|&score| score == peak) {
            let mut rng = SeedStream::new(5).rng("ask", rounds.len() as u64);
            let proposals = strategy.ask(batch, &mut rng).expect("proposals");
            let trials: Vec<_> = proposals.iter().map(|p| measured(&p.architecture, hill(&p.architecture))).collect();
            strategy.tell(&trials);
            rounds.push(proposals);
        }
        rounds
    }

    #[test]
    fn keeps_the_contract() {
        for step in [LocalSearchStep::Best, LocalSearchStep::First] {
            let space = ToySpace::new(3);
            bonas_testing::strategy::check(&|| Box::new(search(3, 4, step).1), &space);
        }
    }

    #[test]
    fn the_walk_begins_at_the_best_start_and_asks_for_all_of_its_neighbors() {
        let (space, mut strategy) = search(2, 3, LocalSearchStep::Best);
        let texts = ["aa-aa", "bc-aa", "aa-ab"].map(|text| space.parse(text).expect("valid"));
        strategy.tell(&texts.iter().map(|start| measured(start, hill(start))).collect::<Vec<_>>());
        let proposals = strategy.ask(100, &mut SeedStream::new(0).rng("ask", 0)).expect("proposals");
        let proposed: BTreeSet<_> = proposals.iter().map(|proposal| proposal.architecture.clone()).collect();
        let mut around: BTreeSet<_> = space.neighbors(&texts[1]).iter().map(|near| space.canonical(near)).collect();
        around.retain(|near| !texts.contains(near));
        assert_eq!(proposed, around);
        assert!(proposals.iter().all(|proposal| proposal.origin == origin::NEIGHBOR));
        let other = strategy.ask(100, &mut SeedStream::new(0).rng("ask", 1)).expect("proposals");
        assert_ne!(proposals, other, "another generator, another order");
    }

    #[test]
    fn the_steepest_way_asks_for_whole_neighborhoods_and_the_first_improvement_does_not() {
        let (space, mut strategy) = search(4, 1, LocalSearchStep::Best);
        let steepest: usize = climb(&space, &mut strategy, 1).iter().map(Vec::len).sum();
        let (space, mut strategy) = search(4, 1, LocalSearchStep::First);
        let first: usize = climb(&space, &mut strategy, 1).iter().map(Vec::len).sum();
        // A canonical member of four pairs has 24 neighbours at most, and the peak is up to 8 steps of any size away.
        assert!(first < steepest && steepest <= 1 + 8 * 24, "{first} {steepest}");
    }

    #[test]
    fn a_first_improvement_is_followed_before_the_neighborhood_is_complete() {
        for (step, moves) in [(LocalSearchStep::First, true), (LocalSearchStep::Best, false)] {
            let (space, mut strategy) = search(2, 1, step);
            let [start, better] = ["aa-aa", "ab-aa"].map(|text| space.parse(text).expect("valid"));
            strategy.tell(&[measured(&start, 0.0)]);
            strategy.tell(&[measured(&better, 1.0)]);
            assert!(matches!(strategy.walk, Walk::Standing { score, .. } if (score == 1.0) == moves), "{step:?}");
        }
    }

    #[test]
    fn at_a_peak_the_search_starts_again_elsewhere() {
        let (space, mut strategy) = search(2, 1, LocalSearchStep::Best);
        let peak = space.parse("dd-dd").expect("valid");
        strategy.tell(&[measured(&peak, hill(&peak))]);
        let around = strategy.ask(100, &mut SeedStream::new(0).rng("ask", 0)).expect("proposals");
        let (last, others) = around.split_last().expect("neighbours");
        strategy.tell(&others.iter().map(|p| measured(&p.architecture, hill(&p.architecture))).collect::<Vec<_>>());
        assert!(matches!(strategy.walk, Walk::Standing { .. }), "one neighbour is missing");
        let failed = Outcome::Failed { reason: "diverged".into() };
        strategy.tell(&[CompletedTrial { architecture: last.architecture.clone(), outcome: failed }]);
        let start = strategy.ask(5, &mut SeedStream::new(0).rng("ask", 1)).expect("a start");
        assert_eq!(start.iter().map(|proposal| proposal.origin.as_str()).collect::<Vec<_>>(), [origin::RANDOM]);
    }

    #[test]
    fn an_exhausted_space_ends_the_proposals() {
        let (space, mut strategy) = search(1, 2, LocalSearchStep::Best);
        strategy.tell(&space.enumerate().iter().map(|member| measured(member, 0.5)).collect::<Vec<_>>());
        assert_eq!(strategy.ask(5, &mut SeedStream::new(0).rng("ask", 0)).expect("an answer"), []);
    }
}
