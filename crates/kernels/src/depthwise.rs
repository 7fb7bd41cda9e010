//! Depthwise convolution: every channel has a kernel of its own.

use crate::fresh::{Target, filled};
use crate::parallel::{for_each, part};
use crate::plane::{LANES, Plane, correlate, total};
use crate::sweep::{self, Sweep};
use crate::vectorized::{Kernel, multiply_add, vectorized, vectors};

/// Images of `channels` planes, and one kernel per channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depthwise {
    pub(crate) images: usize,
    pub(crate) channels: usize,
    pub(crate) plane: Plane,
    /// Whether what is convolved is not the input but its positive part.
    pub(crate) rectified: bool,
}

/// Gradients of a convolution's input and weights.
pub(crate) struct SliceGradients {
    pub(crate) input: Vec<f32>,
    pub(crate) weight: Vec<f32>,
}

impl Depthwise {
    pub(crate) fn input(&self) -> usize {
        self.channels * self.plane.height * self.plane.width
    }

    pub(crate) fn output(&self) -> usize {
        let [rows, columns] = self.plane.outputs();
        self.channels * rows * columns
    }

    fn taps(&self) -> usize {
        self.plane.window.kernel * self.plane.window.kernel
    }

    /// Multiplications for one image.
    pub(crate) fn cost(&self) -> usize {
        self.channels * self.plane.run() * self.taps()
    }

    /// Output [image, channel, row, column] of input [image, channel, row, column] and weight [channel, row, column].
    pub(crate) fn forward(&self, input: &[f32], weight: &[f32]) -> Vec<f32> {
        let group = self.group();
        filled(self.images * self.output(), |output| {
            let groups: Vec<_> = input.chunks(group * self.input()).zip(output.pieces(group * self.output())).collect();
            for_each(groups, group * self.cost(), |_, (input, output)| self.write(input, weight, output.numbers()));
        })
    }

    /// Images that are best taken together.
    pub(crate) fn group(&self) -> usize {
        Sweep::new(self).map_or(1, |sweep| sweep.group)
    }

    /// Output of at most a [group](Self::group) of images, on this thread.
    pub(crate) fn write(&self, input: &[f32], weight: &[f32], output: &mut [f32]) {
        let shape = *self;
        match Sweep::new(self) {
            Some(sweep) => vectors().dispatch(sweep::Forward { sweep, shape, input, weight, output }),
            None => vectorized(Forward { shape, input, weight, output }),
        }
    }

    /// Gradients of input and weight from the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        let (sweep, shape) = (Sweep::new(self), *self);
        let part = part(self.images);
        let mut partial = vec![0.0; self.images.div_ceil(part) * weight.len()];
        let to_input = filled(self.images * self.input(), |to_input| {
            let given = input.chunks(part * self.input()).zip(gradient.chunks(part * self.output()));
            let wanted = to_input.pieces(part * self.input()).zip(partial.chunks_exact_mut(weight.len()));
            let work: Vec<_> = given.zip(wanted).collect();
            for_each(work, 2 * part * self.cost(), |_, ((input, gradient), (to_input, to_weight))| {
                let to_input = to_input.numbers();
                match sweep {
                    Some(sweep) => {
                        vectors().dispatch(sweep::Backward { sweep, shape, input, weight, gradient, to_input, to_weight });
                    }
                    None => vectorized(Backward { shape, input, weight, gradient, to_input, to_weight }),
                }
            });
        });
        SliceGradients { input: to_input, weight: summed(&partial, weight.len()) }
    }
}

/// Sums parts of `length` in their order.
pub(crate) fn summed(parts: &[f32], length: usize) -> Vec<f32> {
    let mut sum = vec![0.0; length];
    for part in parts.chunks_exact(length) {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sum
}

struct Forward<'a> {
    shape: Depthwise,
    input: &'a [f32],
    weight: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Depthwise { plane, .. } = self.shape;
        let (outputs, taps) = (self.shape.output() / self.shape.channels, self.shape.taps());
        let mut padded = vec![0.0; plane.buffer()];
        let mut run = vec![0.0; plane.run()];
        let offsets: Vec<usize> = plane.offsets().collect();
        let mut weighted: Vec<(usize, f32)> = Vec::with_capacity(taps);
        let planes = self.input.chunks_exact(plane.height * plane.width).zip(self.output.chunks_exact_mut(outputs));
        for ((input, output), weight) in planes.zip(self.weight.chunks_exact(taps)) {
            plane.pad(input, &mut padded);
            if self.shape.rectified {
                rectify(&mut padded);
            }
            weighted.clear();
            weighted.extend(offsets.iter().copied().zip(weight.iter().copied()));
            correlate::<FUSED>(&weighted, &padded, &mut run);
            plane.gather(&run, output);
        }
    }
}

/// A NaN stays one, so that a diverged network does not pass for a sound one.
#[inline(always)]
fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
}

struct Backward<'a> {
    shape: Depthwise,
    input: &'a [f32],
    weight: &'a [f32],
    gradient: &'a [f32],
    to_input: &'a mut [f32],
    to_weight: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Depthwise { plane, channels, .. } = self.shape;
        let (inputs, outputs, taps) = (plane.height * plane.width, self.shape.output() / channels, self.shape.taps());
        let mut padded = vec![0.0; plane.buffer()];
        // Reading the gradient backwards needs zeros before its first number.
        let reach = plane.reach();
        let mut spread = vec![0.0; reach + plane.padded_run()];
        let mut run = vec![0.0; plane.padded_run()];
        // One sum a lane until the end: adding lanes up for every plane would cost more than small planes themselves.
        let mut sums = vec![[0.0; LANES]; channels * taps];
        let offsets: Vec<usize> = plane.offsets().collect();
        let mut weighted: Vec<(usize, f32)> = Vec::with_capacity(taps);
        let planes = self.input.chunks_exact(inputs).zip(self.gradient.chunks_exact(outputs));
        for (place, ((input, gradient), to_input)) in planes.zip(self.to_input.chunks_exact_mut(inputs)).enumerate() {
            let channel = place % channels;
            plane.pad(input, &mut padded);
            if self.shape.rectified {
                rectify(&mut padded);
            }
            plane.scatter(gradient, &mut spread[reach..]);
            weighted.clear();
            let weight = &self.weight[channel * taps..][..taps];
            weighted.extend(offsets.iter().map(|offset| reach - offset).zip(weight.iter().copied()));
            correlate::<FUSED>(&weighted, &spread, &mut run);
            plane.crop(&run, to_input);
            if self.shape.rectified {
                let stopped = |(to_input, &input): (&mut f32, &f32)| *to_input = if input <= 0.0 { 0.0 } else { *to_input };
                to_input.iter_mut().zip(input).for_each(stopped);
            }
            let gradient = &spread[reach..][..plane.run()];
            for (sums, &offset) in sums[channel * taps..][..taps].iter_mut().zip(&offsets) {
                add_products::<FUSED>(gradient, &padded[offset..], sums);
            }
        }
        self.to_weight.iter_mut().zip(&sums).for_each(|(to_weight, sums)| *to_weight += total(sums));
    }
}

/// Adds the products of a multiple of [`LANES`] numbers to sums, lane by lane.
#[inline(always)]
fn add_products<const FUSED: bool>(left: &[f32], right: &[f32], sums: &mut [f32; LANES]) {
    let mut held = *sums;
    for (left, right) in left.as_chunks::<LANES>().0.iter().zip(right.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            held[lane] = multiply_add::<FUSED>(left[lane], right[lane], held[lane]);
        }
    }
    *sums = held;
}
