use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// Batch normalisation over the rows of a padded batch of graphs: padding has no share in the statistics.
///
/// It keeps no running averages. The statistics to predict with are those of all training graphs, taken once when training
/// ends ([`Statistics::of`]), so that they belong to the final weights and do not depend on the order of batches.
#[derive(Module, Debug)]
pub(crate) struct MaskedBatchNorm {
    pub(crate) gamma: Param<Tensor<1>>,
    pub(crate) beta: Param<Tensor<1>>,
}

/// Mean and biased variance of every channel. `[1, channels]`
#[derive(Clone, Debug)]
pub(crate) struct Statistics {
    mean: Tensor<2>,
    variance: Tensor<2>,
}

impl Statistics {
    /// Statistics of `x` `[rows, channels]` where every row has its share `[1, rows]`.
    pub(crate) fn of(x: &Tensor<2>, shares: &Tensor<2>) -> Self {
        let mean = shares.clone().matmul(x.clone());
        let centered = x.clone() - mean.clone();
        let variance = shares.clone().matmul(centered.clone() * centered);
        Self { mean, variance }
    }
}

impl MaskedBatchNorm {
    /// Normalises with scale 1 and offset 0.
    pub(crate) fn new(channels: usize, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([channels], device)),
            beta: Param::from_tensor(Tensor::zeros([channels], device)),
        }
    }

    /// `γ (x − mean) / √(variance + ε) + β` of `x` `[rows, channels]`.
    pub(crate) fn forward(&self, x: Tensor<2>, statistics: &Statistics, epsilon: f64) -> Tensor<2> {
        let scale = self.gamma.val().unsqueeze::<2>() / (statistics.variance.clone() + epsilon).sqrt(); // [1, channels]
        (x - statistics.mean.clone()) * scale + self.beta.val().unsqueeze::<2>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_has_no_part_in_the_statistics() {
        let device = Device::flex();
        let x = Tensor::<2>::from_data([[1.0, -2.0], [3.0, 6.0], [999.0, 999.0]], &device);
        let shares = Tensor::<2>::from_data([[0.5, 0.5, 0.0]], &device);
        let statistics = Statistics::of(&x, &shares);
        assert_eq!(statistics.mean.to_data().try_to_vec::<f32>().expect("f32"), [2.0, 2.0]);
        assert_eq!(statistics.variance.to_data().try_to_vec::<f32>().expect("f32"), [1.0, 16.0]);
        let normalised = MaskedBatchNorm::new(2, &device).forward(x, &statistics, 1e-12);
        let rows: Vec<f32> = normalised.try_into_vec_as().expect("f32");
        assert!(
            rows[..4].iter().zip([-1.0, -1.0, 1.0, 1.0]).all(|(found, expected)| (found - expected).abs() < 1e-6),
            "{rows:?}"
        );
    }
}
