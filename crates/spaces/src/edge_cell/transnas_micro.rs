use super::{EDGES, NODES, Operations, diagram, graph};
use crate::cursor::Cursor;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};

const OPERATIONS: Operations =
    Operations { space: "transnas-micro", names: &["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"] };

/// The fixed skeleton around the cell, as the official strings begin: base channels and the macro structure.
const SKELETON: &str = "64-41414-";

/// The micro space of TransNAS-Bench-101 (Duan et al., CVPR 2021): the cell of NAS-Bench-201 with four operations, 4,096 cells.
///
/// The benchmark trained every cell on its own, so every cell is its own canonical form.
#[derive(Clone, Copy, Debug, Default)]
pub struct TransNasMicroSpace;

impl SearchSpace for TransNasMicroSpace {
    fn name(&self) -> &str {
        OPERATIONS.space
    }

    fn description(&self) -> &str {
        "TransNAS-Bench-101 micro: four nodes, one of four operations on each of six edges"
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

    /// Reads the official string, `64-41414-a_bc_def`: a digit for each edge, node by node.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
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

    fn format(&self, architecture: &Architecture) -> String {
        let mut text = SKELETON.to_string();
        for ((source, node), decision) in EDGES.into_iter().zip(architecture.decisions()) {
            text.push_str(if source == 0 && node > 1 { "_" } else { "" });
            text.push_str(&decision.to_string());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_string_is_read_and_written() {
        let architecture = TransNasMicroSpace.parse("64-41414-1_23_012").expect("official");
        assert_eq!(architecture.decisions(), [1, 2, 3, 0, 1, 2]);
        assert_eq!(TransNasMicroSpace.format(&architecture), "64-41414-1_23_012");
        assert_eq!((TransNasMicroSpace.size(), OPERATIONS.all().count()), (4_096, 4_096));
    }

    #[test]
    fn errors_name_the_place() {
        let message = |text: &str| TransNasMicroSpace.parse(text).expect_err("no cell").to_string();
        insta::assert_snapshot!(message("64-41414-1_24_012"), @"cannot read the architecture at byte 12: expected a digit from 0 to 3, found `4_012`");
        insta::assert_snapshot!(message("64-4111-basic"), @"cannot read the architecture at byte 0: expected '64-41414-', found `64-4111-basic`");
    }
}
