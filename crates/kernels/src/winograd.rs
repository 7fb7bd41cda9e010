//! Dense 3×3 convolution with half of the multiplications: F(4, 3) of Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks", 2016) from row to row, and taps as they are along the rows.
//!
//! Outputs are cut into strips of four rows, each seen through six rows of the input. A transform takes these to six points, and the three
//! rows of a kernel to as many; there the convolution is a product of matrices for each point, and another transform leads back. All
//! of it is linear, so the gradients are the transposed transforms around the transposed products.
//!
//! Down the rows alone, every transform is made of whole vectors as they lie in memory. In both directions a quarter of the
//! multiplications would do, but numbers have to change their places twice: tried on 16 to 64 channels, it was slower than this in every
//! case. Points of 0, ±1/√2, ±√2 and ∞ instead of the usual 0, ±1, ±2 and ∞ make
//! errors a third smaller, and the largest half as large.

mod points;
mod strips;

use crate::dense::Dense;
use crate::depthwise::{SliceGradients, summed};
use crate::fresh::{Piece, Target, filled};
use crate::parallel::{for_each_with, part};
use crate::product::{LANES, add_dots, load, multiply, store};
use crate::row::keep_passed;
use points::{
    POINTS, from_points, from_points_transposed, kernels_to_points, points_to_kernels, to_points, to_points_transposed,
};
use pulp::{Arch, Simd, WithSimd};
use strips::{ROWS, Strips};

/// Taps along a row.
const TAPS: usize = 3;
/// Channels of the input below which the transforms of the output cost more than is saved.
const FEWEST_INPUTS: usize = 3;

pub(crate) struct Winograd {
    shape: Dense,
    strips: Strips,
}

impl Winograd {
    /// Unless the shape does not allow it, or it would not pay.
    pub(crate) fn new(shape: Dense) -> Option<Self> {
        let window = shape.window;
        let is_three = [window.kernel, window.stride, window.padding, window.dilation] == [3, 1, 1, 1];
        let pays = shape.inputs >= FEWEST_INPUTS && 2 * shape.height.next_multiple_of(ROWS) <= 3 * shape.height;
        (is_three && pays).then(|| Self { shape, strips: Strips::new(shape) })
    }

    fn input(&self) -> usize {
        self.shape.inputs * self.shape.height * self.shape.width
    }

    fn output(&self) -> usize {
        self.shape.outputs * self.shape.height * self.shape.width
    }

    /// Multiplications for one image.
    fn cost(&self) -> usize {
        let Dense { inputs, outputs, height, width, .. } = self.shape;
        height.div_ceil(ROWS) * POINTS * TAPS * width * inputs * outputs
    }

    /// As [`Dense::write`].
    pub(crate) fn write<'a, T: Target<'a>>(&self, input: &[f32], weight: &[f32], shift: &[f32], output: T) {
        let (Dense { images, inputs, outputs, .. }, strips) = (self.shape, &self.strips);
        let (run, seen_pitch) = (strips.run, strips.seen());
        let panels = kernels_to_points(weight, [outputs, inputs], |output, input| output * inputs + input);
        let offsets = self.offsets(inputs, |input, tap| input * seen_pitch + tap);
        let part = part(images);
        let buffers = || {
            let [laid, rows] = [seen_pitch, run].map(|pitch| strips.rows(pitch));
            (laid, rows, vec![0.0; POINTS * inputs * seen_pitch], vec![0.0; POINTS * outputs * run])
        };
        let parts = input.chunks(part * self.input()).zip(output.pieces(part * self.output()));
        for_each_with(parts.collect(), part * self.cost(), buffers, |(laid, rows, seen, products), _, (input, output)| {
            let groups = input.chunks(strips.group * self.input()).zip(output.pieces(strips.group * self.output()));
            for (input, output) in groups {
                let output = output.numbers();
                Arch::new().dispatch(Seen { of: self, input, rows: laid, seen });
                let points = seen.chunks_exact(inputs * seen_pitch).zip(products.chunks_exact_mut(outputs * run));
                for (panels, (seen, products)) in panels.iter().zip(points) {
                    multiply(panels, &offsets, seen, run, products, run);
                }
                Arch::new().dispatch(Outputs { of: self, products, shift, rows, adds: T::HOLDS_NUMBERS, output });
            }
        });
    }

