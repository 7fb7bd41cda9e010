//! Batch normalisation with the statistics of the batch (Ioffe and Szegedy, 2015), channel by channel.

use crate::parallel::{MOVED, for_each};
use crate::plane::{LANES, total};
use crate::vectorized::{Kernel, multiply_add, vectorized};

/// Numbers that are summed in single precision before a double takes over.
const MOST_SINGLE: usize = 1024;

/// Images of `channels` planes of `pixels`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchNorm {
    pub(crate) images: usize,
    pub(crate) channels: usize,
    pub(crate) pixels: usize,
    pub(crate) epsilon: f64,
}

/// Mean and population variance of every channel.
pub(crate) struct Moments {
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// Gradients of the input, the scale and the shift.
pub(crate) struct BatchNormGradients {
    pub(crate) input: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

impl BatchNorm {
    fn image(&self) -> usize {
        self.channels * self.pixels
    }

    /// The planes of a channel.
    fn planes<'a>(&self, channel: usize, values: &'a [f32]) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let pixels = self.pixels;
        values.chunks_exact(self.image()).map(move |image| &image[channel * pixels..][..pixels])
    }

    fn count(&self) -> f64 {
        (self.images * self.pixels) as f64
    }

    /// Statistics of input [image, channel, pixel], in two passes: the variance of what lies far from zero stays exact.
    pub(crate) fn moments(&self, input: &[f32]) -> Moments {
        let mut moments = Moments { mean: vec![0.0; self.channels], variance: vec![0.0; self.channels] };
        let channels: Vec<_> = moments.mean.iter_mut().zip(&mut moments.variance).collect();
        for_each(channels, 2 * MOVED * self.images * self.pixels, |channel, (mean, variance)| {
            vectorized(Statistics { shape: *self, channel, input, mean, variance });
        });
        moments
    }

    /// 1 / √(variance + ε) of every channel.
    fn deviations(&self, moments: &Moments) -> Vec<f32> {
        moments.variance.iter().map(|&variance| (1.0 / (f64::from(variance) + self.epsilon).sqrt()) as f32).collect()
    }

    /// (input − mean) / √(variance + ε) · scale + shift.
    pub(crate) fn forward(&self, input: &[f32], scale: &[f32], shift: &[f32], moments: &Moments) -> Vec<f32> {
        let slopes: Vec<f32> = self.deviations(moments).iter().zip(scale).map(|(deviation, scale)| deviation * scale).collect();
        let lines = slopes.iter().zip(&moments.mean).zip(shift).map(|((&slope, mean), shift)| [0.0, slope, shift - mean * slope]);
        let lines: Vec<[f32; 3]> = lines.collect();
        let mut output = vec![0.0; input.len()];
        let images: Vec<_> = input.chunks_exact(self.image()).zip(output.chunks_exact_mut(self.image())).collect();
        for_each(images, MOVED * self.image(), |_, (input, output)| {
            vectorized(Lines { lines: &lines, pixels: self.pixels, first: input, second: input, output });
        });
        output
    }

    /// The same with statistics of another batch, in place.
    pub(crate) fn forward_in_place(&self, values: &mut [f32], scale: &[f32], shift: &[f32], moments: &Moments) {
        let slopes = self.deviations(moments).into_iter().zip(scale).map(|(deviation, scale)| deviation * scale);
        let lines: Vec<[f32; 2]> =
            slopes.zip(&moments.mean).zip(shift).map(|((slope, mean), shift)| [slope, shift - mean * slope]).collect();
        for_each(values.chunks_exact_mut(self.image()).collect(), MOVED * self.image(), |_, values| {
            vectorized(OwnLines { lines: &lines, pixels: self.pixels, values });
        });
    }

    /// Gradients, given the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], scale: &[f32], moments: &Moments, gradient: &[f32]) -> BatchNormGradients {
        let deviations = self.deviations(moments);
        let mut sums = vec![[0.0; 2]; self.channels];
        for_each(sums.iter_mut().collect(), 2 * MOVED * self.images * self.pixels, |channel, sums| {
            vectorized(Sums { shape: *self, channel, input, about: moments.mean[channel], gradient, sums });
        });
        let [shift, scaled]: [Vec<f64>; 2] = [
            sums.iter().map(|[shift, _]| *shift).collect(),
            sums.iter().zip(&deviations).map(|([_, product], &deviation)| product * f64::from(deviation)).collect(),
        ];
        // dx = s·r · (g − mean(g) − x̂ · mean(g·x̂)), with x̂ = (x − μ)·r: a line in g and x.
        let line = |channel: usize| {
            let (r, s) = (f64::from(deviations[channel]), f64::from(scale[channel]));
            let toward = r * scaled[channel] / self.count();
            let constant = toward * f64::from(moments.mean[channel]) - shift[channel] / self.count();
            [(s * r) as f32, (-s * r * toward) as f32, (s * r * constant) as f32]
        };
        let lines: Vec<[f32; 3]> = (0..self.channels).map(line).collect();
        let mut to_input = vec![0.0; input.len()];
        let images = gradient.chunks_exact(self.image()).zip(input.chunks_exact(self.image()));
        let work: Vec<_> = images.zip(to_input.chunks_exact_mut(self.image())).collect();
        for_each(work, 2 * MOVED * self.image(), |_, ((gradient, input), output)| {
            vectorized(Lines { lines: &lines, pixels: self.pixels, first: gradient, second: input, output });
        });
        let narrow = |sums: &[f64]| -> Vec<f32> { sums.iter().map(|&sum| sum as f32).collect() };
        BatchNormGradients { input: to_input, scale: narrow(&scaled), shift: narrow(&shift) }
    }
}

