use crate::auxiliary_head::AuxiliaryHead;
use crate::config::{OptimizerConfig, RetrainConfig};
use crate::device_memory::if_memory_lasts;
use crate::drop_path::DropPath;
use crate::error::SupernetError;
use crate::gradient_clipping::clip_by_global_norm;
use crate::gradients::{Objective, gradients, part_size};
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use crate::trainee::Trainee;
use crate::weight_average::WeightAverage;
use bonas_core::Progress;
use bonas_data::Batch;
use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor, TensorData};

/// A network, its optimiser, and one step of training at a time.
pub(crate) struct Learner<'a> {
    trainee: Trainee,
    objective: Objective,
    average: Option<WeightAverage>,
    steps: u64,
    optimizer: ModuleOptimizer,
    clip_norm: f64,
    device: Device,
    /// Into how many micro-batches a batch is split.
    parts: usize,
    progress: &'a dyn Progress,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepOutcome {
    /// The weights moved; this was the loss before.
    Learned(f64),
    /// This was not finite; the weights are as they were.
    NotFinite(&'static str),
}

/// What a [`Learner`] changes from step to step. Weights and momentum are records of Burn, which keep the identity of every parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LearnerState {
    /// Weights of the network and of what trains beside it.
    pub(crate) trainee: Vec<u8>,
    /// Momentum of every parameter.
    pub(crate) optimizer: Vec<u8>,
    /// Averaged weights, if there are any.
    pub(crate) average: Option<Vec<u8>>,
    /// Into how many micro-batches a batch is split.
    pub(crate) parts: usize,
    /// Steps that were taken.
    pub(crate) steps: u64,
}

