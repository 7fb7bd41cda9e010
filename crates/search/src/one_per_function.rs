use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Changes that are tried before one counts that does not change the function.
const MUTATIONS: usize = 64;

/// A view of a space in which architectures that compute the same are one: the canonical form is the
/// [representative](SearchSpace::representative) of the whole space, so that nothing is trained twice.
pub struct OnePerFunction {
    whole: Arc<dyn SearchSpace>,
}

impl OnePerFunction {
    /// The view of `whole`.
    pub fn new(whole: Arc<dyn SearchSpace>) -> Self {
        Self { whole }
    }
}

impl SearchSpace for OnePerFunction {
    fn name(&self) -> &str {
        self.whole.name()
    }

    fn description(&self) -> &str {
        self.whole.description()
    }

    fn size(&self) -> u128 {
        self.whole.size()
    }

    fn vocabulary(&self) -> Vec<String> {
        self.whole.vocabulary()
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.whole.validate(architecture)
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        self.whole.sample(rng)
    }

    /// A change of one decision that changes the function, or where none is found, any.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let function = self.whole.representative(parent);
        let mut child = self.whole.mutate(parent, rng);
        for _ in 0..MUTATIONS {
            if self.whole.representative(&child) != function {
                break;
            }
            child = self.whole.mutate(parent, rng);
        }
        child
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        self.whole.neighbors(architecture)
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        self.whole.representative(architecture)
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        self.whole.graph(architecture)
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        self.whole.diagrams(architecture)
    }

    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        self.whole.parse(text)
    }

    fn format(&self, architecture: &Architecture) -> String {
        self.whole.format(architecture)
    }

    fn list(&self, most: usize) -> Option<Vec<Architecture>> {
        let all = self.whole.list(most)?;
        let representatives: BTreeSet<_> = all.iter().map(|member| self.whole.representative(member)).collect();
        Some(representatives.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RandomSearch;
    use bonas_core::{SearchStrategy, SeedStream};
    use bonas_spaces::EdgeCellSpace;

    const CELLS: EdgeCellSpace = EdgeCellSpace::nas_bench_201();

    #[test]
    fn every_function_is_listed_once() {
        let listed = OnePerFunction::new(Arc::new(CELLS)).list(20_000).expect("a small space");
        let functions: BTreeSet<_> = listed.iter().map(|cell| CELLS.function(cell)).collect();
        assert_eq!((listed.len(), functions.len()), (4_930, 4_930));
    }

    #[test]
    fn a_search_takes_no_function_twice_though_the_whole_space_would() {
        let functions = |space: Arc<dyn SearchSpace>| -> BTreeSet<String> {
            let proposals = RandomSearch::new(space).ask(600, &mut SeedStream::new(1).rng("ask", 0)).expect("proposals");
            assert_eq!(proposals.len(), 600);
            proposals.iter().map(|proposal| CELLS.function(&proposal.architecture)).collect()
        };
        assert_eq!(functions(Arc::new(OnePerFunction::new(Arc::new(CELLS)))).len(), 600);
        assert!(functions(Arc::new(CELLS)).len() < 550);
    }

    #[test]
    fn changes_change_the_function() {
        let (space, mut rng) = (OnePerFunction::new(Arc::new(CELLS)), SeedStream::new(2).rng("walk", 0));
        let mut cell = space.sample(&mut rng);
        for _ in 0..200 {
            let child = space.mutate(&cell, &mut rng);
            assert_ne!(CELLS.function(&child), CELLS.function(&cell));
            cell = child;
        }
    }

    #[test]
    fn a_space_that_tells_no_functions_is_as_it_was() {
        let whole = bonas_testing::toy::ToySpace::new(3);
        bonas_testing::space::check(&OnePerFunction::new(Arc::new(whole)));
    }
}
