use super::candidate::{Candidate, Scorer};
use super::observed::Observed;
use super::origin;
use bonas_core::{Architecture, CellGraph, SearchSpace, SeedStream, StrategyError, StudyRng};
use std::collections::BTreeSet;

/// Every architecture of a space in its canonical form, with its graph; for spaces small enough to be scored completely.
pub(super) struct WholeSpace {
    /// Canonical, distinct, sorted.
    members: Vec<Architecture>,
    /// The graph of each member.
    graphs: Vec<CellGraph>,
}

impl WholeSpace {
    /// Lists a space of at most `most` architectures; `None` when it is larger, or cannot be listed.
    ///
    /// A space has no list, so one is made by following neighbours from a sample until nothing new turns up. Whether that was
    /// everything is told by the count: as many architectures as the space's size, where isomorphic ones count apart, or as
    /// many canonical forms, where they count once. If neither holds, there are architectures that no neighbour leads to, and
    /// the space cannot be listed this way. The sample is always the same and the list sorted, so nothing depends on chance.
    pub(super) fn list(space: &dyn SearchSpace, most: usize) -> Option<Self> {
        let size = usize::try_from(space.size()).ok().filter(|&size| size <= most)?;
        let complete = |members: BTreeSet<Architecture>| (members.len() == size).then_some(members);
        let apart = || complete(closure(space, Architecture::clone, size));
        let once = || complete(closure(space, |member| space.canonical(member), size));
        let members: BTreeSet<_> = apart().or_else(once)?.iter().map(|member| space.canonical(member)).collect();
        let graphs = members.iter().map(|member| space.graph(member)).collect();
        Some(Self { members: members.into_iter().collect(), graphs })
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

/// All forms that neighbours lead to from a sample; stops when they are more than `most`.
fn closure(space: &dyn SearchSpace, form: impl Fn(&Architecture) -> Architecture, most: usize) -> BTreeSet<Architecture> {
    let start = form(&space.sample(&mut SeedStream::new(0).rng("whole space", 0)));
    let mut found = BTreeSet::from([start.clone()]);
    let mut unvisited = vec![start];
    while let Some(member) = unvisited.pop() {
        for neighbor in space.neighbors(&member) {
            let neighbor = form(&neighbor);
            if found.insert(neighbor.clone()) {
                unvisited.push(neighbor);
            }
        }
        if found.len() > most {
            break;
        }
    }
    found
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
