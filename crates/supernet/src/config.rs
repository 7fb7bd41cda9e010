use crate::{Precision, SupernetError};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::ops::RangeInclusive;

// Far beyond anything that can be trained, and near enough that no product of them overflows.
const MAX_CHANNELS: usize = 4_096;
const MAX_CELLS: usize = 1_000;
const MAX_STEM_MULTIPLIER: usize = 64;
const MAX_EPOCHS: usize = 1_000_000;
const MAX_IMAGES: usize = 1_000_000_000;
const MAX_AUXILIARY_WEIGHT: f64 = 1_000.0;

/// Size of the networks. Every space has its own skeleton (`crates/supernet/src/families/`); these are its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Channels of the first cell's operations; doubled by each reduction. As published: DARTS 36, NAS-Bench-101 128,
    /// NAS-Bench-201 16, TransNAS-Bench-101 64, NAS-Bench-Macro 32.
    pub channels: usize,
    /// Number of cells; those at one and two thirds of the depth halve the resolution: reduction cells in DARTS, residual blocks in
    /// NAS-Bench-201, pooling in NAS-Bench-101. As published: DARTS 20, NAS-Bench-101 11, NAS-Bench-201 17. In the spaces of
    /// TransNAS-Bench-101, every module has a fifth of them, at least one (published: 10). Spaces of chains alone have a depth of
    /// their own.
    pub cells: usize,
    /// Channels of the stem of a DARTS network, as a multiple of `channels`; other stems have those of their first cell.
    pub stem_multiplier: usize,
    /// Stride of the stem: 1 keeps the image's resolution, 2 halves it (a quarter of the work). The stem of TransNAS-Bench-101
    /// has two convolutions of this stride.
    pub stem_stride: usize,
    /// What stands before the cells of a DARTS network.
    pub stem: StemKind,
}

/// What stands before the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemKind {
    /// The one convolution that the space was published with on CIFAR-10, with `stem_stride` and `stem_multiplier`.
    #[default]
    Convolution,
    /// Three convolutions of stride 2, to `channels / 2`, `channels` and `channels`: a resolution of an eighth, as DARTS evaluates on
    /// ImageNet. `stem_stride` and `stem_multiplier` have no part in it.
    #[serde(rename = "imagenet")]
    ImageNet,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { channels: 8, cells: 5, stem_multiplier: 3, stem_stride: 2, stem: StemKind::Convolution }
    }
}

impl NetworkConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), SupernetError> {
        within("network.channels", self.channels, 1..=MAX_CHANNELS)?;
        within("network.cells", self.cells, 1..=MAX_CELLS)?;
        within("network.stem_multiplier", self.stem_multiplier, 1..=MAX_STEM_MULTIPLIER)?;
        within("network.stem_stride", self.stem_stride, 1..=2)
    }

    /// Whether the cell at this depth halves the resolution (DARTS: at one and two thirds of the depth).
    pub fn is_reduction(&self, depth: usize) -> bool {
        // With fewer than three cells, one third of the depth is the first cell.
        [self.cells / 3, 2 * self.cells / 3].contains(&depth)
    }
}

/// Stochastic gradient descent with momentum, global gradient clipping and a cosine schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Learning rate at the first step.
    pub learning_rate: f64,
    /// Learning rate that the cosine ends at.
    pub final_learning_rate: f64,
    /// Momentum; no dampening.
    pub momentum: f64,
    /// Weight decay, added to the gradient of every parameter.
    pub weight_decay: f64,
    /// Largest L2 norm of all gradients together.
    pub clip_norm: f64,
    /// In which numbers a step computes: `full`, or mixed, `bf16` or `f16`, on a GPU whose check has shown that it can.
    pub precision: Precision,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            learning_rate: 0.025,
            final_learning_rate: 0.0,
            momentum: 0.9,
            weight_decay: 3e-4,
            clip_norm: 5.0,
            precision: Precision::Full,
        }
    }
}

impl OptimizerConfig {
    /// `owner` is the table that holds these settings, such as `supernet`.
    fn validate(&self, owner: &str) -> Result<(), SupernetError> {
        let key = |name| format!("{owner}.optimizer.{name}");
        above_zero(&key("learning_rate"), self.learning_rate, f64::MAX)?;
        above_zero(&key("clip_norm"), self.clip_norm, f64::MAX)?;
        not_negative(&key("final_learning_rate"), self.final_learning_rate)?;
        not_negative(&key("weight_decay"), self.weight_decay)?;
        if !(0.0..1.0).contains(&self.momentum) {
            return Err(out_of_range(&key("momentum"), "at least 0 and below 1", self.momentum));
        }
        Ok(())
    }
}

