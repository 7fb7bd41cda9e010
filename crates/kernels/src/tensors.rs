use crate::Window;
use crate::extension::{CellKernels, Folded, Normalized};
use burn::backend::Dispatch;
use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, s};
use std::cell::Cell;
use std::sync::LazyLock;

/// Convolution over all channels without bias: input [batch, in, height, width] and weight [out, in, kernel, kernel] give
/// [batch, out, ⌊(height + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, …].
///
/// # Panics
/// When the weight has another number of inputs than the input has channels or another side than the window, or the window does not
/// fit.
pub fn dense_conv2d(input: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    dense(input, weight, window, false)
}

/// [`dense_conv2d`] of ReLU(input). Only the input is kept for the gradients, not its positive part.
///
/// # Panics
/// As [`dense_conv2d`].
pub fn relu_dense_conv2d(input: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    dense(input, weight, window, true)
}

fn dense(input: Tensor<4>, weight: Tensor<4>, window: Window, rectified: bool) -> Tensor<4> {
    checked_dense(&input, &weight, window);
    convolution(input, weight, window, 1, rectified)
}

fn checked_dense(input: &Tensor<4>, weight: &Tensor<4>, window: Window) {
    let ([_, channels, height, width], [_, inputs, rows, columns]) = (input.dims(), weight.dims());
    assert_eq!([inputs, rows, columns], [channels, window.kernel, window.kernel], "the weight of a convolution");
    let _ = (window.outputs(height), window.outputs(width));
}

/// [`dense_conv2d`] of the input, or of its positive part if it is to be `rectified`, and a shift `[out]` of every output channel. So
/// a batch norm with fixed statistics costs nothing ([`fold_batch_norm`]).
///
/// Where there is a `sum` [batch, out, height, width] already, all of it is added there.
///
/// # Panics
/// As [`dense_conv2d`], and when the shift has another length than there are output channels, or the sum another shape than the output.
pub fn shifted_dense_conv2d(
    sum: Option<Tensor<4>>,
    input: Tensor<4>,
    weight: Tensor<4>,
    shift: Tensor<1>,
    window: Window,
    rectified: bool,
) -> Tensor<4> {
    checked_dense(&input, &weight, window);
    let ([images, _, height, width], [outputs, ..]) = (input.dims(), weight.dims());
    assert_eq!(shift.dims(), [outputs], "the shift of a convolution");
    let (device, Window { stride, padding, dilation, .. }) = (input.device(), window);
    if let Some(sum) = &sum {
        assert_eq!(sum.dims(), [images, outputs, window.outputs(height), window.outputs(width)], "the sum to add to");
    }
    if !has_kernels(&device) || device.is_autodiff() {
        let input = if rectified { relu(input) } else { input };
        let output = conv2d(input, weight, Some(shift), ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], 1));
        return match sum {
            Some(sum) => sum + output,
            None => output,
        };
    }
    let (input, weight, shift) = (input.into_dispatch(), weight.into_dispatch(), shift.into_dispatch());
    Tensor::from_dispatch(match sum.map(Tensor::into_dispatch) {
        Some(sum) => <Dispatch as CellKernels>::convolve_onto(sum, input, weight, shift, stride, padding, dilation, rectified),
        None => <Dispatch as CellKernels>::convolve_shifted(input, weight, shift, stride, padding, dilation, rectified),
    })
}

