use crate::precision::cast;
use bonas_core::StudyRng;
use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use std::ops::Range;

/// Drops the results of operations, image by image (Larsson et al., FractalNet, ICLR 2017; DARTS recipe): each is zero with some
/// probability p and divided by 1 − p otherwise, so that its expectation stays what it was.
///
/// Every image draws from a stream of its own. What is dropped for an image does not depend on the part of the batch in which it goes through
/// the device.
#[derive(Clone, Debug)]
pub struct DropPath {
    probability: f64,
    images: Vec<StudyRng>,
}

impl DropPath {
    /// For a batch of so many images, with a probability in [0, 1).
    pub(crate) fn new(probability: f64, images: usize, rng: &mut StudyRng) -> Self {
        Self { probability, images: (0..images).map(|_| StudyRng::from_rng(rng)).collect() }
    }

    /// The same draws for some of the images.
    pub(crate) fn of(&self, images: Range<usize>) -> Self {
        Self { probability: self.probability, images: self.images[images].to_vec() }
    }

    /// The next operation's result [batch, channels, height, width], dropped for some of the images.
    pub(crate) fn apply(&mut self, x: Tensor<4>) -> Tensor<4> {
        let kept = 1.0 - self.probability;
        let draw = |rng: &mut StudyRng| if rng.random_bool(kept) { (1.0 / kept) as f32 } else { 0.0 };
        let factors: Vec<f32> = self.images.iter_mut().map(draw).collect();
        let shape = [factors.len(), 1, 1, 1];
        let factors = Tensor::from_data(TensorData::new(factors, shape), &x.device());
        let factors = cast(factors, x.dtype());
        x * factors
    }
}

#[cfg(test)]
impl DropPath {
    /// For a batch that has all of its images twice.
    pub(crate) fn doubled(&self) -> Self {
        Self { probability: self.probability, images: [&self.images[..], &self.images].concat() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use burn::tensor::Device;

    fn drop_path(probability: f64, images: usize) -> DropPath {
        DropPath::new(probability, images, &mut SeedStream::new(1).rng("drop", 0))
    }

    fn factors(drop: &mut DropPath) -> Vec<f32> {
        let ones = Tensor::ones([drop.images.len(), 2, 1, 3], &Device::flex());
        let rows = drop.apply(ones).into_data().try_to_vec::<f32>().expect("floats");
        rows.chunks(6)
            .map(|image| {
                assert!(image.iter().all(|value| *value == image[0]), "an image as a whole");
                image[0]
            })
            .collect()
    }

    #[test]
    fn the_expectation_stays() {
        const IMAGES: usize = 20_000;
        for probability in [0.0, 0.2, 0.5, 0.9] {
            let found = factors(&mut drop_path(probability, IMAGES));
            let kept = 1.0 / (1.0 - probability);
            assert!(found.iter().all(|&factor| factor == 0.0 || (f64::from(factor) - kept).abs() < 1e-6));
            let mean = found.iter().map(|&factor| f64::from(factor)).sum::<f64>() / IMAGES as f64;
            // A factor has the variance p / (1 − p).
            let deviation = (probability / (1.0 - probability) / IMAGES as f64).sqrt();
            assert!((mean - 1.0).abs() <= 4.0 * deviation + 1e-6, "{probability}: {mean}");
        }
    }

    #[test]
    fn an_image_draws_the_same_in_every_part_of_a_batch() {
        let whole = drop_path(0.5, 64);
        let operations = |mut drop: DropPath| [(); 5].map(|()| factors(&mut drop));
        let [all, first, rest] = [0..64, 0..40, 40..64].map(|images| operations(whole.of(images)));
        for operation in 0..5 {
            assert_eq!([&first[operation][..], &rest[operation]].concat(), all[operation]);
        }
        assert!(all[0] != all[1], "operations draw for themselves");
    }
}
