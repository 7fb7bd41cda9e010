use crate::initialization::uniform_fan_in;
use bonas_core::StudyRng;
use bonas_kernels::{Window, depthwise_conv2d, pointwise_conv2d};
use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, s};

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
        let [_, _, kernel, _] = self.weight.dims();
        let padding = self.dilation * (kernel - 1) / 2;
        let weight = self.weight.val();
        let output = match (kernel, self.groups) {
            // A stride of a 1×1 convolution only leaves pixels out.
            (1, 1) => pointwise_conv2d(subsample(x, self.stride), weight),
            (_, 1) => conv2d(x, weight, None, ConvOptions::new([self.stride; 2], [padding; 2], [self.dilation; 2], 1)),
            _ => depthwise_conv2d(x, weight, Window { kernel, stride: self.stride, padding, dilation: self.dilation }),
        };
        #[cfg(test)]
        tally::add(&self.weight, &output);
        output
    }
}

/// Every `stride`-th pixel, starting at the first.
pub(crate) fn subsample(x: Tensor<4>, stride: usize) -> Tensor<4> {
    match stride {
        1 => x,
        _ => x.slice(s![.., .., 0..;stride as isize, 0..;stride as isize]),
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
