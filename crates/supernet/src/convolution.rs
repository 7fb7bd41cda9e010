use crate::error::SupernetError;
use crate::initialization::uniform_fan_in;
use crate::normalization::{Norm, Normalize};
use crate::precision::cast;
use crate::program::Tracer;
use crate::sum::added;
use bonas_core::StudyRng;
use bonas_export::{Operator, Value};
use bonas_kernels::{
    Window, dense_conv2d, depthwise_conv2d, relu_dense_conv2d, relu_depthwise_conv2d, shifted_dense_conv2d,
    shifted_separable_conv2d,
};
use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Tensor};

/// A convolution without bias and with "same" padding: output resolution = ⌈input / stride⌉.
#[derive(Module, Debug)]
pub(crate) struct Convolution {
    /// [out, in / groups, kernel, kernel]
    weight: Param<Tensor<4>>,
    stride: usize,
    dilation: usize,
    groups: usize,
}

impl Convolution {
    pub(crate) fn dense(channels: [usize; 2], kernel: usize, stride: usize, rng: &mut StudyRng, device: &Device) -> Self {
        let [input, output] = channels;
        let weight = uniform_fan_in([output, input, kernel, kernel], input * kernel * kernel, rng, device);
        Self { weight, stride, dilation: 1, groups: 1 }
    }

    pub(crate) fn depthwise(
        channels: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        rng: &mut StudyRng,
        device: &Device,
    ) -> Self {
        let weight = uniform_fan_in([channels, 1, kernel, kernel], kernel * kernel, rng, device);
        Self { weight, stride, dilation, groups: channels }
    }

