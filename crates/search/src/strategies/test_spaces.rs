//! What several strategies are tested on: the toy space with something changed, and its outcomes.

use bonas_core::{Architecture, CellDiagram, CellGraph, CompletedTrial, Measurement, Outcome, SearchSpace, SpaceError, StudyRng};
use bonas_testing::toy::{ToyEvaluator, ToySpace};

/// How the toy evaluator would judge it.
pub(super) fn complete(architecture: &Architecture) -> CompletedTrial {
    let outcome = match ToyEvaluator::score(architecture) {
        Some(score) => Outcome::Measured(Measurement::new(score).expect("finite")),
        None => Outcome::Failed { reason: "fails".into() },
    };
    CompletedTrial { architecture: architecture.clone(), outcome }
}

/// A toy space that claims another size, or whose first decision no neighbour changes.
pub(super) struct Altered {
    pub(super) inner: ToySpace,
    pub(super) size: u128,
    pub(super) frozen: bool,
}

impl Altered {
    pub(super) fn new(stages: usize) -> Self {
        let inner = ToySpace::new(stages);
        let size = inner.size();
        Self { inner, size, frozen: false }
    }
}

impl SearchSpace for Altered {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn description(&self) -> &str {
        self.inner.description()
    }
    fn size(&self) -> u128 {
        self.size
    }
    fn vocabulary(&self) -> Vec<String> {
        self.inner.vocabulary()
    }
    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.inner.validate(architecture)
    }
    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        self.inner.sample(rng)
    }
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        self.inner.mutate(parent, rng)
    }
    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let mut neighbors = self.inner.neighbors(architecture);
        // Both decisions of the first pair, because the canonical form may exchange them.
        neighbors.retain(|neighbor| !self.frozen || neighbor.decisions()[..2] == architecture.decisions()[..2]);
        neighbors
    }
    fn canonical(&self, architecture: &Architecture) -> Architecture {
        self.inner.canonical(architecture)
    }
    fn graph(&self, architecture: &Architecture) -> CellGraph {
        self.inner.graph(architecture)
    }
    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        self.inner.diagrams(architecture)
    }
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        self.inner.parse(text)
    }
    fn format(&self, architecture: &Architecture) -> String {
        self.inner.format(architecture)
    }
}
