use crate::accuracy::{Accuracy, estimate_statistics, evaluate, logits, probabilities, stop_if};
use crate::auxiliary_head::AuxiliaryHead;
use crate::blueprint::Blueprint;
use crate::build::Build;
use crate::checkpoint::{Checkpoint, Checkpoints, TrainingTime};
use crate::config::{NetworkConfig, RetrainConfig};
use crate::drop_path::DropPath;
use crate::epoch_log::EpochLog;
use crate::error::SupernetError;
use crate::network::{Network, Path, TaskShape};
use crate::normalization::{NormFactory, Statistics};
use crate::schedule::{drop_path, learning_rate};
use crate::step::{Learner, StepOutcome};
use bonas_core::{EpochNumbers, Interrupt, Progress, StudyRng, TrainingCourse, TrainingStep};
use bonas_data::{AugmentConfig, ImageSet, Normalization, SearchData, TrainBatches, evaluation_batches, evaluation_subset};
use burn::tensor::Device;
use rand::SeedableRng;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What one pass over the training images achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean loss of its steps, in nats, with all that the recipe adds to it: smoothing, and the auxiliary loss times its weight.
    pub train_loss: f64,
    /// Mean loss on the validation images after it.
    pub validation_loss: f64,
    /// Top-1 accuracy on the validation images after it.
    pub validation_accuracy: f64,
    /// Learning rate of its last step.
    pub learning_rate: f64,
}

impl Epoch {
    fn numbers(&self) -> EpochNumbers {
        let Self { epoch, train_loss, validation_loss, validation_accuracy, .. } = *self;
        EpochNumbers { epoch, train_loss, validation_loss, validation_accuracy }
    }
}

/// A network trained from scratch, ready to be measured and saved.
pub struct Trained {
    pub(crate) network: Network,
    pub(crate) path: Path,
    pub(crate) statistics: Statistics,
    /// One entry per epoch; empty for a network that was loaded.
    pub history: Vec<Epoch>,
    /// Seconds of its training; zero for a network that was loaded.
    pub seconds: f64,
    /// Those of them in which it waited for images; zero for a network that was loaded.
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

