use super::{EDGES, NODES, Operations};
use bonas_core::Architecture;
use std::collections::HashMap;

/// Of all cells with the same function, the first in the order of their decisions: what means nothing is `none` in it.
pub(super) type Representatives = HashMap<String, Architecture>;

/// The representative of every function that a cell of these operations can have.
pub(super) fn representatives(operations: &Operations) -> Representatives {
    let mut representatives = Representatives::new();
    for cell in operations.all() {
        representatives.entry(function(&cell, operations)).or_insert(cell);
    }
    representatives
}

/// The function that a cell computes, written so that cells with equal functions have equal texts: `none` carries nothing, what
/// carries nothing adds nothing, `skip_connect` is the node it reads where it changes no size, and the order of a sum means nothing.
pub(super) fn function(architecture: &Architecture, operations: &Operations) -> String {
    let mut nodes = vec![vec!["x".to_string()]];
    for node in 1..NODES {
        let into = EDGES.into_iter().zip(architecture.decisions()).filter(|((_, to), _)| *to == node);
        let mut terms: Vec<String> = into
            .flat_map(|((from, _), &decision)| match operations.name_of(decision) {
                "none" => Vec::new(),
                _ if nodes[from].is_empty() => Vec::new(),
                // The identity of a sum is the sum.
                "skip_connect" if from > 0 || operations.input_keeps_size => nodes[from].clone(),
                name => vec![format!("{name}({})", nodes[from].join("+"))],
            })
            .collect();
        terms.sort_unstable();
        nodes.push(terms);
    }
    nodes[NODES - 1].join("+")
}

/// A cell as NAS-Bench-201 tells isomorphic ones (Dong and Yang, ICLR 2020): as [`function`], but what carries nothing still
/// counts in a sum, and sums are not opened.
pub(super) fn simplified(architecture: &Architecture, operations: &Operations) -> String {
    let mut nodes = vec!["x".to_string()];
    for node in 1..NODES {
        let into = EDGES.into_iter().zip(architecture.decisions()).filter(|((_, to), _)| *to == node);
        let mut terms: Vec<String> = into
            .map(|((from, _), &decision)| match operations.name_of(decision) {
                "none" => "#".into(),
                _ if nodes[from] == "#" => "#".into(),
                "skip_connect" => nodes[from].clone(),
                name => format!("({})@{name}", nodes[from]),
            })
            .collect();
        terms.sort_unstable();
        nodes.push(terms.join("+"));
    }
    nodes.remove(NODES - 1)
}
