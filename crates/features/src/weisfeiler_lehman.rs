use crate::adjacency::Adjacency;
use crate::feature::{Feature, counted};
use crate::hash::mix;
use bonas_core::CellGraph;

/// Apart from every other kind of feature.
const SALT: u64 = 0x776c;

/// The Weisfeiler–Lehman features of a graph (Shervashidze et al. 2011; for architectures Ru et al., *NAS-BOWL*, ICLR 2021):
/// how often each label occurs, at the start and after each of `iterations` rounds. Sorted by key.
///
/// A label is first the operation of a node, then what it was together with the sorted labels of the nodes that feed it, as
/// information flows. A label of round `h` is made of all nodes that reach its node in `h` steps.
pub fn weisfeiler_lehman(graph: &CellGraph, iterations: usize) -> Vec<Feature> {
    let sources = Adjacency::of(graph).sources;
    let mut labels: Vec<u64> = graph.operations().iter().map(|&operation| mix(SALT, operation as u64)).collect();
    let mut all: Vec<(u64, usize)> = labels.iter().map(|&label| (label, 1)).collect();
    let mut neighbours = Vec::new();
    for iteration in 1..=iterations {
        let relabelled = (0..labels.len()).map(|node| {
            neighbours.clear();
            neighbours.extend(sources[node].iter().map(|&source| labels[source]));
            neighbours.sort_unstable();
            neighbours.iter().fold(mix(labels[node], iteration as u64), |label, &neighbour| mix(label, neighbour))
        });
        labels = relabelled.collect();
        all.extend(labels.iter().map(|&label| (label, iteration + 1)));
    }
    counted(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(features: &[Feature], length: usize) -> Vec<f64> {
        let mut counts: Vec<f64> =
            features.iter().filter(|feature| feature.length == length).map(|feature| feature.count).collect();
        counts.sort_by(f64::total_cmp);
        counts
    }

    #[test]
    fn labels_by_hand() {
        // Two nodes of operation 1 under an input, one of them feeding the other.
        let graph = CellGraph::new(vec![0, 1, 1, 2], vec![(0, 1), (0, 2), (1, 2), (2, 3)], 3).expect("valid");
        let features = weisfeiler_lehman(&graph, 2);
        assert_eq!(counts(&features, 1), [1.0, 1.0, 2.0], "operations 0, 2, and twice 1");
        assert_eq!(counts(&features, 2), [1.0; 4], "the two differ by what feeds them");
        assert_eq!(counts(&features, 3), [1.0; 4]);
        assert_eq!(weisfeiler_lehman(&graph, 0), features.iter().copied().filter(|f| f.length == 1).collect::<Vec<_>>());
    }

    #[test]
    fn equal_neighbourhoods_share_a_label_until_they_differ() {
        let chain = |operations: [usize; 4]| CellGraph::new(operations.to_vec(), vec![(0, 1), (1, 2), (2, 3)], 4).expect("valid");
        let (left, right) = (weisfeiler_lehman(&chain([0, 1, 2, 3]), 3), weisfeiler_lehman(&chain([1, 1, 2, 3]), 3));
        let shared = |length: usize| left.iter().filter(|f| f.length == length && right.contains(f)).count();
        // Operation 1 is there once on the left and twice on the right: as a label it is shared, as a count it is not.
        assert_eq!([1, 2, 3, 4].map(shared), [2, 2, 1, 0]);
    }
}
