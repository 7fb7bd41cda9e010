//! Pooling over a window: the maximum of what lies inside the image, or the mean with or without the padding.

use crate::fresh::{Target, filled};
use crate::parallel::for_each;
use crate::plane::{LANES, Plane, correlate};
use crate::product::{load, store};
use crate::vectorized::{Kernel, vectorized, vectors};
use pulp::{Simd, WithSimd};

/// Planes to pool, all channels of all images alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    pub(crate) planes: usize,
    pub(crate) plane: Plane,
    pub(crate) is_max: bool,
    /// Whether a mean counts the zeros of the padding.
    pub(crate) with_padding: bool,
}

impl Pool {
    fn input(&self) -> usize {
        self.plane.height * self.plane.width
    }

    fn output(&self) -> usize {
        let [rows, columns] = self.plane.outputs();
        rows * columns
    }

    /// Comparisons of one plane.
    fn cost(&self) -> usize {
        self.plane.run() * self.plane.window.kernel * self.plane.window.kernel
    }

    /// How many taps of each output's window count, inverted. Empty for a maximum.
    fn shares(&self) -> Vec<f32> {
        if self.is_max {
            return Vec::new();
        }
        let ([rows, columns], window) = (self.plane.outputs(), self.plane.window);
        let inside = |place: usize, size: usize| {
            let taps = (0..window.kernel).map(|tap| place * window.stride + tap * window.dilation);
            taps.filter(|pixel| (window.padding..window.padding + size).contains(pixel)).count()
        };
        if self.with_padding {
            return vec![1.0 / (window.kernel * window.kernel) as f32; rows * columns];
        }
        let share = |row, column| 1.0 / (inside(row, self.plane.height) * inside(column, self.plane.width)).max(1) as f32;
        (0..rows).flat_map(|row| (0..columns).map(move |column| share(row, column))).collect()
    }

    /// Planes a thread takes at once: buffers are made once for all of them.
    fn group(&self) -> usize {
        (self.planes / 64).max(1)
    }

    pub(crate) fn forward(&self, input: &[f32]) -> Vec<f32> {
        let (shares, group) = (self.shares(), self.group());
        filled(self.planes * self.output(), |output| {
            let work: Vec<_> = input.chunks(group * self.input()).zip(output.pieces(group * self.output())).collect();
            for_each(work, group * self.cost(), |_, (input, output)| {
                vectorized(Forward { shape: *self, shares: &shares, input, output: output.numbers() });
            });
        })
    }

    /// Gradient of the input. Where several pixels are the maximum, the first of them gets it, as in Burn.
    pub(crate) fn backward(&self, input: &[f32], gradient: &[f32]) -> Vec<f32> {
        let (shares, group) = (self.shares(), self.group());
        filled(input.len(), |to_input| {
            let given = input.chunks(group * self.input()).zip(gradient.chunks(group * self.output()));
            let work: Vec<_> = given.zip(to_input.pieces(group * self.input())).collect();
            for_each(work, 3 * group * self.cost(), |_, ((input, gradient), to_input)| {
                vectors().dispatch(Backward { shape: *self, shares: &shares, input, gradient, to_input: to_input.numbers() });
            });
        })
    }
}

struct Forward<'a> {
    shape: Pool,
    shares: &'a [f32],
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Pool { plane, is_max, .. } = self.shape;
        let mut padded = vec![if is_max { f32::NEG_INFINITY } else { 0.0 }; plane.buffer()];
        let mut run = vec![0.0; plane.run()];
        let offsets: Vec<usize> = plane.offsets().collect();
        let ones: Vec<(usize, f32)> = offsets.iter().map(|&offset| (offset, 1.0)).collect();
        let planes = self.input.chunks_exact(self.shape.input()).zip(self.output.chunks_exact_mut(self.shape.output()));
        for (input, output) in planes {
            plane.pad(input, &mut padded);
            if is_max {
                maximum(&offsets, &padded, &mut run);
                plane.gather(&run, output);
            } else {
                correlate::<FUSED>(&ones, &padded, &mut run);
                plane.gather(&run, output);
                output.iter_mut().zip(self.shares).for_each(|(output, share)| *output *= share);
            }
        }
    }
}

