mod decomposition;
mod likelihood;

use crate::error::{check_finite, check_lengths};
use crate::{BayesError, Gaussians};
use decomposition::Decomposition;
use likelihood::Likelihood;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Smallest number of observations that determine a constant and a variance.
const MIN_OBSERVATIONS: usize = 2;

/// Gaussian process regression with a constant mean, on kernel matrices: `targets = c + f + noise`,
/// `f ~ N(0, signal_variance · K)`, `noise ~ N(0, noise_variance)`.
///
/// The constant has a flat prior and is integrated out (universal kriging; Rasmussen and Williams 2006, section 2.7), so that
/// its uncertainty is part of every prediction. Both variances maximise the marginal likelihood; the signal variance does so in
/// closed form, the ratio of the two by a search. One eigendecomposition of K answers every ratio in O(N).
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    /// `Q (Λ + ratio)^(-½)`, so that `whitening · whiteningᵀ = (K + ratio · I)⁻¹`. `[N, N]`
    whitening: Array2<f64>,
    /// `whiteningᵀ · 1`. `[N]`
    white_ones: Array1<f64>,
    /// `whiteningᵀ (targets − c)`, on the scale of the fit. `[N]`
    white_residuals: Array1<f64>,
    likelihood: Likelihood,
    scaling: Scaling,
}

impl GaussianProcess {
    /// Fits targets `[N]` under the kernel matrix `[N, N]`, with the variances that maximise the marginal likelihood.
    ///
    /// Only the lower triangle of the kernel is read. Eigenvalues below zero, which a valid kernel has by rounding alone, count
    /// as zero.
    ///
    /// # Errors
    /// When the matrix is not square or of another size than the targets, there are fewer than two targets, a number is not
    /// finite, or the eigendecomposition does not converge.
    pub fn fit(kernel: ArrayView2<'_, f64>, targets: ArrayView1<'_, f64>) -> Result<Self, BayesError> {
        let (decomposition, scaling) = prepare(kernel, targets)?;
        let likelihood = likelihood::maximize(&decomposition);
        Ok(Self::at(decomposition, scaling, likelihood))
    }

    /// As [`fit`](Self::fit), at a given ratio of the noise variance to the signal variance.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and when the ratio is not finite and above 0.
    pub fn with_noise_ratio(
        kernel: ArrayView2<'_, f64>,
        targets: ArrayView1<'_, f64>,
        noise_ratio: f64,
    ) -> Result<Self, BayesError> {
        if !noise_ratio.is_finite() || noise_ratio <= 0.0 {
            return Err(BayesError::Setting { name: "noise_ratio", range: "finite and above 0", value: noise_ratio });
        }
        let (decomposition, scaling) = prepare(kernel, targets)?;
        let likelihood = decomposition.likelihood(noise_ratio);
        Ok(Self::at(decomposition, scaling, likelihood))
    }

    fn at(decomposition: Decomposition, scaling: Scaling, likelihood: Likelihood) -> Self {
        let roots = decomposition.eigenvalues.mapv(|eigenvalue| 1.0 / (eigenvalue + likelihood.noise_ratio).sqrt());
        let white_ones = &decomposition.ones * &roots;
        let white_residuals = (&decomposition.targets - &(&decomposition.ones * likelihood.constant)) * &roots;
        let whitening = decomposition.vectors * &roots;
        Self { whitening, white_ones, white_residuals, likelihood, scaling }
    }

    /// Predicts a target, its noise included, from the kernel between new points and observations `[n, N]` and the kernel of
    /// every new point with itself `[n]`.
    ///
    /// # Errors
    /// When a length does not fit or a variance is not finite.
    pub fn predict(&self, cross: ArrayView2<'_, f64>, own: ArrayView1<'_, f64>) -> Result<Gaussians, BayesError> {
        check_lengths("the columns of a cross kernel and the observations", cross.ncols(), self.white_ones.len())?;
        check_lengths("the rows of a cross kernel and its diagonal", cross.nrows(), own.len())?;
        let white = cross.dot(&self.whitening); // [n, N]
        let mean = white.dot(&self.white_residuals) + self.likelihood.constant;
        let unexplained = 1.0 - white.dot(&self.white_ones);
        let explained = white.mapv_into(|value| value * value).sum_axis(ndarray::Axis(1));
        let information = self.white_ones.dot(&self.white_ones);
        let scale = self.scaling.scale;
        let variances = own.iter().zip(&explained).zip(&unexplained).map(|((own, explained), unexplained)| {
            // Rounding may leave a point that was observed without noise a little below zero.
            let latent = (own - explained).max(0.0) + unexplained * unexplained / information;
            (latent + self.likelihood.noise_ratio) * self.likelihood.signal_variance * scale * scale
        });
        let variance: Vec<f64> = variances.collect();
        let mean: Vec<f64> = mean.iter().map(|mean| self.scaling.center + scale * mean).collect();
        check_finite("predicted mean", mean.iter().copied())?;
        check_finite("predicted variance", variance.iter().copied())?;
        Ok(Gaussians { mean, variance })
    }

    /// Variance of the signal at a point whose kernel with itself is 1.
    pub fn signal_variance(&self) -> f64 {
        self.likelihood.signal_variance * self.scaling.scale.powi(2)
    }

    /// Variance of the noise.
    pub fn noise_variance(&self) -> f64 {
        self.signal_variance() * self.likelihood.noise_ratio
    }

    /// The constant mean.
    pub fn constant(&self) -> f64 {
        self.scaling.center + self.scaling.scale * self.likelihood.constant
    }

    /// Logarithm of the marginal likelihood of the targets, the constant integrated out. Kernels of the same targets can be
    /// compared by it.
    pub fn log_likelihood(&self) -> f64 {
        let degrees = self.white_ones.len() as f64 - 1.0;
        self.likelihood.log_likelihood - degrees * self.scaling.scale.ln()
    }
}

/// Targets are fitted as `(target − center) / scale`, all in [−1, 1], so that limits and tolerances fit targets of any size.
#[derive(Clone, Copy, Debug)]
struct Scaling {
    center: f64,
    scale: f64,
}

impl Scaling {
    fn of(targets: ArrayView1<'_, f64>) -> Self {
        let center = targets.iter().map(|target| target / targets.len() as f64).sum::<f64>();
        let largest = targets.iter().map(|target| (target - center).abs()).fold(0.0, f64::max);
        Self { center, scale: if largest > 0.0 { largest } else { 1.0 } }
    }
}

fn prepare(kernel: ArrayView2<'_, f64>, targets: ArrayView1<'_, f64>) -> Result<(Decomposition, Scaling), BayesError> {
    check_lengths("the rows and columns of a kernel matrix", kernel.nrows(), kernel.ncols())?;
    check_lengths("a kernel matrix and its targets", kernel.nrows(), targets.len())?;
    if targets.len() < MIN_OBSERVATIONS {
        return Err(BayesError::TooFew { what: "a Gaussian process", needed: MIN_OBSERVATIONS, given: targets.len() });
    }
    check_finite("target", targets.iter().copied())?;
    check_finite("entry of the kernel matrix", kernel.iter().copied())?;
    let scaling = Scaling::of(targets);
    let scaled = targets.mapv(|target| (target - scaling.center) / scaling.scale);
    check_finite("scaled target", scaled.iter().copied())?;
    Ok((Decomposition::new(kernel, scaled)?, scaling))
}

#[cfg(test)]
mod tests;
