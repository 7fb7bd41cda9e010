mod parameters;
mod pass;
mod states;
mod training;

use crate::GcnConfig;
use crate::batch_norm::{MaskedBatchNorm, Statistics};
use crate::encoding::{GLOBAL_NODE, GraphBatch, GraphEncoder};
use crate::layer::Linear;
use crate::network::{Blueprint, Network};
use crate::settings::Settings;
use bonas_core::{CellGraph, StudyRng, SurrogateError};
use burn::module::Module;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

/// The graph convolutional network of BONAS: `H ← ReLU(BN(Â H W + b))` a few times, then the state of the global node as the
/// embedding, and a linear head with a sigmoid that predicts the target.
#[derive(Module, Debug)]
pub(crate) struct Gcn {
    layers: Vec<Convolution>,
    head: Linear,
    #[module(skip)]
    epsilon: f64,
}

#[derive(Module, Debug)]
struct Convolution {
    linear: Linear,
    norm: MaskedBatchNorm,
}

impl Gcn {
    /// A network for graphs of `vocabulary` operations. Its parameters come from `rng` alone: Burn's own generator is shared by
    /// all threads of a process.
    pub(crate) fn new(config: &GcnConfig, vocabulary: usize, rng: &mut StudyRng, device: &Device) -> Self {
        let mut linear = |shape| Linear::uniform(shape, config.weight_range, config.bias_range, rng, device);
        let inputs = std::iter::once(vocabulary + 1).chain(std::iter::repeat(config.width));
        let layers = inputs.take(config.layers).map(|inputs| Convolution {
            linear: linear([inputs, config.width]),
            norm: MaskedBatchNorm::new(config.width, device),
        });
        let layers = layers.collect();
        Self { layers, head: linear([config.width, 1]), epsilon: config.batch_norm_epsilon }
    }

    fn embed_by(&self, batch: &GraphBatch, mut statistics: impl FnMut(usize, &Tensor<2>) -> Statistics) -> Tensor<2> {
        let (graphs, rows) = (batch.len(), batch.rows());
        let mut states = batch.features.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let x = layer.forward_propagated(states, &batch.propagation); // [graphs · rows, width]
            let statistics = statistics(index, &x);
            let x = relu(layer.norm.forward(x, &statistics, self.epsilon));
            let width = x.dims()[1];
            states = x.reshape([graphs, rows, width]);
        }
        let width = states.dims()[2];
        states.narrow(1, GLOBAL_NODE, 1).reshape([graphs, width])
    }
}

impl Network for Gcn {
    type Batch = GraphBatch;
    /// Of every layer.
    type Statistics = Vec<Statistics>;

    fn embed_and_measure(&self, batch: &GraphBatch) -> (Tensor<2>, Vec<Statistics>) {
        let mut measured = Vec::with_capacity(self.layers.len());
        let embeddings = self.embed_by(batch, |_, x| {
            let statistics = Statistics::of(x, &batch.shares);
            measured.push(statistics.clone());
            statistics
        });
        (embeddings, measured)
    }

    fn embed(&self, batch: &GraphBatch, statistics: &Vec<Statistics>) -> Tensor<2> {
        self.embed_by(batch, |layer, _| statistics[layer].clone())
    }

    fn predict(&self, embeddings: Tensor<2>) -> Tensor<1> {
        let [graphs, _] = embeddings.dims();
        sigmoid(self.head.forward(embeddings).reshape([graphs]))
    }
}

impl Blueprint for GcnConfig {
    type Encoder = GraphEncoder;
    type Network = Gcn;

    fn settings(&self) -> Settings {
        self.settings()
    }

    fn encoder(&self, observed: &[CellGraph]) -> GraphEncoder {
        GraphEncoder { vocabulary: observed[0].vocabulary() }
    }

    fn network(&self, encoder: &GraphEncoder, rng: &mut StudyRng, device: &Device) -> Gcn {
        Gcn::new(self, encoder.vocabulary, rng, device)
    }