/// How a round's sub-supernet is trained and its candidates are scored (method: BONAS, Algorithm 1, query phase).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SupernetConfig {
    /// Passes over the training images in which the whole union trains at once; fractions are allowed.
    pub warmup_epochs: f64,
    /// Passes after the warm-up, one candidate a step; fractions are allowed.
    pub epochs: f64,
    /// Images per warm-up step.
    pub warmup_batch_size: usize,
    /// Whether a warm-up step keeps only the outputs of cells, and computes the feature maps in them a second time for the gradients: much
    /// less memory and about a third more work, with the same gradients up to rounding. For spaces of DARTS cells.
    pub warmup_recompute: bool,
    /// Images per candidate step.
    pub batch_size: usize,
    /// Training images from which each candidate's batch-norm statistics are re-estimated.
    pub calibration_images: usize,
    /// Optimiser of the shared weights; the cosine runs over warm-up and candidate steps together.
    pub optimizer: OptimizerConfig,
}

impl Default for SupernetConfig {
    fn default() -> Self {
        Self {
            warmup_epochs: 0.1,
            epochs: 2.0,
            warmup_batch_size: 64,
            warmup_recompute: false,
            batch_size: 64,
            calibration_images: 1_000,
            optimizer: OptimizerConfig::default(),
        }
    }
}

impl SupernetConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), SupernetError> {
        within("supernet.warmup_epochs", self.warmup_epochs, 0.0..=MAX_EPOCHS as f64)?;
        above_zero("supernet.epochs", self.epochs, MAX_EPOCHS as f64)?;
        within("supernet.warmup_batch_size", self.warmup_batch_size, 1..=MAX_IMAGES)?;
        within("supernet.batch_size", self.batch_size, 1..=MAX_IMAGES)?;
        within("supernet.calibration_images", self.calibration_images, 1..=MAX_IMAGES)?;
        self.optimizer.validate("supernet")
    }
}

/// How a single network is trained from scratch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrainConfig {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images per step.
    pub batch_size: usize,
    /// Training images from which batch-norm statistics are estimated before a measurement.
    pub calibration_images: usize,
    /// Weight of the loss of an auxiliary head behind the last reduction, which only exists while the network trains; 0 for none.
    /// DARTS: 0.4.
    pub auxiliary_weight: f64,
    /// Probability that the result of an operation is dropped for an image in the last epoch; it grows linearly from 0 in the first.
    /// Identities are never dropped, and of networks other than DARTS only results that others are added to. DARTS on CIFAR-10: 0.2.
    pub drop_path: f64,
    /// Share of the label that is spread over all classes evenly (Szegedy et al., 2016); 0 for none. DARTS on ImageNet: 0.1.
    pub label_smoothing: f64,
    /// Share of the old average in the moving average of the weights after every step; the averaged weights are measured and kept. 0
    /// for none.
    pub weight_average: f64,
    /// Optimiser.
    pub optimizer: OptimizerConfig,
    /// How the learning rate changes.
    pub schedule: ScheduleConfig,
}

impl Default for RetrainConfig {
    fn default() -> Self {
        Self {
            epochs: 8,
            batch_size: 64,
            calibration_images: 2_000,
            auxiliary_weight: 0.0,
            drop_path: 0.0,
            label_smoothing: 0.0,
            weight_average: 0.0,
            optimizer: OptimizerConfig::default(),
            schedule: ScheduleConfig::default(),
        }
    }
}

impl RetrainConfig {
    /// Steps of one pass over so many training images: whole batches, or one smaller one.
    pub fn steps_per_epoch(&self, images: usize) -> usize {
        (images / self.batch_size.max(1)).max(1)
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), SupernetError> {
        within("retrain.epochs", self.epochs, 1..=MAX_EPOCHS)?;
        within("retrain.batch_size", self.batch_size, 1..=MAX_IMAGES)?;
        within("retrain.calibration_images", self.calibration_images, 1..=MAX_IMAGES)?;
        within("retrain.auxiliary_weight", self.auxiliary_weight, 0.0..=MAX_AUXILIARY_WEIGHT)?;
        for (key, value) in
            [("drop_path", self.drop_path), ("label_smoothing", self.label_smoothing), ("weight_average", self.weight_average)]
        {
            if !(0.0..1.0).contains(&value) {
                return Err(out_of_range(&format!("retrain.{key}"), "at least 0 and below 1", value));
            }
        }
        self.optimizer.validate("retrain")?;
        self.schedule.validate(self.epochs)
    }
}

/// How the learning rate of a training from scratch changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleConfig {
    /// Its shape behind the warm-up. It never falls below `optimizer.final_learning_rate`.
    pub shape: ScheduleShape,
    /// What the exponential schedule multiplies the rate by after every epoch. DARTS on ImageNet: 0.97.
    pub decay: f64,
    /// Passes in which the rate grows linearly, step by step, to `optimizer.learning_rate`; fractions are allowed.
    pub warmup_epochs: f64,
}

