use super::Likelihood;
use crate::BayesError;
use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView2};
use std::f64::consts::PI;

/// Iterations that the eigendecomposition may take per row; well-behaved matrices need about two.
const ITERATIONS_PER_ROW: usize = 60;

/// Smallest signal variance of targets in [−1, 1]: equal targets would have none, and an infinite likelihood.
const MIN_SIGNAL_VARIANCE: f64 = 1e-12;

/// A kernel matrix `K = Q Λ Qᵀ`, with the targets and the constant in the basis Q.
#[derive(Clone, Debug)]
pub(super) struct Decomposition {
    /// Λ, none negative. `[N]`
    pub(super) eigenvalues: Array1<f64>,
    /// Q, eigenvectors in columns. `[N, N]`
    pub(super) vectors: Array2<f64>,
    /// `Qᵀ 1`. `[N]`
    pub(super) ones: Array1<f64>,
    /// `Qᵀ targets`. `[N]`
    pub(super) targets: Array1<f64>,
}

impl Decomposition {
    pub(super) fn new(kernel: ArrayView2<'_, f64>, targets: Array1<f64>) -> Result<Self, BayesError> {
        let size = kernel.nrows();
        let matrix = DMatrix::from_fn(size, size, |row, column| kernel[[row, column]]);
        let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, ITERATIONS_PER_ROW * size)
            .ok_or(BayesError::Eigendecomposition(size))?;
        let vectors = Array2::from_shape_fn((size, size), |index| eigen.eigenvectors[index]);
        let eigenvalues = eigen.eigenvalues.iter().map(|eigenvalue| eigenvalue.max(0.0)).collect();
        let (ones, targets) = (vectors.t().sum_axis(ndarray::Axis(1)), vectors.t().dot(&targets));
        Ok(Self { eigenvalues, vectors, ones, targets })
    }

    /// The likelihood at a ratio r of noise to signal, and what else maximises it there. With `C = K + rI`:
    /// constant `c = 1ᵀC⁻¹y / 1ᵀC⁻¹1`, signal variance `s = (y − c)ᵀC⁻¹(y − c) / (N − 1)`, and the logarithm
    /// `−½ ((N−1) ln 2πs + ln|C| + ln 1ᵀC⁻¹1 + (y − c)ᵀC⁻¹(y − c) / s)` (Rasmussen and Williams 2006, equation 2.45).
    pub(super) fn likelihood(&self, noise_ratio: f64) -> Likelihood {
        let variances = self.eigenvalues.mapv(|eigenvalue| eigenvalue + noise_ratio);
        let weighted = &self.ones / &variances;
        let information = weighted.dot(&self.ones);
        let constant = weighted.dot(&self.targets) / information;
        let residuals = &self.targets - &(&self.ones * constant);
        let energy = (&residuals / &variances).dot(&residuals);
        let degrees = residuals.len() as f64 - 1.0;
        let signal_variance = (energy / degrees).max(MIN_SIGNAL_VARIANCE);
        let determinant: f64 = variances.iter().map(|variance| variance.ln()).sum();
        let log_likelihood =
            -(degrees * (2.0 * PI * signal_variance).ln() + determinant + information.ln() + energy / signal_variance) / 2.0;
        Likelihood { noise_ratio, signal_variance, constant, log_likelihood }
    }

    /// The size against which noise is measured: the mean of the diagonal of K, or 1 if K is zero.
    pub(super) fn scale(&self) -> f64 {
        let trace = self.eigenvalues.sum();
        if trace > 0.0 { trace / self.eigenvalues.len() as f64 } else { 1.0 }
    }
}
