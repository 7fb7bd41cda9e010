//! Products of a matrix with rows that overlap in memory: what convolutions of several channels are made of.
//!
//! Row k of the right-hand matrix is the run of numbers that starts at `offsets[k]`. Taps of a kernel are such runs of one padded
//! image, so nothing is copied for them (an implicit im2col).

use crate::scratch::Scratch;
use crate::vectorized::vectors;
use pulp::{Simd, WithSimd};

/// Runs are rounded up to this many numbers: the widest vector of any CPU.
pub(crate) const LANES: usize = 16;
/// Rows of the left-hand matrix that share what they read.
pub(crate) const ROWS: usize = 4;
/// Numbers that are copied out of rows which would drive each other out of the nearest cache; no more than fit there.
const COPIED: usize = 8192;
/// Rows that may share the places of a cache: half of what the nearest one of an x86 processor has.
const SHARED: usize = 4;
/// Numbers after which the places of that cache begin anew.
const CACHE_PERIOD: usize = 1024;
/// Numbers of a run that a sum goes over before the next tile is turned to: both sides stay in the nearest cache.
const STRETCH: usize = 1024;

/// A matrix [rows, depth] in panels of a few rows, each stored column by column; the last panel is filled up with zeros.
pub(crate) struct Panels {
    rows: usize,
    depth: usize,
    values: Vec<f32>,
    /// What is added to the products of every row.
    shift: Vec<f32>,
}

impl Panels {
    /// The matrix of `value(row, column)`.
    pub(crate) fn new(rows: usize, depth: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = vec![0.0; Self::numbers(rows, depth)];
        for row in 0..rows {
            (0..depth).for_each(|column| values[Self::place(depth, row, column)] = value(row, column));
        }
        Self::of_values(rows, depth, values)
    }

    /// The matrix whose numbers stand where [`Panels::place`] says, zeros in between.
    pub(crate) fn of_values(rows: usize, depth: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), Self::numbers(rows, depth), "numbers of a matrix in panels");
        Self { rows, depth, values, shift: vec![0.0; rows.next_multiple_of(ROWS)] }
    }

    pub(crate) fn view(&self) -> PanelsView<'_> {
        PanelsView { rows: self.rows, depth: self.depth, step: ROWS * self.depth, values: &self.values, shift: &self.shift }
    }

    /// Products to which a number of each row is added.
    pub(crate) fn shifted(mut self, shift: &[f32]) -> Self {
        self.shift[..self.rows].copy_from_slice(shift);
        self
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Numbers of a matrix in panels.
    pub(crate) fn numbers(rows: usize, depth: usize) -> usize {
        rows.next_multiple_of(ROWS) * depth
    }

    /// Where a number of a matrix stands.
    #[inline(always)]
    pub(crate) fn place(depth: usize, row: usize, column: usize) -> usize {
        (row / ROWS * depth + column) * ROWS + row % ROWS
    }
}

/// A matrix in panels, wherever these stand.
#[derive(Clone, Copy)]
pub(crate) struct PanelsView<'a> {
    pub(crate) rows: usize,
    pub(crate) depth: usize,
    /// Numbers from one panel to the next.
    pub(crate) step: usize,
    pub(crate) values: &'a [f32],
    /// What is added to the products of every row; nothing where it ends.
    pub(crate) shift: &'a [f32],
}

/// output [rows, columns] = panels [rows, depth] · runs [depth, columns], and the shifts of the rows if there are. Rows of `output` are `step` numbers apart. Every run must be
/// readable up to the next multiple of [`LANES`].
pub(crate) fn multiply(
    panels: PanelsView<'_>,
    offsets: &[usize],
    source: &[f32],
    columns: usize,
    output: &mut [f32],
    step: usize,
) {
    write_product(panels, offsets, source, columns, &mut Strided::<false> { numbers: output, step });
}

/// As [`multiply`], added to what stands in `output`.
pub(crate) fn add_product(
    panels: PanelsView<'_>,
    offsets: &[usize],
    source: &[f32],
    columns: usize,
    output: &mut [f32],
    step: usize,
) {
    write_product(panels, offsets, source, columns, &mut Strided::<true> { numbers: output, step });
}