impl<'a> Learner<'a> {
    /// `network` lives on the autodiff device `device`.
    pub(crate) fn new(network: Network, config: &OptimizerConfig, device: &Device, progress: &'a dyn Progress) -> Self {
        // Burn's default dampening of 0.1 would make this another method.
        let momentum = MomentumConfig::new().with_momentum(config.momentum).with_dampening(0.0);
        let decay = WeightDecayConfig::new(config.weight_decay as f32);
        let optimizer = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(decay)).init();
        Self {
            trainee: Trainee::plain(network),
            objective: Objective::in_precision(config.precision),
            average: None,
            steps: 0,
            optimizer,
            clip_norm: config.clip_norm,
            device: device.clone(),
            parts: 1,
            progress,
        }
    }

    /// Adds what a recipe for training from scratch has beside the cross-entropy. The head lives on the device of the network.
    pub(crate) fn with_recipe(mut self, config: &RetrainConfig, head: Option<AuxiliaryHead>) -> Self {
        self.objective.label_smoothing = config.label_smoothing;
        self.objective.auxiliary_weight = config.auxiliary_weight;
        if config.weight_average > 0.0 {
            self.average = Some(WeightAverage::new(self.trainee.network.valid(), config.weight_average));
        }
        if let Some(head) = head {
            self.trainee = Trainee::with_auxiliary(self.trainee.network, head);
        }
        self
    }

    /// Whether the steps that follow keep only the outputs of cells, and compute the rest twice: a network of DARTS cells without a recipe.
    pub(crate) fn recompute(&mut self, recompute: bool) {
        self.objective.recompute = recompute;
    }

    /// What is dropped in the steps that follow; its images must be those of their batches.
    pub(crate) fn drop_paths(&mut self, drop_path: Option<DropPath>) {
        self.objective.drop_path = drop_path;
    }

    /// One step of stochastic gradient descent along a path. Parameters off the path are left alone: no momentum, no decay.
    ///
    /// Where the device runs out of memory, this and all later batches are split into micro-batches, whose gradients are added up.
    /// Batch norms then see a micro-batch at a time.
    ///
    /// # Errors
    /// When the device fails. A loss or gradient that is not finite is an outcome, not an error.
    pub(crate) fn step(&mut self, batch: &Batch, path: &Path, learning_rate: f64) -> Result<StepOutcome, SupernetError> {
        let (loss, gradients) = match self.gradients(batch, path)? {
            Ok(finite) => finite,
            Err(what) => return Ok(StepOutcome::NotFinite(what)),
        };
        self.trainee = self.optimizer.step(learning_rate, self.trainee.clone(), gradients);
        self.steps += 1;
        if let Some(average) = &mut self.average {
            average.update(&self.trainee.network.valid(), self.steps);
        }
        Ok(StepOutcome::Learned(loss))
    }

    /// Loss and clipped gradients of a batch, in as few parts as the device's memory allows, or what is not finite of them.
    fn gradients(&mut self, batch: &Batch, path: &Path) -> Result<Result<(f64, GradientsParams), &'static str>, SupernetError> {
        loop {
            let images = part_size(batch.labels.len(), self.parts);
            // Everything that the device still has to compute is waited for inside, so that its failures are seen there.
            let attempt = if_memory_lasts(images, || {
                let Some((loss, mut gradients)) =
                    gradients(&self.trainee, batch, path, &self.objective, &mut Normalize::Batch, self.parts, &self.device)?
                else {
                    return Ok(Err("loss"));
                };
                let norm = clip_by_global_norm(&self.trainee, &mut gradients, self.clip_norm);
                let norm = norm.map_err(|reason| SupernetError::Device { doing: "reading the gradient norm", reason })?;
                Ok(if norm.is_finite() { Ok((loss, gradients)) } else { Err("gradient") })
            });
            match attempt {
                Err(SupernetError::OutOfMemory { .. }) if images > 1 => self.split(batch.labels.len()),
                // Gradients that are too large for 16 bits, perhaps.
                Ok(Err("gradient")) if self.objective.back_off() => {}
                other => return other,
            }
        }
    }

    fn split(&mut self, images: usize) {
        self.parts *= 2;
        self.device.memory_cleanup();
        self.progress.notice(&format!(
            "the device ran out of memory; batches of {images} images now go through it in {} parts, with added gradients and \
             batch-norm statistics of a part each",
            self.parts
        ));
    }

    /// What a later process needs to continue.
    ///
    /// # Errors
    /// When the weights cannot be read from the device.
    pub(crate) fn state(&self) -> Result<LearnerState, SupernetError> {
        let trainee = self.trainee.clone().into_record().into_bytes().map_err(device_error("reading the weights"))?;
        let optimizer = self.optimizer.into_bytes().map_err(device_error("reading the momentum"))?;
        let average = self.average.as_ref().map(WeightAverage::state).transpose()?;
        let (parts, steps) = (self.parts, self.steps);
        Ok(LearnerState { trainee: trainee.to_vec(), optimizer: optimizer.to_vec(), average, parts, steps })
    }

    /// Continues from a state of a learner of an equal network with an equal recipe.
    ///
    /// # Errors
    /// With the reason, when it is of another.
    pub(crate) fn restore(&mut self, state: LearnerState) -> Result<(), String> {
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(state.trainee)).map_err(|error| error.to_string())?;
        self.trainee = self.trainee.clone().try_load_record(record).map_err(|error| error.to_string())?;
        let optimizer = self.optimizer.clone().from_bytes(Bytes::from_bytes_vec(state.optimizer));
        self.optimizer = optimizer.map_err(|error| error.to_string())?;
        match (&mut self.average, state.average) {
            (Some(average), Some(state)) => average.restore(state)?,
            (None, None) => {}
            _ => return Err("it has averaged weights where the training has none, or none where it has".into()),
        }
        self.parts = state.parts.max(1);
        self.steps = state.steps;
        Ok(())
    }

    /// The network as it is now, for measurements without gradients; with averaged weights, where they are averaged.
    pub(crate) fn frozen(&self) -> Network {
        self.average.as_ref().map_or_else(|| self.trainee.network.valid(), |average| average.network().clone())
    }
}

/// The images of a batch on a device: [batch, channels, height, width].
pub(crate) fn images(batch: &Batch, device: &Device) -> Tensor<4> {
    let shape = [batch.labels.len(), batch.shape.channels, batch.shape.height, batch.shape.width];
    Tensor::from_data(TensorData::new(batch.pixels.clone(), shape), device)
}

/// Names what was being done when the device failed.
pub(crate) fn device_error<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> SupernetError {
    move |error| SupernetError::Device { doing, reason: error.to_string() }
}
