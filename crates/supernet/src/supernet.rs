use crate::accuracy::{estimate_statistics, evaluate, stop_if};
use crate::blueprint::Candidates;
use crate::config::{NetworkConfig, SupernetConfig};
use crate::device_round::is_cpu;
use crate::error::SupernetError;
use crate::network::{Network, Path, Shared, TaskShape};
use crate::schedule::cosine;
use crate::step::{Learner, StepOutcome};
use bonas_core::{EvaluationContext, Measurement, Outcome, StudyRng};
use bonas_data::{AugmentConfig, BatchResult, SearchData, TrainBatches, evaluation_batches, evaluation_subset};
use burn::tensor::Device;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Everything that the training of one sub-supernet needs, besides the candidates.
pub struct Supernet<'a> {
    /// Sizes of the network.
    pub network: &'a NetworkConfig,
    /// Schedule and optimiser.
    pub config: &'a SupernetConfig,
    /// Training and validation images.
    pub data: &'a SearchData,
    /// What is done to training images.
    pub augment: &'a AugmentConfig,
    /// Where to compute, without autodiff.
    pub device: &'a Device,
}

/// A sub-supernet after its training: the shared weights and the path of every candidate.
pub struct TrainedSupernet {
    network: Network,
    candidates: Vec<Result<Path, String>>,
}

