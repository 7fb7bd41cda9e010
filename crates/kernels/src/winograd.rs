//! Dense 3×3 convolution with half of the multiplications: F(4, 3) of Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks", 2016) from row to row, and taps as they are along the rows.
//!
//! Outputs are cut into strips of four rows, each seen through six rows of the input. A transform takes these to six points, and the three
//! rows of a kernel to as many; there the convolution is a product of matrices for each point, and another transform leads back. All
//! of it is linear, so the gradients are the transposed transforms around the transposed products.
//!
//! Down the rows alone, every transform is made of whole vectors as they lie in the images. In both directions a quarter of the multiplications does,
//! but numbers have to change their places twice: that pays from some channels on, and is what `tiled` does. Points of 0, ±1/√2, ±√2 and ∞
//! instead of the usual 0, ±1, ±2 and ∞ make errors a third smaller, and the largest half as large.

mod kernel_points;
mod planes;
mod points;
mod strips;
mod tiled;
mod tiles;

use crate::dense::Dense;
use crate::depthwise::{SliceGradients, summed};
use crate::fresh::{Piece, Target, filled};
use crate::parallel::{for_each_with, part};
use crate::product::{LANES, add_dots, load, multiply, store};
use crate::row::positive;
use crate::scratch::Scratch;
use crate::transpose::Transposed;
use crate::vectorized::vectors;
use kernel_points::{KernelPoints, lines_to_kernels, points_to_rows};
use planes::{Plane, Planes};
use points::{POINTS, from_points, from_points_transposed, to_points, to_points_transposed};
use pulp::{Simd, WithSimd};
use std::ops::Range;
use strips::{ROWS, Strips};
pub(crate) use tiled::Tiled;

/// Taps along a row.
const TAPS: usize = 3;
/// Channels of the input below which the transforms of the output cost more than is saved.
const FEWEST_INPUTS: usize = 3;

/// Channels from which on it pays to transpose them for the gradient of the weight.
const WIDE: usize = 64;

/// Such a convolution.
#[derive(Clone, Copy)]
pub(crate) struct Winograd(Dense);

impl Winograd {
    /// Unless the shape does not allow it, or it would not pay.
    pub(crate) fn new(shape: Dense) -> Option<Self> {
        let window = shape.window;
        let is_three = [window.kernel, window.stride, window.padding, window.dilation] == [3, 1, 1, 1];
        let pays = shape.inputs >= FEWEST_INPUTS && 2 * shape.height.next_multiple_of(ROWS) <= 3 * shape.height;
        (is_three && pays).then_some(Self(shape))
    }

    fn input(&self) -> usize {
        self.0.inputs * self.0.height * self.0.width
    }

    fn output(&self) -> usize {
        self.0.outputs * self.0.height * self.0.width
    }

    /// Multiplications for one image.
    fn cost(&self) -> usize {
        let Dense { inputs, outputs, height, width, .. } = self.0;
        height.div_ceil(ROWS) * POINTS * TAPS * width * inputs * outputs
    }

    /// As [`Dense::write`].
    pub(crate) fn write<'a, T: Target<'a>>(&self, input: &[f32], weight: &[f32], shift: &[f32], output: T) {
        let (Dense { images, inputs, outputs, .. }, strips) = (self.0, Strips::few(self.0));
        let (run, pitch) = (strips.run, strips.seen());
        let panels = KernelPoints::of_rows(weight, [outputs, inputs], |output, input| output * inputs + input);
        let offsets = offsets(inputs, |input, tap| input * pitch + tap);
        let part = part(images);
        let buffers = || [inputs * pitch, outputs * pitch].map(|numbers| Scratch::new(POINTS * numbers));
        let parts = input.chunks(part * self.input()).zip(output.pieces(part * self.output()));
        for_each_with(parts.collect(), part * self.cost(), buffers, |[seen, products], _, (input, output)| {
            let mut output = Planes::new(&self.0, output);
            let all = input.len() / self.input() * strips.of_image;
            for first in (0..all).step_by(strips.group) {
                let numbers = first..(first + strips.group).min(all);
                let columns = strips.columns(numbers.len()).min(run);
                vectors().dispatch(Seen { shape: self.0, strips, numbers: numbers.clone(), input, seen });
                let points = seen.chunks_exact(inputs * pitch).zip(products.chunks_exact_mut(outputs * pitch));
                for (point, (seen, products)) in points.enumerate() {
                    multiply(panels.at(point), &offsets, seen, columns, products, pitch);
                }
                vectors().dispatch(Outputs { shape: self.0, strips, numbers, products, shift, output: &mut output });
            }
        });
    }

