use crate::DataError;
use crate::color::{brighten, change_contrast, saturate, turn_hue};
use bonas_core::StudyRng;
use image::RgbImage;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Random changes of brightness, contrast, saturation and hue, in random order. The first three are factors drawn uniformly from 1 − x to
/// 1 + x, at least 0; the hue is turned by a share of the circle of colours drawn uniformly from −x to x. x = 0 leaves a change out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColorJitter {
    /// x of the brightness.
    pub brightness: f32,
    /// x of the contrast.
    pub contrast: f32,
    /// x of the saturation.
    pub saturation: f32,
    /// x of the hue, at most 0.5.
    #[serde(skip_serializing_if = "is_zero")]
    pub hue: f32,
}

/// A hue that stays is not told, so that settings of versions without it are the same.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

impl Default for ColorJitter {
    fn default() -> Self {
        Self { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.0 }
    }
}

impl ColorJitter {
    pub(crate) fn validate(&self) -> Result<(), DataError> {
        for (key, value) in [
            ("augment.color_jitter.brightness", self.brightness),
            ("augment.color_jitter.contrast", self.contrast),
            ("augment.color_jitter.saturation", self.saturation),
        ] {
            if !(0.0..=10.0).contains(&value) {
                return Err(DataError::Config { key, range: "at least 0 and at most 10", value: value.to_string() });
            }
        }
        match (0.0..=0.5).contains(&self.hue) {
            true => Ok(()),
            false => {
                let (key, range) = ("augment.color_jitter.hue", "at least 0 and at most 0.5");
                Err(DataError::Config { key, range, value: self.hue.to_string() })
            }
        }
    }

    pub(crate) fn apply(&self, picture: &mut RgbImage, rng: &mut StudyRng) {
        type Change = fn(&mut RgbImage, f32);
        let factors = |strength: f32| ((1.0 - strength).max(0.0), 1.0 + strength);
        let mut changes: Vec<(Change, f32, (f32, f32))> = vec![
            (brighten, self.brightness, factors(self.brightness)),
            (change_contrast, self.contrast, factors(self.contrast)),
            (saturate, self.saturation, factors(self.saturation)),
        ];
        // Left out where it changes nothing: the order of the others is what it was before there was a hue.
        if self.hue > 0.0 {
            changes.push((turn_hue, self.hue, (-self.hue, self.hue)));
        }
        changes.shuffle(rng);
        for (change, strength, (lowest, highest)) in changes {
            if strength > 0.0 {
                change(picture, rng.random_range(lowest..=highest));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    fn jittered(jitter: &ColorJitter, seed: u64) -> Vec<u8> {
        let mut picture = RgbImage::from_fn(2, 2, |x, y| image::Rgb([60 + 80 * x as u8, 60 + 80 * y as u8, 100]));
        jitter.apply(&mut picture, &mut SeedStream::new(seed).rng("jitter", 0));
        picture.into_raw()
    }

    #[test]
    fn brightness_alone_scales_all_values_by_one_factor_of_its_range() {
        let jitter = ColorJitter { brightness: 0.4, contrast: 0.0, saturation: 0.0, hue: 0.0 };
        let factors: Vec<f32> = (0..200).map(|seed| f32::from(jittered(&jitter, seed)[2]) / 100.0).collect();
        assert!(factors.iter().all(|factor| (0.6..=1.4).contains(factor)));
        assert!(factors.iter().any(|&factor| factor < 0.68) && factors.iter().any(|&factor| factor > 1.32));
        let first = jittered(&jitter, 3);
        assert!(
            first
                .iter()
                .zip([60, 60, 100, 140, 60, 100])
                .all(|(&a, b)| (f32::from(a) - first[2] as f32 / 100.0 * b as f32).abs() < 1.5)
        );
    }

    #[test]
    fn a_hue_keeps_grey_the_largest_value_and_the_smallest_and_turns_both_ways() {
        let jitter = ColorJitter { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.2 };
        let turned = |seed| {
            let mut picture = RgbImage::from_raw(2, 1, vec![200, 10, 10, 77, 77, 77]).expect("two pixels");
            jitter.apply(&mut picture, &mut SeedStream::new(seed).rng("jitter", 0));
            assert_eq!(picture.as_raw()[3..], [77; 3]);
            <[u8; 3]>::try_from(&picture.as_raw()[..3]).expect("a pixel")
        };
        let colors: Vec<[u8; 3]> = (0..200).map(turned).collect();
        assert!(colors.iter().all(|color| (color.iter().min(), color.iter().max()) == (Some(&10), Some(&200))));
        // From red, a fifth of the circle goes to yellow and beyond, or to magenta and beyond.
        assert!(colors.iter().any(|color| color[1] > 190 && color[2] == 10) && colors.iter().any(|color| color[2] > 190));
    }

    #[test]
    fn the_order_is_random() {
        // Contrast after brightness and before it differ: the mean grey is another.
        let jitter = ColorJitter { brightness: 0.9, contrast: 0.9, saturation: 0.0, hue: 0.0 };
        let changed: std::collections::BTreeSet<Vec<u8>> = (0..50).map(|seed| jittered(&jitter, seed)).collect();
        assert!(changed.len() > 45);
        assert_eq!(jittered(&jitter, 7), jittered(&jitter, 7));
    }

    #[test]
    fn strengths_are_checked() {
        let error = ColorJitter { contrast: -0.1, ..ColorJitter::default() }.validate().expect_err("negative").to_string();
        assert_eq!(error, "augment.color_jitter.contrast must be at least 0 and at most 10, but is -0.1");
        let error = ColorJitter { hue: 0.6, ..ColorJitter::default() }.validate().expect_err("too far").to_string();
        assert_eq!(error, "augment.color_jitter.hue must be at least 0 and at most 0.5, but is 0.6");
    }
}