/// Mean and population variance of a channel.
struct Statistics<'a> {
    shape: BatchNorm,
    channel: usize,
    input: &'a [f32],
    mean: &'a mut f32,
    variance: &'a mut f32,
}

impl Kernel for Statistics<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let planes = || self.shape.planes(self.channel, self.input);
        let [sum] = folded(planes().map(|plane| [plane; 1]), |[value], [sum]| [sum + value]);
        let mean = (sum / self.shape.count()) as f32;
        let [squares] = folded(planes().map(|plane| [plane; 1]), |[value], [sum]| {
            let difference = value - mean;
            [multiply_add::<FUSED>(difference, difference, sum)]
        });
        (*self.mean, *self.variance) = (mean, (squares / self.shape.count()) as f32);
    }
}

/// Σ gradient and Σ (input − about) · gradient over a channel.
struct Sums<'a> {
    shape: BatchNorm,
    channel: usize,
    input: &'a [f32],
    about: f32,
    gradient: &'a [f32],
    sums: &'a mut [f64; 2],
}

impl Kernel for Sums<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let planes = self.shape.planes(self.channel, self.gradient).zip(self.shape.planes(self.channel, self.input));
        let planes = planes.map(|(gradient, input)| [gradient, input]);
        *self.sums = folded(planes, |[gradient, value], [sum, product]| {
            [sum + gradient, multiply_add::<FUSED>(value - self.about, gradient, product)]
        });
    }
}

/// Folds planes that lie side by side into sums, many lanes at once. Sums of many numbers go on in double precision.
#[inline(always)]
fn folded<'a, const I: usize, const O: usize>(
    planes: impl Iterator<Item = [&'a [f32]; I]>,
    fold: impl Fn([f32; I], [f32; O]) -> [f32; O],
) -> [f64; O] {
    let (mut sums, mut lanes, mut held) = ([0.0; O], [[0.0; LANES]; O], 0);
    let flush = |sums: &mut [f64; O], lanes: &mut [[f32; LANES]; O]| {
        for (sum, lanes) in sums.iter_mut().zip(lanes) {
            *sum += f64::from(total(lanes));
            *lanes = [0.0; LANES];
        }
    };
    for plane in planes {
        let chunks = plane.map(|plane| plane.as_chunks::<LANES>());
        for chunk in 0..chunks[0].0.len() {
            for lane in 0..LANES {
                let folded = fold(chunks.map(|(chunks, _)| chunks[chunk][lane]), std::array::from_fn(|sum| lanes[sum][lane]));
                (0..O).for_each(|sum| lanes[sum][lane] = folded[sum]);
            }
        }
        for lane in 0..chunks[0].1.len() {
            let folded = fold(chunks.map(|(_, rest)| rest[lane]), std::array::from_fn(|sum| lanes[sum][lane]));
            (0..O).for_each(|sum| lanes[sum][lane] = folded[sum]);
        }
        held += plane[0].len();
        if held >= MOST_SINGLE {
            flush(&mut sums, &mut lanes);
            held = 0;
        }
    }
    flush(&mut sums, &mut lanes);
    sums
}

/// output = a · first + b · second + c, with [a, b, c] of every channel.
struct Lines<'a> {
    lines: &'a [[f32; 3]],
    pixels: usize,
    first: &'a [f32],
    second: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Lines<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let inputs = self.first.chunks_exact(self.pixels).zip(self.second.chunks_exact(self.pixels));
        for ((first, second), (output, &[a, b, c])) in inputs.zip(self.output.chunks_exact_mut(self.pixels).zip(self.lines)) {
            if a == 0.0 {
                for (second, output) in second.iter().zip(output) {
                    *output = multiply_add::<FUSED>(*second, b, c);
                }
                continue;
            }
            for ((first, second), output) in first.iter().zip(second).zip(output) {
                *output = multiply_add::<FUSED>(*first, a, multiply_add::<FUSED>(*second, b, c));
            }
        }
    }
}

/// values = a · values + b, with [a, b] of every channel.
struct OwnLines<'a> {
    lines: &'a [[f32; 2]],
    pixels: usize,
    values: &'a mut [f32],
}

impl Kernel for OwnLines<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for (values, &[a, b]) in self.values.chunks_exact_mut(self.pixels).zip(self.lines) {
            values.iter_mut().for_each(|value| *value = multiply_add::<FUSED>(*value, a, b));
        }
    }
}
