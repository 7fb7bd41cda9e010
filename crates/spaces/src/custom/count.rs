use super::cell::{Cell, Sources, Target};
use super::rules::{self, Limit, Rules};
use std::collections::BTreeMap;

/// Up to so many combinations of decisions are tried one by one, where no formula counts the architectures.
pub(super) const MOST_ENUMERATED: u128 = 2_000_000;
/// States of the dynamic programmes, and their steps.
const MOST_STATES: usize = 1 << 16;
const MOST_STEPS: usize = 1 << 25;

/// How many architectures a cell has, by how often each tracked operation is used.
pub(super) type Tally = BTreeMap<Vec<usize>, u128>;

/// The operations that a limit asks about, with the count from which on more of them change nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracked(Vec<(usize, usize)>);

impl Tracked {
    pub(super) fn new<'a>(limits: impl Iterator<Item = &'a Limit>) -> Self {
        let mut caps = BTreeMap::new();
        for limit in limits {
            let cap: &mut usize = caps.entry(limit.operation).or_default();
            *cap = limit.cap().max(*cap);
        }
        Self(caps.into_iter().collect())
    }

    fn states(&self) -> usize {
        self.0.iter().fold(1, |states: usize, (_, cap)| states.saturating_mul(cap + 1))
    }

    fn place(&self, operation: usize) -> Option<usize> {
        self.0.iter().position(|tracked| tracked.0 == operation)
    }

    fn none(&self) -> Vec<usize> {
        vec![0; self.0.len()]
    }

    fn add(&self, counts: &[usize], more: &[usize]) -> Vec<usize> {
        counts.iter().zip(more).zip(&self.0).map(|((count, more), (_, cap))| (count + more).min(*cap)).collect()
    }

    fn add_operation(&self, counts: &[usize], operation: usize) -> Vec<usize> {
        let mut counts = counts.to_vec();
        if let Some(place) = self.place(operation) {
            counts[place] = (counts[place] + 1).min(self.0[place].1);
        }
        counts
    }

    /// Leaves what keeps the limits.
    pub(super) fn keeping(&self, tally: Tally, limits: &[Limit]) -> Tally {
        let count = |counts: &[usize], limit: &Limit| self.place(limit.operation).map_or(0, |place| counts[place]);
        tally.into_iter().filter(|(counts, _)| limits.iter().all(|limit| limit.admits(count(counts, limit)))).collect()
    }

    /// The tally of both together.
    pub(super) fn both(&self, left: &Tally, right: &Tally) -> Result<Tally, String> {
        steps(left.len(), right.len())?;
        let mut both = Tally::new();
        for (counts, number) in left {
            right.iter().for_each(|(more, times)| put(&mut both, self.add(counts, more), number.saturating_mul(*times)));
        }
        Ok(both)
    }

    /// The tally of nothing at all.
    pub(super) fn nothing(&self) -> Tally {
        Tally::from([(self.none(), 1)])
    }
}

/// Counts the architectures of a cell that keep its rules.
///
/// # Errors
/// In words, when counting would take too long.
pub(super) fn tally(cell: &Cell, rules: &Rules, names: &[String], tracked: &Tracked) -> Result<Tally, String> {
    let all = match (rules.forbid.is_empty(), cell.chain) {
        (false, true) => chain(cell, rules, tracked)?,
        (false, false) => enumerated(cell, rules, names, tracked)?,
        (true, _) => product(cell, tracked)?,
    };
    Ok(tracked.keeping(all, &rules.limits))
}

/// Wirings and operations don't depend on one another, but for the number of edges that need an operation.
fn product(cell: &Cell, tracked: &Tracked) -> Result<Tally, String> {
    let free_edges = cell.on_edges && cell.targets.iter().any(|target| matches!(target.sources, Sources::Free(_)));
    if free_edges && !cell.has_one_list() {
        return edge_by_edge(cell, tracked);
    }
    let wirings = wirings(cell)?;
    let most_edges = wirings.keys().max().copied().unwrap_or(0);
    let operations = cell.targets.last().map_or(&[][..], |target| target.list(0));
    let slots = if free_edges { vec![operations; most_edges] } else { cell.slots() };
    steps(tracked.states(), slots.len())?;
    let mut used = tracked.nothing();
    let mut total = Tally::new();
    for filled in 0..=slots.len() {
        let ways = match free_edges {
            true => wirings.get(&filled).copied().unwrap_or(0),
            false if filled == slots.len() => wirings.values().fold(0, |sum, ways| u128::saturating_add(sum, *ways)),
            false => 0,
        };
        if ways > 0 {
            used.iter().for_each(|(counts, number)| put(&mut total, counts.clone(), number.saturating_mul(ways)));
        }
        if let Some(slot) = slots.get(filled) {
            used = filled_in(&used, slot, tracked);
        }
    }
    Ok(total)
}

