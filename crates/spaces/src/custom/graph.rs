use super::cell::{Cell, Node};

/// The nodes and edges of one cell: types by name of the vocabulary, and wires between them.
pub(super) struct Wired {
    pub(super) types: Vec<usize>,
    pub(super) wires: Vec<(usize, usize)>,
}

/// Types of the nodes of one cell that are no operations.
pub(super) struct Ends {
    /// Type of the first input; the others follow it, and the output comes last.
    pub(super) first: usize,
    /// Type of the first operation.
    pub(super) operations: usize,
}

/// Names of the inputs and of the output. A cell among several has its own, so that it can be told from the others.
pub(super) fn ends(cell: &Cell, only: bool) -> Vec<String> {
    let prefix = if only { String::new() } else { format!("{} ", cell.name) };
    let inputs = (0..cell.inputs).map(|input| match cell.inputs {
        1 => format!("{prefix}input"),
        _ => format!("{prefix}input {input}"),
    });
    inputs.chain(std::iter::once(format!("{prefix}output"))).collect()
}

pub(super) fn graph(cell: &Cell, nodes: &[Node], ends: &Ends) -> Wired {
    match cell.on_edges {
        true => line_graph(cell, nodes, ends),
        false => node_graph(cell, nodes, ends),
    }
}

/// Inputs, a node for every operation, the output. A stage of a chain also feeds all later ones, so that its distance from both
/// ends can be seen in few steps.
fn node_graph(cell: &Cell, nodes: &[Node], ends: &Ends) -> Wired {
    let inputs = (0..cell.inputs).map(|input| ends.first + input);
    let chosen = nodes.iter().map(|node| node.operation.map_or(ends.first + cell.inputs, |chosen| ends.operations + chosen));
    let wires = match cell.chain {
        true => (0..cell.nodes()).flat_map(|from| (from + 1..cell.nodes()).map(move |to| (from, to))).collect(),
        false => edges(cell, nodes).map(|(from, to, _)| (from, to)).collect(),
    };
    Wired { types: inputs.chain(chosen).collect(), wires }
}

/// Inputs, a node for every edge with an operation, the output. Edge (a, b) feeds every edge (b, c); edges out of an input are
/// fed by it; edges into the output feed it, and so do edges into nodes that the output reads without an operation.
fn line_graph(cell: &Cell, nodes: &[Node], ends: &Ends) -> Wired {
    let placed: Vec<_> =
        edges(cell, nodes).filter_map(|(from, to, operation)| operation.map(|operation| (from, to, operation))).collect();
    let output = cell.inputs + placed.len();
    let plain: Vec<usize> = edges(cell, nodes).filter(|(_, _, operation)| operation.is_none()).map(|(from, _, _)| from).collect();
    let mut wires = Vec::new();
    for (place, &(from, to, _)) in placed.iter().enumerate() {
        let place = cell.inputs + place;
        if from < cell.inputs {
            wires.push((from, place));
        }
        if to == cell.nodes() - 1 || plain.contains(&to) {
            wires.push((place, output));
        }
        let fed = placed.iter().enumerate().filter(|(_, next)| next.0 == to);
        wires.extend(fed.map(|(next, _)| (place, cell.inputs + next)));
    }
    let inputs = (0..cell.inputs).map(|input| ends.first + input);
    let chosen = placed.iter().map(|&(_, _, operation)| ends.operations + operation);
    Wired { types: inputs.chain(chosen).chain(std::iter::once(ends.first + cell.inputs)).collect(), wires }
}

/// The edges of a cell by target, then by source: from, to, operation.
pub(super) fn edges<'a>(cell: &'a Cell, nodes: &'a [Node]) -> impl Iterator<Item = (usize, usize, Option<usize>)> + 'a {
    let into = move |(index, node): (usize, &'a Node)| {
        node.sources.iter().map(move |&(source, operation)| (source, cell.inputs + index, operation))
    };
    nodes.iter().enumerate().flat_map(into)
}