    /// The output of the network for every image of a set, whose labels are not looked at: a row of one number per class.
    ///
    /// # Errors
    /// As [`measure`](Self::measure).
    pub fn logits(
        &self,
        images: &Arc<ImageSet>,
        normalization: &Normalization,
        batch_size: usize,
        device: &Device,
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<f32>>, SupernetError> {
        let batches = evaluation_batches(images, None, normalization, batch_size);
        logits(&self.network, &self.path, &self.statistics, batches, device, interrupt)
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
    /// Where to keep what is reached, and to continue from it; none for a training that is done in one go.
    pub record: Option<&'a TrainingRecord>,
}

/// Where a training keeps what it has reached, so that another process can continue it.
#[derive(Clone, Debug)]
pub struct TrainingRecord {
    /// The state after each of the last epochs.
    pub checkpoints: Checkpoints,
    /// The metrics of all epochs.
    pub log: EpochLog,
}

/// Trains the network of a blueprint from scratch on the training images and measures it on the validation images after
/// every epoch. Nothing is chosen by that curve: the last weights are the result.
///
/// With a [`TrainingRecord`] that holds a checkpoint of an equal training, it continues behind that. On the CPU it then ends in the same
/// weights, to the last bit, as without the stop: order and augmentation of the images of every epoch have a random stream of their own.
///
/// # Errors
/// When interrupted, the device fails, a loss is not finite, or the state cannot be kept.
pub fn retrain(blueprint: &Blueprint, context: &RetrainContext<'_>, rng: &mut StudyRng) -> Result<Trained, SupernetError> {
    // From inside the thread pool, small pieces of work are handed over without waking a sleeping thread each time.
    rayon::scope(|_| Retraining::new(blueprint, context, rng)?.run())
}

/// A training under way.
struct Retraining<'a> {
    context: &'a RetrainContext<'a>,
    learner: Learner<'a>,
    path: Path,
    /// Places of the training images from which batch-norm statistics are estimated.
    calibration: Vec<usize>,
    /// Its streams, one per epoch, give order and augmentation of the training images.
    stream: StudyRng,
    /// Its streams, one per epoch, give what is dropped.
    dropping: Option<StudyRng>,
    history: Vec<Epoch>,
    time: TrainingTime,
    /// Seconds of earlier processes.
    earlier: f64,
    began: Instant,
}

impl<'a> Retraining<'a> {
    fn new(blueprint: &Blueprint, context: &'a RetrainContext<'a>, rng: &mut StudyRng) -> Result<Self, SupernetError> {
        let RetrainContext { data, config, device, .. } = *context;
        let task = TaskShape { channels: data.train.shape().channels, classes: data.train.classes() };
        let training_device = device.clone().autodiff();
        let (network, path) = Network::stand_alone(blueprint, context.network, task, rng, &training_device);
        let calibration = evaluation_subset(&data.train, config.calibration_images, rng);
        let stream = StudyRng::from_rng(rng);
        let head = (config.auxiliary_weight > 0.0).then(|| {
            let features = blueprint.auxiliary_features(context.network);
            let mut build = Build { norms: &mut NormFactory::new(true), rng, device: &training_device };
            AuxiliaryHead::new(features, task.classes, context.network.stem, &mut build)
        });
        let dropping = (config.drop_path > 0.0).then(|| StudyRng::from_rng(rng));
        let learner = Learner::new(network, &config.optimizer, &training_device, context.progress).with_recipe(config, head);
        let (history, began) = (Vec::with_capacity(config.epochs), Instant::now());
        let mut training = Self {
            context,
            learner,
            path,
            calibration,
            stream,
            dropping,
            history,
            time: TrainingTime::default(),
            earlier: 0.0,
            began,
        };
        if let Some(record) = context.record {
            if let Some(checkpoint) = record.checkpoints.latest(context.progress)? {
                training.continue_from(checkpoint)?;
            }
            record.log.begin(&training.history)?;
        }
        Ok(training)
    }

    fn continue_from(&mut self, checkpoint: Checkpoint) -> Result<(), SupernetError> {
        let Checkpoint { history, learner, stream, time } = checkpoint;
        let restored = self.learner.restore(learner).and_then(|()| match stream == self.stream.get_seed() {
            true => Ok(()),
            false => Err("its random streams are those of another training".to_string()),
        });
        restored.map_err(|reason| SupernetError::Checkpoint {
            action: "use",
            path: self.context.record.map_or_else(PathBuf::new, |record| record.checkpoints.folder().to_path_buf()),
            reason,
        })?;
        (self.history, self.time, self.earlier) = (history, time, time.seconds);
        self.context.progress.notice(&format!(
            "continuing behind epoch {} of {}",
            self.history.len(),
            self.context.config.epochs
        ));
        Ok(())
    }

    fn run(mut self) -> Result<Trained, SupernetError> {
        let RetrainContext { data, config, progress, .. } = *self.context;
        let steps = config.steps_per_epoch(data.train.len());
        let finished = self.history.len();
        progress.begin("training from scratch", (steps * (config.epochs - finished)) as u64);
        progress.training(&TrainingCourse { epochs: config.epochs, finished, steps });
        self.history.iter().for_each(|epoch| progress.epoch(&epoch.numbers()));
        let mut latest = None;
        let mut batches = None;
        while self.history.len() < config.epochs {
            let epoch = self.history.len();
            let (train_loss, learning_rate) = self.train_epoch(epoch, steps, batches.unwrap_or_else(|| self.batches(epoch)))?;
            // The next images are made while the last weights are measured.
            batches = (epoch + 1 < config.epochs).then(|| self.batches(epoch + 1));
            let (network, statistics) = self.network()?;
            let images = evaluation_batches(&data.validation, None, &data.normalization, config.batch_size);
            let accuracy = evaluate(&network, &self.path, &statistics, images, self.context.device, self.context.interrupt)?;
            let epoch = Epoch {
                epoch: epoch + 1,
                train_loss,
                validation_loss: accuracy.loss,
                validation_accuracy: accuracy.top1(),
                learning_rate,
            };
            progress.epoch(&epoch.numbers());
            self.history.push(epoch);
            self.keep()?;
            latest = Some((network, statistics));
        }
        let (network, statistics) = match latest {
            Some(latest) => latest,
            None => self.network()?,
        };
        network.store_statistics(&statistics);
        let TrainingTime { seconds, waiting } = self.elapsed();
        Ok(Trained { network, path: self.path, statistics, history: self.history, seconds, waiting_seconds: waiting })
    }

