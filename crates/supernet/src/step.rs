use crate::config::OptimizerConfig;
use crate::device_memory::if_memory_lasts;
use crate::error::SupernetError;
use crate::gradient_clipping::clip_by_global_norm;
use crate::gradients::{gradients, part_size};
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use bonas_core::Progress;
use bonas_data::Batch;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};

/// A network, its optimiser, and one step of training at a time.
pub(crate) struct Learner<'a> {
    network: Network,
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

impl<'a> Learner<'a> {
    /// `network` lives on the autodiff device `device`.
    pub(crate) fn new(network: Network, config: &OptimizerConfig, device: &Device, progress: &'a dyn Progress) -> Self {
        // Burn's default dampening of 0.1 would make this another method.
        let momentum = MomentumConfig::new().with_momentum(config.momentum).with_dampening(0.0);
        let decay = WeightDecayConfig::new(config.weight_decay as f32);
        let optimizer = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(decay)).init();
        Self { network, optimizer, clip_norm: config.clip_norm, device: device.clone(), parts: 1, progress }
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
        self.network = self.optimizer.step(learning_rate, self.network.clone(), gradients);
        Ok(StepOutcome::Learned(loss))
    }

    /// Loss and clipped gradients of a batch, in as few parts as the device's memory allows, or what is not finite of them.
    fn gradients(&mut self, batch: &Batch, path: &Path) -> Result<Result<(f64, GradientsParams), &'static str>, SupernetError> {
        loop {
            let images = part_size(batch.labels.len(), self.parts);
            // Everything that the device still has to compute is waited for inside, so that its failures are seen there.
            let attempt = if_memory_lasts(images, || {
                let Some((loss, mut gradients)) =
                    gradients(&self.network, batch, path, &mut Normalize::Batch, self.parts, &self.device)?
                else {
                    return Ok(Err("loss"));
                };
                let norm = clip_by_global_norm(&self.network, &mut gradients, self.clip_norm);
                let norm = norm.map_err(|reason| SupernetError::Device { doing: "reading the gradient norm", reason })?;
                Ok(if norm.is_finite() { Ok((loss, gradients)) } else { Err("gradient") })
            });
            match attempt {
                Err(SupernetError::OutOfMemory { .. }) if images > 1 => self.split(batch.labels.len()),
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

    /// The network as it is now, for measurements without gradients.
    pub(crate) fn frozen(&self) -> Network {
        burn::module::Module::valid(&self.network)
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
