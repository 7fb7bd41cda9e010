//! The library of operations, by the names that spaces give them.

use crate::graph::{Input, Key, Layer};

/// What an operation does to a feature map of any size, keeping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// Brings nothing on.
    Zero,
    Identity,
    /// ReLU, convolution, batch norm.
    ReluConvolution {
        kernel: usize,
    },
    /// Convolution, batch norm, ReLU.
    ConvolutionRelu {
        kernel: usize,
    },
    /// 3×3 pooling.
    Pool {
        is_max: bool,
    },
    /// ReLU, depthwise and 1×1 convolution, batch norm, so many times.
    Separable {
        kernel: usize,
        dilation: usize,
        repeats: usize,
    },
    /// The inverted bottleneck of MobileNetV2, with a residual connection.
    Bottleneck {
        expansion: usize,
        kernel: usize,
    },
}

use Operation::{Bottleneck, ConvolutionRelu, Identity, Pool, ReluConvolution, Separable, Zero};

/// Every operation by its names. The first name is the one that errors list.
const LIBRARY: &[(&[&str], Operation)] = &[
    (&["none", "zero", "zeroize"], Zero),
    (&["skip", "skip_connect", "identity"], Identity),
    (&["conv1", "conv1x1", "conv_1x1", "nor_conv_1x1"], ReluConvolution { kernel: 1 }),
    (&["conv3", "conv3x3", "conv_3x3", "nor_conv_3x3"], ReluConvolution { kernel: 3 }),
    (&["conv5", "conv5x5", "conv_5x5", "nor_conv_5x5"], ReluConvolution { kernel: 5 }),
    (&["conv7", "conv7x7", "conv_7x7", "nor_conv_7x7"], ReluConvolution { kernel: 7 }),
    (&["conv1x1-bn-relu"], ConvolutionRelu { kernel: 1 }),
    (&["conv3x3-bn-relu"], ConvolutionRelu { kernel: 3 }),
    (&["max_pool_3x3", "maxpool3x3", "max_pool", "maxpool", "pool"], Pool { is_max: true }),
    (&["avg_pool_3x3", "avgpool3x3", "avg_pool", "avgpool"], Pool { is_max: false }),
    (&["sep_conv_3x3", "sep3"], Separable { kernel: 3, dilation: 1, repeats: 2 }),
    (&["sep_conv_5x5", "sep5"], Separable { kernel: 5, dilation: 1, repeats: 2 }),
    (&["dil_conv_3x3", "dil3"], Separable { kernel: 3, dilation: 2, repeats: 1 }),
    (&["dil_conv_5x5", "dil5"], Separable { kernel: 5, dilation: 2, repeats: 1 }),
    (&["MB3_K3"], Bottleneck { expansion: 3, kernel: 3 }),
    (&["MB3_K5"], Bottleneck { expansion: 3, kernel: 5 }),
    (&["MB6_K3"], Bottleneck { expansion: 6, kernel: 3 }),
    (&["MB6_K5"], Bottleneck { expansion: 6, kernel: 5 }),
];

fn find(name: &str) -> Option<Operation> {
    LIBRARY.iter().find(|(names, _)| names.contains(&name)).map(|(_, operation)| *operation)
}

/// Whether the library has an operation of this name.
pub(crate) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// The names of all operations; those of one are joined by `=`.
pub(crate) fn names() -> String {
    LIBRARY.iter().map(|(names, _)| names.join(" = ")).collect::<Vec<_>>().join(", ")
}

/// What the operation of this name brings from a node to a sum of the same size: nothing, one input, or one and the node itself.
///
/// # Panics
/// When the library has none of that name; [`is_known`] tells.
pub(crate) fn inputs(name: &str, source: Key) -> Vec<Input> {
    let channels = source.shape.channels;
    let of = |layers: Vec<Layer>| vec![Input::new(source, layers)];
    match find(name).unwrap_or_else(|| panic!("'{name}' was checked to be in the library")) {
        Zero => Vec::new(),
        Identity => vec![Input::wire(source)],
        ReluConvolution { kernel } => of(relu_conv_norm(channels, kernel, 1)),
        ConvolutionRelu { kernel } => of(conv_norm_relu(channels, kernel, 1)),
        Pool { is_max } => of(vec![Layer::Pool { is_max, kernel: 3, stride: 1 }, Layer::SharedNorm]),
        Separable { kernel, dilation, repeats } => of(separable(channels, kernel, dilation).repeat(repeats)),
        Bottleneck { expansion, kernel } => {
            vec![Input::new(source, bottleneck([channels; 2], expansion, kernel, 1)), Input::wire(source)]
        }
    }
}

/// ReLU, convolution, batch norm.
pub(crate) fn relu_conv_norm(output: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    vec![Layer::Relu, Layer::Convolution { output, kernel, stride }, Layer::Norm]
}

/// Convolution, batch norm, ReLU.
pub(crate) fn conv_norm_relu(output: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    vec![Layer::Convolution { output, kernel, stride }, Layer::Norm, Layer::Relu]
}

fn separable(channels: usize, kernel: usize, dilation: usize) -> Vec<Layer> {
    let pointwise = Layer::Convolution { output: channels, kernel: 1, stride: 1 };
    vec![Layer::Relu, Layer::Depthwise { kernel, stride: 1, dilation }, pointwise, Layer::Norm]
}

/// The inverted bottleneck of MobileNetV2 (Sandler et al., CVPR 2018) without its residual connection: a 1×1 convolution to
/// `expansion` times the channels, a depthwise one, and a 1×1 convolution without an activation.
pub(crate) fn bottleneck([input, output]: [usize; 2], expansion: usize, kernel: usize, stride: usize) -> Vec<Layer> {
    let inner = Layer::Convolution { output: expansion * input, kernel: 1, stride: 1 };
    let depthwise = Layer::Depthwise { kernel, stride, dilation: 1 };
    let outer = Layer::Convolution { output, kernel: 1, stride: 1 };
    vec![inner, Layer::Norm, Layer::Relu6, depthwise, Layer::Norm, Layer::Relu6, outer, Layer::Norm]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_is_one_operation() {
        let all: Vec<_> = LIBRARY.iter().flat_map(|(names, _)| names.iter()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(is_known("conv3") && !is_known("conv4"));
        assert!(names().starts_with("none = zero = zeroize, skip"));
    }
}
