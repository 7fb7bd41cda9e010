use crate::error::{check_finite, check_lengths};
use crate::{BayesError, Gaussians};
use nalgebra::{Cholesky, DMatrix};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use std::f64::consts::PI;

/// Columns of white predictions that are computed together. Each takes part of a triangle, and a square of zeros beside it.
const TOGETHER: usize = 64;

/// Gaussian process regression with all variances given: `targets = f + noise`, `f ~ N(0, K)`, `noise ~ N(0, noise_variance)`
/// (Rasmussen and Williams 2006, algorithm 2.1).
///
/// One more observation is added in O(N²) by [`observe`](Self::observe); [`GaussianProcess`](crate::GaussianProcess) finds its
/// variances itself.
#[derive(Clone, Debug)]
pub struct ConditionedProcess {
    /// `L⁻¹` of the Cholesky factorisation `K + noise · I = L Lᵀ`. `[N, N]`, lower triangular.
    whitening: Array2<f64>,
    /// `L⁻¹ targets`. `[N]`
    white_targets: Array1<f64>,
    noise_variance: f64,
}

impl ConditionedProcess {
    /// Conditions on targets `[N]` under the kernel matrix `[N, N]`, of which only the lower triangle is read.
    ///
    /// # Errors
    /// When the matrix is not square or of another size than the targets, a number is not finite, the noise is not above 0, or the
    /// matrix plus noise is not positive definite.
    pub fn fit(kernel: ArrayView2<'_, f64>, targets: ArrayView1<'_, f64>, noise_variance: f64) -> Result<Self, BayesError> {
        check_lengths("the rows and columns of a kernel matrix", kernel.nrows(), kernel.ncols())?;
        check_lengths("a kernel matrix and its targets", kernel.nrows(), targets.len())?;
        check_finite("target", targets.iter().copied())?;
        check_finite("entry of the kernel matrix", kernel.iter().copied())?;
        if !noise_variance.is_finite() || noise_variance <= 0.0 {
            return Err(BayesError::Setting { name: "noise_variance", range: "finite and above 0", value: noise_variance });
        }
        let size = kernel.nrows();
        let matrix =
            DMatrix::from_fn(size, size, |row, column| kernel[[row, column]] + if row == column { noise_variance } else { 0.0 });
        let factor = Cholesky::new(matrix).ok_or(BayesError::NotPositiveDefinite(size))?;
        let inverse = factor
            .l_dirty()
            .solve_lower_triangular(&DMatrix::identity(size, size))
            .ok_or(BayesError::NotPositiveDefinite(size))?;
        let whitening = Array2::from_shape_fn((size, size), |index| inverse[index]);
        let white_targets = whitening.dot(&targets);
        Ok(Self { whitening, white_targets, noise_variance })
    }

    /// Number of observations.
    pub fn len(&self) -> usize {
        self.white_targets.len()
    }

