//! Depthwise convolution that keeps the size of the image, swept row by row.
//!
//! Every row of the input is read once for each of its taps, and adds to all rows of outputs that see it; these wait in registers. A kernel of
//! side K so multiplies K numbers for one that it reads, where going from output to output reads one for each product. Rows of a few images
//! lie side by side, so that narrow ones fill vectors, too.

use crate::depthwise::Depthwise;
use crate::parallel::part;
use crate::product::{LANES, load, multiply_add};
use crate::row::{copy_from, keep_passed};
use pulp::{Simd, WithSimd};

/// Numbers of a buffer that stays in the nearest cache.
const NEAREST: usize = 1 << 12;

/// Where the pixels of one channel of a few images lie, between zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    height: usize,
    width: usize,
    dilation: usize,
    padding: usize,
    /// Images side by side.
    pub(crate) group: usize,
    /// Vectors of the widest kind in a row, without the zeros around it.
    blocks: usize,
}

impl Sweep {
    /// For kernels of 3×3 and 5×5 at stride 1 whose outputs are as many as the inputs.
    pub(crate) fn new(shape: &Depthwise) -> Option<Self> {
        let (plane, window) = (shape.plane, shape.plane.window);
        let is_same = window.stride == 1 && 2 * window.padding == window.reach();
        if !is_same || !matches!(window.kernel, 3 | 5) {
            return None;
        }
        let of_group = |group: usize| {
            let columns = group * (plane.width + window.padding) - window.padding;
            let blocks = columns.div_ceil(LANES);
            let (height, width, dilation, padding) = (plane.height, plane.width, window.dilation, window.padding);
            Self { height, width, dilation, padding, group, blocks }
        };
        let images = part(shape.images);
        (1..=images)
            .map(of_group)
            .take_while(|sweep| sweep.group == 1 || sweep.padded() <= NEAREST)
            .min_by_key(|sweep| images.div_ceil(sweep.group) * sweep.cost(window.kernel))
    }

    /// What a row takes with vectors of the widest kind, in multiply-adds of a vector that follow each other.
    fn cost(&self, kernel: usize) -> usize {
        let most = widest(kernel);
        // A strip of one vector waits for its sums: they are as many as the kernel has rows, and need eight to keep a CPU busy.
        let strip = |vectors: usize| (kernel * vectors).max(8);
        let rest = self.blocks % most;
        self.blocks / most * strip(most) + if rest > 0 { strip(rest) } else { 0 }
    }

    /// Numbers between rows.
    fn pitch(&self) -> usize {
        self.blocks * LANES + (2 * self.padding).next_multiple_of(LANES)
    }

    /// Length of a buffer for padded rows.
    fn padded(&self) -> usize {
        (self.height + 2 * self.padding) * self.pitch()
    }

    fn padded_rows(&self) -> Vec<f32> {
        vec![0.0; self.padded()]
    }

    fn rows(&self) -> Vec<f32> {
        vec![0.0; self.height * self.pitch()]
    }

    /// Writes a channel of images between the zeros of `padded`, its positive part alone if it is to be rectified. Only pixels are
    /// touched, unless there are fewer images than there is room for.
    #[inline(always)]
    fn lay<S: Simd>(&self, simd: S, images: &[f32], [channel, channels]: [usize; 2], is_rectified: bool, padded: &mut [f32]) {
        let Self { height, width, padding, .. } = *self;
        let pitch = self.pitch();
        let planes = images.chunks_exact(channels * height * width);
        if planes.len() < self.group {
            padded.fill(0.0);
        }
        let least = if is_rectified { 0.0 } else { f32::NEG_INFINITY };
        for (place, image) in planes.enumerate() {
            let plane = &image[channel * height * width..][..height * width];
            for (y, row) in plane.chunks_exact(width).enumerate() {
                let target = &mut padded[(y + padding) * pitch + padding + place * (width + padding)..][..width];
                copy_from(simd, least, row, target);
            }
        }
    }