/// [`depthwise_conv2d`] of the input, or of its positive part if it is to be `rectified`, with the first weight, and
/// [`shifted_dense_conv2d`] of that with the second, [out, channels, 1, 1]. On the CPU and without gradients, what is between them never leaves a core's cache.
///
/// # Panics
/// As [`depthwise_conv2d`] and [`shifted_dense_conv2d`].
pub fn shifted_separable_conv2d(
    sum: Option<Tensor<4>>,
    input: Tensor<4>,
    [depthwise_weight, pointwise_weight]: [Tensor<4>; 2],
    shift: Tensor<1>,
    window: Window,
    rectified: bool,
) -> Tensor<4> {
    let device = input.device();
    let pointwise = Window { kernel: 1, stride: 1, padding: 0, dilation: 1 };
    if !has_kernels(&device) || device.is_autodiff() {
        let between = depthwise(input, depthwise_weight, window, rectified);
        return shifted_dense_conv2d(sum, between, pointwise_weight, shift, pointwise, false);
    }
    checked_depthwise(&input, &depthwise_weight, window);
    let ([images, channels, height, width], [outputs, ..], Window { stride, padding, dilation, .. }) =
        (input.dims(), pointwise_weight.dims(), window);
    assert_eq!(pointwise_weight.dims(), [outputs, channels, 1, 1], "the weight of a 1×1 convolution");
    assert_eq!(shift.dims(), [outputs], "the shift of a convolution");
    if let Some(sum) = &sum {
        assert_eq!(sum.dims(), [images, outputs, window.outputs(height), window.outputs(width)], "the sum to add to");
    }
    let [input, first, second] = [input, depthwise_weight, pointwise_weight].map(Tensor::into_dispatch);
    let (shift, sum) = (shift.into_dispatch(), sum.map(Tensor::into_dispatch));
    Tensor::from_dispatch(match sum {
        Some(sum) => <Dispatch as CellKernels>::convolve_separably_onto(
            sum, input, first, second, shift, stride, padding, dilation, rectified,
        ),
        None => <Dispatch as CellKernels>::convolve_separably(input, first, second, shift, stride, padding, dilation, rectified),
    })
}

/// Depthwise convolution without bias: input [batch, channels, height, width] and weight [channels, 1, kernel, kernel] give
/// [batch, channels, ⌊(height + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, …].
///
/// # Panics
/// When the weight has another number of channels than the input or another side than the window, or the window does not fit.
pub fn depthwise_conv2d(input: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    depthwise(input, weight, window, false)
}

/// [`depthwise_conv2d`] of ReLU(input). Only the input is kept for the gradients, not its positive part.
///
/// # Panics
/// As [`depthwise_conv2d`].
pub fn relu_depthwise_conv2d(input: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    depthwise(input, weight, window, true)
}

fn depthwise(input: Tensor<4>, weight: Tensor<4>, window: Window, rectified: bool) -> Tensor<4> {
    checked_depthwise(&input, &weight, window);
    let [_, channels, ..] = input.dims();
    convolution(input, weight, window, channels, rectified)
}

fn checked_depthwise(input: &Tensor<4>, weight: &Tensor<4>, window: Window) {
    let ([_, channels, height, width], kernel) = (input.dims(), window.kernel);
    assert_eq!(weight.dims(), [channels, 1, kernel, kernel], "the weight of a depthwise convolution");
    let _ = (window.outputs(height), window.outputs(width));
}

fn convolution(input: Tensor<4>, weight: Tensor<4>, window: Window, groups: usize, rectified: bool) -> Tensor<4> {
    let Window { stride, padding, dilation, .. } = window;
    if !has_kernels(&input.device()) {
        let input = if rectified { relu(input) } else { input };
        return conv2d(input, weight, None, ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups));
    }
    let (input, weight) = (input.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(<Dispatch as CellKernels>::convolve(input, weight, stride, padding, dilation, rectified))
}

/// The rows and columns `first`, `first + step`, … of images [batch, channels, height, width].
///
/// # Panics
/// When the step is 0, or the images have no such row or column.
pub fn subsample(input: Tensor<4>, first: usize, step: usize) -> Tensor<4> {
    let [_, _, height, width] = input.dims();
    assert!(step > 0 && first < height.min(width), "rows and columns that images have");
    if !has_kernels(&input.device()) || input.dtype() != DType::F32 {
        let (first, step) = (first as isize, step as isize);
        return input.slice(s![.., .., first..;step, first..;step]);
    }
    Tensor::from_dispatch(<Dispatch as CellKernels>::subsample(input.into_dispatch(), first, step))
}

/// What a pooling keeps of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest number.
    Max,
    /// The mean of what lies inside the image; padding is not counted.
    Average,
    /// The mean of the whole window, zeros of the padding among it.
    AverageWithPadding,
}

