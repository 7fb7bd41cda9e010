use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// What the network minimises over its predictions t̂ of targets t, both in (0, 1).
///
/// The exponential losses care more for good architectures. Their weights hardly vary on raw accuracies between .8 and .95 (by
/// 1.3 and 1.2 times); on ranks those of `Exponential` run from 0 to 1.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Mean of `(t̂ − t)²`.
    Mse,
    /// Mean of `|t̂ − t|`.
    Mae,
    /// Mean of `(exp(t) − 1)(t̂ − t)²`, after the paper.
    Exponential,
    /// Mean of `exp(t − 1)(t̂ − t)²`, after the authors' release.
    ExponentialRelease,
    /// Mean of `max(0, margin − (t̂ᵢ − t̂ⱼ))` over the pairs with `tᵢ > tⱼ`.
    PairwiseHinge,
}

impl Loss {
    /// The loss of predictions `[graphs]` for the targets of the same graphs. `[1]`
    pub(crate) fn of(self, predictions: Tensor<1>, targets: &[f64], hinge_margin: f64) -> Tensor<1> {
        match self {
            Self::Mse => weighted_square(predictions, targets, |_| 1.0),
            Self::Mae => absolute(predictions, targets),
            Self::Exponential => weighted_square(predictions, targets, f64::exp_m1),
            Self::ExponentialRelease => weighted_square(predictions, targets, |target| (target - 1.0).exp()),
            Self::PairwiseHinge => pairwise_hinge(predictions, targets, hinge_margin),
        }
    }

    /// The same without tensors: the loss, and its derivative in every prediction.
    pub(crate) fn derivatives(self, predictions: &[f32], targets: &[f64], hinge_margin: f64) -> (f32, Vec<f32>) {
        let part = 1.0 / predictions.len().max(1) as f32;
        let pointwise = |of: &dyn Fn(f32, f64) -> (f32, f32)| {
            let each = predictions.iter().zip(targets).map(|(&prediction, &target)| of(prediction - target as f32, target));
            let (values, derivatives): (Vec<f32>, Vec<f32>) = each.map(|(value, slope)| (value * part, slope * part)).unzip();
            (values.iter().sum(), derivatives)
        };
        let square = |weight: fn(f64) -> f64| {
            pointwise(&|error, target| {
                let weight = weight(target) as f32;
                (weight * error * error, 2.0 * weight * error)
            })
        };
        match self {
            Self::Mse => square(|_| 1.0),
            Self::Mae => pointwise(&|error, _| (error.abs(), if error == 0.0 { 0.0 } else { error.signum() })),
            Self::Exponential => square(f64::exp_m1),
            Self::ExponentialRelease => square(|target| (target - 1.0).exp()),
            Self::PairwiseHinge => hinge_derivatives(predictions, targets, hinge_margin as f32),
        }
    }
}

fn weighted_square(predictions: Tensor<1>, targets: &[f64], weight: impl Fn(f64) -> f64) -> Tensor<1> {
    let weights = like(&predictions, targets.iter().map(|&target| weight(target) as f32).collect());
    let error = error(predictions, targets);
    (error.clone() * error * weights).mean()
}

fn absolute(predictions: Tensor<1>, targets: &[f64]) -> Tensor<1> {
    error(predictions, targets).abs().mean()
}

fn error(predictions: Tensor<1>, targets: &[f64]) -> Tensor<1> {
    let targets = like(&predictions, targets.iter().map(|&target| target as f32).collect());
    predictions - targets
}

fn like(predictions: &Tensor<1>, values: Vec<f32>) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), &predictions.device())
}

fn pairwise_hinge(predictions: Tensor<1>, targets: &[f64], margin: f64) -> Tensor<1> {
    let (count, device) = (targets.len(), predictions.device());
    let better: Vec<f32> =
        targets.iter().flat_map(|better| targets.iter().map(move |worse| if better > worse { 1.0 } else { 0.0 })).collect();
    // A batch of equal targets has no pair, and a loss of 0.
    let pairs = better.iter().sum::<f32>().max(1.0);
    let better = Tensor::<2>::from_data(TensorData::new(better, [count, count]), &device);
    let gap = predictions.clone().reshape([count, 1]) - predictions.reshape([1, count]); // [better, worse]
    (relu(gap.neg() + margin) * better).sum() / pairs
}

