use crate::batch_norm::Statistics;
use crate::encoding::GraphBatch;
use crate::network::Gcn;
use crate::{GcnConfig, Loss};
use bonas_core::{CellGraph, StudyRng, SurrogateError};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use ndarray::Array2;
use rand::seq::SliceRandom;

/// A trained network and the statistics to predict with.
#[derive(Debug)]
pub(crate) struct TrainedGcn {
    network: Gcn,
    statistics: Vec<Statistics>,
    vocabulary: usize,
    width: usize,
    batch_size: usize,
    device: Device,
}

/// Trains a fresh network on graphs of one vocabulary and their targets in [0, 1].
pub(crate) fn train(
    config: &GcnConfig,
    loss: Loss,
    graphs: &[CellGraph],
    targets: &[f64],
    device: &Device,
    rng: &mut StudyRng,
) -> Result<TrainedGcn, SurrogateError> {
    let vocabulary = graphs[0].vocabulary();
    let training_device = device.clone().autodiff();
    let data = GraphBatch::new(graphs, vocabulary, &training_device);
    let mut network = Gcn::new(config, vocabulary, rng, &training_device);
    let mut optimizer = AdamConfig::new().with_epsilon(config.adam_epsilon as f32).init();
    let mut order: Vec<usize> = (0..graphs.len()).collect();
    for epoch in 0..config.epochs {
        order.shuffle(rng);
        let mut last = 0.0;
        for indices in order.chunks(config.batch_size) {
            let batch_targets: Vec<f64> = indices.iter().map(|&index| targets[index]).collect();
            let (embeddings, _) = network.embed_and_measure(&data.select(indices));
            let value = loss.of(network.predict(embeddings), &batch_targets, config.hinge_margin);
            let gradients = GradientsParams::from_grads(value.backward(), &network);
            network = optimizer.step(config.learning_rate, network, gradients);
            last = value.try_into_scalar::<f32>().map_err(|error| SurrogateError::Other(Box::new(error)))?;
        }
        if !last.is_finite() {
            return Err(SurrogateError::Diverged(format!("the loss of the network is {last} after epoch {epoch}")));
        }
    }
    let network = network.valid();
    let device = device.clone().without_autodiff();
    let (_, statistics) = network.embed_and_measure(&GraphBatch::new(graphs, vocabulary, &device));
    Ok(TrainedGcn { network, statistics, vocabulary, width: config.width, batch_size: config.prediction_batch_size, device })
}

impl TrainedGcn {
    /// Embeddings of graphs in evaluation mode. `[graphs, width]`
    pub(crate) fn embed(&self, graphs: &[CellGraph]) -> Result<Array2<f64>, SurrogateError> {
        let mut values: Vec<f64> = Vec::with_capacity(graphs.len() * self.width);
        for chunk in graphs.chunks(self.batch_size) {
            let embeddings = self.network.embed(&GraphBatch::new(chunk, self.vocabulary, &self.device), &self.statistics);
            let chunk = embeddings.try_into_vec_as::<f64>().map_err(|error| SurrogateError::Other(Box::new(error)))?;
            values.extend(chunk);
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(SurrogateError::Diverged(format!("an embedding holds {value}")));
        }
        Array2::from_shape_vec((graphs.len(), self.width), values).map_err(|error| SurrogateError::Other(Box::new(error)))
    }

    /// Number of operations of the graphs it was trained on.
    pub(crate) fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}