/// Pooling: [batch, channels, height, width] to [batch, channels, ⌊(height + 2·padding − kernel) / stride⌋ + 1, …].
///
/// # Panics
/// When the window is dilated, its padding exceeds half of its kernel, or it does not fit.
pub fn pool2d(input: Tensor<4>, kind: PoolKind, window: Window) -> Tensor<4> {
    let ([_, _, height, width], Window { kernel, stride, padding, dilation }) = (input.dims(), window);
    assert!(dilation == 1 && 2 * padding <= kernel, "a window to pool is not dilated, and padded by at most half of it");
    let _ = (window.outputs(height), window.outputs(width));
    if has_kernels(&input.device()) {
        let pooled = <Dispatch as CellKernels>::pool(
            input.into_dispatch(),
            kind == PoolKind::Max,
            kind == PoolKind::AverageWithPadding,
            kernel,
            stride,
            padding,
        );
        return Tensor::from_dispatch(pooled);
    }
    let (kernel, stride, padding) = ([kernel; 2], [stride; 2], [padding; 2]);
    match kind {
        PoolKind::Max => max_pool2d(input, MaxPoolOptions::new(kernel).with_stride(stride).with_padding(padding)),
        PoolKind::Average | PoolKind::AverageWithPadding => {
            let options = AvgPoolOptions::new(kernel).with_stride(stride).with_padding(padding);
            avg_pool2d(input, options.with_count_include_pad(kind == PoolKind::AverageWithPadding))
        }
    }
}

/// A normalised batch, and the statistics that it was normalised with; these carry no gradient.
#[derive(Debug)]
pub struct BatchNormOutput {
    /// [batch, channels, height, width]
    pub output: Tensor<4>,
    /// Mean of every channel. `[channels]`
    pub mean: Tensor<1>,
    /// Population variance of every channel, without epsilon. `[channels]`
    pub variance: Tensor<1>,
}

impl BatchNormOutput {
    fn of(Normalized { output, mean, variance }: Normalized<Dispatch>) -> Self {
        let [mean, variance] = [mean, variance].map(Tensor::from_dispatch);
        Self { output: Tensor::from_dispatch(output), mean, variance }
    }
}

/// Batch normalisation of [batch, channels, height, width] with the batch's own statistics:
/// (x − mean) / √(variance + epsilon) · scale + shift, with scale and shift `[channels]`.
///
/// # Panics
/// When scale or shift have another length than there are channels.
pub fn batch_norm_train(input: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, epsilon: f64) -> BatchNormOutput {
    let [_, channels, ..] = input.dims();
    assert_eq!([scale.dims(), shift.dims()], [[channels]; 2], "scale and shift of a batch norm");
    if !has_kernels(&input.device()) {
        let result = burn::tensor::module::batch_norm_train(input, scale, shift, epsilon);
        return BatchNormOutput { output: result.output, mean: result.mean, variance: result.variance };
    }
    let (input, scale, shift) = (input.into_dispatch(), scale.into_dispatch(), shift.into_dispatch());
    BatchNormOutput::of(<Dispatch as CellKernels>::normalize(input, scale, shift, epsilon))
}

/// [`batch_norm_train`], added to a `sum` of the input's shape: what a cell's node does with the operations that end in it.
///
/// # Panics
/// As [`batch_norm_train`], and when the sum has another shape.
pub fn add_batch_norm_train(
    sum: Tensor<4>,
    input: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f64,
) -> BatchNormOutput {
    assert_eq!(sum.dims(), input.dims(), "the sum to add to");
    if !has_kernels(&input.device()) {
        let result = batch_norm_train(input, scale, shift, epsilon);
        return BatchNormOutput { output: sum + result.output, ..result };
    }
    let [channels] = scale.dims();
    assert_eq!([channels; 2], [input.dims()[1], shift.dims()[0]], "scale and shift of a batch norm");
    let [sum, input] = [sum, input].map(Tensor::into_dispatch);
    let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
    BatchNormOutput::of(<Dispatch as CellKernels>::normalize_onto(sum, input, scale, shift, epsilon))
}

/// Batch normalisation of [batch, channels, height, width] with statistics of other batches:
/// (x − mean) / √(variance + epsilon) · scale + shift, all `[channels]`.
///
/// # Panics
/// When scale, shift, mean or variance have another length than there are channels.
pub fn batch_norm_fixed(
    input: Tensor<4>,
    [scale, shift]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
) -> Tensor<4> {
    let [_, channels, ..] = input.dims();
    let lengths = [scale.dims(), shift.dims(), mean.dims(), variance.dims()];
    assert_eq!(lengths, [[channels]; 4], "scale, shift, mean and variance of a batch norm");
    let device = input.device();
    if !has_kernels(&device) || device.is_autodiff() {
        return burn::tensor::module::batch_norm(input, scale, shift, mean, variance, epsilon);
    }
    let [scale, shift, mean, variance] = [scale, shift, mean, variance].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as CellKernels>::normalize_fixed(
        input.into_dispatch(),
        scale,
        shift,
        mean,
        variance,
        epsilon,
    ))
}

