use crate::BayesError;
use bonas_core::{Acquisition, AcquisitionError, Posterior, StudyRng};
use serde::{Deserialize, Serialize};

/// The scale of a posterior that an acquisition looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// That of the outcomes, noise included where the surrogate knows it.
    Outcome,
    /// That on which the belief is Gaussian.
    #[default]
    Latent,
}

/// The upper confidence bound `mean + exploration · stddev`.
///
/// The acquisition of BONAS (Shi et al., NeurIPS 2020), with an exploration of 0.5 on the outcome scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpperConfidenceBound {
    exploration: f64,
    scale: Scale,
}

impl UpperConfidenceBound {
    /// A bound that many standard deviations above the mean.
    ///
    /// # Errors
    /// When `exploration` is negative or not finite.
    pub fn new(exploration: f64, scale: Scale) -> Result<Self, BayesError> {
        if !exploration.is_finite() || exploration < 0.0 {
            return Err(BayesError::Setting { name: "exploration", range: "finite and at least 0", value: exploration });
        }
        Ok(Self { exploration, scale })
    }
}

impl Acquisition for UpperConfidenceBound {
    fn score(&self, posterior: &Posterior, _incumbent: f64, _rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        let (mean, stddev) = match self.scale {
            Scale::Outcome => (posterior.mean(), posterior.stddev()),
            Scale::Latent => (posterior.latent_mean(), posterior.latent_stddev()),
        };
        let candidates = mean.iter().zip(stddev);
        finite("ucb", candidates.map(|(mean, stddev)| mean + self.exploration * stddev).collect())
    }
}

/// Passes scores on if all of them are finite.
pub(crate) fn finite(acquisition: &str, scores: Vec<f64>) -> Result<Vec<f64>, AcquisitionError> {
    match scores.iter().enumerate().find(|(_, score)| !score.is_finite()) {
        Some((index, score)) => Err(AcquisitionError {
            acquisition: acquisition.to_string(),
            reason: format!("the score of candidate {index} is {score}"),
        }),
        None => Ok(scores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    #[test]
    fn contract() {
        bonas_testing::acquisition::check(&UpperConfidenceBound::new(0.5, Scale::Latent).expect("valid"));
    }

    #[test]
    fn the_bound_is_on_the_scale_it_is_asked_for() {
        let posterior = Posterior::with_latent(vec![0.8, 0.7], vec![0.1, 0.5], vec![9.0, 0.0], vec![1.0, 0.0]).expect("valid");
        let bound = UpperConfidenceBound::new(0.5, Scale::Latent).expect("valid");
        assert_eq!(bound.score(&posterior, 0.0, &mut SeedStream::new(0).rng("score", 0)).expect("finite"), [9.5, 0.0]);
        let bound = UpperConfidenceBound::new(0.5, Scale::Outcome).expect("valid");
        let scores = bound.score(&posterior, 0.0, &mut SeedStream::new(0).rng("score", 0)).expect("finite");
        assert!((scores[0] - 0.85).abs() < 1e-12 && (scores[1] - 0.95).abs() < 1e-12);
    }

    #[test]
    fn settings_and_scores_out_of_range_are_errors() {
        assert!(UpperConfidenceBound::new(-0.1, Scale::Latent).is_err());
        assert!(UpperConfidenceBound::new(f64::NAN, Scale::Latent).is_err());
        let posterior = Posterior::gaussian(vec![0.0], vec![f64::MAX]).expect("valid");
        let bound = UpperConfidenceBound::new(2.0, Scale::Latent).expect("valid");
        let error = bound.score(&posterior, 0.0, &mut SeedStream::new(0).rng("score", 0)).expect_err("overflows");
        assert_eq!(error.to_string(), "ucb cannot score the posterior: the score of candidate 0 is inf");
    }
}