#[inline(always)]
fn maximum(offsets: &[usize], source: &[f32], target: &mut [f32]) {
    for (place, target) in target.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut best = [f32::NEG_INFINITY; LANES];
        for offset in offsets {
            let source = &source[place * LANES + offset..][..LANES];
            for lane in 0..LANES {
                best[lane] = larger(source[lane], best[lane]);
            }
        }
        *target = best;
    }
}

/// The larger number; a NaN counts as larger than all, so that a diverged network does not pass for a sound one.
#[inline(always)]
fn larger(value: f32, best: f32) -> f32 {
    if value > best || value.is_nan() { value } else { best }
}

struct Backward<'a> {
    shape: Pool,
    shares: &'a [f32],
    input: &'a [f32],
    gradient: &'a [f32],
    to_input: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pool { plane, is_max, .. } = self.shape;
        let offsets: Vec<usize> = plane.offsets().collect();
        let reach = plane.reach();
        let mut padded = vec![f32::NEG_INFINITY; if is_max { plane.buffer() } else { 0 }];
        let mut spread = vec![0.0; reach + plane.padded_run()];
        let mut run = vec![0.0; plane.buffer()];
        let mut winners = vec![0.0; plane.run()];
        let mut shared = vec![0.0; if is_max { 0 } else { self.shape.output() }];
        let backwards: Vec<(usize, f32)> = offsets.iter().map(|&offset| (reach - offset, 1.0)).collect();
        let planes = self.input.chunks_exact(self.shape.input()).zip(self.gradient.chunks_exact(self.shape.output()));
        for ((input, gradient), to_input) in planes.zip(self.to_input.chunks_exact_mut(self.shape.input())) {
            if is_max {
                plane.pad(input, &mut padded);
                plane.scatter(gradient, &mut spread);
                first_maximum(simd, &offsets, &padded, &mut winners);
                run.fill(0.0);
                for (tap, offset) in offsets.iter().enumerate() {
                    hand_back(tap as f32, &winners, &spread, &mut run[*offset..]);
                }
                plane.crop(&run, to_input);
            } else {
                shared.iter_mut().zip(gradient.iter().zip(self.shares)).for_each(|(shared, (g, share))| *shared = g * share);
                plane.scatter(&shared, &mut spread[reach..]);
                let padded_run = plane.padded_run();
                match S::F32_LANES > 1 {
                    true => correlate::<true>(&backwards, &spread, &mut run[..padded_run]),
                    false => correlate::<false>(&backwards, &spread, &mut run[..padded_run]),
                }
                plane.crop(&run, to_input);
            }
        }
    }
}

/// Which tap holds the maximum of each output, the first of equals. In vectors by hand: of a condition in plain code the compiler makes masked writes
/// to memory, which take AMD's processors as long as all the rest.
#[inline(always)]
fn first_maximum<S: Simd>(simd: S, offsets: &[usize], source: &[f32], winners: &mut [f32]) {
    for at in (0..winners.len()).step_by(S::F32_LANES) {
        let mut best = simd.splat_f32s(f32::NEG_INFINITY);
        let mut winner = simd.splat_f32s(-1.0);
        for (tap, offset) in offsets.iter().enumerate() {
            let value = load::<S>(source, at + offset);
            let wins = simd.less_than_f32s(best, value);
            winner = simd.select_f32s(wins, simd.splat_f32s(tap as f32), winner);
            best = simd.select_f32s(wins, value, best);
        }
        store::<S>(winners, at, winner);
    }
}

/// Adds the gradients of the outputs that one tap has won.
#[inline(always)]
fn hand_back(tap: f32, winners: &[f32], gradient: &[f32], target: &mut [f32]) {
    for ((winner, gradient), target) in winners.iter().zip(gradient).zip(target) {
        *target += if *winner == tap { *gradient } else { 0.0 };
    }
}