    /// Where every row of a channel's pixels begins in images, and in rows of outputs.
    #[inline(always)]
    fn places(&self, images: usize, [channel, channels]: [usize; 2]) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Self { height, width, padding, .. } = *self;
        let pitch = self.pitch();
        let pixels = channels * height * width;
        (0..images / pixels).flat_map(move |image| {
            let plane = image * pixels + channel * height * width;
            (0..height).map(move |y| (plane + y * width, y * pitch + image * (width + padding)))
        })
    }

    /// Output rows of one channel from its padded rows.
    #[inline(always)]
    fn correlate<S: Simd, const K: usize>(&self, simd: S, weights: &[[S::f32s; K]; K], padded: &[f32], rows: &mut [f32]) {
        let most = if S::F32_LANES == 8 { 2 } else { widest(K) };
        let vectors = self.blocks * (LANES / S::F32_LANES);
        let mut done = 0;
        while done < vectors {
            let start = done * S::F32_LANES;
            done += match (vectors - done).min(most) {
                1 => self.strip::<S, K, 1>(simd, weights, padded, rows, start),
                2 => self.strip::<S, K, 2>(simd, weights, padded, rows, start),
                3 => self.strip::<S, K, 3>(simd, weights, padded, rows, start),
                _ => self.strip::<S, K, 4>(simd, weights, padded, rows, start),
            };
        }
    }

    /// `V` vectors of every row. Returns how many they were.
    #[inline(always)]
    fn strip<S: Simd, const K: usize, const V: usize>(
        &self,
        simd: S,
        weights: &[[S::f32s; K]; K],
        padded: &[f32],
        rows: &mut [f32],
        start: usize,
    ) -> usize {
        let (pitch, last) = (self.pitch(), self.height + 2 * self.padding);
        for phase in 0..self.dilation {
            // Sums of the outputs that see a row, the one that sees it last at the end.
            let mut sums = [[simd.splat_f32s(0.0); V]; K];
            let mut row = phase;
            while row < last {
                for column in 0..K {
                    let line = &padded[row * pitch + start + column * self.dilation..][..V * S::F32_LANES];
                    let line = S::as_simd_f32s(line).0;
                    let mut values = [simd.splat_f32s(0.0); V];
                    values.copy_from_slice(line);
                    for tap in 0..K {
                        for vector in 0..V {
                            sums[tap][vector] = multiply_add(simd, weights[tap][column], values[vector], sums[tap][vector]);
                        }
                    }
                }
                // The last row of the kernel completes the output that is as far above as the kernel reaches.
                if row >= 2 * self.padding {
                    let target = &mut rows[(row - 2 * self.padding) * pitch + start..][..V * S::F32_LANES];
                    S::as_mut_simd_f32s(target).0.copy_from_slice(&sums[K - 1]);
                }
                for tap in (1..K).rev() {
                    sums[tap] = sums[tap - 1];
                }
                sums[0] = [simd.splat_f32s(0.0); V];
                row += self.dilation;
            }
        }
        V
    }

    /// Adds the products of a gradient and the padded input that each tap saw, lane by lane: [column of the kernel, row].
    #[inline(always)]
    fn add_products<S: Simd, const K: usize>(&self, simd: S, gradient: &[f32], padded: &[f32], sums: &mut [[S::f32s; K]; K]) {
        // The sums of 5×5 do not fit into 16 registers: those of two columns do.
        let together = if S::F32_LANES == 8 && K > 3 { 2 } else { K };
        for first in (0..K).step_by(together) {
            match (K - first).min(together) {
                1 => self.add_columns::<S, K, 1>(simd, gradient, padded, sums, first),
                2 => self.add_columns::<S, K, 2>(simd, gradient, padded, sums, first),
                _ => self.add_columns::<S, K, K>(simd, gradient, padded, sums, first),
            }
        }
    }

    /// As [`add_products`](Self::add_products), of `C` columns of the kernel.
    #[inline(always)]
    fn add_columns<S: Simd, const K: usize, const C: usize>(
        &self,
        simd: S,
        gradient: &[f32],
        padded: &[f32],
        sums: &mut [[S::f32s; K]; K],
        first: usize,
    ) {
        let (pitch, padding, last) = (self.pitch(), self.padding, self.height + 2 * self.padding);
        let mut held = [[simd.splat_f32s(0.0); K]; C];
        held.copy_from_slice(&sums[first..][..C]);
        for start in (0..self.blocks * LANES).step_by(S::F32_LANES) {
            for phase in 0..self.dilation {
                // Gradients of the outputs that saw a row, by the tap through which they did.
                let mut seen = [simd.splat_f32s(0.0); K];
                let mut row = phase;
                while row < last {
                    for tap in (1..K).rev() {
                        seen[tap] = seen[tap - 1];
                    }
                    seen[0] = match row < self.height {
                        true => load::<S>(gradient, (row + padding) * pitch + padding + start),
                        false => simd.splat_f32s(0.0),
                    };
                    for (column, held) in held.iter_mut().enumerate() {
                        let values = load::<S>(padded, row * pitch + start + (first + column) * self.dilation);
                        for tap in 0..K {
                            held[tap] = multiply_add(simd, seen[tap], values, held[tap]);
                        }
                    }
                    row += self.dilation;
                }
            }
        }
        sums[first..][..C].copy_from_slice(&held);
    }
}

