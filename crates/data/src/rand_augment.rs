mod histogram;
mod operation;
mod warp;

use crate::DataError;
use bonas_core::StudyRng;
use image::RgbImage;
pub(crate) use operation::Operation;
use rand::RngExt;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Operations drawn at random, all of one strength (Cubuk et al., "RandAugment", 2020). The 14 operations of the paper; a strength that has a
/// direction is reversed in half of the cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandAugment {
    /// Operations that are drawn for an image, with repetition, and applied one after another: N of the paper.
    pub operations: usize,
    /// Their strength, from 0 to 30: M of the paper.
    pub magnitude: u32,
}

/// The strength at which operations are strongest.
const STRONGEST: u32 = 30;

impl Default for RandAugment {
    fn default() -> Self {
        Self { operations: 2, magnitude: 9 }
    }
}

impl RandAugment {
    pub(crate) fn validate(&self) -> Result<(), DataError> {
        if !(1..=Operation::ALL.len()).contains(&self.operations) {
            let (key, range) = ("augment.rand_augment.operations", "from 1 to 14");
            return Err(DataError::Config { key, range, value: self.operations.to_string() });
        }
        if self.magnitude > STRONGEST {
            let (key, range) = ("augment.rand_augment.magnitude", "at most 30");
            return Err(DataError::Config { key, range, value: self.magnitude.to_string() });
        }
        Ok(())
    }

    pub(crate) fn apply(&self, picture: &mut RgbImage, rng: &mut StudyRng) {
        let strength = self.magnitude as f32 / STRONGEST as f32;
        for _ in 0..self.operations {
            let operation = Operation::ALL.choose(rng).copied().unwrap_or(Operation::Identity);
            apply_in_some_direction(operation, picture, strength, rng);
        }
    }
}

/// Applies an operation, its direction reversed in half of the cases.
pub(crate) fn apply_in_some_direction(operation: Operation, picture: &mut RgbImage, strength: f32, rng: &mut StudyRng) {
    let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    operation.apply(picture, strength, sign);
}

impl fmt::Display for RandAugment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RandAugment ({} operations of magnitude {})", self.operations, self.magnitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use std::collections::BTreeSet;

    fn changed(config: &RandAugment, seed: u64) -> Vec<u8> {
        let mut picture =
            RgbImage::from_fn(32, 30, |x, y| image::Rgb([30 + (x * 37 % 50) as u8, 20 + 7 * y as u8, 3 * (x + y) as u8]));
        config.apply(&mut picture, &mut SeedStream::new(seed).rng("augment", 0));
        picture.into_raw()
    }

    #[test]
    fn a_seed_repeats_itself_and_every_operation_and_direction_comes_up() {
        let one = RandAugment { operations: 1, magnitude: 20 };
        assert_eq!(changed(&one, 5), changed(&one, 5));
        let pictures: BTreeSet<Vec<u8>> = (0..600).map(|seed| changed(&one, seed)).collect();
        // 9 operations have two directions, 4 one, and the identity none.
        assert_eq!(pictures.len(), 9 * 2 + 4 + 1);
        let three: BTreeSet<Vec<u8>> =
            (0..600).map(|seed| changed(&RandAugment { operations: 3, ..one.clone() }, seed)).collect();
        assert!(three.len() > 400, "{}", three.len());
    }

    #[test]
    fn ranges_are_checked() {
        let message = |operations, magnitude| RandAugment { operations, magnitude }.validate().expect_err("range").to_string();
        assert_eq!(message(0, 9), "augment.rand_augment.operations must be from 1 to 14, but is 0");
        assert_eq!(message(2, 31), "augment.rand_augment.magnitude must be at most 30, but is 31");
        assert!(RandAugment::default().validate().is_ok());
    }
}
