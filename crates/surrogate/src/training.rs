use crate::network::{Batch, Blueprint, Encoder, Network};
use crate::settings::Settings;
use bonas_core::{CellGraph, StudyRng, SurrogateError};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use ndarray::Array2;
use rand::seq::SliceRandom;
use std::sync::LazyLock;

/// A trained network and what it predicts with.
pub(crate) struct Trained<B: Blueprint> {
    network: B::Network,
    encoder: B::Encoder,
    statistics: <B::Network as Network>::Statistics,
    batch_size: usize,
    device: Device,
}

/// Trains a fresh network on graphs of one vocabulary and their targets in [0, 1].
pub(crate) fn train<B: Blueprint>(
    blueprint: &B,
    settings: &Settings,
    graphs: &[CellGraph],
    targets: &[f64],
    device: &Device,
    rng: &mut StudyRng,
) -> Result<Trained<B>, SurrogateError> {
    if is_trained_directly(device) {
        let encoder = blueprint.encoder(graphs);
        if let Some(network) = blueprint.trained_directly(&encoder, graphs, targets, rng) {
            return Ok(Trained::new(network?, encoder, settings, graphs, device));
        }
    }
    train_by_burn(blueprint, settings, graphs, targets, device, rng)
}

/// Whether networks of this device are trained without tensors, where there is a way: on the CPU, unless `BONAS_STOCK_OPERATIONS` is set
/// (to compare the two).
fn is_trained_directly(device: &Device) -> bool {
    static SWITCHED_OFF: LazyLock<bool> = LazyLock::new(|| std::env::var_os("BONAS_STOCK_OPERATIONS").is_some());
    !*SWITCHED_OFF && device.clone().without_autodiff() == Device::flex()
}

/// The same with Burn's automatic gradients, on any device.
pub(crate) fn train_by_burn<B: Blueprint>(
    blueprint: &B,
    settings: &Settings,
    graphs: &[CellGraph],
    targets: &[f64],
    device: &Device,
    rng: &mut StudyRng,
) -> Result<Trained<B>, SurrogateError> {
    let encoder = blueprint.encoder(graphs);
    let training_device = device.clone().autodiff();
    let data = encoder.encode(graphs, &training_device);
    let mut network = blueprint.network(&encoder, rng, &training_device);
    let mut optimizer = AdamConfig::new().with_epsilon(settings.adam_epsilon as f32).init();
    let mut order: Vec<usize> = (0..graphs.len()).collect();
    for epoch in 0..settings.epochs {
        order.shuffle(rng);
        let mut last = 0.0;
        for indices in order.chunks(settings.batch_size) {
            let batch_targets: Vec<f64> = indices.iter().map(|&index| targets[index]).collect();
            let (embeddings, _) = network.embed_and_measure(&data.select(indices));
            let value = settings.loss().of(network.predict(embeddings), &batch_targets, settings.hinge_margin);
            let gradients = GradientsParams::from_grads(value.backward(), &network);
            network = optimizer.step(settings.learning_rate, network, gradients);
            last = value.try_into_scalar::<f32>().map_err(|error| SurrogateError::Other(Box::new(error)))?;
        }
        if !last.is_finite() {
            return Err(SurrogateError::Diverged(format!("the loss of the network is {last} after epoch {epoch}")));
        }
    }
    Ok(Trained::new(burn::module::Module::valid(&network), encoder, settings, graphs, device))
}

impl<B: Blueprint> Trained<B> {
    /// A network after its training, with statistics over all graphs.
    fn new(network: B::Network, encoder: B::Encoder, settings: &Settings, graphs: &[CellGraph], device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let (_, statistics) = network.embed_and_measure(&encoder.encode(graphs, &device));
        Self { network, encoder, statistics, batch_size: settings.prediction_batch_size, device }
    }

    /// Embeddings of graphs in evaluation mode. `[graphs, width]`
    pub(crate) fn embed(&self, graphs: &[CellGraph]) -> Result<Array2<f64>, SurrogateError> {
        let rows = self.in_batches(graphs, |embeddings| embeddings)?;
        Array2::from_shape_vec((graphs.len(), rows.len() / graphs.len().max(1)), rows)
            .map_err(|error| SurrogateError::Other(Box::new(error)))
    }

    /// The network's own predictions of graphs, in [0, 1].
    pub(crate) fn predict(&self, graphs: &[CellGraph]) -> Result<Vec<f64>, SurrogateError> {
        self.in_batches(graphs, |embeddings| {
            let [count, _] = embeddings.dims();
            self.network.predict(embeddings).reshape([count, 1])
        })
    }

    /// Numbers that `of` makes of embeddings, graph by graph.
    fn in_batches(&self, graphs: &[CellGraph], of: impl Fn(Tensor<2>) -> Tensor<2>) -> Result<Vec<f64>, SurrogateError> {
        let mut values: Vec<f64> = Vec::new();
        for chunk in graphs.chunks(self.batch_size) {
            let embeddings = self.network.embed(&self.encoder.encode(chunk, &self.device), &self.statistics);
            let chunk = of(embeddings).try_into_vec_as::<f64>().map_err(|error| SurrogateError::Other(Box::new(error)))?;
            values.extend(chunk);
        }
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(SurrogateError::Diverged(format!("an embedding holds {value}"))),
            None => Ok(values),
        }
    }
}