/// Vectors of a strip whose sums fit into 32 registers, beside the weights.
const fn widest(kernel: usize) -> usize {
    if kernel == 3 { 4 } else { 2 }
}

/// Outputs of some images.
pub(crate) struct Forward<'a> {
    pub(crate) sweep: Sweep,
    pub(crate) shape: Depthwise,
    pub(crate) input: &'a [f32],
    pub(crate) weight: &'a [f32],
    pub(crate) output: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.shape.plane.window.kernel {
            3 => self.of_side::<S, 3>(simd),
            _ => self.of_side::<S, 5>(simd),
        }
    }
}

impl Forward<'_> {
    #[inline(always)]
    fn of_side<S: Simd, const K: usize>(self, simd: S) {
        let Self { sweep, shape, .. } = self;
        let group = sweep.group * shape.input();
        let (mut padded, mut rows) = (sweep.padded_rows(), sweep.rows());
        for (input, output) in self.input.chunks(group).zip(self.output.chunks_mut(group)) {
            for (channel, weight) in self.weight.chunks_exact(K * K).enumerate() {
                let of = [channel, shape.channels];
                sweep.lay(simd, input, of, shape.rectified, &mut padded);
                sweep.correlate(simd, &splat::<S, K>(simd, weight, false), &padded, &mut rows);
                for (pixels, row) in sweep.places(input.len(), of) {
                    copy_from(simd, f32::NEG_INFINITY, &rows[row..][..sweep.width], &mut output[pixels..][..sweep.width]);
                }
            }
        }
    }
}

/// Gradients of some images and of what they add to the weight's.
pub(crate) struct Backward<'a> {
    pub(crate) sweep: Sweep,
    pub(crate) shape: Depthwise,
    pub(crate) input: &'a [f32],
    pub(crate) weight: &'a [f32],
    pub(crate) gradient: &'a [f32],
    pub(crate) to_input: &'a mut [f32],
    pub(crate) to_weight: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.shape.plane.window.kernel {
            3 => self.of_side::<S, 3>(simd),
            _ => self.of_side::<S, 5>(simd),
        }
    }
}

impl Backward<'_> {
    #[inline(always)]
    fn of_side<S: Simd, const K: usize>(self, simd: S) {
        let Self { sweep, shape, .. } = self;
        let group = sweep.group * shape.input();
        let (mut padded, mut spread, mut rows) = (sweep.padded_rows(), sweep.padded_rows(), sweep.rows());
        // One sum a lane until the end: adding lanes up for every plane would cost more than small planes themselves.
        let mut sums = vec![[[simd.splat_f32s(0.0); K]; K]; shape.channels];
        let given = self.input.chunks(group).zip(self.gradient.chunks(group));
        for ((input, gradient), to_input) in given.zip(self.to_input.chunks_mut(group)) {
            for (channel, (weight, sums)) in self.weight.chunks_exact(K * K).zip(&mut sums).enumerate() {
                let of = [channel, shape.channels];
                sweep.lay(simd, input, of, shape.rectified, &mut padded);
                sweep.lay(simd, gradient, of, false, &mut spread);
                sweep.add_products(simd, &spread, &padded, sums);
                sweep.correlate(simd, &splat::<S, K>(simd, weight, true), &spread, &mut rows);
                for (pixels, row) in sweep.places(input.len(), of) {
                    let target = &mut to_input[pixels..][..sweep.width];
                    copy_from(simd, f32::NEG_INFINITY, &rows[row..][..sweep.width], target);
                    if shape.rectified {
                        keep_passed(simd, &input[pixels..][..sweep.width], target);
                    }
                }
            }
        }
        for (weight, sums) in self.to_weight.chunks_exact_mut(K * K).zip(&sums) {
            for (place, weight) in weight.iter_mut().enumerate() {
                *weight += simd.reduce_sum_f32s(sums[place % K][place / K]);
            }
        }
    }
}

/// Every weight in all lanes, from the last to the first if they are to be turned around.
#[inline(always)]
fn splat<S: Simd, const K: usize>(simd: S, weight: &[f32], is_turned: bool) -> [[S::f32s; K]; K] {
    let mut splat = [[simd.splat_f32s(0.0); K]; K];
    for (place, splat) in splat.as_flattened_mut().iter_mut().enumerate() {
        *splat = simd.splat_f32s(weight[if is_turned { K * K - 1 - place } else { place }]);
    }
    splat
}
