use crate::accuracy::{Accuracy, estimate_statistics, evaluate, probabilities, stop_if};
use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, RetrainConfig};
use crate::error::SupernetError;
use crate::network::{Network, Path, TaskShape};
use crate::normalization::Statistics;
use crate::schedule::cosine;
use crate::step::{Learner, StepOutcome};
use bonas_core::{Interrupt, Progress, StudyRng};
use bonas_data::{AugmentConfig, ImageSet, Normalization, SearchData, TrainBatches, evaluation_batches, evaluation_subset};
use burn::tensor::Device;
use rand::SeedableRng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What one pass over the training images achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean loss of its steps, in nats.
    pub train_loss: f64,
    /// Mean loss on the validation images after it.
    pub validation_loss: f64,
    /// Top-1 accuracy on the validation images after it.
    pub validation_accuracy: f64,
    /// Learning rate of its last step.
    pub learning_rate: f64,
}

/// A network trained from scratch, ready to be measured and saved.
pub struct Trained {
    pub(crate) network: Network,
    pub(crate) path: Path,
    pub(crate) statistics: Statistics,
    /// One entry per epoch; empty for a network that was loaded.
    pub history: Vec<Epoch>,
    /// Seconds that the training waited for images; zero for a network that was loaded.
    pub waiting_seconds: f64,
}

impl Trained {
    /// The last epoch of the training.
    ///
    /// # Panics
    /// For a network that was loaded and not trained here.
    pub fn last_epoch(&self) -> &Epoch {
        self.history.last().expect("a training has at least one epoch")
    }

    /// Number of trainable parameters.
    pub fn parameters(&self) -> usize {
        self.network.parameters()
    }

    /// Classifies the images of a set, such as the test images at the very end.
    ///
    /// # Errors
    /// When interrupted, or the device or the network fails.
    pub fn measure(
        &self,
        images: &Arc<ImageSet>,
        normalization: &Normalization,
        batch_size: usize,
        device: &Device,
        interrupt: &Interrupt,
    ) -> Result<Accuracy, SupernetError> {
        let batches = evaluation_batches(images, None, normalization, batch_size);
        evaluate(&self.network, &self.path, &self.statistics, batches, device, interrupt)
    }

    /// The probability of every class for every image of a set, whose labels are not looked at: a row per image.
    ///
    /// # Errors
    /// As [`measure`](Self::measure).
    pub fn probabilities(
        &self,
        images: &Arc<ImageSet>,
        normalization: &Normalization,
        batch_size: usize,
        device: &Device,
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<f64>>, SupernetError> {
        let batches = evaluation_batches(images, None, normalization, batch_size);
        probabilities(&self.network, &self.path, &self.statistics, batches, device, interrupt)
    }
}

/// What a training from scratch works on.
#[derive(Clone, Copy)]
pub struct RetrainContext<'a> {
    /// Training and validation images.
    pub data: &'a SearchData,
    /// What is done to training images.
    pub augment: &'a AugmentConfig,
    /// Sizes of the network.
    pub network: &'a NetworkConfig,
    /// Schedule and optimiser.
    pub config: &'a RetrainConfig,
    /// Where to compute.
    pub device: &'a Device,
    /// Where to report progress.
    pub progress: &'a dyn Progress,
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
}

/// Trains the network of a blueprint from scratch on the training images and measures it on the validation images after
/// every epoch. Nothing is chosen by that curve: the last weights are the result.
///
/// # Errors
/// When interrupted, the device fails, or a loss is not finite.
pub fn retrain(blueprint: &Blueprint, context: &RetrainContext<'_>, rng: &mut StudyRng) -> Result<Trained, SupernetError> {
    // From inside the thread pool, small pieces of work are handed over without waking a sleeping thread each time.
    rayon::scope(|_| train(blueprint, context, rng))
}

fn train(blueprint: &Blueprint, context: &RetrainContext<'_>, rng: &mut StudyRng) -> Result<Trained, SupernetError> {
    let RetrainContext { data, config, device, .. } = *context;
    let task = TaskShape { channels: data.train.shape().channels, classes: data.train.classes() };
    let training_device = device.clone().autodiff();
    let (network, path) = Network::stand_alone(blueprint, context.network, task, rng, &training_device);
    let mut learner = Learner::new(network, &config.optimizer, &training_device, context.progress);
    let calibration = evaluation_subset(&data.train, config.calibration_images, rng);
    let stream = StudyRng::from_rng(rng);
    let mut batches =
        TrainBatches::new(data.train.clone(), data.normalization.clone(), context.augment.clone(), config.batch_size, stream);

    let steps = config.steps_per_epoch(data.train.len());
    context.progress.begin("training from scratch", (steps * config.epochs) as u64);
    let mut history = Vec::with_capacity(config.epochs);
    let mut latest = None;
    for epoch in 0..config.epochs {
        let mut total = 0.0;
        let mut rate = 0.0;
        for step in 0..steps {
            stop_if(context.interrupt)?;
            rate = cosine(&config.optimizer, epoch * steps + step, config.epochs * steps);
            let batch = batches.next().ok_or(SupernetError::Data("the training images ended".into()))??;
            match learner.step(&batch, &path, rate)? {
                StepOutcome::Learned(loss) => total += loss,
                StepOutcome::NotFinite(what) => {
                    let place = format!("in epoch {}, step {step}", epoch + 1);
                    return Err(SupernetError::Diverged { place, what, remedy: "retrain.optimizer.learning_rate" });
                }
            }
            context.progress.advance(1, &describe(epoch, config.epochs, history.last()));
        }
        let network = learner.frozen();
        let images = evaluation_batches(&data.train, Some(&calibration), &data.normalization, config.batch_size);
        let statistics = estimate_statistics(&network, &path, images, device, context.interrupt)?;
        let images = evaluation_batches(&data.validation, None, &data.normalization, config.batch_size);
        let accuracy = evaluate(&network, &path, &statistics, images, device, context.interrupt)?;
        history.push(Epoch {
            epoch: epoch + 1,
            train_loss: total / steps as f64,
            validation_loss: accuracy.loss,
            validation_accuracy: accuracy.top1(),
            learning_rate: rate,
        });
        latest = Some((network, statistics));
    }
    let (network, statistics) = latest.expect("a validated configuration has at least one epoch");
    network.store_statistics(&statistics);
    Ok(Trained { network, path, statistics, history, waiting_seconds: batches.waited().as_secs_f64() })
}

fn describe(epoch: usize, epochs: usize, last: Option<&Epoch>) -> String {
    let accuracy = last.map_or(String::new(), |last| format!(", validation accuracy {:.4}", last.validation_accuracy));
    format!("epoch {}/{epochs}{accuracy}", epoch + 1)
}
