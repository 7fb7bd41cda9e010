use bonas_bayes::{Gaussians, MomentMethod, logit, rank_targets};
use bonas_core::{Link, Posterior, SurrogateError};
use serde::{Deserialize, Serialize};

/// What a Gaussian regression without a network is fitted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GaussianTargets {
    /// The scores themselves, whatever their size: both scales of the posterior are theirs.
    Scores,
    /// The logits of their ranks `(i + ½) / N`: outcomes are ranks in (0, 1), the latent scale is the logit. A few failed
    /// trainings far below all others, and the crowd of nearly equal scores at the top, then no longer rule the fit.
    #[default]
    Ranks,
}

impl GaussianTargets {
    /// The targets of these scores, on the latent scale.
    pub(crate) fn latent(self, scores: &[f64]) -> Result<Vec<f64>, SurrogateError> {
        Ok(match self {
            Self::Scores => scores.to_vec(),
            Self::Ranks => rank_targets(scores)?.into_iter().map(logit).collect(),
        })
    }

    /// Latent predictions, noise included, on both scales.
    pub(crate) fn posterior(self, latent: Gaussians) -> Result<Posterior, SurrogateError> {
        let stddev = |variance: &[f64]| variance.iter().map(|variance| variance.sqrt()).collect::<Vec<f64>>();
        let latent_stddev = stddev(&latent.variance);
        let posterior = match self {
            Self::Scores => Posterior::gaussian(latent.mean, latent_stddev),
            Self::Ranks => {
                let outcome = MomentMethod::Exact.moments(&latent.mean, &latent.variance)?;
                Posterior::with_latent(outcome.mean, stddev(&outcome.variance), latent.mean, latent_stddev.clone())
                    .and_then(|posterior| posterior.with_predictive(Link::Logistic, latent_stddev))
            }
        };
        posterior.map_err(|error| SurrogateError::Other(Box::new(error)))
    }
}

/// The largest of some targets.
pub(crate) fn best(targets: &[f64]) -> f64 {
    targets.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_one_scale_and_ranks_two() {
        let gaussians = || Gaussians { mean: vec![0.0], variance: vec![1.0] };
        let scores = GaussianTargets::Scores.posterior(gaussians()).expect("finite");
        assert_eq!((scores.mean(), scores.latent_mean(), scores.stddev()), (&[0.0][..], &[0.0][..], &[1.0][..]));
        let ranks = GaussianTargets::Ranks.posterior(gaussians()).expect("finite");
        // The mean of a symmetric distribution, and the vector (0, 1) of the method's exact moments.
        assert!((ranks.mean()[0] - 0.5).abs() < 1e-12 && (ranks.stddev()[0].powi(2) - 0.043379).abs() < 1e-6);
        assert_eq!((ranks.latent_mean(), ranks.latent_stddev()), (&[0.0][..], &[1.0][..]));
        assert_eq!((ranks.link(), ranks.predictive()), (Link::Logistic, (&[0.0][..], &[1.0][..])));
    }

    #[test]
    fn ranks_take_scores_of_any_size() {
        assert_eq!(GaussianTargets::Ranks.latent(&[1e300, -5.0]).expect("finite"), [logit(0.75), logit(0.25)]);
        assert_eq!(GaussianTargets::Scores.latent(&[93.0, 91.0]).expect("finite"), [93.0, 91.0]);
    }
}
