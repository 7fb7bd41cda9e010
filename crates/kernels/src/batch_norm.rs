//! Batch normalisation with the statistics of the batch (Ioffe and Szegedy, 2015), channel by channel.

use crate::fresh::{Target, filled};
use crate::parallel::{MOVED, for_each};
use crate::product;
use crate::vectorized::{Kernel, multiply_add, vectorized, vectors};
use pulp::{Scalar, Simd, WithSimd};

/// Numbers that are summed in single precision before a double takes over.
const MOST_SINGLE: usize = 2048;

/// Numbers of a block of channels.
const BLOCK: usize = 1 << 16;
/// Blocks that channels are cut into at least, if there are as many, so that there is one for every thread.
const FEWEST_BLOCKS: usize = 8;

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

/// 1 / √(variance + ε)
fn deviation(variance: f32, epsilon: f64) -> f32 {
    (1.0 / (f64::from(variance) + epsilon).sqrt()) as f32
}

/// Slope and shift of every channel: what a batch norm with fixed statistics is.
pub(crate) fn lines(scale: &[f32], shift: &[f32], moments: &Moments, epsilon: f64) -> impl Iterator<Item = [f32; 2]> {
    let slopes = moments.variance.iter().zip(scale).map(move |(&variance, scale)| deviation(variance, epsilon) * scale);
    slopes.zip(&moments.mean).zip(shift).map(|((slope, mean), shift)| [slope, shift - mean * slope])
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

    /// Channels that are worked on together: so few that what is read of them a second time is still in the second cache of a core, and
    /// enough to be worth it.
    fn block(&self) -> usize {
        (BLOCK / (self.images * self.pixels)).clamp(1, self.channels.div_ceil(FEWEST_BLOCKS))
    }

    /// For every block of channels, its pieces of all images.
    fn blocks<'a, T: Target<'a>>(&self, values: T) -> Vec<Vec<T>> {
        let mut blocks: Vec<Vec<T>> = Vec::new();
        blocks.resize_with(self.channels.div_ceil(self.block()), || Vec::with_capacity(self.images));
        for image in values.pieces(self.image()) {
            image.pieces(self.block() * self.pixels).zip(&mut blocks).for_each(|(piece, block)| block.push(piece));
        }
        blocks
    }

    /// What lies in `values` where a piece of an image's block does.
    fn piece<'a>(&self, values: &'a [f32], [image, block]: [usize; 2], piece: &[f32]) -> &'a [f32] {
        &values[image * self.image() + block * self.block() * self.pixels..][..piece.len()]
    }

    /// 1 / √(variance + ε)
    fn deviation(&self, variance: f32) -> f32 {
        deviation(variance, self.epsilon)
    }

    /// (input − mean) / √(variance + ε) · scale + shift with the statistics of input [image, channel, pixel]. These are taken in two passes: the
    /// variance of what lies far from zero stays exact. If there is a `sum`, all of it is added there.
    pub(crate) fn forward(&self, sum: Option<&[f32]>, input: &[f32], scale: &[f32], shift: &[f32]) -> (Vec<f32>, Moments) {
        let mut moments = None;
        let output = filled(input.len(), |output| moments = Some(self.write(sum, input, scale, shift, output)));
        (output, moments.expect("the output is written once"))
    }

    /// The same, added to a sum in its place.
    pub(crate) fn add_forward(&self, sum: &mut [f32], input: &[f32], scale: &[f32], shift: &[f32]) -> Moments {
        self.write(None, input, scale, shift, sum)
    }

    /// Adds what is normalised to what stands in `output`, or to a `sum` that stands elsewhere.
    fn write<'a, T: Target<'a>>(&self, sum: Option<&[f32]>, input: &[f32], scale: &[f32], shift: &[f32], output: T) -> Moments {
        // Cleared memory holds nothing that is worth being read.
        let kept = if sum.is_some() || T::HOLDS_NUMBERS { 1.0 } else { 0.0 };
        let mut moments = Moments { mean: vec![0.0; self.channels], variance: vec![0.0; self.channels] };
        let statistics = moments.mean.chunks_mut(self.block()).zip(moments.variance.chunks_mut(self.block()));
        let work: Vec<_> = self.blocks(output).into_iter().zip(statistics).collect();
        for_each(work, 3 * MOVED * self.images * self.block() * self.pixels, |block, (pieces, (means, variances))| {
            let mut lines = Vec::with_capacity(means.len());
            for (place, (mean, variance)) in means.iter_mut().zip(variances).enumerate() {
                let channel = block * self.block() + place;
                [*mean, *variance] = vectors().dispatch(Statistics { shape: *self, channel, input });
                let slope = self.deviation(*variance) * scale[channel];
                lines.push([kept, slope, shift[channel] - *mean * slope]);
            }
            for (image, output) in pieces.into_iter().enumerate() {
                let output = output.numbers();
                let first = sum.map(|sum| self.piece(sum, [image, block], output));
                let second = self.piece(input, [image, block], output);
                vectorized(Lines { lines: &lines, pixels: self.pixels, first, second, output });
            }
        });
        moments
    }

    /// The same with statistics of another batch, in place.
    pub(crate) fn forward_in_place(&self, values: &mut [f32], scale: &[f32], shift: &[f32], moments: &Moments) {
        let lines: Vec<[f32; 2]> = lines(scale, shift, moments, self.epsilon).collect();
        for_each(values.chunks_exact_mut(self.image()).collect(), MOVED * self.image(), |_, values| {
            vectorized(OwnLines { lines: &lines, pixels: self.pixels, values });
        });
    }

    /// Gradients, given the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], scale: &[f32], moments: &Moments, gradient: &[f32]) -> BatchNormGradients {
        let mut parameters = [(); 2].map(|()| vec![0.0; self.channels]);
        let to_input = filled(input.len(), |to_input| {
            self.work_back(to_input, &mut parameters, |block, pieces, parameters| {
                let planes = |channel| self.planes(channel, gradient);
                let lines = self.gradient_lines(block, [input, scale], moments, planes, parameters);
                for (image, piece) in pieces.into_iter().enumerate() {
                    let output = piece.numbers();
                    let [first, second] = [gradient, input].map(|values| self.piece(values, [image, block], output));
                    vectorized(Lines { lines: &lines, pixels: self.pixels, first: Some(first), second, output });
                }
            });
        });
        let [scale, shift] = parameters;
        BatchNormGradients { input: to_input, scale, shift }
    }

    /// The same in place: the gradient of the output becomes that of the input. Returns those of scale and shift.
    pub(crate) fn backward_in_place(
        &self,
        input: &[f32],
        scale: &[f32],
        moments: &Moments,
        gradient: &mut [f32],
    ) -> [Vec<f32>; 2] {
        let mut parameters = [(); 2].map(|()| vec![0.0; self.channels]);
        self.work_back(gradient, &mut parameters, |block, pieces, parameters| {
            let planes = |channel| {
                let place = channel - block * self.block();
                pieces.iter().map(move |piece| &piece[place * self.pixels..][..self.pixels])
            };
            let lines = self.gradient_lines(block, [input, scale], moments, planes, parameters);
            for (image, output) in pieces.into_iter().enumerate() {
                let second = self.piece(input, [image, block], output);
                vectorized(Lines { lines: &lines, pixels: self.pixels, first: None, second, output });
            }
        });
        parameters
    }

    /// Calls `work` for every block of channels, with its pieces and its gradients of scale and shift.
    fn work_back<'a, T: Target<'a>>(
        &self,
        to_input: T,
        [scale, shift]: &mut [Vec<f32>; 2],
        work: impl Fn(usize, Vec<T>, [&mut [f32]; 2]) + Sync + Send,
    ) {
        let parameters = scale.chunks_mut(self.block()).zip(shift.chunks_mut(self.block()));
        let blocks: Vec<_> = self.blocks(to_input).into_iter().zip(parameters).collect();
        for_each(blocks, 4 * MOVED * self.images * self.block() * self.pixels, |block, (pieces, (scale, shift))| {
            work(block, pieces, [scale, shift]);
        });
    }

    /// The gradient of the input as a line in the gradient of the output, whose planes of a channel are given, and the input itself, for
    /// each channel of a block.
    fn gradient_lines<'a, P: Iterator<Item = &'a [f32]>>(
        &self,
        block: usize,
        [input, scale]: [&'a [f32]; 2],
        moments: &Moments,
        gradient: impl Fn(usize) -> P,
        [to_scale, to_shift]: [&mut [f32]; 2],
    ) -> Vec<[f32; 3]> {
        let parameters = to_scale.iter_mut().zip(to_shift).enumerate();
        let of_channel = |(place, (to_scale, to_shift)): (usize, (&mut f32, &mut f32))| {
            let channel = block * self.block() + place;
            let mean = moments.mean[channel];
            let planes = gradient(channel).zip(self.planes(channel, input)).map(|(gradient, input)| [gradient, input]);
            let sums = vectors().dispatch(Sums { planes, about: mean });
            // dx = s·r · (g − mean(g) − x̂ · mean(g·x̂)), with x̂ = (x − μ)·r: a line in g and x.
            let (r, s) = (f64::from(self.deviation(moments.variance[channel])), f64::from(scale[channel]));
            let [shift, scaled] = [sums[0], sums[1] * r];
            let toward = r * scaled / self.count();
            let constant = toward * f64::from(mean) - shift / self.count();
            (*to_scale, *to_shift) = (scaled as f32, shift as f32);
            [(s * r) as f32, (-s * r * toward) as f32, (s * r * constant) as f32]
        };
        parameters.map(of_channel).collect()
    }
}

