//! The kernels on the CPU.

use super::{CellKernels, ConvolutionGradients, Folded, NormGradients, Normalized, Parts};
use crate::Window;
use crate::batch_norm::{BatchNorm, Moments, lines};
use crate::dense::Dense;
use crate::depthwise::Depthwise;
use crate::fresh::filled;
use crate::maps;
use crate::plane::Plane;
use crate::pool::Pool;
use crate::subsample::Subsample;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{Shape, TensorData};
use burn_flex::FlexTensor;

impl CellKernels for Flex {
    fn convolve(
        input: FlexTensor,
        weight: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FlexTensor {
        let window = Window { kernel: dims(&weight)[2], stride, padding, dilation };
        let shift = vec![0.0; dims(&weight)[0]];
        convolved(&input, &weight, &shift, window, rectified)
    }

    fn convolve_shifted(
        input: FlexTensor,
        weight: FlexTensor,
        shift: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FlexTensor {
        let window = Window { kernel: dims(&weight)[2], stride, padding, dilation };
        convolved(&input, &weight, shift.to_contiguous().storage(), window, rectified)
    }

    fn convolve_onto(
        mut sum: FlexTensor,
        input: FlexTensor,
        weight: FlexTensor,
        shift: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FlexTensor {
        let window = Window { kernel: dims(&weight)[2], stride, padding, dilation };
        let (Some(numbers), Convolution::Dense(dense)) = (own(&mut sum), convolution(&input, &weight, window, rectified)) else {
            let output = Self::convolve_shifted(input, weight, shift, stride, padding, dilation, rectified);
            return Self::float_add(sum, output);
        };
        let [input, weight, shift] = [input, weight, shift].map(|tensor| tensor.to_contiguous());
        dense.write(input.storage(), weight.storage(), shift.storage(), numbers);
        sum
    }

    fn convolve_separably(
        input: FlexTensor,
        depthwise: FlexTensor,
        pointwise: FlexTensor,
        shift: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FlexTensor {
        let window = Window { kernel: dims(&depthwise)[2], stride, padding, dilation };
        let (first, second) = separable(&input, &pointwise, window, rectified);
        let shape = [second.images, second.outputs, second.height, second.width];
        let [input, depthwise, pointwise, shift] = [input, depthwise, pointwise, shift].map(|tensor| tensor.to_contiguous());
        let (given, weight) = ([input.storage(), depthwise.storage()], [pointwise.storage(), shift.storage()]);
        tensor(filled(shape.iter().product(), |output| second.write_after(&first, given, weight, output)), shape)
    }

    fn convolve_separably_onto(
        mut sum: FlexTensor,
        input: FlexTensor,
        depthwise: FlexTensor,
        pointwise: FlexTensor,
        shift: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FlexTensor {
        let window = Window { kernel: dims(&depthwise)[2], stride, padding, dilation };
        let Some(numbers) = own(&mut sum) else {
            let output = Self::convolve_separably(input, depthwise, pointwise, shift, stride, padding, dilation, rectified);
            return Self::float_add(sum, output);
        };
        let (first, second) = separable(&input, &pointwise, window, rectified);
        let [input, depthwise, pointwise, shift] = [input, depthwise, pointwise, shift].map(|tensor| tensor.to_contiguous());
        let (given, weight) = ([input.storage(), depthwise.storage()], [pointwise.storage(), shift.storage()]);
        second.write_after(&first, given, weight, numbers);
        sum
    }

    fn convolve_gradients(
        input: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> ConvolutionGradients<Self> {
        let (input, weight, gradient) = (input.to_contiguous(), weight.to_contiguous(), gradient.to_contiguous());
        let window = Window { kernel: dims(&weight)[2], stride, padding, dilation };
        let result = match convolution(&input, &weight, window, rectified) {
            Convolution::Depthwise(shape) => shape.backward(input.storage(), weight.storage(), gradient.storage()),
            Convolution::Dense(shape) => shape.backward(input.storage(), weight.storage(), gradient.storage()),
        };
        ConvolutionGradients { input: tensor(result.input, dims(&input)), weight: tensor(result.weight, dims(&weight)) }
    }

    fn normalize(input: FlexTensor, scale: FlexTensor, shift: FlexTensor, epsilon: f64) -> Normalized<Self> {
        let (input, scale, shift) = (input.to_contiguous(), scale.to_contiguous(), shift.to_contiguous());
        let norm = norm(&input, epsilon);
        let (output, moments) = norm.forward(None, input.storage(), scale.storage(), shift.storage());
        Normalized { output: tensor(output, dims(&input)), mean: vector(moments.mean), variance: vector(moments.variance) }
    }

    fn normalize_onto(
        mut sum: FlexTensor,
        input: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
    ) -> Normalized<Self> {
        let (input, scale, shift) = (input.to_contiguous(), scale.to_contiguous(), shift.to_contiguous());
        let norm = norm(&input, epsilon);
        let (output, moments) = match own(&mut sum) {
            Some(numbers) => {
                let moments = norm.add_forward(numbers, input.storage(), scale.storage(), shift.storage());
                (sum, moments)
            }
            None => {
                let sum = sum.to_contiguous();
                let (output, moments) = norm.forward(Some(sum.storage()), input.storage(), scale.storage(), shift.storage());
                (tensor(output, dims(&input)), moments)
            }
        };
        Normalized { output, mean: vector(moments.mean), variance: vector(moments.variance) }
    }

    fn normalize_gradients(
        input: FlexTensor,
        scale: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        mut gradient: FlexTensor,
        epsilon: f64,
    ) -> NormGradients<Self> {
        let (input, scale) = (input.to_contiguous(), scale.to_contiguous());
        let moments = Moments { mean: mean.storage::<f32>().to_vec(), variance: variance.storage::<f32>().to_vec() };
        let norm = norm(&input, epsilon);
        if let Some(numbers) = own(&mut gradient) {
            let [scale, shift] = norm.backward_in_place(input.storage(), scale.storage(), &moments, numbers);
            return NormGradients { input: gradient, scale: vector(scale), shift: vector(shift) };
        }
        let result = norm.backward(input.storage(), scale.storage(), &moments, gradient.to_contiguous().storage());
        NormGradients { input: tensor(result.input, dims(&input)), scale: vector(result.scale), shift: vector(result.shift) }
    }

    fn normalize_fixed(
        input: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f64,
    ) -> FlexTensor {
        // Where nothing else holds the input, it becomes the output.
        let mut output = input.to_contiguous();
        drop(input);
        let [scale, shift, mean, variance] = [scale, shift, mean, variance].map(|vector| vector.to_contiguous());
        let moments = Moments { mean: mean.storage::<f32>().to_vec(), variance: variance.storage::<f32>().to_vec() };
        norm(&output, epsilon).forward_in_place(output.storage_mut(), scale.storage(), shift.storage(), &moments);
        output
    }

    fn fold(
        weight: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f64,
    ) -> Folded<Self> {
        let shape = dims(&weight);
        let [weight, scale, shift, mean, variance] = [weight, scale, shift, mean, variance].map(|tensor| tensor.to_contiguous());
        let moments = Moments { mean: mean.storage::<f32>().to_vec(), variance: variance.storage::<f32>().to_vec() };
        let (mut folded, mut shifts) = (weight.storage::<f32>().to_vec(), Vec::with_capacity(shape[0]));
        let of_outputs = folded.chunks_exact_mut(shape[1] * shape[2] * shape[3]);
        for ([slope, shift], weight) in lines(scale.storage(), shift.storage(), &moments, epsilon).zip(of_outputs) {
            weight.iter_mut().for_each(|number| *number *= slope);
            shifts.push(shift);
        }
        Folded { weight: tensor(folded, shape), shift: vector(shifts) }
    }

    fn add_maps(mut sum: FlexTensor, mut second: FlexTensor) -> FlexTensor {
        // Where nothing else holds one of the two, it becomes the sum.
        if own(&mut sum).is_none() {
            std::mem::swap(&mut sum, &mut second);
        }
        let second = second.to_contiguous();
        if let Some(numbers) = own(&mut sum) {
            maps::add(numbers, second.storage());
            return sum;
        }
        let first = sum.to_contiguous();
        tensor(maps::sum(first.storage(), second.storage()), dims(&first))
    }

    fn concatenate(first: FlexTensor, second: FlexTensor, third: FlexTensor, fourth: FlexTensor) -> FlexTensor {
        let parts = [first, second, third, fourth].map(|part| part.to_contiguous());
        let [images, _, height, width] = dims(&parts[0]);
        let channels = [0, 1, 2, 3].map(|part| dims(&parts[part])[1]);
        let numbers = [0, 1, 2, 3].map(|part| parts[part].storage::<f32>());
        let joined = maps::concatenated(numbers, channels.map(|channels| channels * height * width), images);
        tensor(joined, [images, channels.iter().sum(), height, width])
    }

    fn separate(joined: FlexTensor, first: usize, second: usize, third: usize, fourth: usize) -> Parts<Self> {
        let joined = joined.to_contiguous();
        let ([images, _, height, width], channels) = (dims(&joined), [first, second, third, fourth]);
        let parts = maps::separated(joined.storage(), channels.map(|channels| channels * height * width), images);
        let [first, second, third, fourth] = parts.map(|numbers| {
            let channels = numbers.len() / (images * height * width);
            tensor(numbers, [images, channels, height, width])
        });
        Parts { first, second, third, fourth }
    }

    fn subsample(input: FlexTensor, first: usize, step: usize) -> FlexTensor {
        let input = input.to_contiguous();
        let [images, channels, height, width] = dims(&input);
        let shape = Subsample { planes: images * channels, height, width, first, step };
        let [rows, columns] = shape.outputs();
        tensor(shape.forward(input.storage()), [images, channels, rows, columns])
    }

    fn subsample_gradient(gradient: FlexTensor, height: usize, width: usize, first: usize, step: usize) -> FlexTensor {
        let gradient = gradient.to_contiguous();
        let [images, channels, ..] = dims(&gradient);
        let shape = Subsample { planes: images * channels, height, width, first, step };
        tensor(shape.backward(gradient.storage()), [images, channels, height, width])
    }

    fn pool(input: FlexTensor, is_max: bool, with_padding: bool, kernel: usize, stride: usize, padding: usize) -> FlexTensor {
        let input = input.to_contiguous();
        let ([images, channels, ..], shape) = (dims(&input), pool(&input, [is_max, with_padding], [kernel, stride, padding]));
        let [rows, columns] = shape.plane.outputs();
        tensor(shape.forward(input.storage()), [images, channels, rows, columns])
    }

    fn pool_gradient(
        input: FlexTensor,
        gradient: FlexTensor,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FlexTensor {
        let (input, gradient) = (input.to_contiguous(), gradient.to_contiguous());
        let shape = pool(&input, [is_max, with_padding], [kernel, stride, padding]);
        tensor(shape.backward(input.storage(), gradient.storage()), dims(&input))
    }
}

/// The numbers of a tensor in their order, if nothing else holds them.
fn own(tensor: &mut FlexTensor) -> Option<&mut [f32]> {
    match tensor.layout().contiguous_offsets() {
        Some((0, end)) => Some(&mut tensor.try_storage_mut()?[..end]),
        _ => None,
    }
}

/// A convolution, with a shift of every output channel where it is one over all channels.
fn convolved(input: &FlexTensor, weight: &FlexTensor, shift: &[f32], window: Window, rectified: bool) -> FlexTensor {
    let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
    let ([images, _, height, width], [outputs, ..]) = (dims(&input), dims(&weight));
    let output = match convolution(&input, &weight, window, rectified) {
        Convolution::Depthwise(shape) => shape.forward(input.storage(), weight.storage()),
        Convolution::Dense(shape) => shape.forward(input.storage(), weight.storage(), shift),
    };
    tensor(output, [images, outputs, window.outputs(height), window.outputs(width)])
}

/// A depthwise convolution, and the 1×1 convolution of its output.
fn separable(input: &FlexTensor, pointwise: &FlexTensor, window: Window, rectified: bool) -> (Depthwise, Dense) {
    let ([images, channels, height, width], [outputs, ..]) = (dims(input), dims(pointwise));
    let depthwise = Depthwise { images, channels, plane: Plane { height, width, window }, rectified };
    let (height, width) = (window.outputs(height), window.outputs(width));
    let window = Window { kernel: 1, stride: 1, padding: 0, dilation: 1 };
    (depthwise, Dense { images, inputs: channels, outputs, height, width, window, rectified: false })
}

fn norm(input: &FlexTensor, epsilon: f64) -> BatchNorm {
    let [images, channels, height, width] = dims(input);
    BatchNorm { images, channels, pixels: height * width, epsilon }
}

fn pool(input: &FlexTensor, [is_max, with_padding]: [bool; 2], [kernel, stride, padding]: [usize; 3]) -> Pool {
    let [images, channels, height, width] = dims(input);
    let window = Window { kernel, stride, padding, dilation: 1 };
    Pool { planes: images * channels, plane: Plane { height, width, window }, is_max, with_padding }
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    FlexTensor::from_data(TensorData::new(values, Shape::from([length])))
}

enum Convolution {
    Depthwise(Depthwise),
    Dense(Dense),
}

fn convolution(input: &FlexTensor, weight: &FlexTensor, window: Window, rectified: bool) -> Convolution {
    let ([images, channels, height, width], [outputs, inputs, ..]) = (dims(input), dims(weight));
    match inputs == channels {
        true => Convolution::Dense(Dense { images, inputs, outputs, height, width, window, rectified }),
        false => Convolution::Depthwise(Depthwise { images, channels, plane: Plane { height, width, window }, rectified }),
    }
}

fn dims(tensor: &FlexTensor) -> [usize; 4] {
    let shape = tensor.shape();
    [shape[0], shape[1], shape[2], shape[3]]
}

fn tensor(values: Vec<f32>, shape: [usize; 4]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, Shape::from(shape)))
}
