use crate::{Feature, weisfeiler_lehman};
use bonas_core::CellGraph;
use ndarray::Array2;
use std::collections::HashMap;

/// The Weisfeiler–Lehman kernel against observed graphs: the normalised inner product `⟨φ, φ'⟩ / √(⟨φ, φ⟩⟨φ', φ'⟩)` of the counts
/// of [`weisfeiler_lehman`] labels. A graph has the kernel 1 with itself.
///
/// Features are sparse: for each label the observed graphs that have it are listed, and a row costs no more than they are.
#[derive(Clone, Debug)]
pub struct WlKernel {
    iterations: usize,
    /// Observed graphs that have a label, with their counts.
    index: HashMap<u64, Vec<(usize, f64)>>,
    /// `√⟨φ, φ⟩` of every observed graph.
    norms: Vec<f64>,
}

impl WlKernel {
    /// The kernel of `iterations` rounds of labels against these graphs.
    pub fn new(observed: &[CellGraph], iterations: usize) -> Self {
        let mut index: HashMap<u64, Vec<(usize, f64)>> = HashMap::new();
        let mut norms = Vec::with_capacity(observed.len());
        for (place, graph) in observed.iter().enumerate() {
            let features = weisfeiler_lehman(graph, iterations);
            norms.push(norm(&features));
            for feature in features {
                index.entry(feature.key).or_default().push((place, feature.count));
            }
        }
        Self { iterations, index, norms }
    }

    /// Rounds of labels.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// The kernel of each graph with each observed one. `[graphs, observed]`
    pub fn cross(&self, graphs: &[CellGraph]) -> Array2<f64> {
        let mut kernel = Array2::zeros((graphs.len(), self.norms.len()));
        for (mut row, graph) in kernel.rows_mut().into_iter().zip(graphs) {
            let features = weisfeiler_lehman(graph, self.iterations);
            let row = row.as_slice_mut().expect("rows of a new array are contiguous");
            for feature in &features {
                for &(place, count) in self.index.get(&feature.key).into_iter().flatten() {
                    row[place] += count * feature.count;
                }
            }
            let own = norm(&features);
            row.iter_mut().zip(&self.norms).for_each(|(entry, norm)| *entry /= norm * own);
        }
        kernel
    }
}

fn norm(features: &[Feature]) -> f64 {
    features.iter().map(|feature| feature.count * feature.count).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{graph_and_relabelling, relabelled};
    use proptest::prelude::*;

    #[test]
    fn kernels_by_hand() {
        let chain = |operations: [usize; 3]| CellGraph::new(operations.to_vec(), vec![(0, 1), (1, 2)], 3).expect("valid");
        let (left, right) = (chain([0, 1, 2]), chain([0, 1, 1]));
        // Counts of operations: (1, 1, 1) and (1, 2, 0).
        let counted = WlKernel::new(std::slice::from_ref(&left), 0).cross(std::slice::from_ref(&right));
        assert!((counted[[0, 0]] - 3.0 / 15_f64.sqrt()).abs() < 1e-12);
        // After one round the labels 0 and 0→1 are shared, 1→2 and 1→1 are not: (3 + 2) / √((3 + 3)(5 + 3)).
        let refined = WlKernel::new(std::slice::from_ref(&left), 1).cross(std::slice::from_ref(&right));
        assert!((refined[[0, 0]] - 5.0 / 48_f64.sqrt()).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn isomorphic_graphs_have_the_kernel_one((graph, seed) in graph_and_relabelling(), iterations in 0..4_usize) {
            let kernel = WlKernel::new(std::slice::from_ref(&graph), iterations).cross(&[relabelled(&graph, seed)]);
            prop_assert!((kernel[[0, 0]] - 1.0).abs() < 1e-12);
        }
    }
}
