use crate::upper_confidence_bound::finite;
use bonas_core::{Acquisition, AcquisitionError, Posterior, StudyRng};
use libm::erfc;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Below this many standard deviations the asymptotic series takes over: its error is there below 1e-10, while the closed form
/// loses its digits to cancellation.
const SERIES_BELOW: f64 = -20.0;

/// Expected improvement on the latent scale, where the posterior is Gaussian (Mockus 1978; Jones et al. 1998).
///
/// Far below the incumbent it underflows to 0; [`LogExpectedImprovement`] keeps such candidates apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedImprovement;

/// The logarithm of [`ExpectedImprovement`]: the same order of candidates, without underflow (Ament et al., NeurIPS 2023).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogExpectedImprovement;

impl Acquisition for ExpectedImprovement {
    fn score(&self, posterior: &Posterior, incumbent: f64, _rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        let candidates = posterior.latent_mean().iter().zip(posterior.latent_stddev());
        finite("ei", candidates.map(|(&mean, &stddev)| expected_improvement(mean, stddev, incumbent)).collect())
    }
}

impl Acquisition for LogExpectedImprovement {
    fn score(&self, posterior: &Posterior, incumbent: f64, _rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        let candidates = posterior.latent_mean().iter().zip(posterior.latent_stddev());
        finite("log-ei", candidates.map(|(&mean, &stddev)| log_expected_improvement(mean, stddev, incumbent)).collect())
    }
}

/// `E[max(x − incumbent, 0)]` for `x ~ N(mean, stddev²)`: `stddev · h(z)` with `h(z) = φ(z) + zΦ(z)`,
/// `z = (mean − incumbent) / stddev`.
pub fn expected_improvement(mean: f64, stddev: f64, incumbent: f64) -> f64 {
    let gain = mean - incumbent;
    if stddev == 0.0 {
        return gain.max(0.0);
    }
    let z = gain / stddev;
    if z > -1.0 { stddev * (density(z) + z * distribution(z)) } else { stddev * log_h(z).exp() }
}

/// The logarithm of [`expected_improvement`]; −∞ where that is exactly 0 (no uncertainty and no gain).
pub fn log_expected_improvement(mean: f64, stddev: f64, incumbent: f64) -> f64 {
    let gain = mean - incumbent;
    if stddev == 0.0 {
        return gain.max(0.0).ln();
    }
    stddev.ln() + log_h(gain / stddev)
}

/// `ln h(z)` without cancellation, after BoTorch's `_log_ei_helper` (Ament et al. 2023, equation 9).
fn log_h(z: f64) -> f64 {
    if z > -1.0 {
        return (density(z) + z * distribution(z)).ln();
    }
    let log_density = -z * z / 2.0 - (2.0 * PI).ln() / 2.0;
    if z > SERIES_BELOW {
        return log_density + (z * mills_ratio(z)).ln_1p();
    }
    // h(z) = φ(z)/z² · (1 − 3/z² + 15/z⁴ − …), the product of the odd numbers above each power.
    let power = 1.0 / (z * z);
    let series = [3.0, 5.0, 7.0, 9.0, 11.0].iter().rev().fold(1.0, |sum, odd| 1.0 - odd * power * sum);
    log_density + power.ln() + series.ln()
}

/// `Φ(z) / φ(z)` for `SERIES_BELOW < z < 0`, where neither factor underflows.
fn mills_ratio(z: f64) -> f64 {
    (PI / 2.0).sqrt() * erfc(-z * FRAC_1_SQRT_2) * (z * z / 2.0).exp()
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

fn distribution(z: f64) -> f64 {
    erfc(-z * FRAC_1_SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ln ∫ x φ(x − z) dx` over the positive numbers, with the factor `exp(−z²/2)` taken out for `z < 0`.
    fn integrated(z: f64) -> f64 {
        let factor = if z < 0.0 { z * z / 2.0 } else { 0.0 };
        let (steps, end) = (400_000, z.max(0.0) + 12.0);
        let width = end / f64::from(steps);
        let at = |i: i32| f64::from(i) * width;
        let value = |x: f64| x * (-(x - z).powi(2) / 2.0 + factor).exp() / (2.0 * PI).sqrt();
        let sum: f64 =
            (0..=steps).map(|i| value(at(i)) * if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) }).sum();
        (sum * width / 3.0).ln() - factor
    }

    #[test]
    fn contracts() {
        bonas_testing::acquisition::check(&ExpectedImprovement);
        bonas_testing::acquisition::check(&LogExpectedImprovement);
    }

    #[test]
    fn logarithm_matches_integration_on_every_branch() {
        for z in [-60.0, -21.0, -20.0, -19.9, -6.0, -1.01, -1.0, -0.99, -0.3, 0.0, 2.0, 5.0] {
            let (expected, found) = (integrated(z), log_h(z));
            assert!((expected - found).abs() < 1e-8, "{z}: {expected} {found}");
        }
    }

    #[test]
    fn improvement_matches_integration() {
        for (mean, stddev, incumbent) in [(1.0, 0.5, 0.8), (-1.0, 2.0, 3.0), (0.0, 0.3, 2.0)] {
            let expected = stddev * integrated((mean - incumbent) / stddev).exp();
            let found = expected_improvement(mean, stddev, incumbent);
            assert!((expected / found - 1.0).abs() < 1e-8, "{expected} {found}");
        }
    }

    #[test]
    fn the_logarithm_orders_what_underflows() {
        assert_eq!(expected_improvement(0.0, 1.0, 50.0), 0.0);
        assert!(log_expected_improvement(0.0, 1.0, 50.0) > log_expected_improvement(0.0, 1.0, 51.0));
        assert!(log_expected_improvement(0.0, 1.0, 1e6).is_finite());
    }

    #[test]
    fn certainty_is_the_plain_gain() {
        assert_eq!(expected_improvement(2.0, 0.0, 0.5), 1.5);
        assert_eq!(expected_improvement(0.0, 0.0, 0.5), 0.0);
        assert_eq!(log_expected_improvement(0.0, 0.0, 0.5), f64::NEG_INFINITY);
    }
}
