use crate::{BayesError, sigmoid};
use gauss_quad::GaussHermite;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, SQRT_2};
use std::num::NonZeroUsize;

/// Nodes of the quadrature: errors below 1e-9 up to a latent standard deviation of 2, and below 2e-3 up to 8.
const QUADRATURE_NODES: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not zero");

/// How the mean and variance of `sigmoid(N(μ, σ²))` are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MomentMethod {
    /// Gauss–Hermite quadrature.
    #[default]
    Exact,
    /// The approximation of Shi et al. (NeurIPS 2020). Its variance has a bias that does not vanish with σ: at σ = 0 and μ = 2
    /// the standard deviation is .109 instead of 0, so that an upper confidence bound passes 1 and falls beyond μ = 4.19.
    Paper,
}

/// Means and variances of outcomes, one per candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Expected outcomes, in [0, 1].
    pub mean: Vec<f64>,
    /// Variances of the outcomes.
    pub variance: Vec<f64>,
}

impl MomentMethod {
    /// Moments of `sigmoid(x)`, `x ~ N(mean[i], variance[i])`, for every `i`.
    ///
    /// # Errors
    /// When the lengths differ, a number is not finite, or a variance is negative.
    pub fn moments(self, mean: &[f64], variance: &[f64]) -> Result<Moments, BayesError> {
        check(mean, variance)?;
        let latent = mean.iter().zip(variance).map(|(&mean, &variance)| (mean, variance.sqrt()));
        let (mean, variance) = match self {
            Self::Exact => {
                let rule = normal_quadrature();
                latent.map(|(mean, stddev)| exact(&rule, mean, stddev)).unzip()
            }
            Self::Paper => latent.map(|(mean, stddev)| paper(mean, stddev)).unzip(),
        };
        Ok(Moments { mean, variance })
    }
}

fn check(mean: &[f64], variance: &[f64]) -> Result<(), BayesError> {
    crate::error::check_lengths("means and variances", mean.len(), variance.len())?;
    crate::error::check_finite("mean", mean.iter().copied())?;
    crate::error::check_finite("variance", variance.iter().copied())?;
    match variance.iter().find(|&&variance| variance < 0.0) {
        Some(&value) => Err(BayesError::Setting { name: "a variance", range: "at least 0", value }),
        None => Ok(()),
    }
}

/// Nodes and weights that integrate against the standard normal density; the weights sum to 1.
fn normal_quadrature() -> Vec<(f64, f64)> {
    let rule = GaussHermite::new(QUADRATURE_NODES);
    rule.iter().map(|&(node, weight)| (SQRT_2 * node, weight / PI.sqrt())).collect()
}

fn exact(rule: &[(f64, f64)], mean: f64, stddev: f64) -> (f64, f64) {
    if stddev == 0.0 {
        return (sigmoid(mean), 0.0);
    }
    let expectation = |f: &dyn Fn(f64) -> f64| rule.iter().map(|&(node, weight)| weight * f(sigmoid(mean + stddev * node))).sum();
    let first: f64 = expectation(&|t| t);
    (first, expectation(&|t| (t - first).powi(2)))
}

/// `E[t] ≈ s(μ/√(1+λ²σ²))`, `E[t²] ≈ s(a(μ+b)/√(1+λ²a²σ²))` with λ² = π/8, a = 4 − 2√2, b = −ln(√2 + 1).
fn paper(mean: f64, stddev: f64) -> (f64, f64) {
    let (a, b) = (4.0 - 2.0 * SQRT_2, -(SQRT_2 + 1.0).ln());
    let scale = |slope: f64| (1.0 + PI / 8.0 * (slope * stddev).powi(2)).sqrt();
    let first = sigmoid(mean / scale(1.0));
    let second = sigmoid(a * (mean + b) / scale(a));
    (first, (second - first * first).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(method: MomentMethod, mean: f64, stddev: f64) -> (f64, f64) {
        let moments = method.moments(&[mean], &[stddev * stddev]).expect("valid");
        (moments.mean[0], moments.variance[0])
    }

    /// Moments by the trapezoidal rule over ±12 standard deviations.
    fn integrated(mean: f64, stddev: f64) -> (f64, f64) {
        let steps = 200_000;
        let width = 24.0 / steps as f64;
        let nodes = (0..=steps).map(|i| -12.0 + i as f64 * width);
        let (first, second) = nodes.fold((0.0, 0.0), |(first, second), x| {
            let weight = (-x * x / 2.0).exp() / (2.0 * PI).sqrt() * width;
            let t = sigmoid(mean + stddev * x);
            (first + weight * t, second + weight * t * t)
        });
        (first, second - first * first)
    }

    #[test]
    fn vectors_of_both_methods() {
        let vectors = [
            ((0.0, 1.0), (0.50000, 0.05315), (0.50000, 0.043379)),
            ((2.5, 0.3), (0.92107, 0.01599), (0.92146, 0.000480)),
            ((2.5, 1.0), (0.89268, 0.02492), (0.89464, 0.008965)),
            ((-2.0, 1.0), (0.15515, 0.03767), (0.15546, 0.015536)),
        ];
        for ((mean, stddev), expected_paper, expected_exact) in vectors {
            for (method, expected, digit) in
                [(MomentMethod::Paper, expected_paper, 1e-5), (MomentMethod::Exact, expected_exact, 1e-6)]
            {
                let (first, variance) = one(method, mean, stddev);
                assert!((first - expected.0).abs() < 0.51e-5, "{method:?} mean at {mean}, {stddev}: {first}");
                assert!((variance - expected.1).abs() < 0.51 * digit, "{method:?} variance at {mean}, {stddev}: {variance}");
            }
        }
    }

    #[test]
    fn exact_moments_match_integration() {
        for (mean, stddev, tolerance) in [(0.0, 0.5, 1e-10), (2.5, 2.0, 1e-9), (-3.0, 4.0, 1e-5), (1.0, 8.0, 2e-3)] {
            let (expected, found) = (integrated(mean, stddev), one(MomentMethod::Exact, mean, stddev));
            assert!((expected.0 - found.0).abs() < tolerance, "{mean} {stddev}: {expected:?} {found:?}");
            assert!((expected.1 - found.1).abs() < tolerance, "{mean} {stddev}: {expected:?} {found:?}");
        }
    }

    #[test]
    fn without_uncertainty_only_the_paper_has_a_variance() {
        for (mean, stddev) in [(2.0, 0.1086), (2.5, 0.1243), (2.75, 0.1259)] {
            assert_eq!(one(MomentMethod::Exact, mean, 0.0), (sigmoid(mean), 0.0));
            let found = one(MomentMethod::Paper, mean, 0.0).1.sqrt();
            assert!((found - stddev).abs() < 0.51e-4, "{mean}: {found}");
        }
    }

    #[test]
    fn the_bound_of_the_paper_passes_one_and_falls() {
        let bound = |mean: f64| {
            let (first, variance) = one(MomentMethod::Paper, mean, 0.0);
            first + 0.5 * variance.sqrt()
        };
        assert!(bound(4.19) > 1.0);
        assert!(bound(4.19) > bound(4.1) && bound(4.19) > bound(4.3));
    }

    #[test]
    fn invalid_moments_are_refused() {
        assert!(MomentMethod::Exact.moments(&[0.0], &[]).is_err());
        assert!(MomentMethod::Exact.moments(&[f64::NAN], &[1.0]).is_err());
        assert!(MomentMethod::Paper.moments(&[0.0], &[-1.0]).is_err());
    }
}