/// Mean and population variance of a channel.
struct Statistics<'a> {
    shape: BatchNorm,
    channel: usize,
    input: &'a [f32],
}

impl WithSimd for Statistics<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f32; 2] {
        let planes = || self.shape.planes(self.channel, self.input).map(|plane| [plane; 1]);
        let [sum] = folded(simd, &Sum, planes());
        let mean = (sum / self.shape.count()) as f32;
        let [squares] = folded(simd, &Squares { about: mean }, planes());
        [mean, (squares / self.shape.count()) as f32]
    }
}

/// Σ gradient and Σ (input − about) · gradient over the planes of a channel, [gradient, input].
struct Sums<P> {
    planes: P,
    about: f32,
}

impl<'a, P: Iterator<Item = [&'a [f32]; 2]>> WithSimd for Sums<P> {
    type Output = [f64; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; 2] {
        folded(simd, &Products { about: self.about }, self.planes)
    }
}

/// What numbers add to sums. A trait, and not a function that is handed over: the vector instructions of the caller reach only what is
/// inlined into it.
trait Term<const I: usize, const O: usize> {
    fn add<S: Simd>(&self, simd: S, values: [S::f32s; I], sums: [S::f32s; O]) -> [S::f32s; O];
}

struct Sum;

impl Term<1, 1> for Sum {
    #[inline(always)]
    fn add<S: Simd>(&self, simd: S, [value]: [S::f32s; 1], [sum]: [S::f32s; 1]) -> [S::f32s; 1] {
        [simd.add_f32s(sum, value)]
    }
}

