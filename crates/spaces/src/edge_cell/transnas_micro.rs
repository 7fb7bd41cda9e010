use super::function::{self, Representatives};
use super::{EDGES, NODES, Operations};
use crate::cursor::Cursor;
use bonas_core::{Architecture, SpaceError};
use std::sync::LazyLock;

pub(super) const OPERATIONS: Operations = Operations {
    space: "transnas-micro",
    names: &["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"],
    input_keeps_size: false,
};

pub(super) fn representatives() -> &'static Representatives {
    static ALL: LazyLock<Representatives> = LazyLock::new(|| function::representatives(&OPERATIONS));
    &ALL
}

/// The fixed skeleton around the cell, as the official strings begin: base channels and the macro structure.
const SKELETON: &str = "64-41414-";

/// Reads the official string, `64-41414-a_bc_def`: a digit for each edge, node by node.
pub(super) fn parse(text: &str) -> Result<Architecture, SpaceError> {
    let mut cursor = Cursor::new(text);
    cursor.literal(SKELETON)?;
    let mut decisions = Vec::with_capacity(EDGES.len());
    for node in 1..NODES {
        if node > 1 {
            cursor.literal("_")?;
        }
        for _ in 0..node {
            decisions.push(cursor.digit(0..=OPERATIONS.names.len() as u8 - 1)?);
        }
    }
    cursor.end()?;
    Ok(Architecture::new(decisions))
}

/// Writes what [`parse`] reads.
pub(super) fn format(architecture: &Architecture) -> String {
    let mut text = SKELETON.to_string();
    for ((source, node), decision) in EDGES.into_iter().zip(architecture.decisions()) {
        text.push_str(if source == 0 && node > 1 { "_" } else { "" });
        text.push_str(&decision.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EdgeCellSpace;
    use bonas_core::SearchSpace;

    const SPACE: EdgeCellSpace = EdgeCellSpace::transnas_micro();

    #[test]
    fn the_official_string_is_read_and_written() {
        let architecture = SPACE.parse("64-41414-1_23_012").expect("official");
        assert_eq!(architecture.decisions(), [1, 2, 3, 0, 1, 2]);
        assert_eq!(SPACE.format(&architecture), "64-41414-1_23_012");
        assert_eq!((SPACE.size(), OPERATIONS.all().count()), (4_096, 4_096));
    }

    #[test]
    fn a_skip_from_the_input_is_no_wire_and_one_behind_it_is() {
        let representative = |text: &str| SPACE.format(&SPACE.representative(&SPACE.parse(text).expect("official")));
        // A convolution behind a skip of the input is not a convolution of the input; what leads nowhere goes all the same. Of the
        // two ways through one node, that through the second comes first.
        assert_eq!(representative("64-41414-1_30_020"), "64-41414-0_10_002");
        assert_eq!(representative("64-41414-0_20_001"), representative("64-41414-0_00_200"));
    }

    #[test]
    fn errors_name_the_place() {
        let message = |text: &str| SPACE.parse(text).expect_err("no cell").to_string();
        insta::assert_snapshot!(message("64-41414-1_24_012"), @"cannot read the architecture at byte 12: expected a digit from 0 to 3, found `4_012`");
        insta::assert_snapshot!(message("64-4111-basic"), @"cannot read the architecture at byte 0: expected '64-41414-', found `64-4111-basic`");
    }
}
