use crate::SupernetError;
use serde::{Deserialize, Serialize};

/// Size of the networks built from cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Channels of the first cell's operations; doubled by each reduction cell.
    pub channels: usize,
    /// Number of cells; those at one and two thirds of the depth are reduction cells.
    pub cells: usize,
    /// Channels of the stem, as a multiple of `channels`.
    pub stem_multiplier: usize,
    /// Stride of the stem: 1 keeps the image's resolution, 2 halves it (a quarter of the work).
    pub stem_stride: usize,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { channels: 8, cells: 5, stem_multiplier: 3, stem_stride: 2 }
    }
}

impl NetworkConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), SupernetError> {
        at_least_one("network.channels", self.channels)?;
        at_least_one("network.cells", self.cells)?;
        at_least_one("network.stem_multiplier", self.stem_multiplier)?;
        if !(1..=2).contains(&self.stem_stride) {
            return Err(SupernetError::Config {
                key: "network.stem_stride",
                range: "1 or 2",
                value: self.stem_stride.to_string(),
            });
        }
        Ok(())
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
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self { learning_rate: 0.025, final_learning_rate: 0.0, momentum: 0.9, weight_decay: 3e-4, clip_norm: 5.0 }
    }
}

impl OptimizerConfig {
    fn validate(&self) -> Result<(), SupernetError> {
        positive("optimizer.learning_rate", self.learning_rate)?;
        positive("optimizer.clip_norm", self.clip_norm)?;
        not_negative("optimizer.final_learning_rate", self.final_learning_rate)?;
        not_negative("optimizer.weight_decay", self.weight_decay)?;
        if !(0.0..1.0).contains(&self.momentum) {
            return Err(SupernetError::Config {
                key: "optimizer.momentum",
                range: "at least 0 and below 1",
                value: self.momentum.to_string(),
            });
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
        not_negative("supernet.warmup_epochs", self.warmup_epochs)?;
        positive("supernet.epochs", self.epochs)?;
        at_least_one("supernet.warmup_batch_size", self.warmup_batch_size)?;
        at_least_one("supernet.batch_size", self.batch_size)?;
        at_least_one("supernet.calibration_images", self.calibration_images)?;
        self.optimizer.validate()
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
    /// Optimiser; the cosine runs over all steps.
    pub optimizer: OptimizerConfig,
}

impl Default for RetrainConfig {
    fn default() -> Self {
        Self { epochs: 8, batch_size: 64, calibration_images: 2_000, optimizer: OptimizerConfig::default() }
    }
}

impl RetrainConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), SupernetError> {
        at_least_one("retrain.epochs", self.epochs)?;
        at_least_one("retrain.batch_size", self.batch_size)?;
        at_least_one("retrain.calibration_images", self.calibration_images)?;
        self.optimizer.validate()
    }
}

fn at_least_one(key: &'static str, value: usize) -> Result<(), SupernetError> {
    if value == 0 {
        return Err(SupernetError::Config { key, range: "at least 1", value: value.to_string() });
    }
    Ok(())
}

fn positive(key: &'static str, value: f64) -> Result<(), SupernetError> {
    if !(value.is_finite() && value > 0.0) {
        return Err(SupernetError::Config { key, range: "a positive number", value: value.to_string() });
    }
    Ok(())
}

fn not_negative(key: &'static str, value: f64) -> Result<(), SupernetError> {
    if !(value.is_finite() && value >= 0.0) {
        return Err(SupernetError::Config { key, range: "zero or a positive number", value: value.to_string() });
    }
    Ok(())
}
