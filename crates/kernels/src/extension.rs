//! The kernels as operations of Burn's backends, with their gradients registered for autodiff.
#![allow(clippy::too_many_arguments, reason = "the dispatch carries nothing but tensors and numbers")]

mod autodiff;
mod flex;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, backend_extension};

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

/// A convolution that does what a batch norm behind it did.
#[derive(ExtensionType)]
pub(crate) struct Folded<B: Backend> {
    /// `[out, in / groups, kernel, kernel]`
    pub(crate) weight: FloatTensor<B>,
    /// `[out]`
    pub(crate) shift: FloatTensor<B>,
}

/// Four feature maps [batch, channels, height, width] of one size, each with channels of its own; some may have none.
#[derive(ExtensionType)]
pub(crate) struct Parts<B: Backend> {
    pub(crate) first: FloatTensor<B>,
    pub(crate) second: FloatTensor<B>,
    pub(crate) third: FloatTensor<B>,
    pub(crate) fourth: FloatTensor<B>,
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

    /// A weight, and the shift of its outputs, that do what a batch norm with statistics of other batches does behind it; without gradients.
    fn fold(
        weight: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> Folded<Self>;

    /// The sum of two feature maps of one shape.
    fn add_maps(sum: FloatTensor<Self>, second: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The channels of four feature maps, one after the other.
    fn concatenate(
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        third: FloatTensor<Self>,
        fourth: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Of [`concatenate`](Self::concatenate), the feature maps with so many channels each.
    fn separate(joined: FloatTensor<Self>, first: usize, second: usize, third: usize, fourth: usize) -> Parts<Self>;

    /// The rows and columns `first`, `first + step`, … of images.
    fn subsample(input: FloatTensor<Self>, first: usize, step: usize) -> FloatTensor<Self>;

    /// Gradient of [`subsample`](Self::subsample) for images of such sides.
    fn subsample_gradient(
        gradient: FloatTensor<Self>,
        height: usize,
        width: usize,
        first: usize,
        step: usize,
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
