use super::{diagram, graph};
use crate::cursor::Cursor;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;
use std::ops::Range;

const NAME: &str = "nas-bench-macro";
const STAGES: usize = 8;
/// Neighbouring stages whose input has the size of their output, where the identity is a wire.
const SAME_SIZE: [Range<usize>; 2] = [3..5, 6..8];
/// Choices of a stage, in the order of the official digits.
const CHOICES: [&str; 3] = ["identity", "MB3_K3", "MB6_K5"];

/// The space of NAS-Bench-Macro (Su et al., CVPR 2021): eight stages, each the identity or one of two inverted bottlenecks,
/// 6,561 networks.
#[derive(Clone, Copy, Debug, Default)]
pub struct NasBenchMacroSpace;

impl NasBenchMacroSpace {
    /// Expansion and kernel of the inverted bottleneck of every stage; `None` for the identity.
    pub fn bottlenecks(&self, architecture: &Architecture) -> Vec<Option<(usize, usize)>> {
        let bottleneck = |&choice: &u8| match choice {
            0 => None,
            1 => Some((3, 3)),
            _ => Some((6, 5)),
        };
        architecture.decisions().iter().map(bottleneck).collect()
    }
}

impl SearchSpace for NasBenchMacroSpace {
    fn name(&self) -> &str {
        NAME
    }

    fn description(&self) -> &str {
        "NAS-Bench-Macro: eight stages, each the identity or one of two inverted bottlenecks"
    }

    fn size(&self) -> u128 {
        (CHOICES.len() as u128).pow(STAGES as u32)
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(&CHOICES)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let outside = |reason| Err(SpaceError::Outside { space: NAME.into(), reason });
        let decisions = architecture.decisions();
        if decisions.len() != STAGES {
            return outside(format!("it has {} stages instead of {STAGES}", decisions.len()));
        }
        match decisions.iter().position(|&choice| usize::from(choice) >= CHOICES.len()) {
            Some(stage) => {
                outside(format!("stage {stage} is {}, but there are only {} choices", decisions[stage], CHOICES.len()))
            }
            None => Ok(()),
        }
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        Architecture::new((0..STAGES).map(|_| rng.random_range(0..CHOICES.len()) as u8).collect::<Vec<_>>())
    }

    /// Another choice for one stage, each possible change alike.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let neighbors = self.neighbors(parent);
        neighbors[rng.random_range(0..neighbors.len())].clone()
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let decisions = architecture.decisions();
        let changes = (0..STAGES).flat_map(|stage| (0..CHOICES.len() as u8).map(move |choice| (stage, choice)));
        let changed = |(stage, choice): (usize, u8)| {
            let mut decisions = decisions.to_vec();
            decisions[stage] = choice;
            Architecture::new(decisions)
        };
        changes.filter(|&(stage, choice)| decisions[stage] != choice).map(changed).collect()
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    /// Between stages of one size an identity may stand before or behind another choice: here it stands before it.
    fn representative(&self, architecture: &Architecture) -> Architecture {
        let mut decisions = architecture.decisions().to_vec();
        for same_size in SAME_SIZE {
            decisions[same_size].sort_by_key(|&choice| choice != 0);
        }
        Architecture::new(decisions)
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(architecture.decisions().iter().map(|&choice| usize::from(choice)), CHOICES.len())
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![diagram::diagram(architecture.decisions().iter().map(|&choice| CHOICES[usize::from(choice)]))]
    }

    /// Reads the official string of eight digits.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let mut cursor = Cursor::new(text);
        let digits: Result<Vec<u8>, SpaceError> = (0..STAGES).map(|_| cursor.digit(0..=CHOICES.len() as u8 - 1)).collect();
        let digits = digits?;
        cursor.end()?;
        Ok(Architecture::new(digits))
    }

    fn format(&self, architecture: &Architecture) -> String {
        architecture.decisions().iter().map(u8::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_may_move_among_stages_of_one_size_only() {
        let representative = |text: &str| {
            let architecture = NasBenchMacroSpace.parse(text).expect("official");
            NasBenchMacroSpace.format(&NasBenchMacroSpace.representative(&architecture))
        };
        assert_eq!(representative("12120220"), "12102202");
        assert_eq!(["10102102", "12112121"].map(representative), ["10102102", "12112121"]);
    }

    #[test]
    fn eight_digits() {
        let architecture = NasBenchMacroSpace.parse("22212220").expect("official");
        assert_eq!(NasBenchMacroSpace.format(&architecture), "22212220");
        assert_eq!((NasBenchMacroSpace.size(), NasBenchMacroSpace.neighbors(&architecture).len()), (6_561, 16));
        let message = |text: &str| NasBenchMacroSpace.parse(text).expect_err("no network").to_string();
        insta::assert_snapshot!(message("22312220"), @"cannot read the architecture at byte 2: expected a digit from 0 to 2, found `312220`");
        insta::assert_snapshot!(message("222122200"), @"cannot read the architecture at byte 8: expected the end of the text, found `0`");
    }
}
