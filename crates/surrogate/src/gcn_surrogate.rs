use crate::{GcnConfig, network_surrogate};
use bonas_core::{FittedSurrogate, Observations, StudyRng, Surrogate, SurrogateError};
use burn::tensor::Device;

/// The surrogate of BONAS (Shi et al., NeurIPS 2020): a graph convolutional network learns embeddings φ, and a Bayesian sigmoid
/// regression on them, `logit(t) = wᵀφ + noise`, says how good an architecture is and how sure that is.
///
/// Outcomes of its posterior are targets: ranks in (0, 1) by default, accuracies in the mode `paper`. The latent scale is the
/// logit. A fresh network is trained on all observations at every fit, from the generator alone.
#[derive(Clone, Debug)]
pub struct GcnSurrogate {
    config: GcnConfig,
    device: Device,
}

impl GcnSurrogate {
    /// A surrogate that trains and predicts on `device`.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: GcnConfig, device: Device) -> Result<Self, SurrogateError> {
        config.check()?;
        Ok(Self { config, device: device.without_autodiff() })
    }
}

impl Surrogate for GcnSurrogate {
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        network_surrogate::fit(&self.config, &self.device, observations, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Head, Loss, Mode};
    use bonas_bayes::logit;
    use bonas_core::{CellGraph, SeedStream};
    use std::sync::atomic::{AtomicBool, Ordering};

    fn surrogate(config: GcnConfig) -> GcnSurrogate {
        GcnSurrogate::new(config, Device::flex()).expect("valid settings")
    }

    fn chains(scores: Vec<f64>) -> Observations {
        let chain = |index: usize| CellGraph::new(vec![0, index % 3, index / 3 % 3], vec![(0, 1), (1, 2)], 3).expect("valid");
        Observations::new((0..scores.len()).map(chain).collect(), scores).expect("valid")
    }

    fn fit(config: GcnConfig, observations: &Observations) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        surrogate(config).fit(observations, &mut SeedStream::new(5).rng("fit", 0))
    }

    #[test]
    fn contract_in_every_mode() {
        bonas_testing::surrogate::check(&surrogate(GcnConfig::default()));
        bonas_testing::surrogate::check(&surrogate(GcnConfig { mode: Mode::Paper, ..GcnConfig::default() }));
        bonas_testing::surrogate::check(&surrogate(GcnConfig { loss: Some(Loss::PairwiseHinge), ..GcnConfig::default() }));
        bonas_testing::surrogate::check(&surrogate(GcnConfig { head: Head::Network, ..GcnConfig::default() }));
    }

    #[test]
    fn without_its_regression_the_network_is_certain() {
        let observations = chains((0..9).map(f64::from).collect());
        let config = GcnConfig { head: Head::Network, epochs: 10, ..GcnConfig::default() };
        let posterior = fit(config, &observations).expect("fits").posterior(observations.graphs()).expect("finite");
        assert!(posterior.stddev().iter().chain(posterior.latent_stddev()).all(|stddev| *stddev == 0.0));
        for (mean, latent) in posterior.mean().iter().zip(posterior.latent_mean()) {
            assert!((0.0..=1.0).contains(mean) && logit(*mean) == *latent);
        }
    }

    #[test]
    fn the_incumbent_is_the_best_logit() {
        let observations = chains(vec![0.1, 0.3, 0.2, 0.9]);
        let config = GcnConfig { epochs: 2, ..GcnConfig::default() };
        assert_eq!(fit(config.clone(), &observations).expect("fits").incumbent(), logit(3.5 / 4.0));
        let paper = GcnConfig { mode: Mode::Paper, ..config };
        assert_eq!(fit(paper, &observations).expect("fits").incumbent(), logit(0.9));
    }

    #[test]
    fn constant_and_extreme_scores_can_be_fitted() {
        let config = GcnConfig { epochs: 3, ..GcnConfig::default() };
        for scores in [vec![0.5; 6], vec![0.0, 1.0], vec![1e300, -1e300, 0.0]] {
            let observations = chains(scores);
            let fitted = fit(config.clone(), &observations).expect("fits");
            assert_eq!(fitted.posterior(observations.graphs()).expect("finite").len(), observations.len());
        }
        let paper = GcnConfig { mode: Mode::Paper, ..config };
        assert!(fit(paper, &chains(vec![0.0, 1.0, 0.5])).is_ok());
    }

    #[test]
    fn percentages_are_refused_in_paper_mode() {
        let paper = GcnConfig { mode: Mode::Paper, ..GcnConfig::default() };
        assert!(matches!(fit(paper, &chains(vec![91.0, 93.0])), Err(SurrogateError::Config(_))));
    }

    #[test]
    fn a_diverging_network_is_an_error() {
        let config = GcnConfig { learning_rate: 1e38, epochs: 20, ..GcnConfig::default() };
        assert!(matches!(fit(config, &chains(vec![0.1, 0.5, 0.9, 0.7])), Err(SurrogateError::Diverged(_))));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert!(GcnSurrogate::new(GcnConfig { width: 0, ..GcnConfig::default() }, Device::flex()).is_err());
    }

    #[test]
    fn a_fit_does_not_depend_on_other_threads() {
        let observations = chains((0..9).map(f64::from).collect());
        let config = GcnConfig { epochs: 10, ..GcnConfig::default() };
        let posterior = || fit(config.clone(), &observations).expect("fits").posterior(observations.graphs()).expect("finite");
        let alone = posterior();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    Device::flex().seed(1);
                    posterior();
                }
            });
            let beside = posterior();
            stop.store(true, Ordering::Relaxed);
            assert_eq!(alone, beside);
        });
    }
}
