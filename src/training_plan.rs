use crate::config::ExperimentConfig;
use bonas_data::{AugmentConfig, SearchData};
use bonas_supernet::{Blueprint, NetworkConfig, RetrainConfig, StepMemory, auxiliary_cost, cost, learning_rate};
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
    /// Trainable parameters, as [`FinalMetrics::parameters`](crate::FinalMetrics::parameters), without the auxiliary head.
    pub parameters: u64,
    /// Parameters of the auxiliary head, which only exists while the network trains; 0 where there is none.
    pub auxiliary_parameters: u64,
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
    /// Memory of a step, estimated.
    pub memory: StepMemory,
    /// The whole recipe.
    pub recipe: RetrainConfig,
    /// What is done to training images.
    pub augment: AugmentConfig,
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
        let epoch_steps = retrain.steps_per_epoch(data.train.len());
        let steps = epoch_steps * retrain.epochs;
        let warmup = (retrain.schedule.warmup_epochs * epoch_steps as f64).round() as usize;
        let mut at: Vec<usize> = [0, warmup, steps / 4, steps / 2, 3 * steps / 4, steps - 1].to_vec();
        at.sort_unstable();
        at.dedup();
        let rate = |step| ScheduledRate { step: step + 1, learning_rate: learning_rate(retrain, step, epoch_steps) };
        Self {
            architecture,
            network: config.network.clone(),
            input: [image.channels, image.height, image.width],
            classes,
            parameters: counted.parameters,
            auxiliary_parameters: auxiliary_cost(blueprint, &config.network, retrain, classes).parameters,
            multiply_adds: counted.multiply_adds,
            train_images: data.train.len(),
            validation_images: data.validation.len(),
            epochs: retrain.epochs,
            batch_size,
            steps,
            memory: StepMemory::estimate(blueprint, &config.network, retrain, image, classes, batch_size),
            recipe: retrain.clone(),
            augment: config.augment.clone(),
            schedule: at.into_iter().map(rate).collect(),
        }
    }
}
