use crate::config::ExperimentConfig;
use bonas_data::SearchData;
use bonas_supernet::{Blueprint, NetworkConfig, OptimizerConfig, cosine, cost};
use serde::Serialize;

/// What a training from scratch would do, counted without training or building the network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingPlan {
    /// The architecture, in the text form of its space.
    pub architecture: String,
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Channels, height and width of the images.
    pub input: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// Trainable parameters, as [`FinalMetrics::parameters`](crate::FinalMetrics::parameters); there is no auxiliary head.
    pub parameters: u64,
    /// Multiply-adds of one image: convolutions and the classifier.
    pub multiply_adds: u64,
    /// Images that train.
    pub train_images: usize,
    /// Images that are measured on after every epoch.
    pub validation_images: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images per step.
    pub batch_size: usize,
    /// Steps of all passes.
    pub steps: usize,
    /// Optimiser and schedule.
    pub optimizer: OptimizerConfig,
    /// Learning rates on the way, the last at the last step.
    pub schedule: Vec<ScheduledRate>,
}

/// The learning rate of one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScheduledRate {
    /// From 1.
    pub step: usize,
    /// Learning rate of this step.
    pub learning_rate: f64,
}

impl TrainingPlan {
    pub(crate) fn new(architecture: String, blueprint: &Blueprint, config: &ExperimentConfig, data: &SearchData) -> Self {
        let (image, classes, retrain) = (data.train.shape(), data.train.classes(), &config.retrain);
        let counted = cost(blueprint, &config.network, image, classes);
        // One smaller batch where there are fewer images.
        let batch_size = retrain.batch_size.min(data.train.len());
        let steps = retrain.steps_per_epoch(data.train.len()) * retrain.epochs;
        let mut at: Vec<usize> = [0, steps / 4, steps / 2, 3 * steps / 4, steps - 1].to_vec();
        at.dedup();
        let rate = |step| ScheduledRate { step: step + 1, learning_rate: cosine(&retrain.optimizer, step, steps) };
        Self {
            architecture,
            network: config.network.clone(),
            input: [image.channels, image.height, image.width],
            classes,
            parameters: counted.parameters,
            multiply_adds: counted.multiply_adds,
            train_images: data.train.len(),
            validation_images: data.validation.len(),
            epochs: retrain.epochs,
            batch_size,
            steps,
            optimizer: retrain.optimizer.clone(),
            schedule: at.into_iter().map(rate).collect(),
        }
    }
}