    /// As [`Dense::backward`].
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        let Dense { images, inputs, outputs, .. } = self.0;
        let part = part(images);
        let (strips, group) = Strips::of_images(self.0, part);
        let (run, seen_pitch, spread_pitch) = (strips.run, strips.seen(), strips.spread());
        let panels = KernelPoints::of_rows(weight, [inputs, outputs], |input, output| output * inputs + input);
        let seen_offsets = offsets(inputs, |input, tap| input * seen_pitch + tap);
        let spread_offsets = offsets(outputs, |output, tap| output * spread_pitch + LANES - tap);
        let is_wide = inputs.min(outputs) >= WIDE && Transposed::fits([outputs, inputs]);
        let buffers = || {
            let at_points = [inputs * seen_pitch, outputs * spread_pitch, outputs * inputs * TAPS];
            let transposed = is_wide.then(|| Transposed::new([outputs, inputs], run, TAPS));
            (at_points.map(|numbers| vec![0.0; POINTS * numbers]), transposed)
        };
        let work = |([seen, spread, sums], transposed): &mut ([Vec<f32>; 3], Option<Transposed>),
                    input: &[f32],
                    gradient: &[f32],
                    to_input: Piece<'_>| {
            sums.fill(0.0);
            let given = input.chunks(group * self.input()).zip(gradient.chunks(group * self.output()));
            for ((input, gradient), to_input) in given.zip(to_input.pieces(group * self.input())) {
                let to_input = &mut Planes::new(&self.0, to_input);
                let numbers = 0..input.len() / self.input() * strips.of_image;
                if numbers.len() < strips.group {
                    spread.fill(0.0);
                }
                vectors().dispatch(Seen { shape: self.0, strips, numbers: numbers.clone(), input, seen });
                vectors().dispatch(Spread { shape: self.0, strips, numbers: numbers.clone(), gradient, spread });
                let points = seen.chunks_exact_mut(inputs * seen_pitch).zip(spread.chunks_exact(outputs * spread_pitch));
                let sums = sums.chunks_exact_mut(outputs * inputs * TAPS);
                for (point, ((seen, spread), sums)) in points.zip(sums).enumerate() {
                    match transposed {
                        Some(transposed) => transposed.add_dots(&spread[LANES..], seen, [spread_pitch, seen_pitch], sums),
                        None => add_dots(&spread[LANES..], spread_pitch, &seen_offsets, seen, run, sums),
                    }
                    // What was seen is done with: its gradient takes its place.
                    multiply(panels.at(point), &spread_offsets, spread, run, seen, seen_pitch);
                }
                vectors().dispatch(Inputs { shape: self.0, strips, numbers, seen, input, to_input });
            }
        };
        let mut partial = vec![0.0; images.div_ceil(part) * weight.len()];
        let to_input = filled(images * self.input(), |to_input| {
            let given = input.chunks(part * self.input()).zip(gradient.chunks(part * self.output()));
            let wanted = to_input.pieces(part * self.input()).zip(partial.chunks_exact_mut(weight.len()));
            let items = given.zip(wanted).collect();
            for_each_with(items, 2 * part * self.cost(), buffers, |buffers, _, ((input, gradient), (to_input, to_weight))| {
                work(buffers, input, gradient, to_input);
                points_to_rows(&buffers.0[2], to_weight);
            });
        });
        // Of a row of kernels [output, input, tap] or, where rows were transposed, [output, tap, input].
        let [of_input, of_tap] = if is_wide { [1, inputs] } else { [TAPS, 1] };
        let to_weight = lines_to_kernels(&summed(&partial, weight.len()), |kernel, tap| {
            let line = tap / TAPS * outputs + kernel / inputs;
            line * inputs * TAPS + kernel % inputs * of_input + tap % TAPS * of_tap
        });
        SliceGradients { input: to_input, weight: to_weight }
    }
}

/// Where the run of every channel and tap along a row starts.
fn offsets(channels: usize, start: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    (0..channels * TAPS).map(|place| start(place / TAPS, place % TAPS)).collect()
}

/// What some strips see of the input, at the points: [point, input, number of a run].
struct Seen<'a> {
    shape: Dense,
    strips: Strips,
    numbers: Range<usize>,
    input: &'a [f32],
    seen: &'a mut [f32],
}

impl WithSimd for Seen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.shape.rectified {
            true => self.of::<S, true>(simd),
            false => self.of::<S, false>(simd),
        }
    }
}

