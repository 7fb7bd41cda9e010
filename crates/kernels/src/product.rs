//! Products of a matrix with rows that overlap in memory: what convolutions of several channels are made of.
//!
//! Row k of the right-hand matrix is the run of numbers that starts at `offsets[k]`. Taps of a kernel are such runs of one padded
//! image, so nothing is copied for them (an implicit im2col).

use pulp::{Arch, Simd, WithSimd};

/// Runs are rounded up to this many numbers: the widest vector of any CPU.
pub(crate) const LANES: usize = 16;
/// Rows of the left-hand matrix that share what they read.
pub(crate) const ROWS: usize = 4;
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
    Arch::new().dispatch(Product { panels, offsets, source, columns, output });
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
    Arch::new().dispatch(Dots { left, step, offsets, right, length, sum });
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
        let mut start = 0;
        while start < self.columns {
            // As even as it goes: a block of few vectors reads as many weights for less.
            let left = (self.columns - start).div_ceil(S::F32_LANES);
            let vectors = left.div_ceil(left.div_ceil(widest));
            match vectors {
                1 => self.block::<S, 1>(simd, start),
                2 => self.block::<S, 2>(simd, start),
                3 => self.block::<S, 3>(simd, start),
                4 => self.block::<S, 4>(simd, start),
                5 => self.block::<S, 5>(simd, start),
                _ => self.block::<S, 6>(simd, start),
            }
            start += vectors * S::F32_LANES;
        }
    }
}

impl<R: ProductRows> Product<'_, R> {
    /// All rows of `V` vectors of columns.
    #[inline(always)]
    fn block<S: Simd, const V: usize>(&mut self, simd: S, start: usize) {
        let PanelsView { depth, step, values, shift, .. } = self.panels;
        for (place, panel) in values.chunks(step).enumerate() {
            let panel = &panel[..ROWS * depth];
            let shift = shift.get(place * ROWS..).and_then(<[f32]>::first_chunk::<ROWS>).copied().unwrap_or_default();
            let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
            for (weights, &offset) in panel.as_chunks::<ROWS>().0.iter().zip(self.offsets) {
                let (source, _) = S::as_simd_f32s(&self.source[start + offset..][..V * S::F32_LANES]);
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
