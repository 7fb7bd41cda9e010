use crate::fits::MeanSpread;

/// Scores of sub-supernets beside those of training from scratch, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct SharingData {
    /// What was trained, and how.
    pub facts: SharingFacts,
    /// The ways in which architectures meet, in order.
    pub groups: Vec<SharingGroup>,
}

/// What was trained, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharingFacts {
    /// Name of the comparison.
    pub name: String,
    /// Name of the space.
    pub space: String,
    /// Name of the images.
    pub data: String,
    /// Images that train.
    pub train_images: u64,
    /// Images that score.
    pub validation_images: u64,
    /// Passes over the training images of an architecture alone.
    pub alone_epochs: usize,
    /// Trainings of each architecture alone.
    pub alone_seeds: u64,
    /// Seed of architectures and sub-supernets.
    pub seed: u64,
    /// Version of bonas that made the page.
    pub version: String,
}

/// One way in which architectures meet, and what they score.
#[derive(Clone, Debug, PartialEq)]
pub struct SharingGroup {
    /// Its heading.
    pub title: String,
    /// Who meets, in a sentence.
    pub description: String,
    /// How many architectures there are.
    pub architectures: usize,
    /// How many of them could not be trained alone.
    pub failed: usize,
    /// Mean of their scores alone.
    pub mean: Option<f64>,
    /// Standard deviation between architectures of their mean scores alone.
    pub stddev_architectures: Option<f64>,
    /// Standard deviation between the seeds of one architecture.
    pub stddev_seeds: Option<f64>,
    /// Kendall's τ between the scores alone with two seeds.
    pub ceiling: Option<f64>,
    /// Spearman's ρ between the same.
    pub ceiling_spearman: Option<f64>,
    /// Mean seconds of one training alone.
    pub seconds: Option<f64>,
    /// Every k with every number of epochs.
    pub settings: Vec<SharingSetting>,
}

/// Sub-supernets of one size and length. Correlations are with the means of the scores alone; `None` where they are undefined.
#[derive(Clone, Debug, PartialEq)]
pub struct SharingSetting {
    /// Candidates in a sub-supernet.
    pub k: usize,
    /// Passes over the training images after the warm-up.
    pub epochs: f64,
    /// Sub-supernets.
    pub supernets: usize,
    /// Candidates without a score.
    pub failed: usize,
    /// Kendall's τ-b over all architectures, with a 95 % interval.
    pub kendall: Option<Interval>,
    /// Spearman's ρ over the same.
    pub spearman: Option<Interval>,
    /// Kendall's τ-b among those that shared a sub-supernet, over the sub-supernets.
    pub within: Option<MeanSpread>,
    /// The same between scores alone with two seeds.
    pub ceiling_within: Option<f64>,
    /// Mean score.
    pub mean: Option<f64>,
    /// Seconds of training and scoring, for each candidate.
    pub seconds_per_candidate: f64,
    /// The scores, each architecture once.
    pub pairs: Vec<ScoredBoth>,
}

/// A number and the interval in which it probably lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Both scores of an architecture, accuracies.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredBoth {
    /// The architecture.
    pub architecture: String,
    /// Number of its sub-supernet, from 1.
    pub supernet: usize,
    /// Mean score alone.
    pub alone: f64,
    /// Score in the sub-supernet.
    pub shared: f64,
}

impl SharingSetting {
    pub(crate) fn tau(&self) -> Option<f64> {
        self.kendall.map(|kendall| kendall.value)
    }
}

impl SharingGroup {
    /// The sizes of sub-supernets, in the order in which they were named.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for setting in &self.settings {
            if !sizes.contains(&setting.k) {
                sizes.push(setting.k);
            }
        }
        sizes
    }

    /// The lengths of trainings, in ascending order.
    pub(crate) fn epochs(&self) -> Vec<f64> {
        let mut epochs: Vec<f64> = self.settings.iter().map(|setting| setting.epochs).collect();
        epochs.sort_by(f64::total_cmp);
        epochs.dedup();
        epochs
    }

    /// Settings of one size, in ascending order of their length.
    pub(crate) fn of_size(&self, k: usize) -> Vec<&SharingSetting> {
        let mut settings: Vec<&SharingSetting> = self.settings.iter().filter(|setting| setting.k == k).collect();
        settings.sort_by(|left, right| left.epochs.total_cmp(&right.epochs));
        settings
    }

    /// The setting with the highest τ over all architectures.
    pub(crate) fn best(&self) -> Option<&SharingSetting> {
        let ranked = self.settings.iter().filter(|setting| setting.kendall.is_some());
        ranked.reduce(|best, next| if next.tau() > best.tau() { next } else { best })
    }
}
