use super::build_cell::{cell, chain, check_decisions};
use super::cell::Cell;
use super::graph::ends;
use super::lists;
use super::names::{self, Operations};
use super::rules::Rules;
use super::{CustomSpace, CustomSpaceError, MOST_DECISIONS, Part, SpaceDescription};
use bonas_core::{SearchSpace, SeedStream, StudyRng};
use std::collections::BTreeSet;

type Checked<T> = Result<T, CustomSpaceError>;

/// Of so many random combinations of decisions, so many must keep the constraints.
const TRIES: usize = 20_000;
const LEAST_KEPT: usize = 20;
/// So many random architectures must have a neighbour.
const NEIGHBOR_CHECKS: usize = 16;

const LOOSEN: &str = "loosen at_most, at_least, forbid or max_edges";

pub(super) fn space(description: SpaceDescription) -> Checked<CustomSpace> {
    names::check_space(&description.name)?;
    let mut operations = Operations::default();
    let parts = parts(&description, &mut operations)?;
    let all: Vec<usize> = (0..operations.0.len()).collect();
    let limits = operations.rules("", &description.at_most, &description.at_least, &[], &all)?.limits;
    let about = match description.description.trim() {
        "" => format!("{}, a space of its user", description.name),
        about => about.into(),
    };
    let mut space = CustomSpace { description, about, operations: operations.0, parts, limits, size: 0, listed: None };
    check_ends(&space)?;
    check_decisions(space.options().count())?;
    space.size = counted(&space)?;
    check_sampling(&mut space)?;
    check_neighbors(&space)?;
    Ok(space)
}

fn parts(description: &SpaceDescription, operations: &mut Operations) -> Checked<Vec<Part>> {
    let mut cells: Vec<(Cell, Rules)> = Vec::new();
    let mut taken = BTreeSet::new();
    for (index, given) in description.cells.iter().enumerate() {
        let name = if given.name.is_empty() { "cell" } else { &given.name };
        let place = format!("cells[{index}] '{name}'");
        names::check_cell(&place, name)?;
        // The chain has a name, too.
        if !taken.insert(name) || (name == "network" && !description.stages.is_empty()) {
            return Err(CustomSpaceError::invalid(format!("{place}, name"), "the name is taken", "give every cell its own name"));
        }
        let mut cell = cell(&place, given)?;
        lists::fill_in(&place, given, &description.operations, operations, &mut cell)?;
        let list = lists::all(&cell);
        let rules = operations.rules(&format!("{place}, "), &given.at_most, &given.at_least, &given.forbid, &list)?;
        cells.push((cell, rules));
    }
    if !description.stages.is_empty() {
        cells.push((chain(stages(description, operations)?), Rules::default()));
    }
    if cells.is_empty() {
        let remedy = "describe a cell under [[cells]] or the stages of a chain under [[stages]]";
        return Err(CustomSpaceError::invalid("the space", "there is nothing to choose", remedy));
    }
    let all: Vec<usize> = (0..operations.0.len()).collect();
    let forbid = operations.rules("", &[], &[], &description.forbid, &all)?.forbid;
    let mut first = 0;
    let part = |(cell, mut rules): (Cell, Rules)| {
        rules.forbid.extend(forbid.iter().cloned());
        let options = cell.options();
        first += options.len();
        Part { first: first - options.len(), cell, rules, options }
    };
    Ok(cells.into_iter().map(part).collect())
}

/// The operations of every stage.
fn stages(description: &SpaceDescription, operations: &mut Operations) -> Checked<Vec<Vec<usize>>> {
    let mut stages = Vec::new();
    for (index, given) in description.stages.iter().enumerate() {
        let place = format!("stages[{index}]");
        let repeat = given.repeat.unwrap_or(1);
        if repeat == 0 || repeat > MOST_DECISIONS {
            let remedy = format!("take 1 to {MOST_DECISIONS}");
            return Err(CustomSpaceError::invalid(format!("{place}, repeat"), format!("{repeat} stages"), remedy));
        }
        check_decisions(stages.len() + repeat)?;
        let list = operations.list(&place, &given.operations, &description.operations)?;
        stages.extend(std::iter::repeat_n(list, repeat));
    }
    Ok(stages)
}

/// A surrogate must be able to tell an operation from an input.
fn check_ends(space: &CustomSpace) -> Checked<()> {
    let mut ends = space.parts.iter().flat_map(|part| ends(&part.cell, space.parts.len() == 1));
    match ends.find(|end| space.operations.contains(end)) {
        Some(end) => {
            let problem = format!("'{end}' is the name of an operation and of a node");
            Err(CustomSpaceError::invalid("operations", problem, "give the operation another name"))
        }
        None => Ok(()),
    }
}

fn counted(space: &CustomSpace) -> Checked<u128> {
    let size = space
        .count()
        .map_err(|problem| CustomSpaceError::invalid("the space", problem, "take fewer nodes, fewer limits or smaller counts"))?;
    match size {
        0 => Err(CustomSpaceError::invalid("the space", "no architecture keeps the constraints", LOOSEN)),
        1 => {
            let remedy = "add operations, nodes or stages, or loosen the constraints";
            Err(CustomSpaceError::invalid("the space", "there is a single architecture, so nothing to search", remedy))
        }
        _ => Ok(size),
    }
}

/// Random decisions must keep the constraints often enough to draw by them; else the space must be small enough for a list.
fn check_sampling(space: &mut CustomSpace) -> Checked<()> {
    let mut rng = SeedStream::new(0).rng("custom space: check", 0);
    let parts = space.parts.iter().all(|part| often(&mut rng, &|rng| part.keeps_rules(&part.draw(rng), &space.operations)));
    let all = parts && (space.limits.is_empty() || often(&mut rng, &|rng| space.broken(&space.draw(rng)).is_none()));
    if all {
        return Ok(());
    }
    space.listed = space.all();
    match space.listed {
        Some(_) => Ok(()),
        None => {
            let size = space.size;
            let problem =
                format!("of {TRIES} random architectures fewer than {LEAST_KEPT} keep the constraints ({size} do in all)");
            Err(CustomSpaceError::invalid("the space", problem, LOOSEN))
        }
    }
}

fn often(rng: &mut StudyRng, keeps: &dyn Fn(&mut StudyRng) -> bool) -> bool {
    (0..TRIES).filter(|_| keeps(rng)).take(LEAST_KEPT).count() == LEAST_KEPT
}

fn check_neighbors(space: &CustomSpace) -> Checked<()> {
    let mut rng = SeedStream::new(0).rng("custom space: check", 1);
    let checks = if space.is_constrained() { NEIGHBOR_CHECKS } else { 0 };
    match (0..checks).map(|_| space.sample(&mut rng)).find(|sample| space.neighbors(sample).is_empty()) {
        Some(stuck) => {
            let problem = format!("nothing can be changed in {} without breaking a constraint", space.format(&stuck));
            Err(CustomSpaceError::invalid("the space", problem, LOOSEN))
        }
        None => Ok(()),
    }
}
