use crate::error::{check_finite, check_lengths};
use crate::evidence::maximize;
use crate::spectrum::Spectrum;
use crate::{BayesError, Evidence, EvidenceConfig};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// Whether the regression has a constant term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intercept {
    /// A constant with a flat prior, integrated out: features and targets are centred, and the uncertainty of the constant is
    /// part of every prediction.
    #[default]
    Flat,
    /// None, as published: far from the data the mean is 0.
    None,
}

/// Bayesian linear regression: `targets = features · w + noise`, `w ~ N(0, I/prior_precision)`,
/// `noise ~ N(0, 1/noise_precision)`.
///
/// The posterior of the weights is Gaussian, with covariance `S = (αI + βΦᵀΦ)⁻¹` and mean `m = βSΦᵀy` (Bishop 2006, section
/// 3.3). [`fit`](Self::fit) evaluates both at the precisions it ends with. Some implementations, the BONAS release among them,
/// keep `m` and `S` of the precisions before the last update; at convergence the two differ by less than the tolerance.
#[derive(Clone, Debug)]
pub struct BayesianRegression {
    feature_mean: Array1<f64>,
    target_mean: f64,
    /// Variance of the constant term.
    intercept_variance: f64,
    /// Eigenvectors of the Gram matrix, in columns. `[M, M]`
    vectors: Array2<f64>,
    /// Posterior mean and variances of the weights in the basis of the eigenvectors. `[M]`
    rotated_weights: Array1<f64>,
    rotated_covariance: Array1<f64>,
    evidence: Evidence,
}

/// Predictive distributions, one Gaussian per candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussians {
    /// Means.
    pub mean: Vec<f64>,
    /// Variances, the noise of an observation included.
    pub variance: Vec<f64>,
}

impl BayesianRegression {
    /// Fits `features` `[N, M]` to `targets` `[N]` with the precisions that maximise the evidence.
    ///
    /// # Errors
    /// When the lengths differ, there are fewer than two targets or no feature, a number is not finite, or a setting is out of range.
    pub fn fit(
        features: ArrayView2<'_, f64>,
        targets: ArrayView1<'_, f64>,
        intercept: Intercept,
        config: &EvidenceConfig,
    ) -> Result<Self, BayesError> {
        config.check()?;
        let problem = Problem::new(features, targets, intercept)?;
        let evidence = maximize(&problem.spectrum, problem.degrees, config);
        Ok(problem.solve(evidence))
    }

    /// Fits `features` `[N, M]` to `targets` `[N]` at given precisions.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn with_precisions(
        features: ArrayView2<'_, f64>,
        targets: ArrayView1<'_, f64>,
        intercept: Intercept,
        prior_precision: f64,
        noise_precision: f64,
    ) -> Result<Self, BayesError> {
        for (name, value) in [("prior_precision", prior_precision), ("noise_precision", noise_precision)] {
            if !value.is_finite() || value <= 0.0 {
                return Err(BayesError::Setting { name, range: "finite and above 0", value });
            }
        }
        let problem = Problem::new(features, targets, intercept)?;
        let evidence = Evidence::at(&problem.spectrum, problem.degrees, prior_precision, noise_precision);
        Ok(problem.solve(evidence))
    }

    /// Predicts a target for every row of `features` `[n, M]`.
    ///
    /// # Errors
    /// When the number of columns is not M.
    pub fn predict(&self, features: ArrayView2<'_, f64>) -> Result<Gaussians, BayesError> {
        check_lengths("the features of a prediction and of the fit", features.ncols(), self.feature_mean.len())?;
        let rotated = (&features - &self.feature_mean).dot(&self.vectors); // [n, M]
        let mean = rotated.dot(&self.rotated_weights) + self.target_mean;
        let noise = 1.0 / self.evidence.noise_precision + self.intercept_variance;
        let variance = rotated.mapv_into(|value| value * value).dot(&self.rotated_covariance) + noise;
        Ok(Gaussians { mean: mean.to_vec(), variance: variance.to_vec() })
    }

    /// Posterior mean of the weights. `[M]`
    pub fn weights(&self) -> Array1<f64> {
        self.vectors.dot(&self.rotated_weights)
    }

    /// The precisions, and how they were found.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// A checked and centred regression problem.
struct Problem {
    feature_mean: Array1<f64>,
    target_mean: f64,
    intercept: Intercept,
    count: usize,
    degrees: usize,
    spectrum: Spectrum,
}

impl Problem {
    fn new(features: ArrayView2<'_, f64>, targets: ArrayView1<'_, f64>, intercept: Intercept) -> Result<Self, BayesError> {
        check_lengths("features and targets of a regression", features.nrows(), targets.len())?;
        if targets.len() < 2 {
            return Err(BayesError::TooFew { what: "a regression", needed: 2, given: targets.len() });
        }
        if features.ncols() == 0 {
            return Err(BayesError::TooFew { what: "a row of features", needed: 1, given: 0 });
        }
        check_finite("target", targets.iter().copied())?;
        check_finite("feature", features.iter().copied())?;
        let count = targets.len();
        let (feature_mean, target_mean, degrees) = match intercept {
            Intercept::Flat => (features.sum_axis(Axis(0)) / count as f64, targets.sum() / count as f64, count - 1),
            Intercept::None => (Array1::zeros(features.ncols()), 0.0, count),
        };
        let spectrum = Spectrum::new((&features - &feature_mean).view(), (&targets - target_mean).view())?;
        Ok(Self { feature_mean, target_mean, intercept, count, degrees, spectrum })
    }

