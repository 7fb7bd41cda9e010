//! Dot products of rows, as a product of matrices with both sides transposed. Each sum stays in a register for all columns; where rows are short, to
//! add up the lanes of a vector for every pair of rows takes as long as the products themselves, or longer.

use crate::product::{LANES, Panels, add_product, load, store};
use crate::vectorized::vectors;
use pulp::{Simd, WithSimd};

/// Rows whose numbers of one column are moved together.
const BLOCK: usize = 4;
/// Columns that sums go over before the next ones are turned to: both sides stay in the nearest cache.
const STRETCH: usize = 128;

/// Two sides of dot products, transposed.
pub(crate) struct Transposed {
    rows: [usize; 2],
    taps: usize,
    length: usize,
    /// The left side, for every stretch.
    left: Vec<Panels>,
    /// The right side, [column, row].
    right: Vec<f32>,
    offsets: Vec<usize>,
}

impl Transposed {
    /// Whether there are as many rows as are moved together.
    pub(crate) fn fits(rows: [usize; 2]) -> bool {
        rows.iter().all(|rows| rows % BLOCK == 0)
    }

    /// Room for as many `rows` on the left and on the right. Those of the right are seen `taps` times: as they are, and one, two ... columns further.
    ///
    /// # Panics
    /// When the rows do not fit.
    pub(crate) fn new(rows: [usize; 2], length: usize, taps: usize) -> Self {
        assert!(Self::fits(rows), "rows of dot products: {rows:?}");
        let panels = |start: usize| {
            let depth = STRETCH.min(length - start);
            Panels::of_values(rows[0], depth, vec![0.0; Panels::numbers(rows[0], depth)])
        };
        let left = (0..length).step_by(STRETCH).map(panels).collect();
        let right = vec![0.0; (length + taps) * rows[1] + LANES];
        Self { rows, taps, length, left, right, offsets: (0..STRETCH).map(|column| column * rows[1]).collect() }
    }

    /// sum [left, tap, right] += Σ left [left, column] · right [right, column + tap] over the columns. Rows are `steps` numbers apart.
    pub(crate) fn add_dots(&mut self, left: &[f32], right: &[f32], steps: [usize; 2], sum: &mut [f32]) {
        let ([left_rows, right_rows], reach) = (self.rows, self.taps - 1);
        let right = Transpose {
            rows: right,
            step: steps[1],
            size: [right_rows, self.length + reach],
            target: &mut self.right,
            steps: [BLOCK, right_rows],
        };
        vectors().dispatch(right);
        let columns = self.taps * right_rows;
        for (place, panels) in self.left.iter_mut().enumerate() {
            let start = place * STRETCH;
            let length = STRETCH.min(self.length - start);
            let rows = &left[start..];
            let target = panels.values_mut();
            vectors().dispatch(Transpose {
                rows,
                step: steps[0],
                size: [left_rows, length],
                target,
                steps: [length * BLOCK, BLOCK],
            });
            add_product(panels.view(), &self.offsets[..length], &self.right[start * right_rows..], columns, sum, columns);
        }
    }
}

/// Moves rows so that the numbers of four of them that stand in one column stand together.
struct Transpose<'a> {
    rows: &'a [f32],
    /// Numbers from one row to the next.
    step: usize,
    /// Rows and columns.
    size: [usize; 2],
    target: &'a mut [f32],
    /// Numbers of the target from one block of rows to the next, and from one column to the next.
    steps: [usize; 2],
}

impl WithSimd for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, step, size: [count, length], target, steps } = self;
        let whole = if moves_blocks(simd) { length - length % S::F32_LANES } else { 0 };
        for block in 0..count / BLOCK {
            let rows = &rows[block * BLOCK * step..];
            let target = &mut target[block * steps[0]..];
            for at in (0..whole).step_by(S::F32_LANES) {
                let mut values = [simd.splat_f32s(0.0); BLOCK];
                for (row, value) in values.iter_mut().enumerate() {
                    *value = load::<S>(rows, row * step + at);
                }
                let columns = deinterleaved(simd, values);
                let targets = target[at * steps[1]..].chunks_exact_mut(steps[1]);
                for (place, target) in targets.take(S::F32_LANES).enumerate() {
                    target[..BLOCK].copy_from_slice(&columns[place % BLOCK][place / BLOCK * BLOCK..][..BLOCK]);
                }
            }
            for at in whole..length {
                for row in 0..BLOCK {
                    target[at * steps[1] + row] = rows[row * step + at];
                }
            }
        }
    }
}

/// Four vectors of which each holds, block by block, every fourth number of the given ones.
#[inline(always)]
fn deinterleaved<S: Simd>(simd: S, values: [S::f32s; BLOCK]) -> [[f32; LANES]; BLOCK] {
    let mut lanes = [[0.0; LANES]; BLOCK];
    for (lanes, value) in lanes.iter_mut().zip(simd.deinterleave_shfl_f32s(values)) {
        store::<S>(lanes, 0, value);
    }
    lanes
}

/// Whether numbers that stand in one column of four vectors end up side by side. The order is left to the instructions; known when the code is
/// compiled.
#[inline(always)]
fn moves_blocks<S: Simd>(simd: S) -> bool {
    if S::F32_LANES < BLOCK {
        return false;
    }
    let mut values = [simd.splat_f32s(0.0); BLOCK];
    for (row, value) in values.iter_mut().enumerate() {
        let mut lanes = [0.0; LANES];
        for (column, lane) in lanes.iter_mut().enumerate() {
            *lane = (row * LANES + column) as f32;
        }
        *value = load::<S>(&lanes, 0);
    }
    let lanes = deinterleaved(simd, values);
    for column in 0..S::F32_LANES {
        for row in 0..BLOCK {
            if lanes[column % BLOCK][column / BLOCK * BLOCK + row] != (row * LANES + column) as f32 {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_dot_products() {
        for (rows, length, taps) in [([4, 8], 1, 1), ([8, 4], 16, 3), ([12, 16], 144, 3), ([4, 4], 300, 2)] {
            let number = |place: usize| (place * 37 % 101) as f32 - 50.0;
            let steps = [length + 3, length + 5];
            let left: Vec<f32> = (0..rows[0] * steps[0]).map(number).collect();
            let right: Vec<f32> = (0..rows[1] * steps[1]).map(|place| number(place + 7)).collect();
            let mut sum = vec![1.0; rows[0] * taps * rows[1]];
            let mut transposed = Transposed::new(rows, length, taps);
            transposed.add_dots(&left, &right, steps, &mut sum);
            transposed.add_dots(&left, &right, steps, &mut sum);
            for (place, sum) in sum.iter().enumerate() {
                let [first, tap, second] = [place / rows[1] / taps, place / rows[1] % taps, place % rows[1]];
                let dot: f32 = (0..length).map(|at| left[first * steps[0] + at] * right[second * steps[1] + at + tap]).sum();
                assert_eq!(*sum, 1.0 + 2.0 * dot, "{rows:?} {length} {taps}: {place}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows of dot products: [4, 6]")]
    fn rows_come_in_blocks() {
        Transposed::new([4, 6], 16, 1);
    }
}
