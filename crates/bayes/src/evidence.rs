use crate::BayesError;
use crate::spectrum::Spectrum;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the precisions of a [`BayesianRegression`](crate::BayesianRegression) are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceConfig {
    /// Precision of the prior of the weights at the start.
    pub initial_prior_precision: f64,
    /// Precision of the noise of the targets at the start.
    pub initial_noise_precision: f64,
    /// Updates after which the search for the precisions stops.
    pub max_iterations: usize,
    /// Relative change of both precisions below which it has converged.
    pub tolerance: f64,
    /// Largest value of either precision. Evidence without bound (targets that are all equal, or met exactly by the features)
    /// ends here rather than at infinity; the smallest value is its inverse.
    pub max_precision: f64,
}

impl Default for EvidenceConfig {
    fn default() -> Self {
        Self {
            initial_prior_precision: 1e-5,
            initial_noise_precision: 1e-5,
            max_iterations: 200,
            tolerance: 1e-5,
            max_precision: 1e8,
        }
    }
}

impl EvidenceConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`BayesError::Setting`] with the first that is not.
    pub fn check(&self) -> Result<(), BayesError> {
        let settings = [
            ("initial_prior_precision", self.initial_prior_precision),
            ("initial_noise_precision", self.initial_noise_precision),
            ("tolerance", self.tolerance),
        ];
        for (name, value) in settings {
            if !value.is_finite() || value <= 0.0 {
                return Err(BayesError::Setting { name, range: "finite and above 0", value });
            }
        }
        if !self.max_precision.is_finite() || self.max_precision <= 1.0 {
            return Err(BayesError::Setting { name: "max_precision", range: "finite and above 1", value: self.max_precision });
        }
        if self.max_iterations == 0 {
            return Err(BayesError::Setting { name: "max_iterations", range: "at least 1", value: 0.0 });
        }
        Ok(())
    }

    /// A precision within the limits. What is infinite or undefined (a division by a zero norm) is at the upper one.
    fn limit(&self, precision: f64) -> f64 {
        if precision.is_nan() { self.max_precision } else { precision.clamp(1.0 / self.max_precision, self.max_precision) }
    }
}

/// Where evidence maximisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Precision α of the prior of the weights.
    pub prior_precision: f64,
    /// Precision β of the noise of the targets.
    pub noise_precision: f64,
    /// Number γ of weights that the data determine.
    pub effective_parameters: f64,
    /// Logarithm of the evidence at these precisions.
    pub log_evidence: f64,
    /// Number of updates.
    pub iterations: usize,
    /// Whether the last update changed both precisions by less than the tolerance.
    pub converged: bool,
}

/// Finds the precisions that maximise the evidence, by the updates of Bishop (2006), section 3.5.2:
/// `γ = Σ βλ/(βλ+α)`, `α ← γ/‖m‖²`, `1/β ← ‖y − Φm‖²/(N − γ)`.
///
/// `degrees` is N, less one where an intercept was integrated out. With at least as many determined weights as degrees the
/// update of β has no meaning, and β stays.
pub(crate) fn maximize(spectrum: &Spectrum, degrees: usize, config: &EvidenceConfig) -> Evidence {
    let (mut prior, mut noise) = (config.initial_prior_precision, config.initial_noise_precision);
    let (mut iterations, mut converged) = (0, false);
    while iterations < config.max_iterations && !converged {
        let weights = spectrum.weights(prior, noise);
        let effective = effective_parameters(spectrum, prior, noise);
        let free = degrees as f64 - effective;
        let next_prior = config.limit(effective / weights.dot(&weights));
        let next_noise = if free > 0.0 { config.limit(free / spectrum.squared_residual(&weights)) } else { noise };
        let near = |next: f64, last: f64| (next - last).abs() <= config.tolerance * next;
        converged = near(next_prior, prior) && near(next_noise, noise);
        (prior, noise) = (next_prior, next_noise);
        iterations += 1;
    }
    Evidence { iterations, converged, ..Evidence::at(spectrum, degrees, prior, noise) }
}

impl Evidence {
    /// The evidence at given precisions.
    pub(crate) fn at(spectrum: &Spectrum, degrees: usize, prior_precision: f64, noise_precision: f64) -> Self {
        Self {
            prior_precision,
            noise_precision,
            effective_parameters: effective_parameters(spectrum, prior_precision, noise_precision),
            log_evidence: log_evidence(spectrum, degrees, prior_precision, noise_precision),
            iterations: 0,
            converged: true,
        }
    }
}

fn effective_parameters(spectrum: &Spectrum, prior: f64, noise: f64) -> f64 {
    spectrum.eigenvalues.iter().map(|eigenvalue| noise * eigenvalue / (noise * eigenvalue + prior)).sum()
}

/// Logarithm of the marginal likelihood of the targets (Bishop 2006, equation 3.86).
fn log_evidence(spectrum: &Spectrum, degrees: usize, prior: f64, noise: f64) -> f64 {
    let weights = spectrum.weights(prior, noise);
    let energy = noise * spectrum.squared_residual(&weights) + prior * weights.dot(&weights);
    let determinant: f64 = spectrum.eigenvalues.iter().map(|eigenvalue| (noise * eigenvalue / prior).ln_1p()).sum();
    (degrees as f64 * (noise / (2.0 * PI)).ln() - energy - determinant) / 2.0
}