struct Squares {
    about: f32,
}

impl Term<1, 1> for Squares {
    #[inline(always)]
    fn add<S: Simd>(&self, simd: S, [value]: [S::f32s; 1], [sum]: [S::f32s; 1]) -> [S::f32s; 1] {
        let difference = simd.sub_f32s(value, simd.splat_f32s(self.about));
        [product::multiply_add(simd, difference, difference, sum)]
    }
}

struct Products {
    about: f32,
}

impl Term<2, 2> for Products {
    #[inline(always)]
    fn add<S: Simd>(&self, simd: S, [gradient, value]: [S::f32s; 2], [sum, product]: [S::f32s; 2]) -> [S::f32s; 2] {
        let difference = simd.sub_f32s(value, simd.splat_f32s(self.about));
        [simd.add_f32s(sum, gradient), product::multiply_add(simd, difference, gradient, product)]
    }
}

/// Vectors that are summed apart, so that none waits for the one before it.
const WAYS: usize = 4;

/// Sums over planes that lie side by side. Sums of many numbers go on in double precision.
#[inline(always)]
fn folded<'a, S: Simd, T: Term<I, O>, const I: usize, const O: usize>(
    simd: S,
    term: &T,
    planes: impl Iterator<Item = [&'a [f32]; I]>,
) -> [f64; O] {
    let zeros = [[simd.splat_f32s(0.0); O]; WAYS];
    let (mut sums, mut held, mut single, mut count) = ([0.0; O], zeros, [0.0; O], 0);
    for plane in planes {
        let mut vectors: [&[S::f32s]; I] = [&[]; I];
        let mut rests: [&[f32]; I] = [&[]; I];
        // The same length for all, so that no access needs a check.
        let length = plane[0].len();
        for (plane, (vectors, rest)) in plane.iter().zip(vectors.iter_mut().zip(&mut rests)) {
            (*vectors, *rest) = S::as_simd_f32s(&plane[..length]);
        }
        let whole = vectors[0].len();
        for start in (0..whole).step_by(WAYS) {
            for (way, held) in held.iter_mut().enumerate().take(whole - start) {
                let mut values = [simd.splat_f32s(0.0); I];
                for (value, vectors) in values.iter_mut().zip(&vectors) {
                    *value = vectors[start + way];
                }
                *held = term.add(simd, values, *held);
            }
        }
        for place in 0..rests[0].len() {
            let mut values = [0.0; I];
            for (value, rest) in values.iter_mut().zip(&rests) {
                *value = rest[place];
            }
            single = term.add(Scalar::new(), values, single);
        }
        count += length;
        if count >= MOST_SINGLE {
            add_up(simd, &mut sums, &mut held, &mut single);
            count = 0;
        }
    }
    add_up(simd, &mut sums, &mut held, &mut single);
    sums
}

