//! The kernels as operations of Burn's backends, with their gradients registered for autodiff.
#![allow(clippy::too_many_arguments, reason = "the dispatch carries nothing but tensors and numbers")]

use crate::Window;
use crate::batch_norm::{BatchNorm, Moments};
use crate::dense::Dense;
use crate::depthwise::Depthwise;
use crate::fresh::filled;
use crate::plane::Plane;
use crate::pool::Pool;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, ExtensionType, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, TensorData};
use burn_flex::FlexTensor;

/// Gradients of a convolution's input and weight.
#[derive(ExtensionType)]
pub(crate) struct ConvolutionGradients<B: Backend> {
    /// Of the input.
    pub(crate) input: FloatTensor<B>,
    /// Of the weight.
    pub(crate) weight: FloatTensor<B>,
}

/// A normalised batch and its statistics.
#[derive(ExtensionType)]
pub(crate) struct Normalized<B: Backend> {
    /// `[batch, channels, height, width]`
    pub(crate) output: FloatTensor<B>,
    /// `[channels]`
    pub(crate) mean: FloatTensor<B>,
    /// `[channels]`, of the population
    pub(crate) variance: FloatTensor<B>,
}

/// Gradients of a batch norm.
#[derive(ExtensionType)]
pub(crate) struct NormGradients<B: Backend> {
    /// Of the input.
    pub(crate) input: FloatTensor<B>,
    /// Of the scale.
    pub(crate) scale: FloatTensor<B>,
    /// Of the shift.
    pub(crate) shift: FloatTensor<B>,
}