    /// As [`Dense::backward`].
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        let (Dense { images, inputs, outputs, .. }, strips) = (self.shape, &self.strips);
        let (run, seen_pitch, spread_pitch) = (strips.run, strips.seen(), strips.spread());
        let panels = kernels_to_points(weight, [inputs, outputs], |input, output| output * inputs + input);
        let seen_offsets = self.offsets(inputs, |input, tap| input * seen_pitch + tap);
        let spread_offsets = self.offsets(outputs, |output, tap| output * spread_pitch + LANES - tap);
        let part = part(images);
        let buffers = || {
            let rows = [seen_pitch, run, seen_pitch].map(|pitch| strips.rows(pitch));
            let at_points = [inputs * seen_pitch, outputs * spread_pitch, outputs * inputs * TAPS];
            (rows, at_points.map(|numbers| vec![0.0; POINTS * numbers]))
        };
        let work = |buffers: &mut ([Vec<f32>; 3], [Vec<f32>; 3]),
                    input: &[f32],
                    gradient: &[f32],
                    to_input: Piece<'_>,
                    to_weight: &mut [f32]| {
            let ([laid, rows, taken], [seen, spread, sums]) = buffers;
            sums.fill(0.0);
            let given = input.chunks(strips.group * self.input()).zip(gradient.chunks(strips.group * self.output()));
            for ((input, gradient), to_input) in given.zip(to_input.pieces(strips.group * self.input())) {
                let to_input = to_input.numbers();
                Arch::new().dispatch(Seen { of: self, input, rows: laid, seen });
                Arch::new().dispatch(Spread { of: self, gradient, rows, spread });
                let points = seen.chunks_exact_mut(inputs * seen_pitch).zip(spread.chunks_exact(outputs * spread_pitch));
                let sums = sums.chunks_exact_mut(outputs * inputs * TAPS);
                for (panels, ((seen, spread), sums)) in panels.iter().zip(points.zip(sums)) {
                    add_dots(&spread[LANES..], spread_pitch, &seen_offsets, seen, run, sums);
                    // What was seen is done with: its gradient takes its place.
                    multiply(panels, &spread_offsets, spread, run, seen, seen_pitch);
                }
                Arch::new().dispatch(Inputs { of: self, seen, rows: taken, input, to_input });
            }
            points_to_kernels(sums, to_weight);
        };
        let mut partial = vec![0.0; images.div_ceil(part) * weight.len()];
        let to_input = filled(images * self.input(), |to_input| {
            let given = input.chunks(part * self.input()).zip(gradient.chunks(part * self.output()));
            let wanted = to_input.pieces(part * self.input()).zip(partial.chunks_exact_mut(weight.len()));
            let items = given.zip(wanted).collect();
            for_each_with(items, 2 * part * self.cost(), buffers, |buffers, _, ((input, gradient), (to_input, to_weight))| {
                work(buffers, input, gradient, to_input, to_weight);
            });
        });
        SliceGradients { input: to_input, weight: summed(&partial, weight.len()) }
    }

    /// Where the run of every channel and tap along a row starts.
    fn offsets(&self, channels: usize, start: impl Fn(usize, usize) -> usize) -> Vec<usize> {
        (0..channels * TAPS).map(|place| start(place / TAPS, place % TAPS)).collect()
    }
}

/// What the strips of a group see of the input, at the points: [point, input, number of a run].
struct Seen<'a> {
    of: &'a Winograd,
    input: &'a [f32],
    rows: &'a mut [f32],
    seen: &'a mut [f32],
}

impl WithSimd for Seen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { shape, strips } = self.of;
        let (pitch, rows) = (strips.seen(), self.rows);
        for channel in 0..shape.inputs {
            strips.lay(simd, self.input, [channel, shape.inputs], shape.rectified, rows, 1);
            for start in (0..strips.run).step_by(S::F32_LANES) {
                let values = [
                    strips.if_above(simd, start, rows, 3 * pitch + start),
                    load::<S>(rows, start),
                    load::<S>(rows, pitch + start),
                    load::<S>(rows, 2 * pitch + start),
                    load::<S>(rows, 3 * pitch + start),
                    strips.if_below(simd, start, rows, start),
                ];
                store_points::<S>(self.seen, shape.inputs * pitch, channel * pitch + start, to_points(simd, values));
            }
        }
    }
}

