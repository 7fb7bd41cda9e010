//! Every architecture of a small space.

use crate::{Architecture, SearchSpace, SeedStream};
use std::collections::BTreeSet;

/// The canonical architectures of a space of at most `most`, sorted; `None` when it is larger, or cannot be listed.
///
/// A space has no list, so one is made by following neighbours from a sample until nothing new turns up. Whether that was
/// everything is told by the count: as many architectures as the space's size, where isomorphic ones count apart, or as
/// many canonical forms, where they count once. If neither holds, there are architectures that no neighbour leads to, and
/// the space cannot be listed this way. The sample is always the same and the list sorted, so nothing depends on chance.
pub(crate) fn list<S: SearchSpace + ?Sized>(space: &S, most: usize) -> Option<Vec<Architecture>> {
    let size = usize::try_from(space.size()).ok().filter(|&size| size <= most)?;
    let complete = |members: BTreeSet<Architecture>| (members.len() == size).then_some(members);
    let apart = || complete(closure(space, Architecture::clone, size));
    let once = || complete(closure(space, |member| space.canonical(member), size));
    let members: BTreeSet<_> = apart().or_else(once)?.iter().map(|member| space.canonical(member)).collect();
    Some(members.into_iter().collect())
}

/// All forms that neighbours lead to from a sample; stops when they are more than `most`.
fn closure<S: SearchSpace + ?Sized>(
    space: &S,
    form: impl Fn(&Architecture) -> Architecture,
    most: usize,
) -> BTreeSet<Architecture> {
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