/// Operations with kernels of our own. Shapes and window are those of [`crate::dense_conv2d`] and
/// [`crate::depthwise_conv2d`]; numbers stand for a [`Window`], which the dispatch cannot carry.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait CellKernels: Backend {
    /// Convolution of the input, or of its positive part if it is to be `rectified`: over all channels, or depthwise where the weight
    /// [out, in, kernel, kernel] has one input and the image several.
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;

    /// [`convolve`](Self::convolve) over all channels, with a shift of every output channel, without gradients.
    fn convolve_shifted(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;

    /// [`convolve`](Self::convolve) over all channels, with a shift of every output channel, added to `sum`; without gradients.
    fn convolve_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;

    /// A depthwise convolution of the input, or of its positive part if it is to be `rectified`, and a 1×1 convolution of that, with a shift of every
    /// output channel; without gradients.
    fn convolve_separably(
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;

    /// The same, added to `sum`.
    fn convolve_separably_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;

    /// Gradients of [`convolve`](Self::convolve).
    fn convolve_gradients(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> ConvolutionGradients<Self>;

    /// Batch normalisation with the batch's own statistics.
    fn normalize(input: FloatTensor<Self>, scale: FloatTensor<Self>, shift: FloatTensor<Self>, epsilon: f64) -> Normalized<Self>;

    /// The same, added to `sum`.
    fn normalize_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> Normalized<Self>;

    /// Gradients of [`normalize`](Self::normalize).
    fn normalize_gradients(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> NormGradients<Self>;

    /// Batch normalisation with statistics of other batches, without gradients.
    fn normalize_fixed(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// Pooling: the maximum if `is_max`, else the mean, of what lies inside the image or of the whole window with its padding.
    fn pool(
        input: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of [`pool`](Self::pool).
    fn pool_gradient(
        input: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self>;
}

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

impl<B: Backend + CellKernels, C: CheckpointStrategy> CellKernels for Autodiff<B, C> {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Convolve;

        impl<B: Backend + CellKernels> Backward<B, 2> for Convolve {
            type State = (NodeId, NodeId, [usize; 3], bool);

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, weight, [stride, padding, dilation], rectified) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
                let result = B::convolve_gradients(input, weight, gradient, stride, padding, dilation, rectified);
                for (parent, gradient) in ops.parents.into_iter().zip([result.input, result.weight]) {
                    if let Some(node) = parent {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        match Convolve.prepare::<C>([input.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, weight_node) = (prepared.checkpoint(&input), prepared.checkpoint(&weight));
                let (input, weight) = (input.into_primitive(), weight.into_primitive());
                let output = B::convolve(input, weight, stride, padding, dilation, rectified);
                prepared.finish((input_node, weight_node, [stride, padding, dilation], rectified), output)
            }
            OpsKind::UnTracked(prepared) => {
                let (input, weight) = (input.into_primitive(), weight.into_primitive());
                prepared.finish(B::convolve(input, weight, stride, padding, dilation, rectified))
            }
        }
    }

    /// Callers take Burn's operation where gradients are wanted: through this one there are none.
    fn convolve_shifted(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [input, weight, shift] = [input, weight, shift].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::convolve_shifted(input, weight, shift, stride, padding, dilation, rectified))
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [sum, input, weight, shift] = [sum, input, weight, shift].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::convolve_onto(sum, input, weight, shift, stride, padding, dilation, rectified))
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_separably(
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [input, depthwise, pointwise, shift] = [input, depthwise, pointwise, shift].map(|tensor| tensor.into_primitive());
        let output = B::convolve_separably(input, depthwise, pointwise, shift, stride, padding, dilation, rectified);
        <Self as AutodiffBackend>::from_inner(output)
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_separably_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [sum, input] = [sum, input].map(|tensor| tensor.into_primitive());
        let [depthwise, pointwise, shift] = [depthwise, pointwise, shift].map(|tensor| tensor.into_primitive());
        let output = B::convolve_separably_onto(sum, input, depthwise, pointwise, shift, stride, padding, dilation, rectified);
        <Self as AutodiffBackend>::from_inner(output)
    }

    /// Gradients are not differentiated again: second derivatives through these kernels are zero.
    fn convolve_gradients(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> ConvolutionGradients<Self> {
        let (input, weight, gradient) = (input.into_primitive(), weight.into_primitive(), gradient.into_primitive());
        let result = B::convolve_gradients(input, weight, gradient, stride, padding, dilation, rectified);
        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        ConvolutionGradients { input: constant(result.input), weight: constant(result.weight) }
    }

    fn normalize(input: FloatTensor<Self>, scale: FloatTensor<Self>, shift: FloatTensor<Self>, epsilon: f64) -> Normalized<Self> {
        #[derive(Debug)]
        struct Normalize;

        impl<B: Backend + CellKernels> Backward<B, 3> for Normalize {
            type State = (NodeId, NodeId, FloatTensor<B>, FloatTensor<B>, f64);

            fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, scale, mean, variance, epsilon) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                let scale: FloatTensor<B> = checkpointer.retrieve_node_output(scale);
                let result = B::normalize_gradients(input, scale, mean, variance, gradient, epsilon);
                let parents = ops.parents.into_iter().zip([result.input, result.scale, result.shift]);
                for (parent, gradient) in parents {
                    if let Some(node) = parent {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        match Normalize.prepare::<C>([input.node(), scale.node(), shift.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, scale_node) = (prepared.checkpoint(&input), prepared.checkpoint(&scale));
                let (input, scale, shift) = (input.into_primitive(), scale.into_primitive(), shift.into_primitive());
                let Normalized { output, mean, variance } = B::normalize(input, scale, shift, epsilon);
                let state = (input_node, scale_node, mean.clone(), variance.clone(), epsilon);
                Normalized { output: prepared.finish(state, output), mean: constant(mean), variance: constant(variance) }
            }
            OpsKind::UnTracked(prepared) => {
                let (input, scale, shift) = (input.into_primitive(), scale.into_primitive(), shift.into_primitive());
                let Normalized { output, mean, variance } = B::normalize(input, scale, shift, epsilon);
                Normalized { output: prepared.finish(output), mean: constant(mean), variance: constant(variance) }
            }
        }
    }

    fn normalize_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> Normalized<Self> {
        #[derive(Debug)]
        struct NormalizeOnto;

        impl<B: Backend + CellKernels> Backward<B, 4> for NormalizeOnto {
            type State = (NodeId, NodeId, FloatTensor<B>, FloatTensor<B>, f64);

            fn backward(self, ops: Ops<Self::State, 4>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, scale, mean, variance, epsilon) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                let scale: FloatTensor<B> = checkpointer.retrieve_node_output(scale);
                let [sum, parents @ ..] = ops.parents;
                let to_sum = sum.map(|node| (node, gradient.clone()));
                let result = B::normalize_gradients(input, scale, mean, variance, gradient, epsilon);
                let of_norm = parents.into_iter().zip([result.input, result.scale, result.shift]);
                for (node, gradient) in of_norm.filter_map(|(node, gradient)| Some((node?, gradient))).chain(to_sum) {
                    gradients.register::<B>(node.id, gradient);
                }
            }
        }

        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        let nodes = [sum.node(), input.node(), scale.node(), shift.node()];
        match NormalizeOnto.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, scale_node) = (prepared.checkpoint(&input), prepared.checkpoint(&scale));
                let [sum, input, scale, shift] = [sum, input, scale, shift].map(|tensor| tensor.into_primitive());
                let Normalized { output, mean, variance } = B::normalize_onto(sum, input, scale, shift, epsilon);
                let state = (input_node, scale_node, mean.clone(), variance.clone(), epsilon);
                Normalized { output: prepared.finish(state, output), mean: constant(mean), variance: constant(variance) }
            }
            OpsKind::UnTracked(prepared) => {
                let [sum, input, scale, shift] = [sum, input, scale, shift].map(|tensor| tensor.into_primitive());
                let Normalized { output, mean, variance } = B::normalize_onto(sum, input, scale, shift, epsilon);
                Normalized { output: prepared.finish(output), mean: constant(mean), variance: constant(variance) }
            }
        }
    }

    fn normalize_gradients(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> NormGradients<Self> {
        let (input, scale, gradient) = (input.into_primitive(), scale.into_primitive(), gradient.into_primitive());
        let result = B::normalize_gradients(input, scale, mean.into_primitive(), variance.into_primitive(), gradient, epsilon);
        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        NormGradients { input: constant(result.input), scale: constant(result.scale), shift: constant(result.shift) }
    }

    /// Callers take Burn's operation where gradients are wanted: through this one there are none.
    fn normalize_fixed(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let [input, scale, shift, mean, variance] = [input, scale, shift, mean, variance].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::normalize_fixed(input, scale, shift, mean, variance, epsilon))
    }

    fn pool(
        input: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Pool;

        impl<B: Backend + CellKernels> Backward<B, 1> for Pool {
            type State = (NodeId, [bool; 2], [usize; 3]);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, [is_max, with_padding], [kernel, stride, padding]) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                if let [Some(node)] = ops.parents {
                    gradients
                        .register::<B>(node.id, B::pool_gradient(input, gradient, is_max, with_padding, kernel, stride, padding));
                }
            }
        }

        match Pool.prepare::<C>([input.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&input), [is_max, with_padding], [kernel, stride, padding]);
                prepared.finish(state, B::pool(input.into_primitive(), is_max, with_padding, kernel, stride, padding))
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::pool(input.into_primitive(), is_max, with_padding, kernel, stride, padding))
            }
        }
    }

    fn pool_gradient(
        input: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        let result =
            B::pool_gradient(input.into_primitive(), gradient.into_primitive(), is_max, with_padding, kernel, stride, padding);
        <Self as AutodiffBackend>::from_inner(result)
    }
}
