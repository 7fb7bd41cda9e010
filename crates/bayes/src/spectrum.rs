use crate::BayesError;
use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Iterations that the eigendecomposition may take per row; well-behaved matrices need about two.
const ITERATIONS_PER_ROW: usize = 60;

/// A least-squares problem `targets ≈ features · w` in the basis of eigenvectors of `featuresᵀ features`.
///
/// One decomposition answers every question of the regression at any pair of precisions in O(N M).
#[derive(Clone, Debug)]
pub(crate) struct Spectrum {
    /// Eigenvalues of `featuresᵀ features`, none negative. `[M]`
    pub(crate) eigenvalues: Array1<f64>,
    /// Eigenvectors, in columns. `[M, M]`
    pub(crate) vectors: Array2<f64>,
    /// `features · vectors`. `[N, M]`
    pub(crate) rotated: Array2<f64>,
    /// `rotatedᵀ targets`. `[M]`
    pub(crate) projections: Array1<f64>,
    /// The targets. `[N]`
    pub(crate) targets: Array1<f64>,
}

impl Spectrum {
    /// Decomposes `features` `[N, M]` with `targets` `[N]`.
    pub(crate) fn new(features: ArrayView2<'_, f64>, targets: ArrayView1<'_, f64>) -> Result<Self, BayesError> {
        let gram = features.t().dot(&features);
        let size = gram.nrows();
        let gram = DMatrix::from_fn(size, size, |row, column| gram[[row, column]]);
        let eigen = SymmetricEigen::try_new(gram, f64::EPSILON, ITERATIONS_PER_ROW * size.max(1))
            .ok_or(BayesError::Eigendecomposition(size))?;
        let vectors = Array2::from_shape_fn((size, size), |index| eigen.eigenvectors[index]);
        let rotated = features.dot(&vectors);
        let mut projections = rotated.t().dot(&targets);
        let mut eigenvalues = Array1::from_iter(eigen.eigenvalues.iter().copied());
        // Directions outside the span of the features have eigenvalues of rounding errors, some of them negative.
        let noise = eigenvalues.iter().copied().fold(0.0, f64::max) * f64::EPSILON * size as f64;
        for (eigenvalue, projection) in eigenvalues.iter_mut().zip(&mut projections) {
            if *eigenvalue <= noise {
                (*eigenvalue, *projection) = (0.0, 0.0);
            }
        }
        Ok(Self { eigenvalues, vectors, rotated, projections, targets: targets.to_owned() })
    }

    /// Posterior mean of the weights in the eigenbasis: `β q / (βλ + α)`. `[M]`
    pub(crate) fn weights(&self, prior_precision: f64, noise_precision: f64) -> Array1<f64> {
        noise_precision * &self.projections * self.covariance(prior_precision, noise_precision)
    }

    /// Posterior variances of the weights in the eigenbasis, where they are independent: `1 / (βλ + α)`. `[M]`
    pub(crate) fn covariance(&self, prior_precision: f64, noise_precision: f64) -> Array1<f64> {
        self.eigenvalues.mapv(|eigenvalue| 1.0 / (noise_precision * eigenvalue + prior_precision))
    }

    /// `‖targets − rotated · weights‖²`, by subtraction rather than from the norms, which would cancel.
    pub(crate) fn squared_residual(&self, weights: &Array1<f64>) -> f64 {
        let residual = &self.targets - &self.rotated.dot(weights);
        residual.dot(&residual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_decomposition_rebuilds_the_features() {
        let features = array![[0.2, 1.0, 0.1], [0.5, 0.8, 0.0], [0.9, 0.3, 2.0]];
        let spectrum = Spectrum::new(features.view(), array![1.0, 2.0, 3.0].view()).expect("decomposes");
        let rebuilt = spectrum.rotated.dot(&spectrum.vectors.t());
        assert!((&rebuilt - &features).iter().all(|difference| difference.abs() < 1e-12));
        let gram = spectrum.rotated.t().dot(&spectrum.rotated);
        assert!((&gram - &Array2::from_diag(&spectrum.eigenvalues)).iter().all(|difference| difference.abs() < 1e-12));
    }

    #[test]
    fn collinear_features_leave_no_negative_eigenvalue() {
        let features = Array2::from_shape_fn((7, 5), |(row, column)| (row as f64 + 0.1) * (column as f64 + 0.3));
        let spectrum = Spectrum::new(features.view(), Array1::ones(7).view()).expect("decomposes");
        assert_eq!(spectrum.eigenvalues.iter().filter(|&&eigenvalue| eigenvalue > 0.0).count(), 1);
        assert!(spectrum.eigenvalues.iter().all(|&eigenvalue| eigenvalue >= 0.0));
    }
}
