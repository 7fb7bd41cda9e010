use thiserror::Error;

/// What a surrogate believes about some architectures: mean and standard deviation of each, on two scales.
///
/// The *outcome* scale is the one the surrogate's targets live on (accuracies, or ranks in (0, 1)). The *latent* scale is the
/// one on which the belief is Gaussian (the logit, for a sigmoid regression); a plain Gaussian regression has the same
/// numbers on both.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    mean: Vec<f64>,
    stddev: Vec<f64>,
    latent_mean: Vec<f64>,
    latent_stddev: Vec<f64>,
}

/// Why lists of numbers are not a posterior.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PosteriorError {
    /// The lists have different lengths.
    #[error("posterior lists have different lengths: {0:?}")]
    LengthMismatch([usize; 4]),
    /// A mean is not finite or a standard deviation is negative or not finite.
    #[error("posterior of candidate {index} is not a distribution: mean {mean}, stddev {stddev}")]
    NotADistribution {
        /// Place of the candidate.
        index: usize,
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        stddev: f64,
    },
}

impl Posterior {
    /// A posterior that is Gaussian on the outcome scale itself.
    ///
    /// # Errors
    /// When lengths differ, a mean is not finite, or a standard deviation is negative or not finite.
    pub fn gaussian(mean: Vec<f64>, stddev: Vec<f64>) -> Result<Self, PosteriorError> {
        Self::with_latent(mean.clone(), stddev.clone(), mean, stddev)
    }

    /// A posterior whose Gaussian lives on another scale than its outcomes.
    ///
    /// # Errors
    /// As [`gaussian`](Self::gaussian).
    pub fn with_latent(
        mean: Vec<f64>,
        stddev: Vec<f64>,
        latent_mean: Vec<f64>,
        latent_stddev: Vec<f64>,
    ) -> Result<Self, PosteriorError> {
        let lengths = [mean.len(), stddev.len(), latent_mean.len(), latent_stddev.len()];
        if lengths.iter().any(|&length| length != lengths[0]) {
            return Err(PosteriorError::LengthMismatch(lengths));
        }
        let outcome = mean.iter().zip(&stddev);
        let latent = latent_mean.iter().zip(&latent_stddev);
        for (index, (&mean, &stddev)) in outcome.enumerate().chain(latent.enumerate()) {
            if !mean.is_finite() || !stddev.is_finite() || stddev < 0.0 {
                return Err(PosteriorError::NotADistribution { index, mean, stddev });
            }
        }
        Ok(Self { mean, stddev, latent_mean, latent_stddev })
    }

    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there is no candidate.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// Expected outcome of each candidate.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation of each outcome.
    pub fn stddev(&self) -> &[f64] {
        &self.stddev
    }

    /// Mean of the Gaussian on the latent scale.
    pub fn latent_mean(&self) -> &[f64] {
        &self.latent_mean
    }

    /// Standard deviation of the Gaussian on the latent scale.
    pub fn latent_stddev(&self) -> &[f64] {
        &self.latent_stddev
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_distributions_are_posteriors() {
        assert!(Posterior::gaussian(vec![0.5], vec![0.0]).is_ok());
        assert!(Posterior::gaussian(vec![f64::NAN], vec![0.1]).is_err());
        assert!(Posterior::gaussian(vec![0.5], vec![-0.1]).is_err());
        assert!(Posterior::gaussian(vec![0.5, 0.6], vec![0.1]).is_err());
    }
}