    fn solve(self, evidence: Evidence) -> BayesianRegression {
        let (prior, noise) = (evidence.prior_precision, evidence.noise_precision);
        let intercept_variance = match self.intercept {
            Intercept::Flat => 1.0 / (noise * self.count as f64),
            Intercept::None => 0.0,
        };
        BayesianRegression {
            feature_mean: self.feature_mean,
            target_mean: self.target_mean,
            intercept_variance,
            rotated_weights: self.spectrum.weights(prior, noise),
            rotated_covariance: self.spectrum.covariance(prior, noise),
            vectors: self.spectrum.vectors,
            evidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logit;
    use bonas_core::SeedStream;
    use nalgebra::DMatrix;
    use ndarray::array;
    use rand::RngExt;
    use std::f64::consts::PI;

    fn vector() -> (Array2<f64>, Array1<f64>) {
        let features = array![[0.2, 1.0], [0.5, 0.8], [0.9, 0.3], [1.1, 0.7], [0.4, 0.1]];
        (features, array![0.90, 0.91, 0.93, 0.945, 0.88].mapv(logit))
    }

    fn random(rows: usize, columns: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
        let mut rng = SeedStream::new(seed).rng("regression", 0);
        let features = Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0..1.0));
        let noise = Array1::from_shape_simple_fn(rows, || rng.random_range(-0.3..0.3));
        let targets = features.sum_axis(Axis(1)) + noise;
        (features, targets)
    }

