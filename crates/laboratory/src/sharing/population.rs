use super::{Grouping, SharingCourse};
use crate::LaboratoryError;
use bonas_core::{Architecture, SearchSpace, SeedStream, StudyRng};
use rand::RngExt;

/// Drawings in a row that bring nothing new before a space is thought to be exhausted.
const IDLE: usize = 10_000;
/// Mutations of a parent in a row that bring nothing new before its children are mutated, too.
const IDLE_PARENT: usize = 200;

/// Architectures that share a sub-supernet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// As many as were asked for.
    pub(super) members: Vec<Architecture>,
    /// The first so many are scored here; the others, at the end of a population that the size does not divide, are scored elsewhere
    /// and keep them company.
    pub(super) scored: usize,
}

impl Group {
    /// Groups of `size` neighbours of each family, so that each of its members is scored once.
    pub(super) fn all(population: &[Vec<Architecture>], size: usize) -> Vec<Self> {
        let group = |family: &Vec<Architecture>, begin: usize| {
            let scored = size.min(family.len() - begin);
            let members = family[begin..begin + scored].iter().chain(&family[..size - scored]).cloned().collect();
            Self { members, scored }
        };
        let of_family = |family| (0..Vec::len(family)).step_by(size).map(move |begin| group(family, begin));
        population.iter().flat_map(of_family).collect()
    }
}

impl SharingCourse {
    /// The architectures of a grouping, family by family, canonical and each once in its family; random ones are one family.
    ///
    /// # Errors
    /// When the space has too few.
    pub(super) fn population(&self, grouping: Grouping) -> Result<Vec<Vec<Architecture>>, LaboratoryError> {
        let streams = SeedStream::new(self.seed);
        match grouping {
            Grouping::Random => {
                let rng = &mut streams.rng("random architectures", 0);
                Ok(vec![distinct(self.architectures, |_, _| self.space.sample(rng), self.space.as_ref())?])
            }
            Grouping::Related => {
                (0..self.families).map(|family| self.family(&mut streams.rng("family", family as u64))).collect()
            }
        }
    }

    /// Mutations of a random parent; where it has too few, mutations of these.
    fn family(&self, rng: &mut StudyRng) -> Result<Vec<Architecture>, LaboratoryError> {
        let space = self.space.as_ref();
        let parent = space.canonical(&space.sample(rng));
        let next = |found: &[Architecture], idle: usize| match idle < IDLE_PARENT || found.is_empty() {
            true => space.mutate(&parent, rng),
            false => space.mutate(&found[rng.random_range(0..found.len())], rng),
        };
        distinct(self.family_size(), next, space)
    }
}

/// So many different canonical architectures, in the order in which they come. `next` gets those that were found, and how often in a
/// row nothing new was.
fn distinct(
    count: usize,
    mut next: impl FnMut(&[Architecture], usize) -> Architecture,
    space: &dyn SearchSpace,
) -> Result<Vec<Architecture>, LaboratoryError> {
    let mut found: Vec<Architecture> = Vec::new();
    let mut idle = 0;
    while found.len() < count {
        if idle > IDLE {
            return Err(LaboratoryError::TooFewArchitectures { space: space.name().into(), wanted: count, found: found.len() });
        }
        let candidate = space.canonical(&next(&found, idle));
        match found.contains(&candidate) {
            true => idle += 1,
            false => {
                idle = 0;
                found.push(candidate);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_their_size_and_score_everyone_once() {
        let family = |from: u8| (from..from + 5).map(|choice| Architecture::new(vec![choice])).collect::<Vec<_>>();
        let population = [family(0), family(10)];
        for size in 1..=5 {
            let groups = Group::all(&population, size);
            assert!(groups.iter().all(|group| group.members.len() == size));
            let scored: Vec<_> = groups.iter().flat_map(|group| group.members[..group.scored].to_vec()).collect();
            assert_eq!(scored, population.concat(), "size {size}");
            let old = |member: &Architecture| member.decisions()[0] < 10;
            let related = |group: &Group| group.members.iter().all(|member| old(member) == old(&group.members[0]));
            assert!(groups.iter().all(related), "families do not mix");
        }
        let last = &Group::all(&population[..1], 3)[1];
        assert_eq!((last.scored, last.members[2].decisions()[0]), (2, 0), "filled from the beginning");
    }
}