/// One more operation chosen from a list.
fn filled_in(used: &Tally, slot: &[usize], tracked: &Tracked) -> Tally {
    let others = slot.iter().filter(|&&operation| tracked.place(operation).is_none()).count() as u128;
    let mut next = Tally::new();
    for (counts, number) in used {
        if others > 0 {
            put(&mut next, counts.clone(), number.saturating_mul(others));
        }
        let followed = slot.iter().filter(|&&operation| tracked.place(operation).is_some());
        followed.for_each(|&operation| put(&mut next, tracked.add_operation(counts, operation), *number));
    }
    next
}

/// The number of wirings, by their number of edges where that matters.
///
/// Nodes are wired from the last to the first: then whether a node is read is known when its own turn comes.
fn wirings(cell: &Cell) -> Result<BTreeMap<usize, u128>, String> {
    if !cell.must_connect {
        let sets = |sources: &Sources| if let Sources::Choice(sets) = sources { sets.len() as u128 } else { 1 };
        let ways = cell.targets.iter().fold(1, |ways: u128, target| ways.saturating_mul(sets(&target.sources)));
        return Ok(BTreeMap::from([(0, ways)]));
    }
    let mut states = BTreeMap::from([((0_u64, 0), 1)]);
    for (index, target) in cell.targets.iter().enumerate().rev() {
        let node = cell.inputs + index;
        let is_output = index + 1 == cell.targets.len();
        let sets = masks(&target.sources);
        let earlier = ((1 << node) - 1) & !((1 << cell.inputs) - 1);
        let mut next = BTreeMap::new();
        for ((read, edges), ways) in states.into_iter().filter(|((read, _), _)| is_output || read >> node & 1 == 1) {
            for set in &sets {
                let edges = edges + set.count_ones() as usize;
                if cell.max_edges.is_none_or(|most| edges <= most) {
                    let sum: &mut u128 = next.entry(((read | set) & earlier, edges)).or_default();
                    *sum = sum.saturating_add(ways);
                }
            }
        }
        states = next;
    }
    let mut wirings: BTreeMap<usize, u128> = BTreeMap::new();
    for ((_, edges), ways) in states {
        let sum = wirings.entry(edges).or_default();
        *sum = sum.saturating_add(ways);
    }
    Ok(wirings)
}

/// Counts where edges are free and have lists of their own, so that what an edge can be depends on which it is. As in [`wirings`], from
/// the last node to the first.
fn edge_by_edge(cell: &Cell, tracked: &Tracked) -> Result<Tally, String> {
    let mut states = BTreeMap::from([((0_u64, 0, tracked.none()), 1_u128)]);
    for (index, target) in cell.targets.iter().enumerate().rev() {
        let node = cell.inputs + index;
        let is_output = index + 1 == cell.targets.len();
        let earlier = ((1 << node) - 1) & !((1 << cell.inputs) - 1);
        let filled = filled_sets(target, node, tracked)?;
        let mut next = BTreeMap::new();
        for ((read, edges, counts), ways) in states.into_iter().filter(|((read, ..), _)| is_output || read >> node & 1 == 1) {
            for (set, tally) in &filled {
                let edges = edges + set.count_ones() as usize;
                if cell.max_edges.is_some_and(|most| edges > most) {
                    continue;
                }
                let edges = cell.max_edges.map_or(0, |_| edges);
                for (more, times) in tally {
                    let state = ((read | set) & earlier, edges, tracked.add(&counts, more));
                    let sum: &mut u128 = next.entry(state).or_default();
                    *sum = sum.saturating_add(ways.saturating_mul(*times));
                }
            }
        }
        states = next;
        steps(states.len(), (1_usize << node.saturating_sub(1)).saturating_mul(tracked.states()))?;
    }
    let mut total = Tally::new();
    states.into_iter().for_each(|((_, _, counts), ways)| put(&mut total, counts, ways));
    Ok(total)
}