    /// Whether nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.white_targets.is_empty()
    }

    /// Variance of the noise.
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// Predicts f, without noise, from the kernel between new points and observations `[n, N]` and the kernel of every new point
    /// with itself `[n]`.
    ///
    /// # Errors
    /// When a length does not fit or a number is not finite.
    pub fn predict(&self, cross: ArrayView2<'_, f64>, own: ArrayView1<'_, f64>) -> Result<Gaussians, BayesError> {
        check_lengths("the columns of a cross kernel and the observations", cross.ncols(), self.len())?;
        check_lengths("the rows of a cross kernel and its diagonal", cross.nrows(), own.len())?;
        let white = self.whitened(cross);
        let mean = white.dot(&self.white_targets).to_vec();
        // Rounding may leave a point that was observed almost without noise a little below zero.
        let variance: Vec<f64> = own.iter().zip(white.rows()).map(|(own, row)| (own - row.dot(&row)).max(0.0)).collect();
        check_finite("predicted mean", mean.iter().copied())?;
        check_finite("predicted variance", variance.iter().copied())?;
        Ok(Gaussians { mean, variance })
    }

    /// `cross · L⁻ᵀ`, without the products with what is above the diagonal of `L⁻¹`: nearly half of them. `[n, N]`
    fn whitened(&self, cross: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut white = Array2::zeros(cross.dim());
        for first in (0..self.len()).step_by(TOGETHER) {
            let end = (first + TOGETHER).min(self.len());
            let rows = self.whitening.slice(s![first..end, ..end]);
            general_mat_mul(1.0, &cross.slice(s![.., ..end]), &rows.t(), 0.0, &mut white.slice_mut(s![.., first..end]));
        }
        white
    }

    /// The same process after one more observation, given its kernel with those there are `[N]` and with itself.
    ///
    /// # Errors
    /// When a length does not fit, a number is not finite, or the extended matrix is not positive definite.
    pub fn observe(&self, cross: ArrayView1<'_, f64>, own: f64, target: f64) -> Result<Self, BayesError> {
        let size = self.len();
        check_lengths("a cross kernel and the observations", cross.len(), size)?;
        check_finite("kernel of an observation", cross.iter().copied().chain([own, target]))?;
        let white = self.whitening.dot(&cross);
        let pivot = own + self.noise_variance - white.dot(&white);
        if pivot <= 0.0 {
            return Err(BayesError::NotPositiveDefinite(size + 1));
        }
        let pivot = pivot.sqrt();
        let mut whitening = Array2::zeros((size + 1, size + 1));
        whitening.slice_mut(s![..size, ..size]).assign(&self.whitening);
        whitening.slice_mut(s![size, ..size]).assign(&(self.whitening.t().dot(&white) / -pivot));
        whitening[[size, size]] = 1.0 / pivot;
        let mut white_targets = Array1::zeros(size + 1);
        white_targets.slice_mut(s![..size]).assign(&self.white_targets);
        white_targets[size] = (target - white.dot(&self.white_targets)) / pivot;
        Ok(Self { whitening, white_targets, noise_variance: self.noise_variance })
    }

    /// Logarithm of the marginal likelihood of the targets (Rasmussen and Williams 2006, equation 2.30).
    pub fn log_likelihood(&self) -> f64 {
        let determinant: f64 = self.whitening.diag().iter().map(|entry| -2.0 * entry.ln()).sum();
        -(self.white_targets.dot(&self.white_targets) + determinant + self.len() as f64 * (2.0 * PI).ln()) / 2.0
    }

    /// How many standard deviations every target lies above what all the others predict of it, noise included: draws from a standard
    /// normal distribution if the process is right. In closed form, without a further fit: `[C⁻¹ y]ᵢ / √[C⁻¹]ᵢᵢ` (Rasmussen and
    /// Williams 2006, equations 5.12). `[N]`
    pub fn leave_one_out(&self) -> Array1<f64> {
        let weights = self.whitening.t().dot(&self.white_targets);
        let precisions = self.whitening.mapv(|value| value * value).sum_axis(Axis(0));
        weights / precisions.mapv_into(f64::sqrt)
    }

    /// The matrix G with `∂ log likelihood / ∂θ = Σᵢⱼ Gᵢⱼ ∂Cᵢⱼ/∂θ` for the covariance `C = K + noise · I`:
    /// `½ (C⁻¹ y yᵀ C⁻¹ − C⁻¹)` (equation 5.9). `[N, N]`
    pub fn log_likelihood_gradient(&self) -> Array2<f64> {
        let weights = self.whitening.t().dot(&self.white_targets);
        let mut gradient = self.whitening.t().dot(&self.whitening);
        let columns = weights.view();
        for (mut row, weight) in gradient.rows_mut().into_iter().zip(&weights) {
            row.zip_mut_with(&columns, |entry, other| *entry = (weight * other - *entry) / 2.0);
        }
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn points() -> (Array1<f64>, Array1<f64>) {
        (array![-1.2, -0.3, 0.1, 0.8, 2.0], array![0.3, -0.8, 0.4, 1.1, -0.2])
    }

    fn kernel(left: &Array1<f64>, right: &Array1<f64>, length: f64) -> Array2<f64> {
        Array2::from_shape_fn((left.len(), right.len()), |(i, j)| 1.7 * (-(left[i] - right[j]).powi(2) / length).exp())
    }

    fn process(length: f64, noise: f64) -> ConditionedProcess {
        let (points, targets) = points();
        ConditionedProcess::fit(kernel(&points, &points, length).view(), targets.view(), noise).expect("positive definite")
    }

    #[test]
    fn predictions_are_the_closed_form() {
        let (points, targets) = points();
        let new = array![0.5, -3.0];
        let found = process(0.9, 0.2).predict(kernel(&new, &points, 0.9).view(), array![1.7, 1.7].view()).expect("finite");
        let covariance = kernel(&points, &points, 0.9) + Array2::<f64>::eye(5) * 0.2;
        let inverse = DMatrix::from_fn(5, 5, |i, j| covariance[[i, j]]).try_inverse().expect("regular");
        for (place, row) in kernel(&new, &points, 0.9).rows().into_iter().enumerate() {
            let (mut mean, mut explained) = (0.0, 0.0);
            for i in 0..5 {
                for j in 0..5 {
                    mean += row[i] * inverse[(i, j)] * targets[j];
                    explained += row[i] * inverse[(i, j)] * row[j];
                }
            }
            assert!((found.mean[place] - mean).abs() < 1e-12 && (found.variance[place] - (1.7 - explained)).abs() < 1e-12);
        }
    }

    #[test]
    fn more_observations_than_are_computed_together_lose_nothing() {
        let count = 2 * TOGETHER + 7;
        let points: Array1<f64> = (0..count).map(|place| place as f64 / 3.0).collect();
        let targets = points.mapv(f64::sin);
        let fitted = ConditionedProcess::fit(kernel(&points, &points, 90.0).view(), targets.view(), 0.2).expect("valid");
        let cross = kernel(&array![0.5, 7.7, 30.0], &points, 90.0);
        let (found, expected) = (fitted.whitened(cross.view()), cross.dot(&fitted.whitening.t()));
        assert!(expected.iter().all(|value| value.abs() > 1e-9), "nothing of it is trivial");
        assert!((&found - &expected).iter().all(|difference| difference.abs() < 1e-14));
    }

    #[test]
    fn one_more_observation_is_the_same_as_a_new_fit() {
        let (points, targets) = points();
        let (first, last) = (points.slice(s![..4]).to_owned(), points[4]);
        let four = ConditionedProcess::fit(kernel(&first, &first, 0.9).view(), targets.slice(s![..4]), 0.2);
        let cross = kernel(&array![last], &first, 0.9);
        let five = four.expect("valid").observe(cross.row(0), 1.7, targets[4]).expect("valid");
        let whole = process(0.9, 0.2);
        assert!((&five.whitening - &whole.whitening).iter().all(|difference| difference.abs() < 1e-12));
        assert!((five.log_likelihood() - whole.log_likelihood()).abs() < 1e-12);
    }

    #[test]
    fn leaving_one_out_is_a_fit_without_it() {
        let (points, targets) = points();
        let found = process(0.9, 0.2).leave_one_out();
        for left in 0..5 {
            let without = |values: &Array1<f64>| -> Array1<f64> {
                values.iter().enumerate().filter(|(place, _)| *place != left).map(|(_, &value)| value).collect()
            };
            let (others, known, own) = (without(&points), without(&targets), array![points[left]]);
            let fitted = ConditionedProcess::fit(kernel(&others, &others, 0.9).view(), known.view(), 0.2).expect("valid");
            let expected = fitted.predict(kernel(&own, &others, 0.9).view(), array![1.7].view()).expect("finite");
            let distance = (targets[left] - expected.mean[0]) / (expected.variance[0] + 0.2).sqrt();
            assert!((found[left] - distance).abs() < 1e-12, "{left}: {} {distance}", found[left]);
        }
    }

    #[test]
    fn the_likelihood_is_the_density_and_its_gradient_fits_differences() {
        let single = ConditionedProcess::fit(array![[1.5]].view(), array![0.7].view(), 0.5).expect("valid");
        assert!((single.log_likelihood() - (-0.49 / 4.0 - (2.0 * PI * 2.0).ln() / 2.0)).abs() < 1e-12);
        let (points, _) = points();
        let step = 1e-6;
        let gradient = process(0.9, 0.2).log_likelihood_gradient();
        let change = (kernel(&points, &points, 0.9 + step) - kernel(&points, &points, 0.9 - step)) / (2.0 * step);
        let difference = (process(0.9 + step, 0.2).log_likelihood() - process(0.9 - step, 0.2).log_likelihood()) / (2.0 * step);
        assert!(((&gradient * &change).sum() - difference).abs() < 1e-7);
        let difference = (process(0.9, 0.2 + step).log_likelihood() - process(0.9, 0.2 - step).log_likelihood()) / (2.0 * step);
        assert!((gradient.diag().sum() - difference).abs() < 1e-7);
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        let negative = ConditionedProcess::fit(array![[1.0, 3.0], [3.0, 1.0]].view(), array![0.0, 0.0].view(), 0.1);
        assert_eq!(negative.expect_err("indefinite"), BayesError::NotPositiveDefinite(2));
        let noiseless = ConditionedProcess::fit(array![[1.0]].view(), array![0.0].view(), 0.0).expect_err("no noise");
        assert!(noiseless.to_string().contains("noise_variance"), "{noiseless}");
    }
}
