mod policies;

use crate::rand_augment::apply_in_some_direction;
use bonas_core::StudyRng;
use image::RgbImage;
use policies::{CIFAR_10, IMAGENET, SubPolicy};
use rand::RngExt;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A policy that was learned (Cubuk et al., "AutoAugment", 2019): for every image one of 25 pairs of operations is drawn, and each of the two
/// is applied with a probability of its own. A strength that has a direction is reversed in half of the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoAugment {
    /// Learned on CIFAR-10.
    #[serde(rename = "cifar-10")]
    Cifar10,
    /// Learned on ImageNet.
    #[serde(rename = "imagenet")]
    ImageNet,
}

/// The strongest of the ten strengths of the paper, from 0.
const STRONGEST: u32 = 9;

impl AutoAugment {
    fn policy(self) -> &'static [SubPolicy; 25] {
        match self {
            Self::Cifar10 => &CIFAR_10,
            Self::ImageNet => &IMAGENET,
        }
    }

    pub(crate) fn apply(self, picture: &mut RgbImage, rng: &mut StudyRng) {
        for (operation, probability, strength) in self.policy().choose(rng).copied().into_iter().flatten() {
            if rng.random_bool(probability) {
                apply_in_some_direction(operation, picture, strength as f32 / STRONGEST as f32, rng);
            }
        }
    }
}

impl fmt::Display for AutoAugment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let learned = match self {
            Self::Cifar10 => "CIFAR-10",
            Self::ImageNet => "ImageNet",
        };
        write!(f, "AutoAugment (policy of {learned})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rand_augment::Operation;
    use bonas_core::SeedStream;

    fn picture() -> RgbImage {
        RgbImage::from_fn(32, 30, |x, y| image::Rgb([30 + (x * 37 % 50) as u8, 20 + 7 * y as u8, 3 * (x + y) as u8]))
    }

    #[test]
    fn every_policy_is_well_formed() {
        for (operation, probability, strength) in [CIFAR_10, IMAGENET].concat().into_iter().flatten() {
            assert!((0.0..=1.0).contains(&probability) && strength <= STRONGEST, "{operation:?}");
        }
    }

    #[test]
    fn pictures_are_those_of_the_pairs_of_the_policy_and_as_frequent() {
        let mut equalized = picture();
        Operation::Equalize.apply(&mut equalized, 0.0, 1.0);
        const PICTURES: u64 = 4000;
        let after = |policy: AutoAugment, seed| {
            let mut picture = picture();
            policy.apply(&mut picture, &mut SeedStream::new(seed).rng("augment", 0));
            picture
        };
        assert_eq!(after(AutoAugment::ImageNet, 5), after(AutoAugment::ImageNet, 5));
        let frequent = |policy, wanted: &RgbImage| {
            (0..PICTURES).filter(|&seed| after(policy, seed) == *wanted).count() as f64 / PICTURES as f64
        };
        // Of CIFAR-10, what changes nothing: the product of both probabilities not to be applied, over the pairs, but for strength 0 of the
        // saturation, which changes nothing itself.
        let kept = |policy: AutoAugment| {
            let stays = |(operation, probability, strength): (Operation, f64, u32)| {
                if operation == Operation::Saturation && strength == 0 { 1.0 } else { 1.0 - probability }
            };
            policy.policy().iter().map(|pair| pair.iter().copied().map(stays).product::<f64>()).sum::<f64>() / 25.0
        };
        for policy in [AutoAugment::Cifar10, AutoAugment::ImageNet] {
            let (found, expected) = (frequent(policy, &picture()), kept(policy));
            // Five standard deviations of a share of 4,000.
            let tolerance = 5.0 * (expected * (1.0 - expected) / PICTURES as f64).sqrt();
            assert!((found - expected).abs() < tolerance, "{policy}: {found} instead of {expected}");
            assert!(frequent(policy, &equalized) > 0.01, "{policy}");
        }
    }
}
