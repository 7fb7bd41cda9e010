use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// What a stand-alone network takes, counted without building it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Trainable parameters of the network, as [`Network::parameters`](crate::Network::parameters) counts them: convolutions,
    /// scales and shifts of batch norms, the classifier with its bias. Networks here have no auxiliary head.
    pub parameters: u64,
    /// Numbers that are stored with them and not trained: mean and variance of every channel of every batch norm.
    pub statistics: u64,
    /// Multiply-adds of one image: those of all convolutions and of the classifier. Batch norms (which a convolution absorbs
    /// after training), ReLU, pooling and sums are not counted, as is usual in papers on architectures.
    pub multiply_adds: u64,
}

/// A convolution whose every output channel reads `inputs` channels.
pub(crate) fn convolution(inputs: usize, output_channels: usize, kernel: usize, [height, width]: [usize; 2]) -> Cost {
    let parameters = (inputs * output_channels * kernel * kernel) as u64;
    // A file may describe images that no machine holds.
    let multiply_adds = parameters.saturating_mul((height * width) as u64);
    Cost { parameters, statistics: 0, multiply_adds }
}

pub(crate) fn norm(channels: usize) -> Cost {
    Cost { parameters: 2 * channels as u64, statistics: 2 * channels as u64, multiply_adds: 0 }
}

/// A linear map with a bias, which is no multiply-add.
pub(crate) fn classifier(features: usize, classes: usize) -> Cost {
    let (features, classes) = (features as u64, classes as u64);
    Cost { parameters: (features + 1) * classes, multiply_adds: features * classes, ..Cost::default() }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            parameters: self.parameters + other.parameters,
            statistics: self.statistics + other.statistics,
            multiply_adds: self.multiply_adds.saturating_add(other.multiply_adds),
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
