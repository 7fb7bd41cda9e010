use crate::mlp::Mlp;
use crate::network::{Blueprint, Encoder};
use crate::positions::Positions;
use crate::settings::Settings;
use crate::{MlpConfig, network_surrogate};
use bonas_core::{CellGraph, FittedSurrogate, Observations, StudyRng, Surrogate, SurrogateError};
use burn::tensor::{Device, Tensor, TensorData};

/// The multilayer perceptron that the paper compares its graph network with: it reads the flattened, padded adjacency matrix
/// and the one-hot operations, and its last hidden layer feeds the same Bayesian sigmoid regression.
///
/// It knows nothing of graphs, so that a node means something by its position alone. Nodes stand in
/// [`canonical_order`](bonas_features::canonical_order).
#[derive(Clone, Debug)]
pub struct MlpSurrogate {
    config: MlpConfig,
    device: Device,
}

impl MlpSurrogate {
    /// A surrogate that trains and predicts on `device`.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: MlpConfig, device: Device) -> Result<Self, SurrogateError> {
        config.check()?;
        Ok(Self { config, device: device.without_autodiff() })
    }
}

impl Surrogate for MlpSurrogate {
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        network_surrogate::fit(&self.config, &self.device, observations, rng)
    }
}

impl Blueprint for MlpConfig {
    type Encoder = FlatEncoder;
    type Network = Mlp;

    fn settings(&self) -> Settings {
        self.settings()
    }

    fn encoder(&self, observed: &[CellGraph]) -> FlatEncoder {
        FlatEncoder(Positions::of(observed))
    }

    fn network(&self, encoder: &FlatEncoder, rng: &mut StudyRng, device: &Device) -> Mlp {
        Mlp::new(encoder.columns(), self.layers, self.width, rng, device)
    }
}

/// A graph as one row: the part of its adjacency matrix above the diagonal, column by column, then the one-hot operations.
pub(crate) struct FlatEncoder(Positions);

impl FlatEncoder {
    fn columns(&self) -> usize {
        edge_columns(self.0.nodes) + self.0.nodes * self.0.vocabulary
    }
}

/// Possible edges between this many nodes; also the place of the first edge into the node of this number.
fn edge_columns(nodes: usize) -> usize {
    nodes * nodes.saturating_sub(1) / 2
}

impl Encoder for FlatEncoder {
    type Batch = Tensor<2>;

    fn encode(&self, graphs: &[CellGraph], device: &Device) -> Tensor<2> {
        let Positions { nodes, vocabulary } = self.0;
        let mut rows = vec![0.0_f32; graphs.len() * self.columns()];
        for (graph, row) in graphs.iter().zip(rows.chunks_exact_mut(self.columns())) {
            let placed = self.0.place(graph);
            placed.edges.iter().for_each(|&(from, to)| row[edge_columns(to) + from] = 1.0);
            let operations = placed.operations.iter().enumerate();
            operations.for_each(|(node, &operation)| row[edge_columns(nodes) + node * vocabulary + operation] = 1.0);
        }
        Tensor::from_data(TensorData::new(rows, [graphs.len(), self.columns()]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Head, Mode};

    #[test]
    fn contract_in_every_mode() {
        let configs = [
            MlpConfig::default(),
            MlpConfig { mode: Mode::Paper, ..MlpConfig::default() },
            MlpConfig { head: Head::Network, learning_rate: 1e-2, ..MlpConfig::default() },
        ];
        for config in configs {
            bonas_testing::surrogate::check(&MlpSurrogate::new(config, Device::flex()).expect("valid settings"));
        }
    }

    #[test]
    fn edges_and_operations_have_columns_of_their_own() {
        let chain = CellGraph::new(vec![0, 2, 1], vec![(0, 1), (1, 2)], 3).expect("valid");
        let single = CellGraph::new(vec![1], vec![], 3).expect("valid");
        let graphs = [chain, single];
        let encoded: Vec<f32> =
            MlpConfig::default().encoder(&graphs).encode(&graphs, &Device::flex()).try_into_vec_as().expect("f32");
        // Edges 01, 02, 12, then the operations of three nodes.
        #[rustfmt::skip]
        let expected = [
            1., 0., 1.,   1., 0., 0.,   0., 0., 1.,   0., 1., 0.,
            0., 0., 0.,   0., 1., 0.,   0., 0., 0.,   0., 0., 0.,
        ];
        assert_eq!(encoded, expected);
    }

    #[test]
    fn larger_graphs_than_the_observed_can_be_predicted() {
        let chain = |nodes: usize, operation: usize| {
            let operations = (0..nodes).map(|node| if node == 1 { operation } else { 0 }).collect();
            CellGraph::new(operations, (1..nodes).map(|node| (node - 1, node)).collect(), 3).expect("valid")
        };
        let observations =
            Observations::new((0..3).map(|operation| chain(3, operation)).collect(), vec![0.1, 0.5, 0.9]).expect("valid");
        let surrogate = MlpSurrogate::new(MlpConfig { epochs: 2, ..MlpConfig::default() }, Device::flex()).expect("valid");
        let fitted = surrogate.fit(&observations, &mut bonas_core::SeedStream::new(1).rng("fit", 0)).expect("fits");
        assert_eq!(fitted.posterior(&[chain(9, 1), chain(2, 1)]).expect("finite").len(), 2);
    }
}
