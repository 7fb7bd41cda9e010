use super::{EDGES, NODES, Operations, diagram, function, graph};
use crate::cursor::Cursor;
use crate::nearest::unknown_operation;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};

const OPERATIONS: Operations =
    Operations { space: "nas-bench-201", names: &["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"] };

/// The space of NAS-Bench-201 (Dong and Yang, ICLR 2020) and of NATS-Bench's topology search: four nodes, one of five operations on
/// each of the six edges, 15,625 cells.
///
/// The benchmark trained every cell on its own, also those that compute the same function, so every cell is its own canonical
/// form; [`function`](Self::function) tells which are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct NasBench201Space;

impl NasBench201Space {
    /// The function of a cell, equal for cells that compute the same: `none` removed, `skip_connect` merged, sums sorted.
    pub fn function(&self, architecture: &Architecture) -> String {
        function::function(architecture, &OPERATIONS)
    }

    /// Every cell, in the order of its decisions.
    pub fn all(&self) -> impl Iterator<Item = Architecture> + use<> {
        OPERATIONS.all()
    }
}

impl SearchSpace for NasBench201Space {
    fn name(&self) -> &str {
        OPERATIONS.space
    }

    fn description(&self) -> &str {
        "NAS-Bench-201 cells: four nodes, one of five operations on each of six edges"
    }

    fn size(&self) -> u128 {
        OPERATIONS.size()
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(&OPERATIONS)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        OPERATIONS.check(architecture)
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        OPERATIONS.sample(rng)
    }

    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        OPERATIONS.mutate(parent, rng)
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        OPERATIONS.neighbors(architecture)
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(architecture, &OPERATIONS)
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![diagram::diagram(architecture, &OPERATIONS)]
    }

    /// Reads the official string, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let mut cursor = Cursor::new(text);
        let mut decisions = Vec::with_capacity(EDGES.len());
        for node in 1..NODES {
            if node > 1 {
                cursor.require('+')?;
            }
            cursor.require('|')?;
            for source in 0..node {
                decisions.push(operation(&mut cursor, source)?);
                cursor.require('|')?;
            }
        }
        cursor.end()?;
        Ok(Architecture::new(decisions))
    }

    fn format(&self, architecture: &Architecture) -> String {
        let mut text = String::new();
        for ((source, node), &decision) in EDGES.into_iter().zip(architecture.decisions()) {
            if source == 0 {
                text.push_str(if node > 1 { "+|" } else { "|" });
            }
            text.push_str(&format!("{}~{source}|", OPERATIONS.name_of(decision)));
        }
        text
    }
}

/// `op~source|`, up to the bar.
fn operation(cursor: &mut Cursor<'_>, source: usize) -> Result<u8, SpaceError> {
    let offset = cursor.offset();
    let name = cursor.word().ok_or_else(|| cursor.error("an operation"))?;
    let number = OPERATIONS.number_of(name);
    let number = number.ok_or_else(|| unknown_operation(name, offset, OPERATIONS.space, OPERATIONS.names))?;
    cursor.require('~')?;
    let offset = cursor.offset();
    match cursor.number() {
        Some(read) if read == source => Ok(number),
        Some(_) => Err(cursor.error_since(offset, format!("node {source}"))),
        None => Err(cursor.error(format!("node {source}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TEXT: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|";

    #[test]
    fn the_official_string_is_read_and_written() {
        let architecture = NasBench201Space.parse(TEXT).expect("official");
        assert_eq!(architecture.decisions(), [3, 3, 4, 1, 3, 0]);
        assert_eq!(NasBench201Space.format(&architecture), TEXT);
    }

    #[test]
    fn errors_name_the_place_and_the_nearest_operation() {
        let message = |text: &str| NasBench201Space.parse(text).expect_err("no cell").to_string();
        insta::assert_snapshot!(message("|nor_conv_3x~0|"), @"unknown operation 'nor_conv_3x' at byte 1 in space nas-bench-201; did you mean 'nor_conv_3x3'? It has: none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3");
        insta::assert_snapshot!(message("|none~1|"), @"cannot read the architecture at byte 6: expected node 0, found `1`");
        insta::assert_snapshot!(message(&TEXT[..16]), @"cannot read the architecture at byte 16: expected '+', found the end of the text");
    }

    #[test]
    fn all_cells_are_there_and_differ() {
        let all: BTreeSet<_> = NasBench201Space.all().collect();
        assert_eq!((all.len() as u128, NasBench201Space.size()), (15_625, 15_625));
        assert!(all.iter().all(|architecture| NasBench201Space.validate(architecture).is_ok()));
    }

    #[test]
    fn distinct_functions() {
        let functions: BTreeSet<String> = NasBench201Space.all().map(|cell| NasBench201Space.function(&cell)).collect();
        assert_eq!(functions.len(), 4_930);
    }

    /// Dong and Yang count 6,466 cells up to isomorphism. Theirs is a coarser reading of `none`: it keeps a place in its sum, and what
    /// reads nothing is nothing only behind the first node. So more cells stay apart than differ in what they compute.
    #[test]
    fn the_count_of_the_paper() {
        let text = |cell: Architecture| {
            let mut nodes = vec!["x".to_string()];
            for node in 1..NODES {
                let into = EDGES.into_iter().zip(cell.decisions()).filter(|((_, to), _)| *to == node);
                let mut terms: Vec<String> = into
                    .map(|((from, _), &decision)| match OPERATIONS.name_of(decision) {
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
        };
        assert_eq!(NasBench201Space.all().map(text).collect::<BTreeSet<_>>().len(), 6_466);
    }
}