impl Seen<'_> {
    #[inline(always)]
    fn of<S: Simd, const RECTIFIED: bool>(self, simd: S) {
        let Self { shape, strips, numbers, input, seen } = self;
        let (width, pitch) = (shape.width, strips.seen());
        let step = shape.inputs * pitch;
        for channel in 0..shape.inputs {
            for strip in strips.strips(numbers.clone()) {
                let plane = Plane::new(&shape, [strip.image, channel, shape.inputs]);
                let start = channel * pitch + strip.start;
                // Between strips are zeros; where runs held gradients, they are none any more.
                set_points(seen, step, start, 0.0);
                for at in (0..width).step_by(S::F32_LANES) {
                    let mut values = plane.load(simd, input, [strip.top, 1], at);
                    if RECTIFIED {
                        for value in &mut values {
                            *value = positive(simd, *value);
                        }
                    }
                    store_points::<S>(seen, step, start + 1 + at, to_points(simd, values));
                }
                set_points(seen, step, start + 1 + width, 0.0);
            }
        }
    }
}

/// Outputs of some strips from products at the points, [point, output, number of a run], and the shift of every output.
struct Outputs<'a, 'b, T> {
    shape: Dense,
    strips: Strips,
    numbers: Range<usize>,
    products: &'a [f32],
    shift: &'a [f32],
    output: &'a mut Planes<'b, T>,
}

impl<'b, T: Target<'b>> WithSimd for Outputs<'_, 'b, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { shape, strips, numbers, products, output, .. } = self;
        let pitch = strips.seen();
        for channel in 0..shape.outputs {
            let shift = simd.splat_f32s(self.shift[channel]);
            for strip in strips.strips(numbers.clone()) {
                output.write(simd, &shape, [strip.image, channel, shape.outputs], strip.top, |at| {
                    let from = channel * pitch + strip.start + at;
                    let mut values = from_points(simd, load_points(simd, products, shape.outputs * pitch, from));
                    for value in &mut values {
                        *value = simd.add_f32s(*value, shift);
                    }
                    values
                });
            }
        }
    }
}

/// The gradient of some strips' outputs, at the points: [point, output, number of a run after zeros].
struct Spread<'a> {
    shape: Dense,
    strips: Strips,
    numbers: Range<usize>,
    gradient: &'a [f32],
    spread: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { shape, strips, numbers, gradient, spread } = self;
        let (width, pitch) = (shape.width, strips.spread());
        let step = shape.outputs * pitch;
        for channel in 0..shape.outputs {
            for strip in strips.strips(numbers.clone()) {
                let plane = Plane::new(&shape, [strip.image, channel, shape.outputs]);
                let start = channel * pitch + LANES + strip.start;
                for at in (0..width).step_by(S::F32_LANES) {
                    let values = plane.load(simd, gradient, [strip.top, 0], at);
                    store_points::<S>(spread, step, start + at, from_points_transposed(simd, values));
                }
            }
        }
    }
}

/// The gradient of some images' inputs from that of what is seen: [point, input, number of a run].
struct Inputs<'a, 'b, T> {
    shape: Dense,
    strips: Strips,
    numbers: Range<usize>,
    seen: &'a [f32],
    input: &'a [f32],
    to_input: &'a mut Planes<'b, T>,
}

impl<'b, T: Target<'b>> WithSimd for Inputs<'_, 'b, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { shape, strips, numbers, seen, input, to_input } = self;
        let (width, pitch, zero) = (shape.width, strips.seen(), simd.splat_f32s(0.0));
        for channel in 0..shape.inputs {
            let of_point = |point: usize| (point * shape.inputs + channel) * pitch;
            for strip in strips.strips(numbers.clone()) {
                let plane = Plane::new(&shape, [strip.image, channel, shape.inputs]);
                to_input.write(simd, &shape, [strip.image, channel, shape.inputs], strip.top, |at| {
                    let from = strip.start + 1 + at;
                    let values = load_points(simd, seen, shape.inputs * pitch, of_point(0) + from);
                    let [_, first, second, third, fourth, _] = to_points_transposed(simd, values);
                    // Of the six rows, the outer ones belong to neighbours; they are those of the outer points as they are.
                    let above = if strip.has[0] { load::<S>(seen, of_point(POINTS - 1) + from - (width + 1)) } else { zero };
                    let below = if strip.has[1] { load::<S>(seen, of_point(0) + from + (width + 1)) } else { zero };
                    let values = [simd.add_f32s(first, above), second, third, simd.add_f32s(fourth, below)];
                    if shape.rectified { plane.passed(simd, input, strip.top, at, values) } else { values }
                });
            }
        }
    }
}

/// Writes the same number where [`load_points`] reads the first of a vector.
#[inline(always)]
fn set_points(target: &mut [f32], step: usize, at: usize, value: f32) {
    (0..POINTS).for_each(|point| target[at + point * step] = value);
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
