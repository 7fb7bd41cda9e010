use super::structure::Structure;
use crate::feature::Feature;
use ndarray::{Array1, Array2, ArrayView1, Axis, LinalgScalar, s};
use pulp::{Arch, Simd, WithSimd};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Blocks of a [`Structure`]: places, live operations, paths.
pub(super) const BLOCKS: usize = 3;

/// How far structures are from observed ones, in the units of [`Units`].
#[derive(Clone, Debug)]
pub(super) struct Distances {
    columns: Columns,
    observed: Blocks,
    /// What is known beside the graphs, standardised. `[observed, covariates]`
    known: Array2<f64>,
    units: Units,
}

/// Columns of the places that were observed. Their keys are hashes already.
type Columns = FxHashMap<u64, usize>;

/// Structures seen from observed ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Apart {
    /// Squared distances, one matrix a block. `[structures, observed]`
    pub(super) blocks: [Array2<f64>; BLOCKS],
    /// Products of what is known of both, one matrix a covariate. `[structures, observed]`
    pub(super) products: Vec<Array2<f64>>,
    /// Squares of what is known of every structure. `[structures, covariates]`
    pub(super) squares: Array2<f64>,
}

impl Apart {
    /// The observed seen from themselves, where they were measured in these groups: every group is one more covariate, 1 in the
    /// group and 0 elsewhere, and all of them have one slope. Of other structures, none is in any of the groups.
    pub(super) fn in_groups(mut self, groups: &[usize]) -> Self {
        let size = groups.len();
        self.products
            .push(Array2::from_shape_fn((size, size), |(row, column)| f64::from(u8::from(groups[row] == groups[column]))));
        self.squares.push_column(Array1::ones(size).view()).expect("as many rows");
        self
    }
}

/// For every block the mean squared distance between two structures of a reference; 1 where all of them are equal. For every
/// covariate its mean and standard deviation in the reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Units {
    blocks: [f64; BLOCKS],
    known: Vec<(f64, f64)>,
}

impl Units {
    /// The units of this reference.
    pub(super) fn of(reference: &[Arc<Structure>]) -> Self {
        let (_, blocks) = observed_blocks(reference);
        let covariates = reference.first().map_or(0, |structure| structure.known.len());
        let known = (0..covariates).map(|place| center_and_scale(reference.iter().map(|structure| structure.known[place])));
        Self { blocks: [blocks.places.unit(), blocks.live.unit(), blocks.paths.unit()], known: known.collect() }
    }

    /// What is known of these structures, standardised. `[structures, covariates]`
    fn standardised(&self, structures: &[Arc<Structure>]) -> Array2<f64> {
        Array2::from_shape_fn((structures.len(), self.known.len()), |(row, place)| {
            let (center, scale) = self.known[place];
            (structures[row].known[place] - center) / scale
        })
    }
}

/// Mean and standard deviation; the latter 1 where all values are equal.
fn center_and_scale(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let center = values.clone().sum::<f64>() / count;
    let scale = (values.map(|value| (value - center).powi(2)).sum::<f64>() / count).sqrt();
    (center, if scale > 0.0 { scale } else { 1.0 })
}

/// A distance for each product, in the widest vectors of this processor.
struct Apiece<'a, T> {
    /// `[rows, observed]`
    products: &'a [T],
    squares: &'a [f64],
    observed: &'a [f64],
    scale: f64,
    /// `[rows, observed]`
    distances: &'a mut [f64],
}

impl<T: Copy + Into<f64>> WithSimd for Apiece<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let width = self.observed.len().max(1);
        let rows = self.distances.chunks_exact_mut(width).zip(self.products.chunks_exact(width));
        for ((distances, products), square) in rows.zip(self.squares) {
            for ((distance, &product), other) in distances.iter_mut().zip(products).zip(self.observed) {
                *distance = (square + other - 2.0 * product.into()).max(0.0) * self.scale;
            }
        }
    }
}

/// Structures as rows, block by block.
///
/// Places and live operations are counts, so that single precision is exact for them: their products are sums of integers, and no graph
/// is large enough for one above 2²⁴.
#[derive(Clone, Debug)]
struct Blocks {
    places: Block<f32>,
    live: Block<f32>,
    paths: Block<f64>,
}

/// Rows of features. What only the other side has counts for its squared length alone.
#[derive(Clone, Debug)]
struct Block<T> {
    /// `[rows, features]`
    features: Array2<T>,
    /// Squared length of every row, features beyond the columns included. `[rows]`
    squares: Array1<f64>,
}

impl<T: LinalgScalar + Into<f64>> Block<T> {
    /// These rows, padded to the width of the others, and the others below.
    fn joined(&self, below: &Self) -> Self {
        let (rows, old) = self.features.dim();
        let mut features = Array2::zeros((rows + below.features.nrows(), below.features.ncols()));
        features.slice_mut(s![..rows, ..old]).assign(&self.features);
        features.slice_mut(s![rows.., ..]).assign(&below.features);
        let squares = self.squares.iter().chain(&below.squares).copied().collect();
        Self { features, squares }
    }

