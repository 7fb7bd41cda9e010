use super::{diagram, graph};
use crate::cursor::Cursor;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;

const NAME: &str = "resnet";
const STAGES: usize = 3;
/// Most blocks of a stage.
const MOST: u8 = 9;
/// What a block is: it keeps the resolution, or halves it.
const BLOCKS: [&str; 2] = ["block", "reduction"];

/// The residual networks for small images (He et al., CVPR 2016, section 4.2) with one to nine blocks in each of their three stages: a
/// baseline to compare cells with, and a small space of depths. ResNet-20 has three blocks in each.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResNetSpace;

impl ResNetSpace {
    /// Blocks of every stage.
    pub fn blocks(&self, architecture: &Architecture) -> Vec<usize> {
        architecture.decisions().iter().map(|&blocks| 1 + usize::from(blocks)).collect()
    }

    /// Number of weight layers: two in every block, the first convolution and the classifier.
    pub fn depth(&self, architecture: &Architecture) -> usize {
        2 + 2 * self.blocks(architecture).into_iter().sum::<usize>()
    }

    /// The kind of every block. The first of the second and third stage halve the resolution.
    fn kinds(&self, architecture: &Architecture) -> Vec<usize> {
        let blocks = self.blocks(architecture).into_iter().enumerate();
        blocks.flat_map(|(stage, count)| (0..count).map(move |block| usize::from(stage > 0 && block == 0))).collect()
    }
}

impl SearchSpace for ResNetSpace {
    fn name(&self) -> &str {
        NAME
    }

    fn description(&self) -> &str {
        "residual networks for small images: one to nine blocks in each of three stages; resnet-20 is a usual baseline"
    }

    fn size(&self) -> u128 {
        u128::from(MOST).pow(STAGES as u32)
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(&BLOCKS)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let outside = |reason| Err(SpaceError::Outside { space: NAME.into(), reason });
        let decisions = architecture.decisions();
        if decisions.len() != STAGES {
            return outside(format!("it has {} stages instead of {STAGES}", decisions.len()));
        }
        match decisions.iter().position(|&blocks| blocks >= MOST) {
            Some(stage) => {
                outside(format!("stage {stage} has {} blocks, but {MOST} are the most", u32::from(decisions[stage]) + 1))
            }
            None => Ok(()),
        }
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        Architecture::new((0..STAGES).map(|_| rng.random_range(0..MOST)).collect::<Vec<_>>())
    }

    /// Another number of blocks for one stage, each possible change alike.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let neighbors = self.neighbors(parent);
        neighbors[rng.random_range(0..neighbors.len())].clone()
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let decisions = architecture.decisions();
        let changes = (0..STAGES).flat_map(|stage| (0..MOST).map(move |blocks| (stage, blocks)));
        let changed = |(stage, blocks): (usize, u8)| {
            let mut decisions = decisions.to_vec();
            decisions[stage] = blocks;
            Architecture::new(decisions)
        };
        changes.filter(|&(stage, blocks)| decisions[stage] != blocks).map(changed).collect()
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(self.kinds(architecture).into_iter(), BLOCKS.len())
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![diagram::diagram(self.kinds(architecture).into_iter().map(|kind| BLOCKS[kind]))]
    }

    /// Reads `resnet-20`, the depth of equal stages, or `resnet-3-4-6`, the blocks of each.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let mut cursor = Cursor::new(text);
        cursor.literal("resnet-")?;
        let mut start = cursor.clone();
        let number = |cursor: &mut Cursor<'_>| {
            let mut before = cursor.clone();
            let blocks = cursor.number().filter(|&blocks| (1..=usize::from(MOST)).contains(&blocks));
            blocks.map(|blocks| (blocks - 1) as u8).ok_or_else(|| before.error(format!("a number of blocks from 1 to {MOST}")))
        };
        let first = cursor.number();
        if cursor.take('-') {
            cursor = start.clone();
            let mut stages = Vec::with_capacity(STAGES);
            for stage in 0..STAGES {
                if stage > 0 {
                    cursor.require('-')?;
                }
                stages.push(number(&mut cursor)?);
            }
            cursor.end()?;
            return Ok(Architecture::new(stages));
        }
        let equal = first.filter(|depth| (8..=2 + 6 * usize::from(MOST)).contains(depth) && (depth - 2).is_multiple_of(6));
        let depth = equal.ok_or_else(|| {
            let deepest = 2 + 6 * usize::from(MOST);
            start.error(format!("a depth of 8, 14, 20, … {deepest}, or the blocks of three stages, such as 3-3-3"))
        })?;
        cursor.end()?;
        Ok(Architecture::new(vec![((depth - 2) / 6 - 1) as u8; STAGES]))
    }

    fn format(&self, architecture: &Architecture) -> String {
        let blocks = self.blocks(architecture);
        match blocks.iter().all(|count| *count == blocks[0]) {
            true => format!("{NAME}-{}", self.depth(architecture)),
            false => format!("{NAME}-{}", blocks.iter().map(usize::to_string).collect::<Vec<_>>().join("-")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_and_blocks_are_two_ways_to_say_one_thing() {
        let resnet_20 = ResNetSpace.parse("resnet-20").expect("known");
        assert_eq!(ResNetSpace.parse("resnet-3-3-3").expect("known"), resnet_20);
        assert_eq!((ResNetSpace.format(&resnet_20).as_str(), ResNetSpace.depth(&resnet_20)), ("resnet-20", 20));
        let uneven = ResNetSpace.parse("resnet-2-9-1").expect("of the space");
        assert_eq!((ResNetSpace.format(&uneven).as_str(), ResNetSpace.depth(&uneven)), ("resnet-2-9-1", 26));
        assert_eq!((ResNetSpace.size(), ResNetSpace.neighbors(&uneven).len()), (729, 24));
    }

    #[test]
    fn other_depths_are_refused() {
        let message = |text: &str| ResNetSpace.parse(text).expect_err("no network").to_string();
        insta::assert_snapshot!(message("resnet-21"), @"cannot read the architecture at byte 7: expected a depth of 8, 14, 20, … 56, or the blocks of three stages, such as 3-3-3, found `21`");
        insta::assert_snapshot!(message("resnet-3-10-3"), @"cannot read the architecture at byte 9: expected a number of blocks from 1 to 9, found `10-3`");
    }
}