    /// The batches of one pass over the training images; those behind it are not used.
    fn batches(&self, epoch: usize) -> TrainBatches {
        let RetrainContext { data, config, augment, .. } = *self.context;
        let stream = of_epoch(&self.stream, epoch);
        TrainBatches::new(data.train.clone(), data.normalization.clone(), augment.clone(), config.batch_size, stream)
    }

    /// Mean loss and last learning rate of one pass over the training images.
    fn train_epoch(&mut self, epoch: usize, steps: usize, mut batches: TrainBatches) -> Result<(f64, f64), SupernetError> {
        let RetrainContext { config, progress, .. } = *self.context;
        let mut dropping = self.dropping.as_ref().map(|rng| of_epoch(rng, epoch));
        let (mut total, mut rate) = (0.0, 0.0);
        for step in 0..steps {
            stop_if(self.context.interrupt)?;
            rate = learning_rate(config, epoch * steps + step, steps);
            let batch = batches.next().ok_or(SupernetError::Data("the training images ended".into()))??;
            let images = batch.labels.len();
            self.learner.drop_paths(dropping.as_mut().map(|rng| DropPath::new(drop_path(config, epoch), images, rng)));
            match self.learner.step(&batch, &self.path, rate)? {
                StepOutcome::Learned(loss) => {
                    total += loss;
                    progress.step(&TrainingStep { loss, learning_rate: rate });
                }
                StepOutcome::NotFinite(what) => {
                    let place = format!("in epoch {}, step {step}", epoch + 1);
                    return Err(SupernetError::Diverged { place, what, remedy: "retrain.optimizer.learning_rate" });
                }
            }
            progress.advance(1, &describe(epoch, config.epochs, self.history.last()));
        }
        self.time.waiting += batches.waited().as_secs_f64();
        Ok((total / steps as f64, rate))
    }

    /// The network as it is now, with batch-norm statistics.
    fn network(&self) -> Result<(Network, Statistics), SupernetError> {
        let RetrainContext { data, config, device, interrupt, .. } = *self.context;
        let network = self.learner.frozen();
        let images = evaluation_batches(&data.train, Some(&self.calibration), &data.normalization, config.batch_size);
        let statistics = estimate_statistics(&network, &self.path, images, device, interrupt)?;
        Ok((network, statistics))
    }

    /// Writes down what another process needs to continue behind the last epoch.
    fn keep(&self) -> Result<(), SupernetError> {
        let (Some(record), Some(last)) = (self.context.record, self.history.last()) else { return Ok(()) };
        record.log.append(last)?;
        let (history, learner, stream) = (self.history.clone(), self.learner.state()?, self.stream.get_seed());
        record.checkpoints.save(&Checkpoint { history, learner, stream, time: self.elapsed() })
    }

    fn elapsed(&self) -> TrainingTime {
        TrainingTime { seconds: self.earlier + self.began.elapsed().as_secs_f64(), ..self.time }
    }
}

/// The random stream of an epoch.
fn of_epoch(rng: &StudyRng, epoch: usize) -> StudyRng {
    let mut rng = rng.clone();
    rng.set_stream(epoch as u64);
    rng
}

fn describe(epoch: usize, epochs: usize, last: Option<&Epoch>) -> String {
    let accuracy = last.map_or(String::new(), |last| format!(", validation accuracy {:.4}", last.validation_accuracy));
    format!("epoch {}/{epochs}{accuracy}", epoch + 1)
}
