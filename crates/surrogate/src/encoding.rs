use crate::network::{Batch, Encoder, places};
use bonas_core::CellGraph;
use burn::tensor::{Device, Tensor, TensorData};

/// The row of the global node, which every node feeds and which feeds none; its last state is the embedding of the graph.
pub(crate) const GLOBAL_NODE: usize = 0;

/// Graphs on a device, padded to the largest.
///
/// Row 0 of a graph is its global node, the rows after it are its own nodes, the rest is padding: zero in every tensor, reached
/// by no propagation, and of no weight in batch statistics.
#[derive(Clone, Debug)]
pub(crate) struct GraphBatch {
    /// One-hot operations, the global node's own type last. `[graphs, rows, vocabulary + 1]`
    pub(crate) features: Tensor<3>,
    /// `[g, i, j]` is 1 where j feeds i or is i, without degree normalisation. `[graphs, rows, rows]`
    pub(crate) propagation: Tensor<3>,
    /// Share of every row in a mean over all that are not padding. `[1, graphs · rows]`
    pub(crate) shares: Tensor<2>,
    node_counts: Vec<usize>,
}

impl GraphBatch {
    /// Encodes graphs of one vocabulary; at least one.
    pub(crate) fn new(graphs: &[CellGraph], vocabulary: usize, device: &Device) -> Self {
        let node_counts: Vec<usize> = graphs.iter().map(|graph| graph.node_count() + 1).collect();
        let rows = node_counts.iter().copied().max().unwrap_or(1);
        let columns = vocabulary + 1;
        let mut features = vec![0.0_f32; graphs.len() * rows * columns];
        let mut propagation = vec![0.0_f32; graphs.len() * rows * rows];
        let blocks = features.chunks_exact_mut(rows * columns).zip(propagation.chunks_exact_mut(rows * rows));
        for (graph, (features, propagation)) in graphs.iter().zip(blocks) {
            fill_features(graph, columns, features);
            fill_propagation(graph, rows, propagation);
        }
        Self {
            features: Tensor::from_data(TensorData::new(features, [graphs.len(), rows, columns]), device),
            propagation: Tensor::from_data(TensorData::new(propagation, [graphs.len(), rows, rows]), device),
            shares: shares(&node_counts, rows, device),
            node_counts,
        }
    }

    /// Number of graphs.
    pub(crate) fn len(&self) -> usize {
        self.node_counts.len()
    }

    /// Rows per graph: the global node, the nodes and the padding.
    pub(crate) fn rows(&self) -> usize {
        self.features.dims()[1]
    }
}

impl Batch for GraphBatch {
    fn select(&self, indices: &[usize]) -> Self {
        let device = self.features.device();
        let places = places(indices, &device);
        let node_counts: Vec<usize> = indices.iter().map(|&index| self.node_counts[index]).collect();
        Self {
            features: self.features.clone().select(0, places.clone()),
            propagation: self.propagation.clone().select(0, places),
            shares: shares(&node_counts, self.rows(), &device),
            node_counts,
        }
    }
}

/// Encodes graphs of one vocabulary, each with its global node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GraphEncoder {
    pub(crate) vocabulary: usize,
}

impl Encoder for GraphEncoder {
    type Batch = GraphBatch;

    fn encode(&self, graphs: &[CellGraph], device: &Device) -> GraphBatch {
        GraphBatch::new(graphs, self.vocabulary, device)
    }
}

fn fill_features(graph: &CellGraph, columns: usize, features: &mut [f32]) {
    features[GLOBAL_NODE * columns + columns - 1] = 1.0;
    for (node, &operation) in graph.operations().iter().enumerate() {
        features[(node + 1) * columns + operation] = 1.0;
    }
}

fn fill_propagation(graph: &CellGraph, rows: usize, propagation: &mut [f32]) {
    for node in 0..=graph.node_count() {
        propagation[node * rows + node] = 1.0;
        propagation[GLOBAL_NODE * rows + node] = 1.0;
    }
    for &(from, to) in graph.edges() {
        propagation[(to + 1) * rows + from + 1] = 1.0;
    }
}

fn shares(node_counts: &[usize], rows: usize, device: &Device) -> Tensor<2> {
    let share = 1.0 / node_counts.iter().sum::<usize>() as f32;
    let row_share = |count: usize| (0..rows).map(move |row| if row < count { share } else { 0.0 });
    let shares: Vec<f32> = node_counts.iter().flat_map(|&count| row_share(count)).collect();
    let count = shares.len();
    Tensor::from_data(TensorData::new(shares, [1, count]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graphs() -> Vec<CellGraph> {
        let chain = CellGraph::new(vec![0, 2, 1], vec![(0, 1), (1, 2)], 3).expect("valid");
        let single = CellGraph::new(vec![1], vec![], 3).expect("valid");
        vec![chain, single]
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.try_into_vec_as().expect("readable")
    }

    #[test]
    fn edges_run_into_their_target_and_all_nodes_into_the_global_one() {
        let batch = GraphBatch::new(&graphs(), 3, &Device::flex());
        assert_eq!(batch.propagation.dims(), [2, 4, 4]);
        #[rustfmt::skip]
        let expected = [
            1., 1., 1., 1.,   0., 1., 0., 0.,   0., 1., 1., 0.,   0., 0., 1., 1.,
            1., 1., 0., 0.,   0., 1., 0., 0.,   0., 0., 0., 0.,   0., 0., 0., 0.,
        ];
        assert_eq!(values(batch.propagation), expected);
    }

    #[test]
    fn operations_are_one_hot_and_padding_is_zero() {
        let batch = GraphBatch::new(&graphs(), 3, &Device::flex());
        #[rustfmt::skip]
        let expected = [
            0., 0., 0., 1.,   1., 0., 0., 0.,   0., 0., 1., 0.,   0., 1., 0., 0.,
            0., 0., 0., 1.,   0., 1., 0., 0.,   0., 0., 0., 0.,   0., 0., 0., 0.,
        ];
        assert_eq!(values(batch.features), expected);
        let share = 1.0 / 6.0;
        assert_eq!(values(batch.shares), [share, share, share, share, share, share, 0.0, 0.0]);
    }

    #[test]
    fn a_selection_is_what_encoding_it_gives() {
        let (graphs, device) = (graphs(), Device::flex());
        let selected = GraphBatch::new(&graphs, 3, &device).select(&[1, 0, 1]);
        let expected = GraphBatch::new(&[graphs[1].clone(), graphs[0].clone(), graphs[1].clone()], 3, &device);
        assert_eq!(selected.len(), 3);
        assert_eq!(values(selected.features), values(expected.features));
        assert_eq!(values(selected.propagation), values(expected.propagation));
        assert_eq!(values(selected.shares), values(expected.shares));
    }
}
