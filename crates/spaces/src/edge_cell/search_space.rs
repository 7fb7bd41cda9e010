use super::{EdgeCellSpace, diagram, graph};
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};

impl SearchSpace for EdgeCellSpace {
    fn name(&self) -> &str {
        self.operations.space
    }

    fn description(&self) -> &str {
        self.description
    }

    fn size(&self) -> u128 {
        self.operations.size()
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(&self.operations)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.operations.check(architecture)
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        self.operations.sample(rng)
    }

    /// Another operation on one edge, each possible change alike.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        self.operations.mutate(parent, rng)
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        self.operations.neighbors(architecture)
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    fn representative(&self, architecture: &Architecture) -> Architecture {
        (self.representatives)()[&self.function(architecture)].clone()
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(architecture, &self.operations)
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![diagram::diagram(architecture, &self.operations)]
    }

    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        (self.parse)(text)
    }

    fn format(&self, architecture: &Architecture) -> String {
        (self.format)(architecture)
    }
}
