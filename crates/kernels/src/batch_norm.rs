//! Batch normalisation with the statistics of the batch (Ioffe and Szegedy, 2015), channel by channel.

use crate::parallel::for_each;
use crate::plane::{LANES, total};
use crate::vectorized::{Kernel, multiply_add, vectorized};

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

    fn count(&self) -> f64 {
        (self.images * self.pixels) as f64
    }

    /// Statistics of input [image, channel, pixel], in two passes: the variance of what lies far from zero stays exact.
    pub(crate) fn moments(&self, input: &[f32]) -> Moments {
        let sums = |about: &[f32], power| {
            self.per_channel(|channel, sum| {
                vectorized(Sum { shape: *self, channel, input, about: about[channel], power, sum });
            })
        };
        let divide = |sums: Vec<f64>| -> Vec<f32> { sums.into_iter().map(|sum| (sum / self.count()) as f32).collect() };
        let mean = divide(sums(&vec![0.0; self.channels], 1));
        let variance = divide(sums(&mean, 2));
        Moments { mean, variance }
    }

    fn per_channel(&self, work: impl Fn(usize, &mut f64) + Sync + Send) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for_each(sums.iter_mut().collect(), self.images * self.pixels, work);
        sums
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
        for_each(images, self.image(), |_, (input, output)| {
            vectorized(Lines { lines: &lines, pixels: self.pixels, first: input, second: input, output });
        });
        output
    }

    /// The same with statistics of another batch, in place.
    pub(crate) fn forward_in_place(&self, values: &mut [f32], scale: &[f32], shift: &[f32], moments: &Moments) {
        let slopes = self.deviations(moments).into_iter().zip(scale).map(|(deviation, scale)| deviation * scale);
        let lines: Vec<[f32; 2]> =
            slopes.zip(&moments.mean).zip(shift).map(|((slope, mean), shift)| [slope, shift - mean * slope]).collect();
        for_each(values.chunks_exact_mut(self.image()).collect(), self.image(), |_, values| {
            vectorized(OwnLines { lines: &lines, pixels: self.pixels, values });
        });
    }

    /// Gradients, given the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], scale: &[f32], moments: &Moments, gradient: &[f32]) -> BatchNormGradients {
        let deviations = self.deviations(moments);
        let narrow = |sums: &[f64]| -> Vec<f32> { sums.iter().map(|&sum| sum as f32).collect() };
        let shift = self.per_channel(|channel, sum| {
            vectorized(Sum { shape: *self, channel, input: gradient, about: 0.0, power: 1, sum });
        });
        let products = self.per_channel(|channel, sum| {
            vectorized(Product { shape: *self, channel, input, about: moments.mean[channel], gradient, sum });
        });
        let scaled: Vec<f64> = products.iter().zip(&deviations).map(|(sum, &deviation)| sum * f64::from(deviation)).collect();
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
        for_each(work, 2 * self.image(), |_, ((gradient, input), output)| {
            vectorized(Lines { lines: &lines, pixels: self.pixels, first: gradient, second: input, output });
        });
        BatchNormGradients { input: to_input, scale: narrow(&scaled), shift: narrow(&shift) }
    }
}

/// Σ (input − about)^power over a channel; power is 1 or 2.
struct Sum<'a> {
    shape: BatchNorm,
    channel: usize,
    input: &'a [f32],
    about: f32,
    power: u8,
    sum: &'a mut f64,
}

impl Kernel for Sum<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let BatchNorm { images, pixels, .. } = self.shape;
        for image in 0..images {
            let plane = &self.input[image * self.shape.image() + self.channel * pixels..][..pixels];
            *self.sum += f64::from(match self.power {
                1 => folded(plane, plane, |value, _, sum| sum + (value - self.about)),
                _ => folded(plane, plane, |value, _, sum| {
                    let difference = value - self.about;
                    multiply_add::<FUSED>(difference, difference, sum)
                }),
            });
        }
    }
}

/// Σ (input − about) · gradient over a channel.
struct Product<'a> {
    shape: BatchNorm,
    channel: usize,
    input: &'a [f32],
    about: f32,
    gradient: &'a [f32],
    sum: &'a mut f64,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let BatchNorm { images, pixels, .. } = self.shape;
        for image in 0..images {
            let start = image * self.shape.image() + self.channel * pixels;
            let (input, gradient) = (&self.input[start..][..pixels], &self.gradient[start..][..pixels]);
            let sum = folded(input, gradient, |value, gradient, sum| multiply_add::<FUSED>(value - self.about, gradient, sum));
            *self.sum += f64::from(sum);
        }
    }
}

/// Folds two planes into one number, many lanes side by side.
#[inline(always)]
fn folded(left: &[f32], right: &[f32], fold: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] = fold(left[lane], right[lane], sums[lane]);
        }
    }
    for (lane, (left, right)) in left_rest.iter().zip(right_rest).enumerate() {
        sums[lane] = fold(*left, *right, sums[lane]);
    }
    total(&sums)
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