/// The weight [out, in / groups, kernel, kernel] of a convolution, and the shift `[out]` of its outputs, with which it does what [`batch_norm_fixed`]
/// did behind it: (weight · x − mean) / √(variance + epsilon) · scale + shift, all `[out]`.
///
/// # Panics
/// When scale, shift, mean or variance have another length than there are outputs.
pub fn fold_batch_norm(
    weight: Tensor<4>,
    [scale, shift]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
) -> (Tensor<4>, Tensor<1>) {
    let [outputs, ..] = weight.dims();
    let lengths = [scale.dims(), shift.dims(), mean.dims(), variance.dims()];
    assert_eq!(lengths, [[outputs]; 4], "scale, shift, mean and variance of a batch norm");
    let device = weight.device();
    if !has_kernels(&device) || device.is_autodiff() {
        let slope = scale / (variance + epsilon).sqrt();
        return (weight * slope.clone().reshape([outputs, 1, 1, 1]), shift - mean * slope);
    }
    let [scale, shift, mean, variance] = [scale, shift, mean, variance].map(Tensor::into_dispatch);
    let Folded { weight, shift } = <Dispatch as CellKernels>::fold(weight.into_dispatch(), scale, shift, mean, variance, epsilon);
    (Tensor::from_dispatch(weight), Tensor::from_dispatch(shift))
}

/// The sum of two feature maps [batch, channels, height, width].
///
/// # Panics
/// When they have different shapes.
pub fn add_maps(sum: Tensor<4>, second: Tensor<4>) -> Tensor<4> {
    assert_eq!(sum.dims(), second.dims(), "feature maps that are added");
    if !has_kernels(&sum.device()) || sum.dtype() != DType::F32 {
        return sum + second;
    }
    Tensor::from_dispatch(<Dispatch as CellKernels>::add_maps(sum.into_dispatch(), second.into_dispatch()))
}

/// The channels of feature maps [batch, channels, height, width], one after the other.
///
/// # Panics
/// When there are none, or they have different sizes.
pub fn concatenate_channels(maps: Vec<Tensor<4>>) -> Tensor<4> {
    let (device, [images, _, height, width]) = (maps[0].device(), maps[0].dims());
    let sizes = maps.iter().map(|map| map.dims());
    assert!(
        sizes.into_iter().all(|[i, _, h, w]| [i, h, w] == [images, height, width]),
        "sizes of feature maps that are concatenated"
    );
    // The dispatch takes no lists: fewer than four are filled up with maps of no channels.
    if !(2..=4).contains(&maps.len()) || !has_kernels(&device) || maps[0].dtype() != DType::F32 {
        return Tensor::cat(maps, 1);
    }
    let mut maps = maps.into_iter().map(Tensor::into_dispatch);
    let mut next = || maps.next().unwrap_or_else(|| Tensor::<4>::zeros([images, 0, height, width], &device).into_dispatch());
    let [first, second, third, fourth] = [next(), next(), next(), next()];
    Tensor::from_dispatch(<Dispatch as CellKernels>::concatenate(first, second, third, fourth))
}

/// Computes with Burn's own operations where these kernels would be used, on this thread: what they are compared with.
pub fn with_stock_operations<T>(compute: impl FnOnce() -> T) -> T {
    /// What was before, also after a panic.
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            IS_SWITCHED_OFF.set(self.0);
        }
    }

    let _before = Before(IS_SWITCHED_OFF.replace(true));
    compute()
}

thread_local! {
    static IS_SWITCHED_OFF: Cell<bool> = const { Cell::new(false) };
}

/// Whether operations of this device are ours: on the CPU, unless they are [switched off](with_stock_operations), or for the whole process by
/// `BONAS_STOCK_OPERATIONS`.
fn has_kernels(device: &Device) -> bool {
    static ARE_NOT_WANTED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("BONAS_STOCK_OPERATIONS").is_some());
    !*ARE_NOT_WANTED && !IS_SWITCHED_OFF.get() && device.clone().without_autodiff() == Device::flex()
}
