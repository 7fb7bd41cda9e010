use super::candidate::{Candidate, Scorer};
use super::observed::Observed;
use super::origin;
use bonas_core::{Architecture, CellGraph, SearchSpace, StrategyError, StudyRng};

/// Every architecture of a space in its canonical form, with its graph; for spaces small enough to be scored completely.
pub(super) struct WholeSpace {
    /// Canonical, distinct, sorted.
    pub(super) members: Vec<Architecture>,
    /// The graph of each member.
    pub(super) graphs: Vec<CellGraph>,
}

impl WholeSpace {
    /// A space of at most `most` architectures; `None` when it is larger, or cannot be listed ([`SearchSpace::list`]).
    pub(super) fn list(space: &dyn SearchSpace, most: usize) -> Option<Self> {
        let members = space.list(most)?;
        let graphs = members.iter().map(|member| space.graph(member)).collect();
        Some(Self { members, graphs })
    }

    /// Every architecture that has not been evaluated, scored.
    pub(super) fn candidates(
        &self,
        scorer: &Scorer<'_>,
        observed: &Observed,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        // What was evaluated is scored with the rest: it is little, and so the graphs stay in one piece.
        let mut candidates = scorer.score_known(&self.members, &self.graphs, origin::SPACE, rng)?;
        candidates.retain(|candidate| !observed.seen().contains(&candidate.architecture));
        Ok(candidates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_spaces::Altered;
    use bonas_testing::toy::ToySpace;

    #[test]
    fn every_canonical_architecture_is_listed_once_with_its_graph() {
        let space = ToySpace::new(3);
        let listed = WholeSpace::list(&space, 4096).expect("4096 architectures");
        assert_eq!(listed.members, space.enumerate());
        assert!(listed.members.iter().zip(&listed.graphs).all(|(member, graph)| space.graph(member) == *graph));
    }

    #[test]
    fn a_larger_space_is_not_listed() {
        assert!(WholeSpace::list(&ToySpace::new(3), 4095).is_none());
    }

    #[test]
    fn a_size_that_counts_isomorphic_architectures_once_is_reached_by_canonical_forms() {
        let space = Altered { size: 1000, ..Altered::new(3) };
        assert_eq!(WholeSpace::list(&space, 1000).expect("1000 classes").members, space.inner.enumerate());
    }

    #[test]
    fn a_space_that_neighbors_do_not_connect_is_not_listed() {
        let space = Altered { frozen: true, ..Altered::new(3) };
        assert!(WholeSpace::list(&space, 4096).is_none());
    }
}