/// Every set of sources that a node can have, as bits, with the operations that its edges can have.
fn filled_sets(target: &Target, sources: usize, tracked: &Tracked) -> Result<Vec<(u64, Tally)>, String> {
    let mut filled = vec![(0, tracked.nothing())];
    for source in 0..sources {
        steps(filled.len(), tracked.states().saturating_mul(target.list(source).len()))?;
        let longer = |(set, used): &(u64, Tally)| (set | 1 << source, filled_in(used, target.list(source), tracked));
        let longer: Vec<_> = filled.iter().map(longer).collect();
        filled.extend(longer);
    }
    filled.retain(|&(set, _)| set != 0);
    Ok(filled)
}

/// The sets of sources that a node can have, as bits.
fn masks(sources: &Sources) -> Vec<u64> {
    let mask = |set: &Vec<usize>| set.iter().fold(0, |mask, source| mask | 1 << source);
    match sources {
        Sources::Fixed(set) => vec![mask(set)],
        Sources::Choice(sets) => sets.iter().map(mask).collect(),
        Sources::Free(count) => (1..1 << count).collect(),
        Sources::All | Sources::LooseEnds => vec![0],
    }
}

/// Stage after stage; what is forbidden depends on the last few stages alone.
fn chain(cell: &Cell, rules: &Rules, tracked: &Tracked) -> Result<Tally, String> {
    let memory = rules.forbid.iter().map(Vec::len).max().unwrap_or(1) - 1;
    let mut states = BTreeMap::from([((Vec::new(), tracked.none()), 1_u128)]);
    for slot in cell.slots() {
        steps(states.len().max(tracked.states()), slot.len())?;
        let mut next = BTreeMap::new();
        for ((mut last, counts), ways) in states {
            for &operation in slot {
                last.push(operation);
                if !rules.forbid.iter().any(|sequence| last.ends_with(sequence)) {
                    let remembered = last[last.len().saturating_sub(memory)..].to_vec();
                    let sum: &mut u128 = next.entry((remembered, tracked.add_operation(&counts, operation))).or_default();
                    *sum = sum.saturating_add(ways);
                }
                last.pop();
            }
        }
        states = next;
    }
    let mut total = Tally::new();
    states.into_iter().for_each(|((_, counts), ways)| put(&mut total, counts, ways));
    Ok(total)
}

fn enumerated(cell: &Cell, rules: &Rules, names: &[String], tracked: &Tracked) -> Result<Tally, String> {
    let options = cell.options();
    let combinations = product_of(&options);
    if combinations > MOST_ENUMERATED {
        return Err(format!(
            "cell {} has more than {MOST_ENUMERATED} combinations of decisions, too many to count with forbidden sequences",
            cell.name
        ));
    }
    let mut total = Tally::new();
    each(&options, &mut |decisions| {
        let nodes = cell.nodes_of(decisions);
        if rules.broken(cell, &nodes, names).is_none() {
            let counts = tracked.0.iter().map(|&(operation, cap)| rules::count(&nodes, operation).min(cap)).collect();
            put(&mut total, counts, 1);
        }
    });
    Ok(total)
}

/// The number of combinations of decisions; `u128::MAX` if there are more.
pub(super) fn product_of(options: &[usize]) -> u128 {
    options.iter().fold(1, |product: u128, &options| product.saturating_mul(options as u128))
}

/// Every combination of decisions, in their order.
pub(super) fn each(options: &[usize], visit: &mut dyn FnMut(&[u8])) {
    let mut decisions = vec![0_u8; options.len()];
    loop {
        visit(&decisions);
        let Some(place) = (0..options.len()).rev().find(|&place| usize::from(decisions[place]) + 1 < options[place]) else {
            return;
        };
        decisions[place] += 1;
        decisions[place + 1..].fill(0);
    }
}

fn put(tally: &mut Tally, counts: Vec<usize>, number: u128) {
    let sum = tally.entry(counts).or_default();
    *sum = sum.saturating_add(number);
}

fn steps(states: usize, each: usize) -> Result<(), String> {
    match states > MOST_STATES || states.saturating_mul(each) > MOST_STEPS {
        true => Err("there are too many limits and forbidden sequences to count the architectures that keep them".into()),
        false => Ok(()),
    }
}
