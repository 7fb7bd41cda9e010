use super::*;
use bonas_core::SeedStream;
use nalgebra::{DMatrix, DVector};
use ndarray::array;
use rand::RngExt;
use std::f64::consts::PI;

/// Points on a line under a Gaussian kernel of this length, with targets that follow a sine.
fn problem(count: usize, length: f64) -> (Array1<f64>, Array2<f64>, Array1<f64>) {
    let mut rng = SeedStream::new(4).rng("gaussian process", 0);
    let points = Array1::from_shape_simple_fn(count, || rng.random_range(-3.0..3.0));
    let targets =
        points.mapv(|point: f64| 7.0 + 2.0 * point.sin()) + Array1::from_shape_simple_fn(count, || rng.random_range(-0.2..0.2));
    let kernel = kernel(&points, &points, length);
    (points, kernel, targets)
}

fn kernel(left: &Array1<f64>, right: &Array1<f64>, length: f64) -> Array2<f64> {
    Array2::from_shape_fn((left.len(), right.len()), |(i, j)| (-(left[i] - right[j]).powi(2) / (2.0 * length * length)).exp())
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() < tolerance, "found {found}, expected {expected}");
}

/// The density of the targets under `N(c, covariance)` with a flat prior of c, by determinants and inverses of whole matrices.
fn log_density(covariance: &DMatrix<f64>, targets: &DVector<f64>) -> f64 {
    let count = targets.len();
    let inverse = covariance.clone().try_inverse().expect("positive");
    let ones = DVector::from_element(count, 1.0);
    let information = (ones.transpose() * &inverse * &ones)[0];
    let constant = (ones.transpose() * &inverse * targets)[0] / information;
    let residuals = targets - ones * constant;
    let energy = (residuals.transpose() * &inverse * &residuals)[0];
    -((count as f64 - 1.0) * (2.0 * PI).ln() + covariance.determinant().ln() + information.ln() + energy) / 2.0
}

#[test]
fn two_observations_by_hand() {
    // K = I and ratio 1: C = 2I, c = 2, s = (1/2 + 1/2) / 1 = 1.
    let fitted = GaussianProcess::with_noise_ratio(Array2::eye(2).view(), array![1.0, 3.0].view(), 1.0).expect("fits");
    close(fitted.constant(), 2.0, 1e-12);
    close(fitted.signal_variance(), 1.0, 1e-12);
    close(fitted.noise_variance(), 1.0, 1e-12);
    close(fitted.log_likelihood(), -((2.0 * PI).ln() + 4_f64.ln() + 0.0 + 1.0) / 2.0, 1e-12);
    // A new point that is the second: mean 2 + 1/2, variance 1 − 1/2 + (1 − 1/2)² / 1 + 1.
    let predicted = fitted.predict(array![[0.0, 1.0]].view(), array![1.0].view()).expect("fits");
    close(predicted.mean[0], 2.5, 1e-12);
    close(predicted.variance[0], 1.75, 1e-12);
}

#[test]
fn predictions_match_the_formulas_of_kriging() {
    let (points, kernel_matrix, targets) = problem(12, 0.8);
    let ratio = 0.05;
    let fitted = GaussianProcess::with_noise_ratio(kernel_matrix.view(), targets.view(), ratio).expect("fits");
    let new = array![-2.5, 0.1, 9.0];
    let cross = kernel(&new, &points, 0.8);
    let predicted = fitted.predict(cross.view(), Array1::ones(3).view()).expect("fits");
    let covariance = DMatrix::from_fn(12, 12, |i, j| kernel_matrix[[i, j]] + if i == j { ratio } else { 0.0 });
    let inverse = covariance.try_inverse().expect("positive");
    let (ones, y) = (DVector::from_element(12, 1.0), DVector::from_fn(12, |i, _| targets[i]));
    let information = (ones.transpose() * &inverse * &ones)[0];
    let constant = (ones.transpose() * &inverse * &y)[0] / information;
    let residuals = &y - &ones * constant;
    let signal = (residuals.transpose() * &inverse * &residuals)[0] / 11.0;
    close(fitted.signal_variance(), signal, 1e-9);
    for row in 0..3 {
        let k = DVector::from_fn(12, |i, _| cross[[row, i]]);
        close(predicted.mean[row], constant + (k.transpose() * &inverse * &residuals)[0], 1e-9);
        let unexplained = 1.0 - (ones.transpose() * &inverse * &k)[0];
        let latent = 1.0 - (k.transpose() * &inverse * &k)[0] + unexplained * unexplained / information;
        close(predicted.variance[row], signal * (latent + ratio), 1e-9);
    }
}

