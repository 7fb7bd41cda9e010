use crate::lstm::{Lstm, Sequences};
use crate::network::{Blueprint, Encoder};
use crate::positions::Positions;
use crate::settings::Settings;
use crate::{LstmConfig, network_surrogate};
use bonas_core::{CellGraph, FittedSurrogate, Observations, StudyRng, Surrogate, SurrogateError};
use burn::tensor::{Device, Tensor, TensorData};

/// The recurrent network that the paper compares its graph network with: it reads the nodes one after the other, each as its
/// one-hot operation and its row of the adjacency matrix, and its last state feeds the same Bayesian sigmoid regression.
///
/// Nodes stand in [`canonical_order`](bonas_features::canonical_order).
#[derive(Clone, Debug)]
pub struct LstmSurrogate {
    config: LstmConfig,
    device: Device,
}

impl LstmSurrogate {
    /// A surrogate that trains and predicts on `device`.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: LstmConfig, device: Device) -> Result<Self, SurrogateError> {
        config.check()?;
        Ok(Self { config, device: device.without_autodiff() })
    }
}

impl Surrogate for LstmSurrogate {
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        network_surrogate::fit(&self.config, &self.device, observations, rng)
    }
}

impl Blueprint for LstmConfig {
    type Encoder = SequenceEncoder;
    type Network = Lstm;

    fn settings(&self) -> Settings {
        self.settings()
    }

    fn encoder(&self, observed: &[CellGraph]) -> SequenceEncoder {
        SequenceEncoder(Positions::of(observed))
    }

    fn network(&self, encoder: &SequenceEncoder, rng: &mut StudyRng, device: &Device) -> Lstm {
        Lstm::new(encoder.columns(), self.width, rng, device)
    }
}

/// A graph as a sequence of its nodes: the one-hot operation, then 1 for every node that feeds this one.
pub(crate) struct SequenceEncoder(Positions);

impl SequenceEncoder {
    fn columns(&self) -> usize {
        self.0.vocabulary + self.0.nodes
    }
}

impl Encoder for SequenceEncoder {
    type Batch = Sequences;

    fn encode(&self, graphs: &[CellGraph], device: &Device) -> Sequences {
        let (Positions { nodes, vocabulary }, columns) = (self.0, self.columns());
        let mut rows = vec![0.0_f32; graphs.len() * nodes * columns];
        let mut last = vec![0.0_f32; graphs.len() * nodes];
        let blocks = rows.chunks_exact_mut(nodes * columns).zip(last.chunks_exact_mut(nodes));
        for (graph, (rows, last)) in graphs.iter().zip(blocks) {
            let placed = self.0.place(graph);
            placed.edges.iter().for_each(|&(from, to)| rows[to * columns + vocabulary + from] = 1.0);
            let operations = placed.operations.iter().enumerate();
            operations.for_each(|(node, &operation)| rows[node * columns + operation] = 1.0);
            last[placed.operations.len() - 1] = 1.0;
        }
        Sequences {
            rows: Tensor::from_data(TensorData::new(rows, [graphs.len(), nodes, columns]), device),
            last: Tensor::from_data(TensorData::new(last, [graphs.len(), nodes]), device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Head, Mode};

    #[test]
    fn contract_in_every_mode() {
        let configs = [
            LstmConfig::default(),
            LstmConfig { mode: Mode::Paper, ..LstmConfig::default() },
            LstmConfig { head: Head::Network, learning_rate: 1e-2, ..LstmConfig::default() },
        ];
        for config in configs {
            bonas_testing::surrogate::check(&LstmSurrogate::new(config, Device::flex()).expect("valid settings"));
        }
    }

    #[test]
    fn a_step_is_an_operation_and_what_feeds_it() {
        let chain = CellGraph::new(vec![0, 2, 1], vec![(0, 1), (1, 2)], 3).expect("valid");
        let single = CellGraph::new(vec![1], vec![], 3).expect("valid");
        let graphs = [chain, single];
        let encoded = LstmConfig::default().encoder(&graphs).encode(&graphs, &Device::flex());
        let rows: Vec<f32> = encoded.rows.try_into_vec_as().expect("f32");
        #[rustfmt::skip]
        let expected = [
            1., 0., 0.,  0., 0., 0.,   0., 0., 1.,  1., 0., 0.,   0., 1., 0.,  0., 1., 0.,
            0., 1., 0.,  0., 0., 0.,   0., 0., 0.,  0., 0., 0.,   0., 0., 0.,  0., 0., 0.,
        ];
        assert_eq!(rows, expected);
        let last: Vec<f32> = encoded.last.try_into_vec_as().expect("f32");
        assert_eq!(last, [0., 0., 1., 1., 0., 0.]);
    }
}
