//! The library of operations, by the names that spaces give them.

use crate::graph::Layer;

/// What an operation of a cell does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// It brings nothing on.
    Zero,
    /// It is made of these layers; of none, it is the identity.
    Layers(Vec<Layer>),
}

impl Operation {
    /// The operation of this name on `channels` channels at full resolution; `None` if the library has none of that name.
    pub(crate) fn named(name: &str, channels: usize) -> Option<Self> {
        let layers = match name {
            "none" => return Some(Self::Zero),
            "skip_connect" => Vec::new(),
            "nor_conv_1x1" => relu_conv_norm(channels, 1, 1),
            "nor_conv_3x3" => relu_conv_norm(channels, 3, 1),
            "avg_pool_3x3" => pool(false, 1),
            _ => return None,
        };
        Some(Self::Layers(layers))
    }
}

/// ReLU, convolution, batch norm.
pub(crate) fn relu_conv_norm(output: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    vec![Layer::Relu, Layer::Convolution { output, kernel, stride }, Layer::Norm]
}

/// 3×3 pooling; in a supernet a batch norm follows.
pub(crate) fn pool(is_max: bool, stride: usize) -> Vec<Layer> {
    vec![Layer::Pool { is_max, kernel: 3, stride }, Layer::SharedNorm]
}
