use super::shape::Shape;

/// A step of what an edge of a network computes. Operations of search spaces are lists of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6), as in MobileNetV2.
    Relu6,
    /// Batch norm.
    Norm,
    /// A batch norm that only supernets have, so that what candidates share stays on one scale.
    SharedNorm,
    /// A convolution without bias, padded so that a stride of 1 keeps the resolution.
    Convolution {
        /// Channels of its result.
        output: usize,
        /// Side of its kernel; odd.
        kernel: usize,
        /// Pixels from one output to the next.
        stride: usize,
    },
    /// A convolution of every channel by itself, without bias, padded likewise.
    Depthwise {
        /// Side of its kernel; odd.
        kernel: usize,
        /// Pixels from one output to the next.
        stride: usize,
        /// Pixels from one tap to the next.
        dilation: usize,
    },
    /// The largest number of a window, or the mean of what of it lies inside the map. Odd windows are centred, even ones begin at
    /// their pixel.
    Pool {
        /// The maximum instead of the mean.
        is_max: bool,
        /// Side of the window.
        kernel: usize,
        /// Pixels from one output to the next.
        stride: usize,
    },
    /// ReLU, two 1×1 convolutions of stride 2 that together see every pixel, batch norm.
    FactorizedReduce {
        /// Channels of its result.
        output: usize,
    },
    /// Every `stride`-th pixel, and maps of zeros for the channels that are new: the shortcut without weights of He et al. (CVPR 2016,
    /// section 3.3, option A).
    Shortcut {
        /// Channels of its result, at least as many as there are.
        output: usize,
        /// Pixels from one output to the next.
        stride: usize,
    },
    /// The first channels.
    Truncate {
        /// How many.
        channels: usize,
    },
}

impl Layer {
    /// Size of its result.
    pub fn output(self, input: Shape) -> Shape {
        match self {
            Self::Relu | Self::Relu6 | Self::Norm | Self::SharedNorm => input,
            Self::Convolution { output, stride, .. } => input.with_channels(output).strided(stride),
            Self::Depthwise { stride, .. } | Self::Pool { stride, .. } => input.strided(stride),
            Self::Shortcut { output, stride } => input.with_channels(output.max(input.channels)).strided(stride),
            Self::FactorizedReduce { output } => input.with_channels(output).strided(2),
            Self::Truncate { channels } => input.with_channels(channels.min(input.channels)),
        }
    }
}

/// Size of what a list of layers makes of `input`.
pub(crate) fn output_of(layers: &[Layer], input: Shape) -> Shape {
    layers.iter().fold(input, |shape, layer| layer.output(shape))
}