    fn fit(features: &Array2<f64>, targets: &Array1<f64>, intercept: Intercept) -> BayesianRegression {
        BayesianRegression::fit(features.view(), targets.view(), intercept, &EvidenceConfig::default()).expect("fits")
    }

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() < tolerance, "found {found}, expected {expected}");
    }

    #[test]
    fn evidence_vector_in_the_convention_of_the_release() {
        let (features, targets) = vector();
        let last = *fit(&features, &targets, Intercept::None).evidence();
        assert_eq!((last.iterations, last.converged), (6, true));
        close(last.prior_precision, 0.2797057118, 1e-10);
        close(last.noise_precision, 2.2302567109, 1e-10);
        // No evaluation near the last update gives the vector's digits beyond the sixth, where each update still changes them.
        close(last.effective_parameters, 1.8113253595, 5e-7);
        // m and S of the last but one update, with the noise of the last.
        let config = EvidenceConfig { max_iterations: 5, ..EvidenceConfig::default() };
        let before = BayesianRegression::fit(features.view(), targets.view(), Intercept::None, &config).expect("fits");
        close(before.weights()[0], 2.0374980331, 1e-10);
        close(before.weights()[1], 1.5246073413, 1e-10);
        let predicted = before.predict(array![[0.6, 0.6]].view()).expect("two features");
        close(predicted.mean[0], 2.1372632246, 1e-10);
        let variance = predicted.variance[0] - 1.0 / before.evidence().noise_precision + 1.0 / last.noise_precision;
        close(variance, 0.5264085312, 1e-10);
    }

    #[test]
    fn weights_are_refreshed_after_the_last_update() {
        let (features, targets) = vector();
        let fitted = fit(&features, &targets, Intercept::None);
        let Evidence { prior_precision, noise_precision, .. } = *fitted.evidence();
        let at = BayesianRegression::with_precisions(
            features.view(),
            targets.view(),
            Intercept::None,
            prior_precision,
            noise_precision,
        )
        .expect("fits");
        assert_eq!(fitted.weights(), at.weights());
        assert_eq!(fitted.predict(features.view()), at.predict(features.view()));
        close(fitted.predict(array![[0.6, 0.6]].view()).expect("two features").mean[0], 2.1372632246, 1e-5);
    }

    /// m and S by inverting αI + βΦᵀΦ.
    #[test]
    fn posterior_matches_the_normal_equations() {
        let (features, targets) = random(20, 4, 1);
        let (prior, noise) = (0.7, 3.0);
        let fitted =
            BayesianRegression::with_precisions(features.view(), targets.view(), Intercept::None, prior, noise).expect("fits");
        let phi = DMatrix::from_fn(20, 4, |row, column| features[[row, column]]);
        let y = DMatrix::from_fn(20, 1, |row, _| targets[row]);
        let covariance = (DMatrix::identity(4, 4) * prior + phi.transpose() * &phi * noise).try_inverse().expect("positive");
        let weights = &covariance * phi.transpose() * y * noise;
        let predicted = fitted.predict(features.view()).expect("four features");
        for row in 0..20 {
            close(predicted.mean[row], (phi.row(row) * &weights)[0], 1e-10);
            close(predicted.variance[row], 1.0 / noise + (phi.row(row) * &covariance * phi.row(row).transpose())[0], 1e-10);
        }
    }

    /// The evidence is the density of the targets under N(0, I/β + ΦΦᵀ/α), and the fit is where it has its maximum.
    #[test]
    fn log_evidence_is_the_marginal_likelihood_and_is_maximal() {
        let (features, targets) = random(15, 3, 2);
        let fitted = fit(&features, &targets, Intercept::None);
        let best = *fitted.evidence();
        let phi = DMatrix::from_fn(15, 3, |row, column| features[[row, column]]);
        let y = DMatrix::from_fn(15, 1, |row, _| targets[row]);
        let covariance = DMatrix::identity(15, 15) / best.noise_precision + &phi * phi.transpose() / best.prior_precision;
        let energy = (y.transpose() * covariance.clone().try_inverse().expect("positive") * &y)[0];
        close(best.log_evidence, -(15.0 * (2.0 * PI).ln() + covariance.determinant().ln() + energy) / 2.0, 1e-8);
        for (prior, noise) in [(1.05, 1.0), (0.95, 1.0), (1.0, 1.05), (1.0, 0.95)] {
            let other = BayesianRegression::with_precisions(
                features.view(),
                targets.view(),
                Intercept::None,
                best.prior_precision * prior,
                best.noise_precision * noise,
            );
            assert!(other.expect("fits").evidence().log_evidence < best.log_evidence, "{prior} {noise}");
        }
    }

    #[test]
    fn a_flat_intercept_follows_any_shift() {
        let (features, targets) = random(30, 5, 3);
        let predict = |features: &Array2<f64>, targets: &Array1<f64>| {
            fit(features, targets, Intercept::Flat).predict(features.view()).expect("five features")
        };
        let (plain, shifted) = (predict(&features, &targets), predict(&(&features + 3.0), &(&targets - 40.0)));
        for row in 0..30 {
            close(shifted.mean[row] + 40.0, plain.mean[row], 1e-6);
            close(shifted.variance[row], plain.variance[row], 1e-6);
        }
    }

    #[test]
    fn degenerate_problems_end_at_the_limits_and_stay_finite() {
        let (features, _) = random(6, 4, 4);
        let exact = features.sum_axis(Axis(1));
        let wide = random(5, 40, 5);
        let problems = [
            (features.clone(), Array1::zeros(6)),
            (features.clone(), Array1::from_elem(6, 2.0)),
            (features.clone(), exact),
            (Array2::zeros((6, 4)), Array1::linspace(-1.0, 1.0, 6)),
            (Array2::ones((6, 4)), Array1::linspace(-1.0, 1.0, 6)),
            (array![[1.0], [2.0]], array![logit(0.0), logit(1.0)]),
            wide,
        ];
        for (features, targets) in problems {
            for intercept in [Intercept::Flat, Intercept::None] {
                let fitted = fit(&features, &targets, intercept);
                let predicted = fitted.predict(features.view()).expect("same features");
                assert!(fitted.evidence().log_evidence.is_finite(), "{features} {targets}");
                assert!(predicted.mean.iter().all(|mean| mean.is_finite()));
                assert!(predicted.variance.iter().all(|variance| variance.is_finite() && *variance > 0.0));
            }
        }
    }

    #[test]
    fn invalid_problems_are_refused() {
        let (features, targets) = random(6, 2, 6);
        let try_fit = |features: &Array2<f64>, targets: &Array1<f64>, config: EvidenceConfig| {
            BayesianRegression::fit(features.view(), targets.view(), Intercept::Flat, &config).map(|_| ())
        };
        let config = EvidenceConfig::default();
        assert!(matches!(try_fit(&features, &Array1::zeros(5), config), Err(BayesError::LengthMismatch { .. })));
        assert!(matches!(try_fit(&Array2::zeros((1, 2)), &Array1::zeros(1), config), Err(BayesError::TooFew { .. })));
        assert!(matches!(try_fit(&Array2::zeros((6, 0)), &targets, config), Err(BayesError::TooFew { .. })));
        let mut broken = features.clone();
        broken[[1, 1]] = f64::NAN;
        assert!(matches!(try_fit(&broken, &targets, config), Err(BayesError::NotFinite { what: "feature", index: 3, .. })));
        let wrong = [
            EvidenceConfig { initial_prior_precision: 0.0, ..config },
            EvidenceConfig { tolerance: f64::NAN, ..config },
            EvidenceConfig { max_precision: 0.5, ..config },
            EvidenceConfig { max_iterations: 0, ..config },
        ];
        for config in wrong {
            assert!(matches!(try_fit(&features, &targets, config), Err(BayesError::Setting { .. })), "{config:?}");
        }
        let fitted = fit(&features, &targets, Intercept::Flat);
        assert!(fitted.predict(Array2::zeros((1, 3)).view()).is_err());
    }
}
