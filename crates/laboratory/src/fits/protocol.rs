use bonas_core::{SeedStream, StudyRng};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// What surrogates are trained on, and what they have to rank.
///
/// The validation scores of a table are shuffled by the seed of the split; the first of them are trained on, so that larger training
/// sets contain the smaller ones of the same split, and all surrogates see the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// The validation scores of all other architectures are ranked.
    #[default]
    Validation,
    /// The *test* scores of all architectures are ranked, those trained on included, as predictors are compared in the literature. A
    /// report: nothing is chosen by it. Errors and intervals are still judged on the validation scores of the others.
    Anchors,
    /// As the paper of BONAS splits a table: trained on 85 %, and the validation scores of 5 % are ranked. With fewer to train on,
    /// the others are fewer in the same proportion.
    Paper,
}

/// Parts of a hundred that the paper trains on and compares with.
const PAPER: (usize, usize) = (85, 5);

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Self] = &[Self::Validation, Self::Anchors, Self::Paper];

    /// The name as the command line writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Anchors => "anchors",
            Self::Paper => "paper",
        }
    }

    /// Sizes of training sets where none are named, for so many scores.
    pub fn usual_sizes(self, scores: usize) -> Vec<usize> {
        match self {
            Self::Validation | Self::Anchors => vec![78, 156, 469],
            Self::Paper => vec![scores * PAPER.0 / 100],
        }
    }

    /// Fewest architectures beside `train` that a split needs: two, which have an order, or the paper's part.
    pub(crate) fn held_out(self, train: usize) -> usize {
        match self {
            Self::Validation | Self::Anchors => 2,
            Self::Paper => (train * PAPER.1 / PAPER.0).max(2),
        }
    }
}

/// Places of the scores that are trained on, and of those that are not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) train: Vec<usize>,
    pub(super) held_out: Vec<usize>,
}

impl Split {
    /// Splits `places`, which are at least `train + protocol.held_out(train)`.
    pub(super) fn new(protocol: Protocol, mut places: Vec<usize>, train: usize, seed: u64) -> Self {
        let mut rng: StudyRng = SeedStream::new(seed).rng("split", 0);
        places.shuffle(&mut rng);
        let mut held_out = places.split_off(train);
        if protocol == Protocol::Paper {
            held_out.drain(..held_out.len() - protocol.held_out(train));
        }
        Self { train: places, held_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn parts_do_not_meet_and_grow_with_their_size() {
        for &protocol in Protocol::ALL {
            let split = |train, seed| Split::new(protocol, (0..200).collect(), train, seed);
            let (small, large) = (split(85, 1), split(170, 1));
            assert_eq!(small.train, large.train[..85]);
            assert_ne!(small, split(85, 2));
            let all: BTreeSet<usize> = small.train.iter().chain(&small.held_out).copied().collect();
            assert_eq!(all.len(), small.train.len() + small.held_out.len());
            let rest = if protocol == Protocol::Paper { 5 } else { 115 };
            assert_eq!((small.train.len(), small.held_out.len()), (85, rest));
            if protocol == Protocol::Paper {
                assert_eq!(small.held_out, large.held_out[5..], "what is compared with is never trained on");
            }
        }
        assert_eq!(Protocol::Paper.usual_sizes(15_625), [13_281]);
    }
}
