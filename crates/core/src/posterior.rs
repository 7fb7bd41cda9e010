use crate::Link;
use std::f64::consts::PI;
use thiserror::Error;

/// What a surrogate believes about some architectures: mean and standard deviation of each, on two scales.
///
/// The *outcome* scale is the one the surrogate's targets live on (accuracies, or ranks in (0, 1)). The *latent* scale is the
/// one on which the belief is Gaussian (the logit, for a sigmoid regression); a plain Gaussian regression has the same
/// numbers on both.
///
/// What will be *observed* of a candidate scatters around the belief about it. [`standardised`](Self::standardised) and
/// [`log_density`](Self::log_density) judge an observation by the predictive distribution: Gaussian with mean and standard deviation
/// of the outcome, unless [`with_predictive`](Self::with_predictive) says how it is skewed.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    mean: Vec<f64>,
    stddev: Vec<f64>,
    latent_mean: Vec<f64>,
    latent_stddev: Vec<f64>,
    predictive: Option<Predictive>,
}

/// Outcomes that are observed are `link(latent)`, Gaussian around the latent mean with these standard deviations, noise included.
#[derive(Clone, Debug, PartialEq)]
struct Predictive {
    link: Link,
    stddev: Vec<f64>,
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
        Ok(Self { mean, stddev, latent_mean, latent_stddev, predictive: None })
    }

    /// The same belief, with observations that are `link` of Gaussians around the latent means. `stddev` is theirs on the latent
    /// scale, the noise of an observation included.
    ///
    /// # Errors
    /// When there is not one standard deviation per candidate, or one is negative or not finite.
    pub fn with_predictive(self, link: Link, stddev: Vec<f64>) -> Result<Self, PosteriorError> {
        if stddev.len() != self.len() {
            return Err(PosteriorError::LengthMismatch([self.len(), self.len(), self.len(), stddev.len()]));
        }
        if let Some((index, &stddev)) = stddev.iter().enumerate().find(|(_, stddev)| !(stddev.is_finite() && **stddev >= 0.0)) {
            return Err(PosteriorError::NotADistribution { index, mean: self.latent_mean[index], stddev });
        }
        Ok(Self { predictive: Some(Predictive { link, stddev }), ..self })
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

    /// The scale on which observations are Gaussian: outcome = link(Gaussian).
    pub fn link(&self) -> Link {
        self.predictive.as_ref().map_or(Link::Identity, |predictive| predictive.link)
    }

    /// Mean and standard deviation of what will be observed of each candidate, on the scale of [`link`](Self::link).
    pub fn predictive(&self) -> (&[f64], &[f64]) {
        match &self.predictive {
            Some(predictive) => (&self.latent_mean, &predictive.stddev),
            None => (&self.mean, &self.stddev),
        }
    }

    /// How many standard deviations an observed outcome of candidate `index` lies above the median of what was expected. With a
    /// belief that is right it is a draw from the standard normal distribution, so that the central interval of probability p holds
    /// it exactly if `erf(|z| / √2) ≤ p`. ±∞ for an outcome that was thought impossible.
    pub fn standardised(&self, index: usize, outcome: f64) -> f64 {
        let (mean, stddev) = self.predictive();
        let distance = self.link().latent(outcome) - mean[index];
        // A certain belief that is right is off by nothing, not by 0 / 0.
        if distance == 0.0 { 0.0 } else { distance / stddev[index] }
    }

    /// Logarithm of the probability density of an observed outcome of candidate `index`; −∞ where it was thought impossible. `None`
    /// for a belief without uncertainty, which has no density.
    pub fn log_density(&self, index: usize, outcome: f64) -> Option<f64> {
        let stddev = self.predictive().1[index];
        if stddev == 0.0 {
            return None;
        }
        let distance = self.standardised(index, outcome);
        if distance.is_infinite() {
            return Some(f64::NEG_INFINITY);
        }
        Some(-distance * distance / 2.0 - stddev.ln() - (2.0 * PI).ln() / 2.0 + self.link().log_slope(outcome))
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

    #[test]
    fn observations_are_judged_on_the_outcome_scale_by_default() {
        let posterior = Posterior::with_latent(vec![1.0], vec![2.0], vec![7.0], vec![0.1]).expect("valid");
        assert_eq!((posterior.standardised(0, 4.0), posterior.link()), (1.5, Link::Identity));
        // ln N(4; 1, 2²)
        let density = -9.0 / 8.0 - (2.0 * (2.0 * PI).sqrt()).ln();
        assert!((posterior.log_density(0, 4.0).expect("a density") - density).abs() < 1e-12);
    }

    #[test]
    fn a_linked_density_integrates_to_one() {
        let links = [Link::Logistic, Link::LogShortfall { limit: 0.9, center: 1.0, scale: 0.5 }];
        for (link, (low, high)) in links.into_iter().zip([(0.0, 1.0), (-4.0, 0.9)]) {
            let posterior = Posterior::with_latent(vec![0.5], vec![0.1], vec![0.4], vec![0.2]).expect("valid");
            let posterior = posterior.with_predictive(link, vec![0.8]).expect("valid");
            let steps = 200_000;
            let width = (high - low) / f64::from(steps);
            let middle = |step: i32| low + (f64::from(step) + 0.5) * width;
            let total: f64 =
                (0..steps).map(|step| posterior.log_density(0, middle(step)).expect("a density").exp() * width).sum();
            assert!((total - 1.0).abs() < 1e-4, "{link:?}: {total}");
            assert!((posterior.standardised(0, link.outcome(1.2)) - 1.0).abs() < 1e-12);
            assert_eq!(posterior.log_density(0, high), Some(f64::NEG_INFINITY));
        }
    }

    #[test]
    fn a_certain_belief_is_right_or_infinitely_wrong() {
        let posterior = Posterior::gaussian(vec![0.5], vec![0.0]).expect("valid");
        assert_eq!((posterior.standardised(0, 0.5), posterior.standardised(0, 0.4)), (0.0, f64::NEG_INFINITY));
        assert_eq!(posterior.log_density(0, 0.5), None);
        assert!(posterior.clone().with_predictive(Link::Identity, vec![]).is_err());
        assert!(posterior.with_predictive(Link::Identity, vec![f64::NAN]).is_err());
    }
}
