use crate::initialization::uniform_fan_in;
use bonas_core::StudyRng;
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
        if kernel == 1 {
            return self.pointwise(x);
        }
        let padding = self.dilation * (kernel - 1) / 2;
        let options = ConvOptions::new([self.stride; 2], [padding; 2], [self.dilation; 2], self.groups);
        conv2d(x, self.weight.val(), None, options)
    }

    /// A 1×1 convolution is a matrix product per image, which every backend does faster than a general convolution.
    fn pointwise(&self, x: Tensor<4>) -> Tensor<4> {
        let x = subsample(x, self.stride);
        let [batch, input, height, width] = x.dims();
        let [output, ..] = self.weight.dims();
        let weight = self.weight.val().reshape([1, output, input]);
        let product = weight.matmul(x.reshape([batch, input, height * width])); // [batch, out, height·width]
        product.reshape([batch, output, height, width])
    }
}

/// Every `stride`-th pixel, starting at the first.
pub(crate) fn subsample(x: Tensor<4>, stride: usize) -> Tensor<4> {
    match stride {
        1 => x,
        _ => x.slice(s![.., .., 0..;stride as isize, 0..;stride as isize]),
    }
}