#[test]
fn the_likelihood_is_the_density_and_is_maximal() {
    let (_, kernel_matrix, targets) = problem(15, 0.8);
    let fitted = GaussianProcess::fit(kernel_matrix.view(), targets.view()).expect("fits");
    let (signal, noise) = (fitted.signal_variance(), fitted.noise_variance());
    let y = DVector::from_fn(15, |i, _| targets[i]);
    let density = |signal: f64, noise: f64| {
        let covariance = DMatrix::from_fn(15, 15, |i, j| signal * kernel_matrix[[i, j]] + if i == j { noise } else { 0.0 });
        log_density(&covariance, &y)
    };
    let best = density(signal, noise);
    close(fitted.log_likelihood(), best, 1e-7);
    for (signal_factor, noise_factor) in [(1.05, 1.0), (0.95, 1.0), (1.0, 1.05), (1.0, 0.95)] {
        assert!(density(signal * signal_factor, noise * noise_factor) < best, "{signal_factor} {noise_factor}");
    }
}

#[test]
fn the_likelihood_finds_the_length_of_the_targets() {
    let likelihood = |length: f64| {
        let (_, kernel_matrix, targets) = problem(40, length);
        GaussianProcess::fit(kernel_matrix.view(), targets.view()).expect("fits").log_likelihood()
    };
    assert!(likelihood(1.5) > likelihood(0.05) && likelihood(1.5) > likelihood(100.0));
}

#[test]
fn predictions_follow_shift_and_scale_of_the_targets() {
    let (points, kernel_matrix, targets) = problem(12, 0.8);
    let cross = kernel(&array![-2.5, 0.1], &points, 0.8);
    let predict = |targets: Array1<f64>| {
        let fitted = GaussianProcess::fit(kernel_matrix.view(), targets.view()).expect("fits");
        fitted.predict(cross.view(), Array1::ones(2).view()).expect("fits")
    };
    let (plain, moved) = (predict(targets.clone()), predict(targets * 1e6 - 3e5));
    for row in 0..2 {
        close(moved.mean[row] / 1e6, plain.mean[row] - 0.3, 1e-6);
        close(moved.variance[row] / 1e12, plain.variance[row], 1e-6);
    }
}

#[test]
fn degenerate_problems_stay_finite() {
    let ones = Array2::ones((4, 4));
    let problems = [
        (Array2::eye(4), Array1::from_elem(4, 0.5)),
        (ones.clone(), array![1.0, 2.0, 3.0, 4.0]),
        (ones, Array1::zeros(4)),
        (Array2::zeros((4, 4)), array![1.0, 2.0, 3.0, 4.0]),
        (Array2::eye(4), array![1e100, -1e100, 0.0, 1.0]),
    ];
    for (kernel, targets) in problems {
        let fitted = GaussianProcess::fit(kernel.view(), targets.view()).expect("fits");
        let predicted = fitted.predict(kernel.view(), kernel.diag()).expect("finite");
        assert!(fitted.log_likelihood().is_finite(), "{kernel} {targets}");
        assert!(predicted.variance.iter().all(|variance| *variance > 0.0), "{kernel} {targets}");
    }
}

#[test]
fn invalid_problems_are_refused() {
    let fit = |kernel: Array2<f64>, targets: Array1<f64>| GaussianProcess::fit(kernel.view(), targets.view()).map(|_| ());
    assert!(matches!(fit(Array2::zeros((2, 3)), Array1::zeros(2)), Err(BayesError::LengthMismatch { .. })));
    assert!(matches!(fit(Array2::eye(3), Array1::zeros(2)), Err(BayesError::LengthMismatch { .. })));
    assert!(matches!(fit(Array2::eye(1), Array1::zeros(1)), Err(BayesError::TooFew { .. })));
    assert!(matches!(fit(Array2::eye(2) * f64::NAN, Array1::zeros(2)), Err(BayesError::NotFinite { .. })));
    assert!(matches!(fit(Array2::eye(2), array![0.0, f64::INFINITY]), Err(BayesError::NotFinite { index: 1, .. })));
    let ratio = GaussianProcess::with_noise_ratio(Array2::eye(2).view(), array![0.0, 1.0].view(), 0.0);
    assert!(matches!(ratio, Err(BayesError::Setting { .. })));
    let fitted = GaussianProcess::fit(Array2::eye(2).view(), array![0.0, 1.0].view()).expect("fits");
    assert!(fitted.predict(Array2::zeros((1, 3)).view(), Array1::ones(1).view()).is_err());
    assert!(fitted.predict(Array2::zeros((2, 2)).view(), Array1::ones(1).view()).is_err());
}
