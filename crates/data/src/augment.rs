use crate::formats::Decoded;
use crate::image_set::interleaved;
use crate::resampling::cut;
use crate::{AutoAugment, ColorJitter, DataError, ImageSet, ImageShape, Normalization, RandAugment, RandomResizedCrop};
use bonas_core::StudyRng;
use image::RgbImage;
use rand::{Rng, RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// Beyond it, the shares of mixup hardly differ from one half.
const MAX_MIXUP: f64 = 100.0;

/// What is done to a training image. What changes the picture (`random_resized_crop`, `rand_augment`, `color_jitter`)
/// comes before its normalisation, the rest after it, both in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentConfig {
    /// Pixels of zeros around the image, from which a window of its own size is cut at random; 0 for none.
    pub crop_padding: usize,
    /// Whether to mirror left and right in half of the cases.
    pub flip: bool,
    /// Side of a square of zeros at a random place (DeVries & Taylor, 2017), clipped at the border; 0 for none.
    pub cutout: usize,
    /// A random window instead of the whole picture; of an image folder, the pictures stay on the disk then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random_resized_crop: Option<RandomResizedCrop>,
    /// Random operations of the list of RandAugment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rand_augment: Option<RandAugment>,
    /// A learned policy, `cifar-10` or `imagenet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_augment: Option<AutoAugment>,
    /// Random brightness, contrast, saturation and hue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_jitter: Option<ColorJitter>,
    /// α of mixup, which blends every image, and its label in the loss, with another image of the batch (Zhang et al., 2018): the share is
    /// drawn once a batch from Beta(α, α). 0 for none; the paper takes 0.1 to 1.
    pub mixup: f64,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        Self { crop_padding: 2, flip: true, ..Self::none() }
    }
}

/// What was drawn for one image. Drawing and applying are two steps, so that images can be changed side by side and yet follow from one
/// random stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    shift: Option<(isize, isize)>,
    flip: bool,
    cutout: Option<(usize, usize)>,
    /// Seed of what is drawn for the picture, which is not yet known here.
    picture: Option<u64>,
}