/// As [`multiply`], into rows of any kind.
pub(crate) fn write_product(
    panels: PanelsView<'_>,
    offsets: &[usize],
    source: &[f32],
    columns: usize,
    output: &mut impl ProductRows,
) {
    vectors().dispatch(Product { panels, offsets, source, columns, output });
}

/// Rows that products go to.
pub(crate) trait ProductRows {
    /// Takes `width` numbers of a row, from a place on; those of a row come one after the other.
    fn put<S: Simd>(&mut self, simd: S, place: [usize; 2], width: usize, numbers: &[S::f32s]);
}

/// Rows that are `step` numbers apart, and are overwritten or added to.
pub(crate) struct Strided<'a, const ADDS: bool> {
    pub(crate) numbers: &'a mut [f32],
    pub(crate) step: usize,
}

impl<const ADDS: bool> ProductRows for Strided<'_, ADDS> {
    #[inline(always)]
    fn put<S: Simd>(&mut self, simd: S, [row, start]: [usize; 2], width: usize, numbers: &[S::f32s]) {
        let target = &mut self.numbers[row * self.step + start..][..width];
        for (target, &sum) in target.chunks_mut(S::F32_LANES).zip(numbers) {
            // Part of a vector is a call.
            match (target.len() == S::F32_LANES, ADDS) {
                (true, true) => store::<S>(target, 0, simd.add_f32s(sum, load::<S>(target, 0))),
                (true, false) => store::<S>(target, 0, sum),
                (false, true) => {
                    let sum = simd.add_f32s(sum, simd.partial_load_f32s(target));
                    simd.partial_store_f32s(target, sum);
                }
                (false, false) => simd.partial_store_f32s(target, sum),
            }
        }
    }
}

/// sum [rows, depth] += left [rows, length] · runs [depth, length]ᵀ. Rows of `left` are `step` numbers apart; `length` is a multiple of
/// [`LANES`].
pub(crate) fn add_dots(left: &[f32], step: usize, offsets: &[usize], right: &[f32], length: usize, sum: &mut [f32]) {
    vectors().dispatch(Dots { left, step, offsets, right, length, sum });
}

struct Product<'a, R> {
    panels: PanelsView<'a>,
    offsets: &'a [usize],
    source: &'a [f32],
    columns: usize,
    output: &'a mut R,
}

impl<R: ProductRows> WithSimd for Product<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // Sums that fit into the registers besides what is multiplied: 32 of them with AVX-512 and NEON, 16 with AVX2.
        let widest = if S::F32_LANES == 8 { 3 } else { 6 };
        // The last two as even as it goes: a block of few vectors reads as many weights for less.
        let block = |columns: usize| {
            let vectors = columns.div_ceil(S::F32_LANES);
            let split = if vectors < 2 * widest { vectors.div_ceil(2) } else { widest };
            S::F32_LANES * if vectors > widest { split } else { vectors }
        };
        // Copied columns are as many as fit, so that what one panel writes is long: its rows would collide as well. With AVX2 alone, where it was measured.
        let depth = self.panels.depth;
        let together = if S::F32_LANES == 8 && self.rows_collide() { COPIED / depth / S::F32_LANES * S::F32_LANES } else { 0 };
        let is_copied = together >= widest * S::F32_LANES;
        let mut copied = Scratch::new(if is_copied { depth * together } else { 0 });
        let places: Vec<usize> = (0..copied.len()).step_by(together.max(1)).collect();
        let mut start = 0;
        while start < self.columns {
            let left = self.columns - start;
            let columns = if is_copied { together.min(left) } else { block(left).min(left) };
            let (offsets, source) = match is_copied {
                true => {
                    let width = columns.next_multiple_of(S::F32_LANES);
                    for (copied, offset) in copied.chunks_exact_mut(together).zip(self.offsets) {
                        copied[..width].copy_from_slice(&self.source[start + offset..][..width]);
                    }
                    (&places[..], &copied[..])
                }
                false => (self.offsets, &self.source[start..]),
            };
            for (place, panel) in self.panels.values.chunks(self.panels.step).enumerate() {
                let panel = &panel[..ROWS * depth];
                let mut done = 0;
                while done < columns {
                    let width = block(columns - done);
                    let (tile, at) = (Tile { panel, offsets, source: &source[done..] }, [place, start + done]);
                    match width / S::F32_LANES {
                        1 => self.write::<S, 1>(simd, tile, at),
                        2 => self.write::<S, 2>(simd, tile, at),
                        3 => self.write::<S, 3>(simd, tile, at),
                        4 => self.write::<S, 4>(simd, tile, at),
                        5 => self.write::<S, 5>(simd, tile, at),
                        _ => self.write::<S, 6>(simd, tile, at),
                    }
                    done += width;
                }
            }
            start += columns;
        }
    }
}