    /// Squared distances of the rows from the observed ones, in this unit: `|x − o|² = |x|² + |o|² − 2 x·o`. Rounding may leave equal rows a little
    /// below zero.
    fn from(&self, observed: &Self, unit: f64) -> Array2<f64> {
        let products = self.features.dot(&observed.features.t());
        let products = products.as_standard_layout();
        let mut distances = Array2::zeros(products.dim());
        Arch::new().dispatch(Apiece {
            products: products.as_slice().expect("in standard layout"),
            squares: self.squares.as_slice().expect("in one piece"),
            observed: observed.squares.as_slice().expect("in one piece"),
            scale: 1.0 / unit,
            distances: distances.as_slice_mut().expect("in standard layout"),
        });
        distances
    }

    /// The mean squared distance of two rows, or 1 where all are equal.
    fn unit(&self) -> f64 {
        self.mean_distance().filter(|&mean| mean > 0.0).unwrap_or(1.0)
    }

    /// Of two different rows; by the identity `Σᵢⱼ |xᵢ − xⱼ|² = 2 N Σᵢ |xᵢ|² − 2 |Σᵢ xᵢ|²`.
    fn mean_distance(&self) -> Option<f64> {
        let count = self.squares.len() as f64;
        let total: Array1<f64> = self.features.sum_axis(Axis(0)).mapv(Into::into);
        (count > 1.0).then(|| (2.0 * count * self.squares.sum() - 2.0 * total.dot(&total)) / (count * (count - 1.0)))
    }
}

impl Distances {
    /// Distances from these structures.
    pub(super) fn from(observed: &[Arc<Structure>], units: Units) -> Self {
        let known = units.standardised(observed);
        let (columns, observed) = observed_blocks(observed);
        Self { columns, observed, known, units }
    }

    /// The same with one more observed structure, in the same units.
    pub(super) fn with(&self, structure: &Arc<Structure>) -> Self {
        let mut columns = self.columns.clone();
        for feature in &structure.places {
            let next = columns.len();
            columns.entry(feature.key).or_insert(next);
        }
        let widths = self.observed.widths().joined(structure);
        let below = Blocks::of(std::slice::from_ref(structure), &columns, widths);
        let observed = Blocks {
            places: self.observed.places.joined(&below.places),
            live: self.observed.live.joined(&below.live),
            paths: self.observed.paths.joined(&below.paths),
        };
        let below = self.units.standardised(std::slice::from_ref(structure));
        let mut known = self.known.clone();
        known.append(Axis(0), below.view()).expect("as many covariates");
        Self { columns, observed, known, units: self.units.clone() }
    }

    /// From each of these structures to each observed one.
    pub(super) fn to(&self, structures: &[Arc<Structure>]) -> Apart {
        let rows = Blocks::of(structures, &self.columns, self.observed.widths());
        let (observed, units) = (&self.observed, &self.units.blocks);
        let blocks = [
            rows.places.from(&observed.places, units[0]),
            rows.live.from(&observed.live, units[1]),
            rows.paths.from(&observed.paths, units[2]),
        ];
        let known = self.units.standardised(structures);
        let outer = |(left, right): (ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
            left.insert_axis(Axis(1)).dot(&right.insert_axis(Axis(0)))
        };
        let products = known.columns().into_iter().zip(self.known.columns()).map(outer).collect();
        Apart { blocks, products, squares: known.mapv(|value| value * value) }
    }
}

/// Blocks as wide as these structures need, and the columns of their places.
fn observed_blocks(structures: &[Arc<Structure>]) -> (Columns, Blocks) {
    let mut columns = Columns::default();
    for feature in structures.iter().flat_map(|structure| &structure.places) {
        let next = columns.len();
        columns.entry(feature.key).or_insert(next);
    }
    let widths = structures.iter().fold(Widths::default(), Widths::joined);
    let blocks = Blocks::of(structures, &columns, widths);
    (columns, blocks)
}

/// Numbers of features of the blocks that are lists.
#[derive(Clone, Copy, Default)]
struct Widths {
    live: usize,
    paths: usize,
}

impl Widths {
    /// Wide enough for this structure, too.
    fn joined(self, structure: &Arc<Structure>) -> Self {
        Self { live: self.live.max(structure.live.len()), paths: self.paths.max(structure.paths.len()) }
    }
}

impl Blocks {
    fn of(structures: &[Arc<Structure>], columns: &Columns, widths: Widths) -> Self {
        let count = structures.len();
        Self {
            places: sparse(structures.iter().map(|structure| structure.places.as_slice()), count, columns),
            live: dense(structures.iter().map(|structure| structure.live.as_slice()), count, widths.live, |count| count as f32),
            paths: dense(structures.iter().map(|structure| structure.paths.as_slice()), count, widths.paths, |value| value),
        }
    }

