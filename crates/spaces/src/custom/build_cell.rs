use super::cell::{Cell, Sources, Target};
use super::{CellDescription, CustomSpaceError, Edges, MOST_DECISIONS, MOST_OPTIONS, OperationsOn, Output};

type Checked<T> = Result<T, CustomSpaceError>;

/// Cells with more nodes than this are taken for a slip.
const MOST_NODES: usize = 64;
/// Where wirings can leave nodes unread, counting those that don't takes a time that doubles twice with every node.
const MOST_CONNECTED_NODES: usize = 12;

/// The cell of this description, yet without operations.
pub(super) fn cell(place: &str, given: &CellDescription) -> Checked<Cell> {
    let on_edges = on_edges(place, given)?;
    let inputs = given.inputs.unwrap_or(1);
    check_nodes(place, given, inputs)?;
    let output = output(place, given)?;
    check_max_edges(place, given)?;
    let sources = sources(place, given, inputs, output)?;
    let choosing = sources.iter().any(|sources| matches!(sources, Sources::Choice(_) | Sources::Free(_)));
    let must_connect = choosing && output == Output::Node;
    if must_connect && given.nodes > MOST_CONNECTED_NODES {
        let problem = format!("{} nodes whose wiring is searched and can leave some unread", given.nodes);
        let remedy = format!("take at most {MOST_CONNECTED_NODES}, or operands with output = \"loose-ends\"");
        return Err(CustomSpaceError::invalid(place, problem, remedy));
    }
    let targets = sources.into_iter().map(|sources| Target { operations: Vec::new(), sources }).collect();
    let name = if given.name.is_empty() { "cell".into() } else { given.name.clone() };
    Ok(Cell { name, inputs, on_edges, chain: false, targets, max_edges: given.max_edges, must_connect })
}

/// A chain of stages, which have these operations.
pub(super) fn chain(stages: Vec<Vec<usize>>) -> Cell {
    let count = stages.len();
    let stage = |(index, operations)| Target { sources: Sources::Fixed(vec![index]), operations: vec![operations] };
    let output = Target { sources: Sources::Fixed(vec![count]), operations: Vec::new() };
    let targets = stages.into_iter().enumerate().map(stage).chain(std::iter::once(output)).collect();
    Cell { name: "network".into(), inputs: 1, on_edges: false, chain: true, targets, max_edges: None, must_connect: false }
}

fn on_edges(place: &str, given: &CellDescription) -> Checked<bool> {
    let missing = || {
        let remedy = "say operations_on = \"nodes\" or operations_on = \"edges\"";
        CustomSpaceError::invalid(place, "it is not said where operations are", remedy)
    };
    Ok(given.operations_on.ok_or_else(missing)? == OperationsOn::Edges)
}

fn check_nodes(place: &str, given: &CellDescription, inputs: usize) -> Checked<()> {
    let plain_edges = given.operations_on == Some(OperationsOn::Edges) && matches!(given.output, None | Some(Output::Node));
    let least = inputs + if plain_edges && given.operands.is_none() { 1 } else { 2 };
    if inputs == 0 {
        return Err(CustomSpaceError::invalid(format!("{place}, inputs"), "there is no input", "take 1 or more"));
    }
    if given.nodes < least || given.nodes > MOST_NODES {
        let problem = format!("{} nodes, of which {inputs} are inputs and one is the output", given.nodes);
        return Err(CustomSpaceError::invalid(format!("{place}, nodes"), problem, format!("take {least} to {MOST_NODES}")));
    }
    Ok(())
}

fn output(place: &str, given: &CellDescription) -> Checked<Output> {
    match (given.operands, given.output) {
        (Some(_), output) => Ok(output.unwrap_or(Output::LooseEnds)),
        (None, None | Some(Output::Node)) => Ok(Output::Node),
        (None, Some(_)) => {
            let problem = "the edges say what the output reads";
            Err(CustomSpaceError::invalid(format!("{place}, output"), problem, "leave it out; it goes with operands only"))
        }
    }
}