/// A panel and some columns of the right-hand matrix, whose rows begin at `offsets` of `source`.
struct Tile<'a> {
    panel: &'a [f32],
    offsets: &'a [usize],
    source: &'a [f32],
}

impl<R: ProductRows> Product<'_, R> {
    /// Whether rows of the right-hand matrix lie so that several panels would each have to fetch them from a farther cache: images whose sides are powers of
    /// two have all their channels at the same places of the nearest.
    fn rows_collide(&self) -> bool {
        let [first, second, ..] = *self.offsets else { return false };
        let aligned = 1 << second.abs_diff(first).trailing_zeros().min(CACHE_PERIOD.trailing_zeros());
        self.panels.rows > 2 * ROWS && self.offsets.len() * aligned > SHARED * CACHE_PERIOD
    }

    /// The product of a tile of `V` vectors of columns.
    #[inline(always)]
    fn write<S: Simd, const V: usize>(&mut self, simd: S, tile: Tile<'_>, [place, start]: [usize; 2]) {
        let shift = self.panels.shift.get(place * ROWS..).and_then(<[f32]>::first_chunk::<ROWS>).copied().unwrap_or_default();
        let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
        for (weights, &offset) in tile.panel.as_chunks::<ROWS>().0.iter().zip(tile.offsets) {
            let (source, _) = S::as_simd_f32s(&tile.source[offset..][..V * S::F32_LANES]);
            let mut values = [simd.splat_f32s(0.0); V];
            values.copy_from_slice(source);
            for row in 0..ROWS {
                let weight = simd.splat_f32s(weights[row]);
                for vector in 0..V {
                    sums[row][vector] = multiply_add(simd, weight, values[vector], sums[row][vector]);
                }
            }
        }
        let (width, rows) = ((self.columns - start).min(V * S::F32_LANES), (self.panels.rows - place * ROWS).min(ROWS));
        // A copy, so that the sums themselves are not looked up by an index that is known at run time only: the compiler would keep them in memory,
        // and write all of them there for every column.
        let mut finished = [[simd.splat_f32s(0.0); V]; ROWS];
        for row in 0..ROWS {
            for vector in 0..V {
                finished[row][vector] = simd.add_f32s(sums[row][vector], simd.splat_f32s(shift[row]));
            }
        }
        for (row, sums) in finished.iter().enumerate().take(rows) {
            self.output.put(simd, [place * ROWS + row, start], width, sums);
        }
    }
}

struct Dots<'a> {
    left: &'a [f32],
    step: usize,
    offsets: &'a [usize],
    right: &'a [f32],
    length: usize,
    sum: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (depth, wide) = (self.offsets.len(), S::F32_LANES != 8);
        let rows = self.sum.len() / depth;
        for start in (0..self.length).step_by(STRETCH) {
            let length = STRETCH.min(self.length - start);
            let mut row = 0;
            while row < rows {
                let height = if row + ROWS <= rows { ROWS } else { 1 };
                let mut column = 0;
                while column < depth {
                    let left = depth - column;
                    let width = if wide && left >= 6 {
                        6
                    } else if left >= 3 {
                        3
                    } else {
                        1
                    };
                    let place = [row, column, start];
                    match (height, width) {
                        (ROWS, 6) => self.tile::<S, ROWS, 6>(simd, place, length),
                        (ROWS, 3) => self.tile::<S, ROWS, 3>(simd, place, length),
                        (ROWS, _) => self.tile::<S, ROWS, 1>(simd, place, length),
                        (_, 6) => self.tile::<S, 1, 6>(simd, place, length),
                        (_, 3) => self.tile::<S, 1, 3>(simd, place, length),
                        _ => self.tile::<S, 1, 1>(simd, place, length),
                    }
                    column += width;
                }
                row += height;
            }
        }
    }
}