    fn widths(&self) -> Widths {
        Widths { live: self.live.features.ncols(), paths: self.paths.features.ncols() }
    }
}

fn sparse<'a>(rows: impl Iterator<Item = &'a [Feature]>, count: usize, columns: &Columns) -> Block<f32> {
    let mut block = Block { features: Array2::zeros((count, columns.len())), squares: Array1::zeros(count) };
    for ((mut features, square), row) in block.features.rows_mut().into_iter().zip(&mut block.squares).zip(rows) {
        for feature in row {
            *square += feature.count * feature.count;
            if let Some(&column) = columns.get(&feature.key) {
                features[column] = feature.count as f32;
            }
        }
    }
    block
}

fn dense<'a, T: LinalgScalar>(
    rows: impl Iterator<Item = &'a [f64]>,
    count: usize,
    width: usize,
    number: fn(f64) -> T,
) -> Block<T> {
    let mut block = Block { features: Array2::zeros((count, width)), squares: Array1::zeros(count) };
    for ((mut features, square), row) in block.features.rows_mut().into_iter().zip(&mut block.squares).zip(rows) {
        *square = row.iter().map(|value| value * value).sum();
        features.iter_mut().zip(row).for_each(|(feature, &value)| *feature = number(value));
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(places: &[(u64, f64)], live: &[f64], paths: &[f64]) -> Arc<Structure> {
        let places = places.iter().map(|&(key, count)| Feature { key, length: 1, count }).collect();
        Arc::new(Structure { places, live: live.to_vec(), paths: paths.to_vec(), known: Vec::new() })
    }

    #[test]
    fn distances_by_hand_in_units_of_the_observed() {
        let observed = [structure(&[(1, 2.0)], &[1.0, 0.0], &[3.0]), structure(&[(2, 1.0)], &[0.0, 2.0], &[3.0])];
        let distances = Distances::from(&observed, Units::of(&observed));
        let found = distances.to(&[structure(&[(1, 1.0), (9, 3.0)], &[1.0, 1.0, 5.0], &[1.0])]).blocks;
        // Places: 4 + 1 = 5 apart; (1, 0, 3) from (2, 0, 0) is 10, from (0, 1, 0) is 11.
        assert_eq!(found[0], ndarray::array![[10.0 / 5.0, 11.0 / 5.0]]);
        // Live: 1 + 4 = 5 apart; (1, 1, 5) from (1, 0) is 26, from (0, 2) is 27.
        assert_eq!(found[1], ndarray::array![[26.0 / 5.0, 27.0 / 5.0]]);
        // Paths: the observed are equal, so the unit is 1.
        assert_eq!(found[2], ndarray::array![[4.0, 4.0]]);
    }

    #[test]
    fn one_more_is_one_more_column() {
        let all = [
            structure(&[(1, 2.0)], &[1.0], &[3.0]),
            structure(&[(2, 1.0)], &[0.0], &[5.0]),
            structure(&[(2, 1.0), (7, 4.0)], &[2.0, 3.0], &[1.0]),
        ];
        let two = Distances::from(&all[..2], Units::of(&all[..2]));
        let three = two.with(&all[2]);
        let (old, new) = (two.to(&all).blocks, three.to(&all).blocks);
        for block in 0..BLOCKS {
            assert_eq!(new[block].slice(s![.., ..2]), old[block]);
            assert_eq!((new[block][[2, 2]], new[block][[0, 2]]), (0.0, old[block][[2, 0]]));
        }
    }

    #[test]
    fn the_mean_distance_of_the_observed_is_one() {
        let observed: Vec<_> =
            (0..5_u64).map(|i| structure(&[(i % 3, 1.0 + i as f64)], &[(i * i) as f64], &[i as f64, 1.0])).collect();
        for block in Distances::from(&observed, Units::of(&observed)).to(&observed).blocks {
            assert!((block.sum() / 20.0 - 1.0).abs() < 1e-12);
            assert!(block.diag().iter().all(|&own| own.abs() < 1e-12));
        }
    }

    #[test]
    fn what_is_known_is_standardised_by_the_reference_and_multiplied() {
        let known = |value: f64| {
            let unknown = structure(&[(1, value)], &[value], &[]);
            Arc::new(Structure { known: vec![value, 7.0], ..Structure::clone(&unknown) })
        };
        let reference = [known(1.0), known(3.0)];
        let two = Distances::from(&reference, Units::of(&reference));
        let found = two.with(&known(4.0)).to(&[known(6.0)]);
        // Mean 2, standard deviation 1; the second is the same everywhere.
        assert_eq!(found.products, [ndarray::array![[-4.0, 4.0, 8.0]], Array2::zeros((1, 3))]);
        assert_eq!(found.squares, ndarray::array![[16.0, 0.0]]);
    }
}