    fn trained_directly(
        &self,
        encoder: &GraphEncoder,
        graphs: &[CellGraph],
        targets: &[f64],
        rng: &mut StudyRng,
    ) -> Option<Result<Gcn, SurrogateError>> {
        Some(training::train(self, encoder, graphs, targets, rng))
    }
}

impl Convolution {
    /// `Â H W + b` of states `[graphs, rows, inputs]`, as `[graphs · rows, outputs]`.
    fn forward_propagated(&self, states: Tensor<3>, propagation: &Tensor<3>) -> Tensor<2> {
        let [graphs, rows, inputs] = states.dims();
        let [_, outputs] = self.linear.weight.dims();
        // One large product for W, small ones for Â; the narrower side is propagated.
        if inputs < outputs {
            let propagated = propagation.clone().matmul(states).reshape([graphs * rows, inputs]);
            return self.linear.forward(propagated);
        }
        let x = states.reshape([graphs * rows, inputs]).matmul(self.linear.weight.val()).reshape([graphs, rows, outputs]);
        propagation.clone().matmul(x).reshape([graphs * rows, outputs]) + self.linear.bias.val().unsqueeze::<2>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Batch;
    use bonas_core::SeedStream;
    use burn::module::Param;

    fn network(vocabulary: usize) -> Gcn {
        Gcn::new(&GcnConfig::default(), vocabulary, &mut SeedStream::new(1).rng("network", 0), &Device::flex())
    }

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.try_into_vec_as().expect("readable")
    }

    fn near(left: &[f32], right: &[f32]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-5)
    }

    /// Six operations and the type of the global node: seven features.
    #[test]
    fn parameter_count_at_seven_features() {
        assert_eq!(network(6).num_params(), 13_569);
    }

    #[test]
    fn padding_changes_neither_statistics_nor_embeddings() {
        let small = CellGraph::new(vec![0, 1, 2], vec![(0, 1), (0, 2), (1, 2)], 3).expect("valid");
        let other = CellGraph::new(vec![0, 2, 2], vec![(0, 1), (1, 2)], 3).expect("valid");
        let large = CellGraph::new(vec![1; 9], (1..9).map(|node| (0, node)).collect(), 3).expect("valid");
        let (network, device) = (network(3), Device::flex());
        let plain = GraphBatch::new(&[small.clone(), other.clone()], 3, &device);
        let padded = GraphBatch::new(&[small, other, large], 3, &device).select(&[0, 1]);
        assert!(padded.rows() > plain.rows());
        let ((left, statistics), (right, _)) = (network.embed_and_measure(&plain), network.embed_and_measure(&padded));
        assert!(near(&values(left.clone()), &values(right)), "batch statistics must not see padding");
        assert!(near(&values(left), &values(network.embed(&padded, &statistics))));
    }

    /// The definition of section 2 of the method, written out for one graph of two nodes and one layer.
    #[test]
    fn one_layer_by_hand() {
        let config = GcnConfig { layers: 1, width: 2, ..GcnConfig::default() };
        let device = Device::flex();
        let mut network = Gcn::new(&config, 2, &mut SeedStream::new(1).rng("network", 0), &device);
        network.layers[0].linear.weight = Param::from_data([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]], &device);
        network.layers[0].linear.bias = Param::from_data([0.5, -0.5], &device);
        let graph = CellGraph::new(vec![0, 1], vec![(0, 1)], 2).expect("valid");
        // Rows of Â X W + b: global (4.5, 2.5), node 0 (1.5, −0.5), node 1 (1.5, 1.5).
        let columns = [[4.5_f32, 1.5, 1.5], [2.5, -0.5, 1.5]];
        let expected = columns.map(|column| {
            let mean = column.iter().sum::<f32>() / 3.0;
            let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 3.0;
            (column[0] - mean) / (variance + 1e-5).sqrt()
        });
        let (embedding, _) = network.embed_and_measure(&GraphBatch::new(&[graph], 2, &device));
        assert!(near(&values(embedding), &expected));
    }
}
