use super::cell::{Cell, Node, Sources, Target};
use super::graph::edges;
use super::{CustomSpace, Part};
use crate::cursor::Cursor;
use crate::nearest::unknown_operation;
use bonas_core::SpaceError;

/// Signs of the grammar; a name that has one is quoted.
const SIGNS: &str = "|,:;()>'\"";

pub(super) fn format(space: &CustomSpace, decisions: &[u8]) -> String {
    let part = |part: &Part| {
        let nodes = part.nodes(decisions);
        match (part.cell.chain, space.parts.len()) {
            (true, 1) => stages(space, &nodes, true),
            (true, _) => format!("{}({})", part.cell.name, stages(space, &nodes, false)),
            (false, _) => format!("{}({})", part.cell.name, items(space, &part.cell, &nodes)),
        }
    };
    space.parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

/// The stages of a chain. Whether it is `open`: then nothing behind it tells that the last name is complete.
fn stages(space: &CustomSpace, nodes: &[Node], open: bool) -> String {
    let operations: Vec<usize> = nodes.iter().filter_map(|node| node.operation).collect();
    let written = operations.iter().enumerate().map(|(index, &operation)| {
        let name = &space.operations[operation];
        let is_begun = space.operations.iter().any(|other| other != name && name.starts_with(other.as_str()));
        match open && is_begun && index + 1 == operations.len() {
            true => format!("'{name}'"),
            false => written(name),
        }
    });
    written.collect::<Vec<_>>().join("|")
}

fn items(space: &CustomSpace, cell: &Cell, nodes: &[Node]) -> String {
    let name = |operation: Option<usize>| operation.map(|operation| format!(":{}", written(&space.operations[operation])));
    if cell.on_edges {
        let item = |(from, to, operation)| Some(format!("{from}>{to}{}", name(operation)?));
        return edges(cell, nodes).filter_map(item).collect::<Vec<_>>().join(", ");
    }
    let item = |(index, (node, target)): (usize, (&Node, &Target))| {
        let sources: Vec<String> = node.sources.iter().map(|source| source.0.to_string()).collect();
        let searched = matches!(target.sources, Sources::Choice(_) | Sources::Free(_));
        let sources = if searched { format!("{}>", sources.join("+")) } else { String::new() };
        let operation = name(node.operation);
        (searched || operation.is_some()).then(|| format!("{sources}{}{}", cell.inputs + index, operation.unwrap_or_default()))
    };
    nodes.iter().zip(&cell.targets).enumerate().filter_map(item).collect::<Vec<_>>().join(", ")
}

fn written(name: &str) -> String {
    if name.chars().all(is_plain) { name.into() } else { format!("'{name}'") }
}

fn is_plain(c: char) -> bool {
    !c.is_whitespace() && !SIGNS.contains(c)
}

pub(super) fn parse(space: &CustomSpace, text: &str) -> Result<Vec<u8>, SpaceError> {
    let mut cursor = Cursor::new(text);
    let decisions = match form(space, &cursor) {
        Form::Parts => parts(space, &mut cursor)?,
        Form::Numbers => numbers(space, &mut cursor)?,
        Form::Names => {
            let slots: Vec<&[usize]> = space.parts.iter().flat_map(|part| part.cell.slots()).collect();
            names(space, &mut cursor, &slots)?
        }
    };
    cursor.end()?;
    Ok(decisions)
}

enum Form {
    Parts,
    Names,
    Numbers,
}

fn form(space: &CustomSpace, cursor: &Cursor<'_>) -> Form {
    let mut ahead = cursor.clone();
    let first = ahead.run(is_plain);
    // No name of an operation is followed by a parenthesis, so an unknown word there is the name of a cell.
    if ahead.take('(') {
        return Form::Parts;
    }
    let has_digit = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
    if has_digit(first) && !space.operations.iter().any(|name| has_digit(name)) {
        return Form::Numbers;
    }
    let slots: usize = space.parts.iter().map(|part| part.cell.slots().len()).sum();
    let only_chain = space.parts.iter().all(|part| part.cell.chain);
    match only_chain || (slots > 1 && space.parts.iter().all(|part| part.cell.is_wired())) {
        true => Form::Names,
        false => Form::Parts,
    }
}

fn numbers(space: &CustomSpace, cursor: &mut Cursor<'_>) -> Result<Vec<u8>, SpaceError> {
    let number = |options: usize| {
        let offset = cursor.offset();
        match cursor.number() {
            Some(number) if number < options => Ok(number as u8),
            Some(_) => Err(cursor.error_since(offset, format!("a number below {options}"))),
            None => Err(cursor.error("a number")),
        }
    };
    space.options().map(number).collect()
}

/// The operations of these lists in a row.
fn names(space: &CustomSpace, cursor: &mut Cursor<'_>, slots: &[&[usize]]) -> Result<Vec<u8>, SpaceError> {
    let mut decisions = Vec::with_capacity(slots.len());
    for (index, slot) in slots.iter().enumerate() {
        if index > 0 {
            cursor.require('|')?;
        }
        let chosen = operation(space, cursor, slot)?;
        decisions.extend(slot.iter().position(|&operation| operation == chosen).map(|number| number as u8));
    }
    Ok(decisions)
}

/// Reads one operation of a list.
fn operation(space: &CustomSpace, cursor: &mut Cursor<'_>, list: &[usize]) -> Result<usize, SpaceError> {
    let offset = cursor.offset();
    let name = cursor.quoted().unwrap_or_else(|| cursor.run(is_plain));
    if name.is_empty() {
        return Err(cursor.error("an operation"));
    }
    let known: Vec<&str> = list.iter().map(|&operation| space.operations[operation].as_str()).collect();
    let number = known.iter().position(|known| *known == name);
    number.map(|number| list[number]).ok_or_else(|| unknown_operation(name, offset, &space.description.name, &known))
}

fn parts(space: &CustomSpace, cursor: &mut Cursor<'_>) -> Result<Vec<u8>, SpaceError> {
    let mut decisions = Vec::new();
    for part in &space.parts {
        cursor.literal(&part.cell.name)?;
        cursor.require('(')?;
        match part.cell.chain {
            true => decisions.extend(names(space, cursor, &part.cell.slots())?),
            false => decisions.extend(cell(space, cursor, &part.cell)?),
        }
        cursor.require(')')?;
    }
    Ok(decisions)
}

/// The items of a cell, up to its closing parenthesis.
fn cell(space: &CustomSpace, cursor: &mut Cursor<'_>, cell: &Cell) -> Result<Vec<u8>, SpaceError> {
    let mut nodes = vec![Node::default(); cell.targets.len()];
    let mut offsets = vec![None; nodes.len()];
    loop {
        let offset = cursor.offset();
        let (index, read) = item(space, cursor, cell)?;
        let node = &mut nodes[index];
        let repeated = node.sources.iter().any(|known| read.sources.iter().any(|source| source.0 == known.0));
        if repeated || (!cell.on_edges && offsets[index].is_some()) {
            return Err(cursor.error_since(offset, "a place that was not named before"));
        }
        node.sources.extend(read.sources);
        node.sources.sort_unstable();
        node.operation = read.operation;
        offsets[index].get_or_insert(offset);
        if !cursor.take(',') {
            break;
        }
    }
    decisions(cursor, cell, &mut nodes, &offsets)
}

fn decisions(cursor: &mut Cursor<'_>, cell: &Cell, nodes: &mut [Node], offsets: &[Option<usize>]) -> Result<Vec<u8>, SpaceError> {
    let mut decisions = Vec::new();
    for (index, (target, node)) in cell.targets.iter().zip(nodes).enumerate() {
        if let (Sources::Fixed(sources), false, true) = (&target.sources, cell.on_edges, node.sources.is_empty()) {
            node.sources = sources.iter().map(|&source| (source, None)).collect();
        }
        let decided = target.decisions(node, cell.on_edges);
        decisions.extend(decided.ok_or_else(|| match offsets[index] {
            Some(offset) => cursor.error_since(offset, expected(cell, target, cell.inputs + index)),
            None => cursor.error(expected(cell, target, cell.inputs + index)),
        })?);
    }
    Ok(decisions)
}

/// `0>2:conv3`, `0+1>2:conv3`, `2:conv3` or `0+1>2`: the index of the target, and what the item says about it.
fn item(space: &CustomSpace, cursor: &mut Cursor<'_>, cell: &Cell) -> Result<(usize, Node), SpaceError> {
    let start = cursor.offset();
    let mut sources = vec![node(cursor)?];
    while !cell.on_edges && cursor.take('+') {
        sources.push(node(cursor)?);
    }
    let mut offset = start;
    let named = match cursor.take('>') {
        true => {
            offset = cursor.offset();
            node(cursor)?
        }
        false if cell.on_edges || sources.len() > 1 => return Err(cursor.error("'>'")),
        false => sources.pop().unwrap_or_default(),
    };
    let index = named.checked_sub(cell.inputs).filter(|&index| index < cell.targets.len());
    let index = index.filter(|&index| !cell.targets[index].is_derived());
    let Some(index) = index else {
        let last = cell.nodes() - 1 - usize::from(cell.targets.last().is_some_and(Target::is_derived));
        return Err(cursor.error_since(offset, format!("a node from {} to {last}", cell.inputs)));
    };
    sources.sort_unstable();
    if sources.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(cursor.error_since(start, "different sources"));
    }
    let target = &cell.targets[index];
    let mut chosen = None;
    if !target.operations.is_empty() {
        cursor.require(':')?;
        let list = if cell.on_edges { target.list_from(sources[0]) } else { target.list(0) };
        chosen = Some(operation(space, cursor, list)?);
    }
    let on_edge = chosen.filter(|_| cell.on_edges);
    let sources = sources.into_iter().map(|source| (source, on_edge)).collect();
    Ok((index, Node { sources, operation: chosen.filter(|_| !cell.on_edges) }))
}

fn node(cursor: &mut Cursor<'_>) -> Result<usize, SpaceError> {
    cursor.number().ok_or_else(|| cursor.error("a node"))
}

fn expected(cell: &Cell, target: &Target, node: usize) -> String {
    let list = |sources: &[usize]| sources.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    match &target.sources {
        Sources::Fixed(sources) if cell.on_edges => format!("an edge into node {node} from each of {}", list(sources)),
        Sources::Fixed(sources) => format!("an operation of node {node}, which reads {}", list(sources)),
        Sources::Choice(sets) => {
            format!("{} different sources of node {node}, from 0 to {}", sets.first().map_or(0, Vec::len), node - 1)
        }
        _ => format!("sources of node {node}, from 0 to {}", node - 1),
    }
}