impl Supernet<'_> {
    /// Trains the union of the candidates in two phases (BONAS, section 3.3): warm-up of the whole union, then one candidate
    /// a step, in an order that is drawn anew each time all have had their turn, so that all get equal shares.
    ///
    /// A candidate whose loss or gradient is not finite leaves the shared weights alone and takes no further part.
    ///
    /// # Errors
    /// When interrupted or the device fails.
    pub fn train(
        &self,
        candidates: &Candidates,
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<TrainedSupernet, SupernetError> {
        let task = TaskShape { channels: self.data.train.shape().channels, classes: self.data.train.classes() };
        let training_device = self.device.clone().autodiff();
        let Shared { network, whole, paths } = Network::shared(candidates, self.network, task, rng, &training_device);
        let mut learner = Learner::new(network, &self.config.optimizer, &training_device, context.progress);

        let images = self.data.train.len();
        let warmup_steps = steps(self.config.warmup_epochs, images, self.config.warmup_batch_size);
        let candidate_steps = steps(self.config.epochs, images, self.config.batch_size).max(candidates.len());
        let rate = |step| cosine(&self.config.optimizer, step, warmup_steps + candidate_steps);

        if let Some(reason) = self.warm_up(&mut learner, &whole, warmup_steps, &rate, rng, context)? {
            return Ok(TrainedSupernet { network: learner.frozen(), candidates: vec![Err(reason); candidates.len()] });
        }
        let mut candidates: Vec<Result<Path, String>> = paths.into_iter().map(Ok).collect();
        let rate = |step| rate(warmup_steps + step);
        learner.recompute(false);
        self.train_candidates(&mut learner, &mut candidates, candidate_steps, &rate, rng, context)?;
        Ok(TrainedSupernet { network: learner.frozen(), candidates })
    }

    /// Returns why the warm-up failed, if it did.
    fn warm_up(
        &self,
        learner: &mut Learner<'_>,
        whole: &Path,
        steps: usize,
        rate: &dyn Fn(usize) -> f64,
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Option<String>, SupernetError> {
        context.progress.begin("warm-up of the sub-supernet", steps as u64);
        let batches = self.train_batches(self.config.warmup_batch_size, rng);
        learner.recompute(self.config.warmup_recompute);
        for (step, batch) in batches.take(steps).enumerate() {
            stop_if(context.interrupt)?;
            match learner.step(&batch?, whole, rate(step))? {
                StepOutcome::Learned(loss) => context.progress.advance(1, &format!("loss {loss:.3}")),
                StepOutcome::NotFinite(what) => {
                    return Ok(Some(format!(
                        "the {what} of the whole sub-supernet was not finite at warm-up step {step}; lower supernet.optimizer.learning_rate"
                    )));
                }
            }
        }
        Ok(None)
    }

    fn train_candidates(
        &self,
        learner: &mut Learner<'_>,
        candidates: &mut [Result<Path, String>],
        steps: usize,
        rate: &dyn Fn(usize) -> f64,
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<(), SupernetError> {
        context.progress.begin("training candidates in turn", steps as u64);
        let mut batches = self.train_batches(self.config.batch_size, rng);
        let mut turns: Vec<usize> = Vec::new();
        for step in 0..steps {
            stop_if(context.interrupt)?;
            turns.retain(|&candidate| candidates[candidate].is_ok());
            if turns.is_empty() {
                turns = (0..candidates.len()).filter(|&candidate| candidates[candidate].is_ok()).collect();
                turns.shuffle(rng);
            }
            let Some(candidate) = turns.pop() else { return Ok(()) };
            let Ok(path) = &candidates[candidate] else { continue };
            let batch = batches.next().ok_or(SupernetError::Data("the training images ended".into()))??;
            match learner.step(&batch, path, rate(step))? {
                StepOutcome::Learned(loss) => context.progress.advance(1, &format!("loss {loss:.3}")),
                StepOutcome::NotFinite(what) => candidates[candidate] = Err(format!("its {what} was not finite at step {step}")),
            }
        }
        Ok(())
    }

    /// Scores every candidate: batch-norm statistics re-estimated on training images along its own path, then top-1 accuracy
    /// on the validation images.
    ///
    /// # Errors
    /// When interrupted or the device fails. A candidate whose outputs are not finite is [`Outcome::Failed`].
    pub fn score(
        &self,
        trained: &TrainedSupernet,
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, SupernetError> {
        context.progress.begin("scoring candidates", trained.candidates.len() as u64);
        let calibration = evaluation_subset(&self.data.train, self.config.calibration_images, rng);
        let score = |candidate: &Result<Path, String>| {
            let outcome = match candidate {
                Ok(path) => self.score_path(&trained.network, path, &calibration, context)?,
                Err(reason) => Outcome::Failed { reason: reason.clone() },
            };
            let message = outcome.score().map_or("failed".to_string(), |score| format!("accuracy {score:.4}"));
            context.progress.advance(1, &message);
            Ok(outcome)
        };
        // On the CPU, candidates are scored side by side: each is too small to keep all cores busy alone. A GPU is kept busy by one,
        // and has memory for few.
        match is_cpu(self.device) {
            true => trained.candidates.par_iter().map(score).collect(),
            false => trained.candidates.iter().map(score).collect(),
        }
    }

    fn score_path(
        &self,
        network: &Network,
        path: &Path,
        calibration: &[usize],
        context: &EvaluationContext<'_>,
    ) -> Result<Outcome, SupernetError> {
        let data = self.data;
        let batch_size = self.config.batch_size;
        let training_images = evaluation_batches(&data.train, Some(calibration), &data.normalization, batch_size);
        let statistics = estimate_statistics(network, path, training_images, self.device, context.interrupt)?;
        let validation_images = evaluation_batches(&data.validation, None, &data.normalization, batch_size);
        match evaluate(network, path, &statistics, validation_images, self.device, context.interrupt) {
            Ok(accuracy) => Ok(measured(accuracy.top1(), accuracy.loss)),
            Err(error @ SupernetError::Diverged { .. }) => Ok(Outcome::Failed { reason: error.to_string() }),
            Err(error) => Err(error),
        }
    }

    fn train_batches(&self, batch_size: usize, rng: &mut StudyRng) -> impl Iterator<Item = BatchResult> + use<> {
        let rng = StudyRng::from_rng(rng);
        TrainBatches::new(self.data.train.clone(), self.data.normalization.clone(), self.augment.clone(), batch_size, rng)
    }
}

/// An accuracy as a measurement; its loss is kept beside it.
pub(crate) fn measured(accuracy: f64, loss: f64) -> Outcome {
    match Measurement::new(accuracy) {
        Ok(measurement) => Outcome::Measured(measurement.with_metric("validation_loss", loss)),
        Err(error) => Outcome::Failed { reason: error.to_string() },
    }
}

/// Number of whole batches in so many passes over the images.
pub(crate) fn steps(epochs: f64, images: usize, batch_size: usize) -> usize {
    (epochs * images as f64 / batch_size as f64).round() as usize
}