impl Dots<'_> {
    /// `R` × `C` sums over one stretch.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const C: usize>(&mut self, simd: S, [row, column, start]: [usize; 3], length: usize) {
        let (count, depth) = (length / S::F32_LANES, self.offsets.len());
        let mut left: [&[S::f32s]; R] = [&[]; R];
        let mut right: [&[S::f32s]; C] = [&[]; C];
        // The same length for all, so that no access needs a check.
        for (at, left) in left.iter_mut().enumerate() {
            *left = &S::as_simd_f32s(&self.left[(row + at) * self.step + start..][..length]).0[..count];
        }
        for (at, right) in right.iter_mut().enumerate() {
            *right = &S::as_simd_f32s(&self.right[self.offsets[column + at] + start..][..length]).0[..count];
        }
        let mut sums = [[simd.splat_f32s(0.0); C]; R];
        for at in 0..count {
            let mut values = [simd.splat_f32s(0.0); C];
            for column in 0..C {
                values[column] = right[column][at];
            }
            for row in 0..R {
                let factor = left[row][at];
                for column in 0..C {
                    sums[row][column] = multiply_add(simd, factor, values[column], sums[row][column]);
                }
            }
        }
        for (at, sums) in sums.into_iter().enumerate() {
            let target = &mut self.sum[(row + at) * depth + column..][..C];
            for (target, sum) in target.iter_mut().zip(sums) {
                *target += simd.reduce_sum_f32s(sum);
            }
        }
    }
}

/// Without vectors, a fused multiplication would be a slow call of the C library.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, sum: S::f32s) -> S::f32s {
    if S::F32_LANES > 1 { simd.mul_add_f32s(a, b, sum) } else { simd.add_f32s(simd.mul_f32s(a, b), sum) }
}

#[inline(always)]
pub(crate) fn load<S: Simd>(source: &[f32], at: usize) -> S::f32s {
    S::as_simd_f32s(&source[at..][..S::F32_LANES]).0[0]
}

#[inline(always)]
pub(crate) fn store<S: Simd>(target: &mut [f32], at: usize, value: S::f32s) {
    S::as_mut_simd_f32s(&mut target[at..][..S::F32_LANES]).0[0] = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are powers of two apart, as channels of images are.
    #[test]
    fn rows_that_share_their_places_in_a_cache_are_multiplied_right() {
        for [rows, depth, step, columns] in [[12, 16, 1024, 1024], [13, 40, 512, 500], [9, 5, 1024, 40], [10, 400, 256, 64]] {
            let value = |place: usize| (place * 7919 % 101) as f32 - 50.0;
            let panels = Panels::new(rows, depth, |row, column| value(row * depth + column + 3));
            let offsets: Vec<usize> = (0..depth).map(|row| row * step).collect();
            let source: Vec<f32> = (0..(depth - 1) * step + columns + 2 * LANES).map(value).collect();
            let mut output = vec![f32::NAN; rows * columns];
            multiply(panels.view(), &offsets, &source, columns, &mut output, columns);
            for (place, &product) in output.iter().enumerate() {
                let (row, column) = (place / columns, place % columns);
                // Whole numbers that a sum holds exactly.
                let sum: f32 = (0..depth).map(|at| value(row * depth + at + 3) * value(at * step + column)).sum();
                assert_eq!(product, sum, "{rows} × {depth}, row {row}, column {column}");
            }
        }
    }
}
