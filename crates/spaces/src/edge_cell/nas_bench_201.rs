use super::function::{self, Representatives};
use super::{EDGES, NODES, Operations};
use crate::cursor::Cursor;
use crate::nearest::unknown_operation;
use bonas_core::{Architecture, SpaceError};
use std::sync::LazyLock;

pub(super) const OPERATIONS: Operations = Operations {
    space: "nas-bench-201",
    names: &["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"],
    input_keeps_size: true,
};

pub(super) fn representatives() -> &'static Representatives {
    static ALL: LazyLock<Representatives> = LazyLock::new(|| function::representatives(&OPERATIONS));
    &ALL
}

/// Reads the official string, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
pub(super) fn parse(text: &str) -> Result<Architecture, SpaceError> {
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

/// Writes what [`parse`] reads.
pub(super) fn format(architecture: &Architecture) -> String {
    let mut text = String::new();
    for ((source, node), &decision) in EDGES.into_iter().zip(architecture.decisions()) {
        if source == 0 {
            text.push_str(if node > 1 { "+|" } else { "|" });
        }
        text.push_str(&format!("{}~{source}|", OPERATIONS.name_of(decision)));
    }
    text
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
    use crate::EdgeCellSpace;
    use bonas_core::SearchSpace;
    use std::collections::BTreeSet;

    const SPACE: EdgeCellSpace = EdgeCellSpace::nas_bench_201();

    const TEXT: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|";

    #[test]
    fn the_official_string_is_read_and_written() {
        let architecture = SPACE.parse(TEXT).expect("official");
        assert_eq!(architecture.decisions(), [3, 3, 4, 1, 3, 0]);
        assert_eq!(SPACE.format(&architecture), TEXT);
    }

    #[test]
    fn errors_name_the_place_and_the_nearest_operation() {
        let message = |text: &str| SPACE.parse(text).expect_err("no cell").to_string();
        insta::assert_snapshot!(message("|nor_conv_3x~0|"), @"unknown operation 'nor_conv_3x' at byte 1 in space nas-bench-201; did you mean 'nor_conv_3x3'? It has: none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3");
        insta::assert_snapshot!(message("|none~1|"), @"cannot read the architecture at byte 6: expected node 0, found `1`");
        insta::assert_snapshot!(message(&TEXT[..16]), @"cannot read the architecture at byte 16: expected '+', found the end of the text");
    }

    #[test]
    fn all_cells_are_there_and_differ() {
        let all: BTreeSet<_> = SPACE.all().collect();
        assert_eq!((all.len() as u128, SPACE.size()), (15_625, 15_625));
        assert!(all.iter().all(|architecture| SPACE.validate(architecture).is_ok()));
    }

    #[test]
    fn distinct_functions() {
        let functions: BTreeSet<String> = SPACE.all().map(|cell| SPACE.function(&cell)).collect();
        assert_eq!(functions.len(), 4_930);
    }

    #[test]
    fn one_cell_stands_for_all_of_a_function() {
        let representative = |text: &str| SPACE.format(&SPACE.representative(&SPACE.parse(text).expect("official")));
        // Node 1 leads nowhere, and the skip over node 2 is the edge from the input.
        assert_eq!(
            representative("|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|nor_conv_1x1~2|"),
            "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
        );
        assert_eq!(
            representative("|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|none~0|none~1|none~2|"),
            "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
        );
        for cell in SPACE.all().step_by(7) {
            let representative = SPACE.representative(&cell);
            assert_eq!(SPACE.function(&representative), SPACE.function(&cell));
            assert_eq!(SPACE.representative(&representative), representative);
        }
    }

    /// Dong and Yang count 6,466 cells up to isomorphism. Theirs is a coarser reading of `none`: it keeps a place in its sum, and what
    /// reads nothing is nothing only behind the first node. So more cells stay apart than differ in what they compute.
    #[test]
    fn the_count_of_the_paper() {
        assert_eq!(SPACE.distinct(), 6_466);
    }
}