/// Moves sums of single precision into those of double precision.
#[inline(always)]
fn add_up<S: Simd, const O: usize>(simd: S, sums: &mut [f64; O], held: &mut [[S::f32s; O]; WAYS], single: &mut [f32; O]) {
    for place in 0..O {
        let mut all = simd.splat_f32s(0.0);
        for held in held.iter_mut() {
            all = simd.add_f32s(all, held[place]);
            held[place] = simd.splat_f32s(0.0);
        }
        sums[place] += f64::from(simd.reduce_sum_f32s(all)) + f64::from(single[place]);
        single[place] = 0.0;
    }
}

/// output = a · first + b · second + c, with [a, b, c] of every channel; without a first, the output's own numbers are taken.
struct Lines<'a> {
    lines: &'a [[f32; 3]],
    pixels: usize,
    first: Option<&'a [f32]>,
    second: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Lines<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { lines, pixels, first, second, output } = self;
        let planes = second.chunks_exact(pixels).zip(output.chunks_exact_mut(pixels));
        for (channel, ((second, output), &[a, b, c])) in planes.zip(lines).enumerate() {
            match first {
                _ if a == 0.0 => {
                    for (second, output) in second.iter().zip(output) {
                        *output = multiply_add::<FUSED>(*second, b, c);
                    }
                }
                Some(first) => {
                    for ((first, second), output) in first[channel * pixels..][..pixels].iter().zip(second).zip(output) {
                        *output = multiply_add::<FUSED>(*first, a, multiply_add::<FUSED>(*second, b, c));
                    }
                }
                None => {
                    for (second, output) in second.iter().zip(output) {
                        *output = multiply_add::<FUSED>(*output, a, multiply_add::<FUSED>(*second, b, c));
                    }
                }
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
