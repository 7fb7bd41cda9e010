use crate::Feature;
use ndarray::Array2;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// The features that observed graphs have, each with a column of its own. What no observed graph has, no column shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    columns: HashMap<u64, usize>,
}

impl Vocabulary {
    /// The features of these graphs. Beyond `limit`, those that the most graphs have are kept, the shorter of equally frequent ones
    /// first (the truncation of BANANAS keeps the paths that random cells are most likely to have, which are the short ones).
    pub fn of(graphs: &[Vec<Feature>], limit: usize) -> Self {
        let mut frequency: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
        for feature in graphs.iter().flatten() {
            frequency.entry(feature.key).or_insert((0, feature.length)).0 += 1;
        }
        let mut keys: Vec<(Reverse<usize>, usize, u64)> =
            frequency.into_iter().map(|(key, (graphs, length))| (Reverse(graphs), length, key)).collect();
        keys.sort_unstable();
        Self { columns: keys.into_iter().take(limit).enumerate().map(|(column, (_, _, key))| (key, column)).collect() }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether the observed graphs had no feature.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// How often each graph has each feature. `[graphs, columns]`
    pub fn encode(&self, graphs: &[Vec<Feature>]) -> Array2<f64> {
        let mut counts = Array2::zeros((graphs.len(), self.len()));
        for (mut row, features) in counts.rows_mut().into_iter().zip(graphs) {
            for feature in features {
                if let Some(&column) = self.columns.get(&feature.key) {
                    row[column] = feature.count;
                }
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn feature(key: u64, length: usize, count: f64) -> Feature {
        Feature { key, length, count }
    }

    #[test]
    fn frequent_and_short_features_are_kept() {
        let graphs = [vec![feature(7, 5, 1.0), feature(8, 2, 3.0)], vec![feature(7, 5, 2.0), feature(9, 3, 1.0)]];
        let all = Vocabulary::of(&graphs, usize::MAX);
        assert_eq!(all.encode(&graphs), array![[1.0, 3.0, 0.0], [2.0, 0.0, 1.0]]);
        let two = Vocabulary::of(&graphs, 2);
        assert_eq!(two.encode(&[vec![feature(9, 3, 1.0), feature(8, 2, 4.0), feature(1, 1, 1.0)]]), array![[0.0, 4.0]]);
        assert!(Vocabulary::of(&[], 3).is_empty());
    }
}
