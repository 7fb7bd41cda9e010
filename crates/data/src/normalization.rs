use crate::{DataError, ImageSet};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Mean and standard deviation of every channel of the training images, on pixels scaled to [0, 1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// One mean per channel.
    pub mean: Vec<f32>,
    /// One standard deviation per channel; 1 for a channel that never changes.
    pub stddev: Vec<f32>,
}

impl Normalization {
    /// Measures a set: the training images, never others.
    ///
    /// # Errors
    /// When an image on the disk cannot be decoded.
    pub fn of(images: &ImageSet) -> Result<Self, DataError> {
        Self::of_some(images, &(0..images.len()).collect::<Vec<_>>())
    }

    /// Measures the images of a set at these places.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn of_some(images: &ImageSet, places: &[usize]) -> Result<Self, DataError> {
        let shape = images.shape();
        let plane = shape.height * shape.width;
        // Integer sums are exact, so the order of the images does not matter.
        let sums = |place: &usize| -> Result<Sums, DataError> {
            let image = images.image(*place)?;
            Ok(image.chunks_exact(plane).map(|plane| plane.iter().fold((0, 0), |sums, &pixel| add(sums, pixel.into()))).collect())
        };
        let add_all = |a: Sums, b: Sums| Ok(a.iter().zip(b).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect());
        let sums = places.par_iter().map(sums).try_reduce(|| vec![(0, 0); shape.channels], add_all)?;
        let count = (places.len() * plane) as f64;
        let channel = |(sum, squares): (u64, u64)| {
            let mean = sum as f64 / count;
            let variance = (squares as f64 / count - mean * mean).max(0.0);
            let stddev = if variance > 0.0 { variance.sqrt() / 255.0 } else { 1.0 };
            ((mean / 255.0) as f32, stddev as f32)
        };
        let (mean, stddev) = sums.into_iter().map(channel).unzip();
        Ok(Self { mean, stddev })
    }

    /// Normalises one image [channel, row, column] into `target`.
    pub(crate) fn apply(&self, image: &[u8], target: &mut [f32]) {
        let plane = image.len() / self.mean.len();
        let channels = image.chunks_exact(plane).zip(target.chunks_exact_mut(plane));
        for ((source, target), (mean, stddev)) in channels.zip(self.mean.iter().zip(&self.stddev)) {
            for (pixel, value) in source.iter().zip(target) {
                *value = (f32::from(*pixel) / 255.0 - mean) / stddev;
            }
        }
    }
}

/// Sum of the pixels and of their squares, per channel.
type Sums = Vec<(u64, u64)>;

fn add((sum, squares): (u64, u64), pixel: u64) -> (u64, u64) {
    (sum + pixel, squares + pixel * pixel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageShape;

    #[test]
    fn a_known_set_has_known_statistics() {
        let shape = ImageShape { channels: 2, height: 1, width: 2 };
        let images = ImageSet::new(vec![0, 255, 7, 7, 255, 0, 7, 7], shape, vec![0, 0], vec!["a".into()]).expect("valid");
        let normalization = Normalization::of(&images).expect("in memory");
        assert_eq!(normalization.mean, [0.5, 7.0 / 255.0]);
        assert_eq!(normalization.stddev, [0.5, 1.0]);
        let mut target = [0.0; 4];
        normalization.apply(&images.image(0).expect("in memory"), &mut target);
        assert_eq!(target, [-1.0, 1.0, 0.0, 0.0]);
    }
}
