use crate::{Batch, Mixed};
use bonas_core::StudyRng;
use rand::distr::Distribution;
use rand::seq::SliceRandom;
use rand_distr::Beta;

/// What was drawn for a batch: the share of every image, and the image that it is blended with.
#[derive(Clone, Debug)]
pub(crate) struct Mixture {
    share: f64,
    others: Vec<usize>,
}

impl Mixture {
    /// Draws the share from Beta(α, α), and partners by a permutation; nothing for α = 0.
    pub(crate) fn draw(alpha: f64, images: usize, rng: &mut StudyRng) -> Option<Self> {
        // Beta(0, 0) does not exist; its limit blends nothing.
        let share = Beta::new(alpha, alpha).ok()?.sample(rng);
        let mut others: Vec<usize> = (0..images).collect();
        others.shuffle(rng);
        Some(Self { share, others })
    }

    /// Blends the images of a batch.
    pub(crate) fn apply(self, batch: &mut Batch) {
        let share = self.share as f32;
        let size = batch.shape.pixels();
        let source = batch.pixels.clone();
        for (image, &other) in batch.pixels.chunks_exact_mut(size).zip(&self.others) {
            let other = &source[other * size..][..size];
            image.iter_mut().zip(other).for_each(|(value, other)| *value = share * *value + (1.0 - share) * other);
        }
        let labels = self.others.iter().map(|&other| batch.labels[other]).collect();
        batch.mixed = Some(Mixed { labels, share: self.share });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageShape;
    use bonas_core::SeedStream;

    #[test]
    fn images_and_labels_are_blended_by_one_share_and_one_permutation() {
        let shape = ImageShape { channels: 1, height: 1, width: 2 };
        let mut batch = Batch { pixels: vec![0.0, 1.0, 10.0, 11.0, 20.0, 21.0], shape, labels: vec![0, 1, 2], mixed: None };
        Mixture { share: 0.75, others: vec![2, 1, 0] }.apply(&mut batch);
        assert_eq!(batch.pixels, [5.0, 6.0, 10.0, 11.0, 15.0, 16.0]);
        assert_eq!((batch.labels, batch.mixed), (vec![0, 1, 2], Some(Mixed { labels: vec![2, 1, 0], share: 0.75 })));
    }

    #[test]
    fn shares_have_the_mean_and_the_variance_of_a_beta_distribution() {
        let rng = &mut SeedStream::new(1).rng("mixup", 0);
        for alpha in [0.2, 1.0, 4.0] {
            let shares: Vec<f64> = (0..4000).filter_map(|_| Mixture::draw(alpha, 2, rng)).map(|mixture| mixture.share).collect();
            let mean = shares.iter().sum::<f64>() / 4000.0;
            let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 4000.0;
            assert!((mean - 0.5).abs() < 0.025, "{mean}");
            assert!((variance * 4.0 * (2.0 * alpha + 1.0) - 1.0).abs() < 0.1, "{variance}");
        }
        assert!(Mixture::draw(0.0, 2, rng).is_none());
    }
}
