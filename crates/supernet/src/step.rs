use crate::config::OptimizerConfig;
use crate::error::SupernetError;
use crate::gradient_clipping::clip_by_global_norm;
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use bonas_data::Batch;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A network, its optimiser, and one step of training at a time.
pub(crate) struct Learner {
    network: Network,
    optimizer: ModuleOptimizer,
    clip_norm: f64,
    device: Device,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepOutcome {
    /// The weights moved; this was the loss before.
    Learned(f64),
    /// This was not finite; the weights are as they were.
    NotFinite(&'static str),
}

impl Learner {
    /// `network` lives on the autodiff device `device`.
    pub(crate) fn new(network: Network, config: &OptimizerConfig, device: &Device) -> Self {
        // Burn's default dampening of 0.1 would make this another method.
        let momentum = MomentumConfig::new().with_momentum(config.momentum).with_dampening(0.0);
        let decay = WeightDecayConfig::new(config.weight_decay as f32);
        let optimizer = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(decay)).init();
        Self { network, optimizer, clip_norm: config.clip_norm, device: device.clone() }
    }

    /// One step of stochastic gradient descent along a path. Parameters off the path are left alone: no momentum, no decay.
    ///
    /// # Errors
    /// When the device fails. A loss or gradient that is not finite is an outcome, not an error.
    pub(crate) fn step(&mut self, batch: &Batch, path: &Path, learning_rate: f64) -> Result<StepOutcome, SupernetError> {
        let labels = Tensor::<1, Int>::from_data(TensorData::new(batch.labels.clone(), [batch.labels.len()]), &self.device);
        let logits = self.network.forward(images(batch, &self.device), path, &mut Normalize::Batch);
        let loss = CrossEntropyLossConfig::new().init(&self.device).forward(logits, labels);
        let value = loss.clone().try_into_scalar::<f32>().map_err(device_error("reading the loss"))?;
        if !value.is_finite() {
            return Ok(StepOutcome::NotFinite("loss"));
        }
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        let norm = clip_by_global_norm(&self.network, &mut gradients, self.clip_norm);
        let norm = norm.map_err(|reason| SupernetError::Device { doing: "reading the gradient norm", reason })?;
        if !norm.is_finite() {
            return Ok(StepOutcome::NotFinite("gradient"));
        }
        self.network = self.optimizer.step(learning_rate, self.network.clone(), gradients);
        Ok(StepOutcome::Learned(f64::from(value)))
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
