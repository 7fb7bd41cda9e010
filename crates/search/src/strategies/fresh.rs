//! Architectures that have not been taken yet. What is returned is canonical, and taken from then on.

use bonas_core::{Architecture, SearchSpace, StudyRng};
use std::collections::BTreeSet;

/// How many times the size of a space is drawn in vain before the space counts as used up. The last architecture of a
/// space is then overlooked with a probability of e⁻¹⁰.
const DRAWS_PER_MEMBER: u128 = 10;
/// No space is drawn from more often than this in vain.
const MAX_DRAWS: u128 = 100_000;
/// How far a walk of mutations goes before it counts as stuck among taken architectures.
const MAX_STEPS: usize = 100;

/// Draws at most `count` architectures uniformly; fewer when the space is used up.
pub(super) fn samples(
    space: &dyn SearchSpace,
    count: usize,
    taken: &mut BTreeSet<Architecture>,
    rng: &mut StudyRng,
) -> Vec<Architecture> {
    (0..count).map_while(|_| sample(space, taken, rng)).collect()
}

/// Draws an architecture uniformly; `None` when the space is used up.
pub(super) fn sample(space: &dyn SearchSpace, taken: &mut BTreeSet<Architecture>, rng: &mut StudyRng) -> Option<Architecture> {
    let draws = space.size().saturating_mul(DRAWS_PER_MEMBER).min(MAX_DRAWS);
    for _ in 0..draws {
        let candidate = space.canonical(&space.sample(rng));
        if taken.insert(candidate.clone()) {
            return Some(candidate);
        }
    }
    None
}

/// Mutates `parent`, and goes on mutating while the result is taken; `None` when the walk is stuck.
pub(super) fn child(
    space: &dyn SearchSpace,
    parent: &Architecture,
    taken: &mut BTreeSet<Architecture>,
    rng: &mut StudyRng,
) -> Option<Architecture> {
    let mut walker = parent.clone();
    for _ in 0..MAX_STEPS {
        walker = space.canonical(&space.mutate(&walker, rng));
        if taken.insert(walker.clone()) {
            return Some(walker);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use bonas_testing::toy::ToySpace;

    #[test]
    fn a_space_is_used_up_to_its_last_member() {
        let space = ToySpace::new(2);
        let mut rng = SeedStream::new(1).rng("fresh", 0);
        let mut taken = BTreeSet::new();
        let drawn = samples(&space, 1000, &mut taken, &mut rng);
        assert_eq!(drawn.len(), space.distinct());
        assert_eq!(taken.into_iter().collect::<Vec<_>>(), space.enumerate());
    }

    #[test]
    fn a_child_leaves_its_taken_neighborhood() {
        let space = ToySpace::new(2);
        let mut rng = SeedStream::new(1).rng("fresh", 0);
        let parent = space.parse("aa-aa").expect("valid");
        let mut taken: BTreeSet<_> = space.neighbors(&parent).iter().map(|near| space.canonical(near)).collect();
        taken.insert(parent.clone());
        let found = child(&space, &parent, &mut taken.clone(), &mut rng).expect("not stuck");
        assert!(!taken.contains(&found));
        let mut everything = space.enumerate().into_iter().collect();
        assert_eq!(child(&space, &parent, &mut everything, &mut rng), None);
    }
}