fn check_max_edges(place: &str, given: &CellDescription) -> Checked<()> {
    if given.max_edges.is_none() || given.free_edges {
        return Ok(());
    }
    let remedy = "leave max_edges out, set free_edges = true, or limit operations such as none with at_least";
    Err(CustomSpaceError::invalid(format!("{place}, max_edges"), "the number of edges is always the same", remedy))
}

/// What every node behind the inputs reads.
fn sources(place: &str, given: &CellDescription, inputs: usize, output: Output) -> Checked<Vec<Sources>> {
    let nodes = inputs..given.nodes;
    let is_derived = |node: usize| node + 1 == given.nodes && output != Output::Node;
    match (&given.edges, given.operands, given.free_edges) {
        (Some(Edges::All(_)), None, false) => Ok(nodes.map(|node| Sources::Fixed((0..node).collect())).collect()),
        (Some(Edges::Listed(edges)), None, false) => fixed(place, edges, inputs, given.nodes),
        (None, None, true) => Ok(nodes.map(Sources::Free).collect()),
        (None, Some(operands), false) => nodes
            .map(|node| match is_derived(node) {
                true if output == Output::All => Ok(Sources::All),
                true => Ok(Sources::LooseEnds),
                false => choice(place, node, operands),
            })
            .collect(),
        _ => {
            let remedy = "give exactly one of edges = [[0, 1], …] or \"all\" (fixed wiring), operands = 2 and free_edges = true";
            Err(CustomSpaceError::invalid(place, "the wiring is not said, or said twice", remedy))
        }
    }
}

/// All sets of so many nodes before this one.
fn choice(place: &str, node: usize, operands: usize) -> Checked<Sources> {
    let place = || format!("{place}, operands");
    if operands == 0 {
        return Err(CustomSpaceError::invalid(place(), "a node that reads nothing", "take 1 or more"));
    }
    let size = operands.min(node);
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for position in 0..size {
        let longer = |set: Vec<usize>| {
            let first = set.last().map_or(0, |last| last + 1);
            (first..=node - (size - position)).map(move |next| [set.as_slice(), &[next]].concat())
        };
        sets = sets.into_iter().flat_map(longer).collect();
        // No prefix of a set has fewer continuations than one.
        if sets.len() > MOST_OPTIONS {
            let problem = format!("node {node} has more than {MOST_OPTIONS} sets of {operands} sources");
            return Err(CustomSpaceError::invalid(place(), problem, "take fewer operands or fewer nodes"));
        }
    }
    Ok(Sources::Choice(sets))
}

fn fixed(place: &str, edges: &[(usize, usize)], inputs: usize, nodes: usize) -> Checked<Vec<Sources>> {
    let refused = |problem: String, remedy: &str| Err(CustomSpaceError::invalid(format!("{place}, edges"), problem, remedy));
    let mut sources = vec![Vec::new(); nodes];
    for &(from, to) in edges {
        if from >= to || to >= nodes || to < inputs {
            let problem = format!("edge [{from}, {to}] does not lead from a node to a later one from {inputs} to {}", nodes - 1);
            return refused(problem, "number the nodes from the inputs to the output, and count the inputs with inputs");
        }
        if sources[to].contains(&from) {
            return refused(format!("edge [{from}, {to}] is listed twice"), "list every edge once");
        }
        sources[to].push(from);
    }
    if let Some(node) = (inputs..nodes).find(|&node| sources[node].is_empty()) {
        return refused(format!("node {node} reads nothing"), "add an edge that leads to it, or leave it out");
    }
    if let Some(node) = (inputs..nodes - 1).find(|node| !edges.iter().any(|edge| edge.0 == *node)) {
        return refused(format!("node {node} is read by nothing"), "add an edge that leads on from it, or leave it out");
    }
    sources.iter_mut().for_each(|sources| sources.sort_unstable());
    Ok(sources.into_iter().skip(inputs).map(Sources::Fixed).collect())
}

/// Refuses more decisions than an architecture may have.
pub(super) fn check_decisions(decisions: usize) -> Checked<()> {
    match decisions > MOST_DECISIONS {
        true => {
            let problem = format!("an architecture has {decisions} decisions");
            Err(CustomSpaceError::invalid("the space", problem, format!("take fewer nodes or stages: at most {MOST_DECISIONS}")))
        }
        false => Ok(()),
    }
}