    /// [batch, in, height, width] → [batch, out, ⌈height / stride⌉, ⌈width / stride⌉]
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.convolve(x, false)
    }

    /// [`forward`](Self::forward), added to what a node has summed so far: where no gradients are wanted, where that stands.
    pub(crate) fn forward_onto(&self, sum: Option<Tensor<4>>, x: Tensor<4>) -> Tensor<4> {
        let device = x.device();
        match sum {
            Some(sum) if self.can_be_shifted(&x) && !device.is_autodiff() => {
                let (weight, shift) = (self.weight.val(), Tensor::zeros([self.weight.dims()[0]], &device));
                let output = shifted_dense_conv2d(Some(sum), x, weight, shift, self.window(), false);
                #[cfg(test)]
                tally::add(&self.weight, &output);
                output
            }
            sum => added(sum, self.forward(x)),
        }
    }

    /// The convolution of ReLU(x), whose positive part is not kept for the gradients.
    pub(crate) fn forward_relu(&self, x: Tensor<4>) -> Tensor<4> {
        self.convolve(x, true)
    }

    /// The convolution of x, or of ReLU(x) if it is to be `rectified`, and a batch norm, added to what a node has summed so far. Where the
    /// statistics of the norm are fixed and no gradients are wanted, its slope goes into the weight and it costs nothing.
    pub(crate) fn forward_normed(
        &self,
        sum: Option<Tensor<4>>,
        x: Tensor<4>,
        rectified: bool,
        norm: &Norm,
        normalize: &mut Normalize<'_>,
    ) -> Tensor<4> {
        let Some((weight, shift)) = self.folded(&x, norm, normalize) else {
            return norm.forward_onto(sum, self.convolve(x, rectified), normalize);
        };
        let output = shifted_dense_conv2d(sum, x, weight, shift, self.window(), rectified);
        #[cfg(test)]
        tally::add(&self.weight, &output);
        output
    }

    /// [`forward_normed`](Self::forward_normed) of what a depthwise convolution makes of ReLU(x). Where the norm costs nothing, that is used piece by
    /// piece and never kept.
    pub(crate) fn forward_normed_after(
        &self,
        depthwise: &Self,
        sum: Option<Tensor<4>>,
        x: Tensor<4>,
        norm: &Norm,
        normalize: &mut Normalize<'_>,
    ) -> Tensor<4> {
        let Some((weight, shift)) = self.folded(&x, norm, normalize) else {
            return norm.forward_onto(sum, self.convolve(depthwise.forward_relu(x), false), normalize);
        };
        let weights = [depthwise.weight.val(), weight];
        let output = shifted_separable_conv2d(sum, x, weights, shift, depthwise.window(), true);
        // Of the depthwise one, too: a chain has as many channels everywhere.
        #[cfg(test)]
        for weight in [&depthwise.weight, &self.weight] {
            tally::add(weight, &output);
        }
        output
    }

    /// Weight and shift with the norm in them, where its statistics are fixed, no gradients are wanted, and this convolution can take a shift.
    fn folded(&self, x: &Tensor<4>, norm: &Norm, normalize: &Normalize<'_>) -> Option<(Tensor<4>, Tensor<1>)> {
        if self.can_be_shifted(x) { norm.folded(self.weight.val(), normalize) } else { None }
    }

    /// Whether there is a kernel for this convolution of x that adds a shift of every channel.
    fn can_be_shifted(&self, x: &Tensor<4>) -> bool {
        (self.groups, x.dtype()) == (1, DType::F32)
    }

    /// What [`forward`](Self::forward) computes.
    pub(crate) fn trace(&self, x: Value, name: String, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let weight = tracer.array(self.weight.val())?;
        let (groups, Window { stride, padding, dilation, .. }) = (self.groups, self.window());
        let operator = Operator::Convolution { weight, stride, padding, dilation, groups };
        Ok(tracer.program.then(name, operator, x))
    }

    /// What [`forward_relu`](Self::forward_relu) computes.
    pub(crate) fn trace_relu(&self, x: Value, name: String, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let relu = tracer.program.then(format!("{name}.relu"), Operator::Relu, x);
        self.trace(relu, name, tracer)
    }

    fn window(&self) -> Window {
        let ([_, _, kernel, _], &Self { stride, dilation, .. }) = (self.weight.dims(), self);
        Window { kernel, stride, padding: dilation * (kernel - 1) / 2, dilation }
    }

    /// Computes in the floats of `x`, of ReLU(x) if it is to be `rectified`.
    fn convolve(&self, x: Tensor<4>, rectified: bool) -> Tensor<4> {
        let (groups, window) = (self.groups, self.window());
        let weight = cast(self.weight.val(), x.dtype());
        let output = match (x.dtype(), groups, rectified) {
            (DType::F32, 1, false) => dense_conv2d(x, weight, window),
            (DType::F32, 1, true) => relu_dense_conv2d(x, weight, window),
            (DType::F32, _, false) => depthwise_conv2d(x, weight, window),
            (DType::F32, _, true) => relu_depthwise_conv2d(x, weight, window),
            // Our kernels know 32-bit floats alone.
            _ => {
                let Window { stride, padding, dilation, .. } = window;
                let x = if rectified { relu(x) } else { x };
                conv2d(x, weight, None, ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups))
            }
        };
        #[cfg(test)]
        tally::add(&self.weight, &output);
        output
    }
}

/// Counts what really is computed, for the tests of what is counted in closed form.
#[cfg(test)]
pub(crate) mod tally {
    use burn::module::Param;
    use burn::tensor::Tensor;
    use std::cell::Cell;

    thread_local! {
        static MULTIPLY_ADDS: Cell<u64> = const { Cell::new(0) };
    }

    /// Every number of the output is a sum of as many products as its filter has weights.
    pub(super) fn add(weight: &Param<Tensor<4>>, output: &Tensor<4>) {
        let [_, inputs, height, width] = weight.dims();
        let products = output.dims().iter().product::<usize>() * inputs * height * width;
        MULTIPLY_ADDS.set(MULTIPLY_ADDS.get() + products as u64);
    }

    /// What was counted in this thread since the last call.
    pub(crate) fn take() -> u64 {
        MULTIPLY_ADDS.replace(0)
    }
}
