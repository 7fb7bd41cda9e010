use crate::settings::Settings;
use bonas_core::{CellGraph, StudyRng, SurrogateError};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A kind of network that learns embeddings of graphs: what a surrogate needs to know of it.
pub(crate) trait Blueprint {
    /// How graphs become tensors, once the observed graphs are known.
    type Encoder: Encoder;
    /// The network.
    type Network: Network<Batch = <Self::Encoder as Encoder>::Batch>;

    /// How it is trained, and what stands on its embeddings.
    fn settings(&self) -> Settings;

    /// An encoder for graphs like the observed ones, of which there is at least one.
    fn encoder(&self, observed: &[CellGraph]) -> Self::Encoder;

    /// A fresh network. Its parameters come from `rng` alone.
    fn network(&self, encoder: &Self::Encoder, rng: &mut StudyRng, device: &Device) -> Self::Network;

    /// A fresh network that is trained on the CPU without tensors, as Burn would train it from the same generator; `None` where there is
    /// no such way.
    fn trained_directly(
        &self,
        _encoder: &Self::Encoder,
        _graphs: &[CellGraph],
        _targets: &[f64],
        _rng: &mut StudyRng,
    ) -> Option<Result<Self::Network, SurrogateError>> {
        None
    }
}

/// Turns graphs into tensors.
pub(crate) trait Encoder {
    /// Encoded graphs.
    type Batch: Batch;

    /// Encodes graphs of one vocabulary; at least one.
    fn encode(&self, graphs: &[CellGraph], device: &Device) -> Self::Batch;
}

/// Encoded graphs.
pub(crate) trait Batch {
    /// The graphs at these places, in their order.
    fn select(&self, indices: &[usize]) -> Self;
}

/// A network that embeds graphs and predicts a target in (0, 1) from each embedding.
pub(crate) trait Network: Module {
    /// What it reads.
    type Batch;
    /// What it measures over all training graphs, to predict with.
    type Statistics;

    /// Embeddings `[graphs, width]` in training mode, and the statistics of this batch.
    fn embed_and_measure(&self, batch: &Self::Batch) -> (Tensor<2>, Self::Statistics);

    /// Embeddings `[graphs, width]` under given statistics, each independent of the other graphs.
    fn embed(&self, batch: &Self::Batch, statistics: &Self::Statistics) -> Tensor<2>;

    /// Predicted targets `[graphs]` of embeddings `[graphs, width]`.
    fn predict(&self, embeddings: Tensor<2>) -> Tensor<1>;
}

/// Rows of numbers. `[graphs, columns]`
impl Batch for Tensor<2> {
    fn select(&self, indices: &[usize]) -> Self {
        self.clone().select(0, places(indices, &self.device()))
    }
}

/// Places in a tensor.
pub(crate) fn places(indices: &[usize], device: &Device) -> Tensor<1, Int> {
    let places: Vec<i64> = indices.iter().map(|&index| index as i64).collect();
    Tensor::from_data(TensorData::new(places, [indices.len()]), device)
}