fn hinge_derivatives(predictions: &[f32], targets: &[f64], margin: f32) -> (f32, Vec<f32>) {
    let (mut value, mut pairs, mut derivatives) = (0.0, 0.0_f32, vec![0.0; predictions.len()]);
    for better in 0..predictions.len() {
        for worse in 0..predictions.len() {
            if targets[better] <= targets[worse] {
                continue;
            }
            pairs += 1.0;
            let missing = margin - (predictions[better] - predictions[worse]);
            if missing > 0.0 {
                value += missing;
                derivatives[better] -= 1.0;
                derivatives[worse] += 1.0;
            }
        }
    }
    let part = 1.0 / pairs.max(1.0);
    derivatives.iter_mut().for_each(|derivative| *derivative *= part);
    (value * part, derivatives)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(loss: Loss, predictions: [f32; 3]) -> f64 {
        let predictions = Tensor::<1>::from_data(predictions, &Device::flex());
        f64::from(loss.of(predictions, &[0.1, 0.5, 0.9], 0.1).into_scalar::<f32>())
    }

    #[test]
    fn squares_carry_their_weights() {
        let predictions = [0.2, 0.5, 0.6];
        let expected = |weight: &dyn Fn(f64) -> f64| (weight(0.1) * 0.01 + weight(0.9) * 0.09) / 3.0;
        assert!((loss(Loss::Mse, predictions) - expected(&|_| 1.0)).abs() < 1e-7);
        assert!((loss(Loss::Mae, predictions) - (0.1 + 0.3) / 3.0).abs() < 1e-7);
        assert!((loss(Loss::Exponential, predictions) - expected(&|t| t.exp() - 1.0)).abs() < 1e-7);
        assert!((loss(Loss::ExponentialRelease, predictions) - expected(&|t| (t - 1.0).exp())).abs() < 1e-7);
    }

    #[test]
    fn derivatives_are_slopes_of_the_same_losses() {
        let (predictions, targets) = ([0.2_f32, 0.5, 0.62], [0.1, 0.45, 0.9]);
        for loss in [Loss::Mse, Loss::Mae, Loss::Exponential, Loss::ExponentialRelease, Loss::PairwiseHinge] {
            let at = |predictions: &[f32]| loss.derivatives(predictions, &targets, 0.25);
            let (value, derivatives) = at(&predictions);
            let by_tensors = loss.of(Tensor::from_data(predictions, &Device::flex()), &targets, 0.25).into_scalar::<f32>();
            assert!((value - by_tensors).abs() < 1e-6, "{loss:?}: {value}, {by_tensors}");
            for place in 0..3 {
                let moved = |by: f32| {
                    let mut predictions = predictions;
                    predictions[place] += by;
                    at(&predictions).0
                };
                let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                assert!((slope - derivatives[place]).abs() < 1e-4, "{loss:?}: {slope}, {}", derivatives[place]);
            }
        }
    }

    #[test]
    fn hinge_counts_pairs_that_are_too_close() {
        assert_eq!(loss(Loss::PairwiseHinge, [0.1, 0.3, 0.5]), 0.0);
        // Pairs (1, 0), (2, 0), (2, 1) have gaps .05, 0 and −.05.
        assert!((loss(Loss::PairwiseHinge, [0.5, 0.55, 0.5]) - (0.05 + 0.1 + 0.15) / 3.0).abs() < 1e-6);
        let predictions = Tensor::<1>::from_data([0.4, 0.6], &Device::flex());
        assert_eq!(Loss::PairwiseHinge.of(predictions, &[0.5, 0.5], 0.1).into_scalar::<f32>(), 0.0);
    }
}