impl AugmentConfig {
    /// No change at all.
    pub fn none() -> Self {
        Self {
            crop_padding: 0,
            flip: false,
            cutout: 0,
            random_resized_crop: None,
            rand_augment: None,
            auto_augment: None,
            color_jitter: None,
            mixup: 0.0,
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self, shape: ImageShape) -> Result<(), DataError> {
        let side = shape.height.min(shape.width);
        for (key, value) in [("augment.crop_padding", self.crop_padding), ("augment.cutout", self.cutout)] {
            if value > side {
                return Err(DataError::Config { key, range: "at most the side of the images", value: value.to_string() });
            }
        }
        self.random_resized_crop.as_ref().map_or(Ok(()), RandomResizedCrop::validate)?;
        self.rand_augment.as_ref().map_or(Ok(()), RandAugment::validate)?;
        self.color_jitter.as_ref().map_or(Ok(()), ColorJitter::validate)?;
        match (0.0..=MAX_MIXUP).contains(&self.mixup) {
            true => Ok(()),
            false => Err(DataError::Config { key: "augment.mixup", range: "from 0 to 100", value: self.mixup.to_string() }),
        }
    }

    /// What is done that published results without it were not trained with; it makes numbers incomparable.
    pub fn beyond_common(&self) -> Vec<String> {
        let mixup = (self.mixup > 0.0).then(|| format!("mixup (α = {})", self.mixup));
        let learned = self.auto_augment.as_ref().map(AutoAugment::to_string);
        self.rand_augment.as_ref().map(RandAugment::to_string).into_iter().chain(learned).chain(mixup).collect()
    }

    /// Whether pictures are needed in the size that they have on the disk.
    pub(crate) fn takes_whole_pictures(&self) -> bool {
        self.random_resized_crop.is_some()
    }

    /// Whether a change is more than to move and hide pixels.
    pub(crate) fn changes_pictures(&self) -> bool {
        self.takes_whole_pictures() || self.rand_augment.is_some() || self.auto_augment.is_some() || self.color_jitter.is_some()
    }

    /// Draws the change of one image.
    pub(crate) fn draw(&self, shape: ImageShape, rng: &mut StudyRng) -> Change {
        let offset = |rng: &mut StudyRng| rng.random_range(0..=2 * self.crop_padding) as isize - self.crop_padding as isize;
        Change {
            shift: (self.crop_padding > 0).then(|| (offset(rng), offset(rng))),
            flip: self.flip && rng.random_bool(0.5),
            cutout: (self.cutout > 0).then(|| (rng.random_range(0..shape.height), rng.random_range(0..shape.width))),
            picture: self.changes_pictures().then(|| rng.next_u64()),
        }
    }

    /// The changed and normalised image at a place of a set, [channel, row, column].
    ///
    /// # Errors
    /// When it cannot be read or decoded.
    pub(crate) fn write(
        &self,
        images: &ImageSet,
        place: usize,
        change: &Change,
        normalization: &Normalization,
        target: &mut [f32],
    ) -> Result<(), DataError> {
        match change.picture {
            None => normalization.apply(&images.image(place)?, target),
            Some(seed) => {
                let picture = self.change_picture(images, place, &mut StudyRng::seed_from_u64(seed))?;
                let size = (picture.width(), picture.height());
                normalization.apply(&Decoded::planar(size, picture.as_raw(), 3).pixels[..images.shape().pixels()], target);
            }
        }
        self.apply(target, images.shape(), change);
        Ok(())
    }

    fn change_picture(&self, images: &ImageSet, place: usize, rng: &mut StudyRng) -> Result<RgbImage, DataError> {
        let mut picture = match &self.random_resized_crop {
            None => interleaved(&images.image(place)?, images.shape()),
            Some(crop) => {
                let ImageShape { width, height, .. } = images.shape();
                let whole = images.picture(place)?;
                cut(&whole, crop.draw((whole.width(), whole.height()), rng), (width as u32, height as u32))
            }
        };
        if let Some(operations) = &self.rand_augment {
            operations.apply(&mut picture, rng);
        }
        if let Some(policy) = self.auto_augment {
            policy.apply(&mut picture, rng);
        }
        if let Some(jitter) = &self.color_jitter {
            jitter.apply(&mut picture, rng);
        }
        Ok(picture)
    }

    /// Padding and cutout are zero *after* normalisation, the mean of the training images, as in the DARTS recipe.
    fn apply(&self, image: &mut [f32], shape: ImageShape, change: &Change) {
        if let Some((down, right)) = change.shift {
            shift(image, shape, down, right);
        }
        if change.flip {
            image.chunks_exact_mut(shape.width).for_each(<[f32]>::reverse);
        }
        if let Some(center) = change.cutout {
            cut_out(image, shape, center, self.cutout);
        }
    }
}

/// Moves the window of the image down and right over a border of zeros.
fn shift(image: &mut [f32], shape: ImageShape, down: isize, right: isize) {
    let source = image.to_vec();
    let ImageShape { height, width, .. } = shape;
    for (plane, source) in image.chunks_exact_mut(height * width).zip(source.chunks_exact(height * width)) {
        for (row, target) in plane.chunks_exact_mut(width).enumerate() {
            let from_row = row.checked_add_signed(down).filter(|&row| row < height);
            for (column, value) in target.iter_mut().enumerate() {
                let from_column = column.checked_add_signed(right).filter(|&column| column < width);
                *value = from_row.zip(from_column).map_or(0.0, |(row, column)| source[row * width + column]);
            }
        }
    }
}

/// Zeros a square of this side around the center, in every channel.
fn cut_out(image: &mut [f32], shape: ImageShape, (row, column): (usize, usize), side: usize) {
    let range = |center: usize, limit: usize| center.saturating_sub(side / 2)..(center + side - side / 2).min(limit);
    for plane in image.chunks_exact_mut(shape.height * shape.width) {
        for row in range(row, shape.height) {
            plane[row * shape.width..][range(column, shape.width)].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape { channels: 1, height: 3, width: 3 };
    const IMAGE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    fn change(config: &AugmentConfig, image: &mut [f32], shape: ImageShape, seed: u64) {
        let change = config.draw(shape, &mut bonas_core::SeedStream::new(seed).rng("augment", 0));
        config.apply(image, shape, &change);
    }

    /// The image after every seed of `0..64`: enough for each change of a small configuration to come up.
    fn changes(config: &AugmentConfig) -> Vec<[f32; 9]> {
        let changed = |seed| {
            let mut image = IMAGE;
            change(config, &mut image, SHAPE, seed);
            image
        };
        (0..64).map(changed).collect()
    }

    #[test]
    fn a_flip_mirrors_every_row_in_about_half_of_the_cases() {
        let mirrored = [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0];
        let changes = changes(&AugmentConfig { flip: true, ..AugmentConfig::none() });
        let flipped = changes.iter().filter(|&&image| image == mirrored).count();
        assert!(changes.iter().all(|&image| image == IMAGE || image == mirrored));
        assert!((16..48).contains(&flipped), "{flipped} of 64");
    }

    #[test]
    fn a_crop_is_one_of_the_windows_of_the_padded_image_and_all_come_up() {
        let window = |(down, right): (isize, isize)| {
            let mut image = IMAGE;
            shift(&mut image, SHAPE, down, right);
            image
        };
        let windows: Vec<_> = (-1..=1).flat_map(|down| (-1..=1).map(move |right| (down, right))).map(window).collect();
        let changes = changes(&AugmentConfig { crop_padding: 1, ..AugmentConfig::none() });
        assert!(changes.iter().all(|image| windows.contains(image)));
        assert!(windows.iter().all(|window| changes.contains(window)));
    }

    #[test]
    fn every_channel_changes_alike() {
        let shape = ImageShape { channels: 2, ..SHAPE };
        let config = AugmentConfig { crop_padding: 1, cutout: 1, ..AugmentConfig::default() };
        for seed in 0..8 {
            let mut image = [IMAGE, IMAGE].concat();
            change(&config, &mut image, shape, seed);
            assert_eq!(image[..9], image[9..]);
        }
    }

    #[test]
    fn changes_larger_than_the_image_are_refused() {
        let validate = |config: AugmentConfig| config.validate(SHAPE).map_err(|error| error.to_string());
        assert_eq!(validate(AugmentConfig { crop_padding: 3, cutout: 3, ..AugmentConfig::default() }), Ok(()));
        let error = validate(AugmentConfig { cutout: 4, ..AugmentConfig::none() });
        assert_eq!(error, Err("augment.cutout must be at most the side of the images, but is 4".to_string()));
        let error = validate(AugmentConfig { mixup: f64::NAN, ..AugmentConfig::none() });
        assert_eq!(error, Err("augment.mixup must be from 0 to 100, but is NaN".to_string()));
    }

    #[test]
    fn what_makes_results_incomparable_is_named() {
        assert!(
            AugmentConfig { color_jitter: Some(ColorJitter::default()), ..AugmentConfig::default() }.beyond_common().is_empty()
        );
        let more = AugmentConfig { rand_augment: Some(RandAugment::default()), mixup: 0.2, ..AugmentConfig::default() };
        assert_eq!(more.beyond_common(), ["RandAugment (2 operations of magnitude 9)", "mixup (α = 0.2)"]);
        let learned = AugmentConfig { auto_augment: Some(AutoAugment::ImageNet), ..AugmentConfig::default() };
        assert_eq!(learned.beyond_common(), ["AutoAugment (policy of ImageNet)"]);
    }

    #[test]
    fn a_shift_brings_zeros_in_from_the_border() {
        let mut image = IMAGE;
        shift(&mut image, SHAPE, 1, -1);
        assert_eq!(image, [0.0, 4.0, 5.0, 0.0, 7.0, 8.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_cutout_is_clipped_at_the_border() {
        let mut image = IMAGE;
        cut_out(&mut image, SHAPE, (0, 2), 2);
        assert_eq!(image, [1.0, 0.0, 0.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    }

    #[test]
    fn no_augmentation_changes_nothing_and_a_seed_repeats_itself() {
        let changed = |config: &AugmentConfig, seed| {
            let mut image = IMAGE;
            change(config, &mut image, SHAPE, seed);
            image
        };
        assert_eq!(changed(&AugmentConfig::none(), 0), IMAGE);
        let all = AugmentConfig { crop_padding: 1, cutout: 1, ..AugmentConfig::default() };
        assert_eq!(changed(&all, 3), changed(&all, 3));
        assert!((0..20).any(|seed| changed(&all, seed) != changed(&all, 3)));
    }
}