/// A shape of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleShape {
    /// Half a cosine, step by step.
    #[default]
    Cosine,
    /// Constant within an epoch, a factor less in the next.
    Exponential,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { shape: ScheduleShape::default(), decay: 0.97, warmup_epochs: 0.0 }
    }
}

impl ScheduleConfig {
    fn validate(&self, epochs: usize) -> Result<(), SupernetError> {
        if !(self.decay > 0.0 && self.decay <= 1.0) {
            return Err(out_of_range("retrain.schedule.decay", "above 0 and at most 1", self.decay));
        }
        if !(self.warmup_epochs >= 0.0 && self.warmup_epochs < epochs as f64) {
            let range = format!("at least 0 and below retrain.epochs, which is {epochs}");
            return Err(out_of_range("retrain.schedule.warmup_epochs", &range, self.warmup_epochs));
        }
        Ok(())
    }
}

fn within<T: PartialOrd + Display>(key: &str, value: T, range: RangeInclusive<T>) -> Result<(), SupernetError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(out_of_range(key, &format!("from {} to {}", range.start(), range.end()), value))
}

fn not_negative(key: &str, value: f64) -> Result<(), SupernetError> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(out_of_range(key, "zero or a positive number", value))
}

fn above_zero(key: &str, value: f64, most: f64) -> Result<(), SupernetError> {
    if value > 0.0 && value <= most {
        return Ok(());
    }
    let range = if most < f64::MAX { format!("above 0 and at most {most}") } else { "a positive number".to_string() };
    Err(out_of_range(key, &range, value))
}

fn out_of_range(key: &str, range: &str, value: impl Display) -> SupernetError {
    SupernetError::Config { key: key.into(), range: range.into(), value: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<(), SupernetError>) -> String {
        result.expect_err("out of range").to_string()
    }

    #[test]
    fn settings_out_of_range_are_named_in_full() {
        let network = |config: NetworkConfig| message(config.validate());
        assert_eq!(
            network(NetworkConfig { channels: 1_000_000_000, ..NetworkConfig::default() }),
            "network.channels must be from 1 to 4096, but is 1000000000"
        );
        assert_eq!(
            network(NetworkConfig { stem_stride: 3, ..NetworkConfig::default() }),
            "network.stem_stride must be from 1 to 2, but is 3"
        );
        let supernet = |config: SupernetConfig| message(config.validate());
        for epochs in [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300] {
            let text = supernet(SupernetConfig { epochs, ..SupernetConfig::default() });
            assert!(text.starts_with("supernet.epochs must be above 0 and at most 1000000, but is "), "{text}");
        }
        let optimizer = OptimizerConfig { learning_rate: -0.1, ..OptimizerConfig::default() };
        assert_eq!(
            supernet(SupernetConfig { optimizer, ..SupernetConfig::default() }),
            "supernet.optimizer.learning_rate must be a positive number, but is -0.1"
        );
        let optimizer = OptimizerConfig { momentum: 1.0, ..OptimizerConfig::default() };
        assert_eq!(
            message(RetrainConfig { optimizer, ..RetrainConfig::default() }.validate()),
            "retrain.optimizer.momentum must be at least 0 and below 1, but is 1"
        );
        let retrain = |config: RetrainConfig| message(config.validate());
        assert_eq!(
            retrain(RetrainConfig { drop_path: 1.0, ..RetrainConfig::default() }),
            "retrain.drop_path must be at least 0 and below 1, but is 1"
        );
        assert_eq!(
            retrain(RetrainConfig { label_smoothing: f64::NAN, ..RetrainConfig::default() }),
            "retrain.label_smoothing must be at least 0 and below 1, but is NaN"
        );
        assert_eq!(
            retrain(RetrainConfig { auxiliary_weight: -0.4, ..RetrainConfig::default() }),
            "retrain.auxiliary_weight must be from 0 to 1000, but is -0.4"
        );
        let schedule = ScheduleConfig { warmup_epochs: 8.0, ..ScheduleConfig::default() };
        assert_eq!(
            retrain(RetrainConfig { schedule, ..RetrainConfig::default() }),
            "retrain.schedule.warmup_epochs must be at least 0 and below retrain.epochs, which is 8, but is 8"
        );
        let schedule = ScheduleConfig { decay: 0.0, ..ScheduleConfig::default() };
        assert_eq!(
            retrain(RetrainConfig { schedule, ..RetrainConfig::default() }),
            "retrain.schedule.decay must be above 0 and at most 1, but is 0"
        );
        let text = message(RetrainConfig { epochs: usize::MAX, ..RetrainConfig::default() }.validate());
        assert!(text.starts_with("retrain.epochs must be from 1 to 1000000, but is "), "{text}");
    }
}
