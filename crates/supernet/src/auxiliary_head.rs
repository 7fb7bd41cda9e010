use crate::build::Build;
use crate::classifier::Classifier;
use crate::config::StemKind;
use crate::convolution::Convolution;
use crate::cost::{Cost, classifier, convolution, norm};
use crate::initialization::uniform_fan_in;
use crate::normalization::{Norm, Normalize};
use crate::precision::widened;
use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, s};

/// Channels between its two convolutions.
const INNER: usize = 128;
/// Channels before its classifier.
const OUTER: usize = 768;
/// Side of the map that it pools to.
const POOLED: usize = 2;

/// A classifier on the features behind the last reduction, whose loss only helps the training (DARTS, `AuxiliaryHeadCIFAR` and
/// `AuxiliaryHeadImageNet`): ReLU, mean pooling to 2×2, 1×1 convolution to 128 channels, batch norm, ReLU, 2×2 convolution to 768
/// channels, batch norm, ReLU, linear map. The head for ImageNet lacks the second batch norm, as in the paper's experiments.
///
/// The windows of 5×5 pixels that the two published heads pool, with stride 3 on 8×8 and stride 2 on 7×7, are those of one rule:
/// stride ⌊3 · side / 8⌋, window side − stride.
#[derive(Module, Debug)]
pub(crate) struct AuxiliaryHead {
    inner: Convolution,
    inner_norm: Norm,
    /// The 2×2 convolution of the 2×2 map: [128 · 2 · 2, 768].
    outer: Param<Tensor<2>>,
    outer_norm: Option<Norm>,
    classifier: Classifier,
}

impl AuxiliaryHead {
    /// For features of so many channels.
    pub(crate) fn new(features: usize, classes: usize, stem: StemKind, build: &mut Build<'_>) -> Self {
        let inner = Convolution::dense([features, INNER], 1, 1, build.rng, build.device);
        let inner_norm = build.norms.build(INNER, build.device);
        let fan_in = INNER * POOLED * POOLED;
        let outer = uniform_fan_in([fan_in, OUTER], fan_in, build.rng, build.device);
        let outer_norm = has_second_norm(stem).then(|| build.norms.build(OUTER, build.device));
        Self { inner, inner_norm, outer, outer_norm, classifier: Classifier::new(OUTER, classes, build) }
    }

    /// [batch, features, height, width] → [batch, classes]
    pub(crate) fn forward(&self, features: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<2> {
        let inner = self.inner.forward(pooled(relu(features)));
        let inner = relu(widened(self.inner_norm.forward(inner, normalize)));
        let batch = inner.dims()[0];
        let outer = inner.reshape([batch, INNER * POOLED * POOLED]).matmul(self.outer.val());
        let outer = outer.reshape([batch, OUTER, 1, 1]);
        let outer = match &self.outer_norm {
            Some(norm) => norm.forward(outer, normalize),
            None => outer,
        };
        self.classifier.forward(relu(outer))
    }

    /// Numbers of its batch norms that are no parameters.
    #[cfg(test)]
    fn statistics(&self) -> usize {
        self.inner_norm.statistics() + self.outer_norm.as_ref().map_or(0, Norm::statistics)
    }

    /// What it takes in a training, for features of so many channels.
    pub(crate) fn cost(features: usize, classes: usize, stem: StemKind) -> Cost {
        let inner = convolution(features, INNER, 1, [POOLED; 2]) + norm(INNER);
        let outer = convolution(INNER, OUTER, POOLED, [1, 1]);
        let outer = if has_second_norm(stem) { outer + norm(OUTER) } else { outer };
        inner + outer + classifier(OUTER, classes)
    }
}

fn has_second_norm(stem: StemKind) -> bool {
    stem != StemKind::ImageNet
}

/// The mean of windows that cover the map with a 2×2 map; a side of one pixel is repeated.
fn pooled(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let windows = |side: usize| {
        let stride = (3 * side / 8).max(usize::from(side > 1));
        [0, stride].map(|start| (start as isize, (start + side - stride) as isize))
    };
    let columns = windows(width);
    let rows = windows(height).map(|(top, bottom)| {
        let row = columns.map(|(left, right)| x.clone().slice(s![.., .., top..bottom, left..right]).mean_dim(2).mean_dim(3));
        Tensor::cat(row.to_vec(), 3)
    });
    Tensor::cat(rows.to_vec(), 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalization::NormFactory;
    use bonas_core::SeedStream;
    use bonas_kernels::{PoolKind, Window, pool2d};
    use burn::tensor::{Device, TensorData};
    use rand::RngExt;

    fn numbers(shape: [usize; 4]) -> Tensor<4> {
        let mut rng = SeedStream::new(4).rng("features", 0);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn it_pools_as_the_published_heads() {
        for (side, stride) in [(8, 3), (7, 2)] {
            let x = numbers([2, 3, side, side]);
            let published = pool2d(x.clone(), PoolKind::Average, Window { kernel: 5, stride, padding: 0, dilation: 1 });
            let ours = pooled(x);
            assert_eq!(ours.dims(), [2, 3, 2, 2]);
            for (a, b) in floats(ours).into_iter().zip(floats(published)) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
        for shape in [[1, 2, 1, 1], [1, 2, 2, 3], [1, 1, 4, 1], [2, 1, 56, 14]] {
            assert_eq!(pooled(numbers(shape)).dims(), [shape[0], shape[1], 2, 2]);
        }
    }

    #[test]
    fn it_is_counted_as_it_is_built() {
        for stem in [StemKind::Convolution, StemKind::ImageNet] {
            let mut norms = NormFactory::new(true);
            let mut rng = SeedStream::new(4).rng("head", 0);
            let head =
                AuxiliaryHead::new(576, 10, stem, &mut Build { norms: &mut norms, rng: &mut rng, device: &Device::flex() });
            let counted = AuxiliaryHead::cost(576, 10, stem);
            assert_eq!(counted.statistics as usize, head.statistics());
            assert_eq!(counted.parameters as usize, head.num_params() - head.statistics());
        }
        // 576 · 128 + 2 · 128 + 128 · 4 · 768 + 2 · 768 + 769 · 10
        assert_eq!(AuxiliaryHead::cost(576, 10, StemKind::Convolution).parameters, 476_426);
    }
}