/// Outputs of a group from products at the points, [point, output, number of a run], and the shift of every output.
struct Outputs<'a> {
    of: &'a Winograd,
    products: &'a [f32],
    shift: &'a [f32],
    rows: &'a mut [f32],
    /// Whether outputs are added to what stands there.
    adds: bool,
    output: &'a mut [f32],
}

impl WithSimd for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { shape, strips } = self.of;
        let run = strips.run;
        for channel in 0..shape.outputs {
            let shift = simd.splat_f32s(self.shift[channel]);
            for start in (0..run).step_by(S::F32_LANES) {
                let values = load_points(simd, self.products, shape.outputs * run, channel * run + start);
                for (row, value) in from_points(simd, values).into_iter().enumerate() {
                    store::<S>(self.rows, row * run + start, simd.add_f32s(value, shift));
                }
            }
            match self.adds {
                true => strips.add(simd, self.rows, [channel, shape.outputs], self.output),
                false => strips.take(simd, self.rows, [channel, shape.outputs], self.output, 0),
            }
        }
    }
}

/// The gradient of a group's outputs, at the points: [point, output, number of a run after zeros].
struct Spread<'a> {
    of: &'a Winograd,
    gradient: &'a [f32],
    rows: &'a mut [f32],
    spread: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { shape, strips } = self.of;
        let (run, pitch) = (strips.run, strips.spread());
        for channel in 0..shape.outputs {
            strips.lay(simd, self.gradient, [channel, shape.outputs], false, self.rows, 0);
            for start in (0..run).step_by(S::F32_LANES) {
                let mut values = [simd.splat_f32s(0.0); ROWS];
                for (row, value) in values.iter_mut().enumerate() {
                    *value = load::<S>(self.rows, row * run + start);
                }
                let at = channel * pitch + LANES + start;
                store_points::<S>(self.spread, shape.outputs * pitch, at, from_points_transposed(simd, values));
            }
        }
    }
}

/// The gradient of a group's inputs from that of what is seen: [point, input, number of a run].
struct Inputs<'a> {
    of: &'a Winograd,
    seen: &'a [f32],
    rows: &'a mut [f32],
    input: &'a [f32],
    to_input: &'a mut [f32],
}

impl WithSimd for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { shape, strips } = self.of;
        let pitch = strips.seen();
        for channel in 0..shape.inputs {
            let at = |point: usize| (point * shape.inputs + channel) * pitch;
            for start in (0..strips.run).step_by(S::F32_LANES) {
                let values = load_points(simd, self.seen, shape.inputs * pitch, at(0) + start);
                let [_, first, second, third, fourth, _] = to_points_transposed(simd, values);
                // Of the six rows, the outer ones belong to neighbours; they are those of the outer points as they are.
                let first = simd.add_f32s(first, strips.if_above(simd, start, self.seen, at(POINTS - 1) + start));
                let fourth = simd.add_f32s(fourth, strips.if_below(simd, start, self.seen, at(0) + start));
                for (row, value) in [first, second, third, fourth].into_iter().enumerate() {
                    store::<S>(self.rows, row * pitch + start, value);
                }
            }
            strips.take(simd, self.rows, [channel, shape.inputs], self.to_input, 1);
        }
        if shape.rectified {
            keep_passed(simd, self.input, self.to_input);
        }
    }
}

/// A vector of every point; the first at `at`, each next one `step` further.
#[inline(always)]
fn load_points<S: Simd>(simd: S, source: &[f32], step: usize, at: usize) -> [S::f32s; POINTS] {
    let mut values = [simd.splat_f32s(0.0); POINTS];
    for (point, value) in values.iter_mut().enumerate() {
        *value = load::<S>(source, at + point * step);
    }
    values
}

/// Writes a vector of every point where [`load_points`] reads it.
#[inline(always)]
fn store_points<S: Simd>(target: &mut [f32], step: usize, at: usize, values: [S::f32s; POINTS]) {
    for (point, value) in values.into_iter().enumerate() {
        store::<S>(target, at + point * step, value);
    }
}
