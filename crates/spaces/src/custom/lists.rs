//! Which operations the nodes or edges of a cell can have.

use super::cell::{Cell, Sources};
use super::names::Operations;
use super::{CellDescription, CustomSpaceError, EdgeOperations, NodeOperations};
use std::collections::BTreeSet;

type Checked<T> = Result<T, CustomSpaceError>;

/// Gives the targets of a cell their lists. `common` are the operations of the whole space.
pub(super) fn fill_in(
    place: &str,
    given: &CellDescription,
    common: &[String],
    operations: &mut Operations,
    cell: &mut Cell,
) -> Checked<()> {
    let own = !given.node_operations.is_empty() || !given.edge_operations.is_empty();
    // Where every node or edge has a list of its own, there need be no other.
    let default = match own && given.operations.is_empty() && common.is_empty() {
        true => Vec::new(),
        false => operations.list(place, &given.operations, common)?,
    };
    let chosen: Vec<usize> = (0..cell.targets.len()).filter(|&index| is_chosen(cell, index)).collect();
    for &index in &chosen {
        cell.targets[index].operations = vec![default.clone()];
    }
    nodes(place, &given.node_operations, operations, cell)?;
    edges(place, &given.edge_operations, operations, cell)?;
    let mut lists = chosen.iter().flat_map(|&index| cell.targets[index].operations.iter().map(move |list| (index, list)));
    match lists.find(|(_, list)| list.is_empty()) {
        Some((index, _)) => {
            let problem = format!("node {} has no operations", cell.inputs + index);
            let remedy = "list them in operations, node_operations or edge_operations";
            Err(CustomSpaceError::invalid(format!("{place}, operations"), problem, remedy))
        }
        None => Ok(()),
    }
}

/// The operations of a cell, each once.
pub(super) fn all(cell: &Cell) -> Vec<usize> {
    let lists = cell.targets.iter().flat_map(|target| &target.operations).flatten();
    lists.copied().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether there is an operation to choose at this target.
fn is_chosen(cell: &Cell, index: usize) -> bool {
    match cell.on_edges {
        true => !cell.targets[index].is_derived(),
        false => index + 1 < cell.targets.len(),
    }
}

fn nodes(place: &str, lists: &[NodeOperations], operations: &mut Operations, cell: &mut Cell) -> Checked<()> {
    let mut seen = BTreeSet::new();
    for (number, given) in lists.iter().enumerate() {
        let place = format!("{place}, node_operations[{number}]");
        let index = given.node.checked_sub(cell.inputs).filter(|&index| index < cell.targets.len() && is_chosen(cell, index));
        let Some(index) = index else {
            let last = cell.inputs + (0..cell.targets.len()).rfind(|&index| is_chosen(cell, index)).unwrap_or(0);
            let problem = format!("node {} has no operation to choose", given.node);
            return Err(CustomSpaceError::invalid(place, problem, format!("name a node from {} to {last}", cell.inputs)));
        };
        if !seen.insert(index) {
            return Err(CustomSpaceError::invalid(place, format!("node {} is listed twice", given.node), "list every node once"));
        }
        cell.targets[index].operations = vec![own(&place, &given.operations, operations)?];
    }
    Ok(())
}

fn edges(place: &str, lists: &[EdgeOperations], operations: &mut Operations, cell: &mut Cell) -> Checked<()> {
    let mut seen = BTreeSet::new();
    for (number, given) in lists.iter().enumerate() {
        let place = format!("{place}, edge_operations[{number}]");
        let (from, to) = given.edge;
        let refused = |problem: String, remedy: &str| Err(CustomSpaceError::invalid(&place, problem, remedy));
        if !cell.on_edges {
            return refused("the operations are on the nodes".into(), "use node_operations, or operations_on = \"edges\"");
        }
        let Some(target) = to.checked_sub(cell.inputs).and_then(|index| cell.targets.get_mut(index)) else {
            return refused(format!("there is no edge [{from}, {to}]"), "name an edge of the cell, its source first");
        };
        let (source, count) = match &target.sources {
            Sources::Fixed(sources) => (sources.iter().position(|&source| source == from), sources.len()),
            Sources::Free(count) => (Some(from).filter(|from| from < count), *count),
            _ => return refused("it is searched which edges there are".into(), "use node_operations, for all edges into a node"),
        };
        let Some(source) = source else {
            return refused(format!("there is no edge [{from}, {to}]"), "name an edge of the cell, its source first");
        };
        if !seen.insert(given.edge) {
            return refused(format!("edge [{from}, {to}] is listed twice"), "list every edge once");
        }
        if target.operations.len() < count {
            target.operations = vec![target.list(0).to_vec(); count];
        }
        target.operations[source] = own(&place, &given.operations, operations)?;
    }
    Ok(())
}

/// A list that nothing else stands for where it is empty.
fn own(place: &str, names: &[String], operations: &mut Operations) -> Checked<Vec<usize>> {
    match names.is_empty() {
        true => {
            let remedy = "list some, or leave the entry out";
            Err(CustomSpaceError::invalid(format!("{place}, operations"), "there is no operation", remedy))
        }
        false => operations.list(place, names, &[]),
    }
}
