use crate::gaussian_targets::best;
use crate::{GaussianTargets, WlKernel};
use bonas_bayes::GaussianProcess;
use bonas_core::{CellGraph, FittedSurrogate, Observations, Posterior, StudyRng, Surrogate, SurrogateError, check_vocabulary};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// Fewest observations that determine a constant and a variance.
const MIN_OBSERVATIONS: usize = 2;

/// Most rounds of labels: beyond the longest path of a graph they repeat what is known.
const MAX_ITERATIONS: usize = 64;

/// Graphs whose kernels are held at a time.
const CHUNK: usize = 1024;

/// Settings of [`WlGp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WlGpConfig {
    /// What is fitted.
    pub targets: GaussianTargets,
    /// Most rounds of Weisfeiler–Lehman labels; the number of rounds is chosen by the marginal likelihood (0 to 64).
    pub max_iterations: usize,
}

impl Default for WlGpConfig {
    fn default() -> Self {
        Self { targets: GaussianTargets::default(), max_iterations: 3 }
    }
}

impl WlGpConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        if self.max_iterations > MAX_ITERATIONS {
            let given = self.max_iterations;
            let message = format!("surrogate.wl_gp.max_iterations must be at most {MAX_ITERATIONS}, but is {given}");
            return Err(SurrogateError::Config(message));
        }
        Ok(())
    }
}

/// A Gaussian process under the Weisfeiler–Lehman kernel, the surrogate of NAS-BOWL (Ru, Wan, Dong and Osborne, *Interpretable
/// neural architecture search via Bayesian optimisation with Weisfeiler–Lehman kernels*, ICLR 2021).
///
/// The kernel is normalised. The number of rounds of labels, the variances of signal and noise and the constant mean maximise
/// the marginal likelihood, so that nothing is left to be tuned. A fit costs O(N³) for N observations, a prediction O(N²).
#[derive(Clone, Debug)]
pub struct WlGp {
    config: WlGpConfig,
}

impl WlGp {
    /// A surrogate with these settings.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: WlGpConfig) -> Result<Self, SurrogateError> {
        config.check()?;
        Ok(Self { config })
    }
}

impl Surrogate for WlGp {
    fn fit(&self, observations: &Observations, _rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        observations.at_least(MIN_OBSERVATIONS)?;
        let targets = self.config.targets.latent(observations.scores())?;
        let (kernel, process) = likeliest(observations.graphs(), ArrayView1::from(&targets), self.config.max_iterations)?;
        let vocabulary = observations.graphs()[0].vocabulary();
        Ok(Box::new(FittedWlGp { kernel, process, targets: self.config.targets, incumbent: best(&targets), vocabulary }))
    }
}

/// The kernel of the highest marginal likelihood, of the fewest rounds among equals.
fn likeliest(
    graphs: &[CellGraph],
    targets: ArrayView1<'_, f64>,
    max_iterations: usize,
) -> Result<(WlKernel, GaussianProcess), SurrogateError> {
    let fit = |iterations: usize| -> Result<(WlKernel, GaussianProcess), SurrogateError> {
        let kernel = WlKernel::new(graphs, iterations);
        let process = GaussianProcess::fit(kernel.cross(graphs).view(), targets)?;
        Ok((kernel, process))
    };
    let mut best = fit(0)?;
    for iterations in 1..=max_iterations {
        let next = fit(iterations)?;
        if next.1.log_likelihood() > best.1.log_likelihood() {
            best = next;
        }
    }
    Ok(best)
}

struct FittedWlGp {
    kernel: WlKernel,
    process: GaussianProcess,
    targets: GaussianTargets,
    incumbent: f64,
    vocabulary: usize,
}

impl FittedSurrogate for FittedWlGp {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        check_vocabulary(graphs, self.vocabulary)?;
        let mut latent = bonas_bayes::Gaussians { mean: Vec::new(), variance: Vec::new() };
        for chunk in graphs.chunks(CHUNK) {
            let cross: Array2<f64> = self.kernel.cross(chunk);
            let predicted = self.process.predict(cross.view(), Array1::ones(cross.len_of(Axis(0))).view())?;
            latent.mean.extend(predicted.mean);
            latent.variance.extend(predicted.variance);
        }
        self.targets.posterior(latent)
    }

    fn incumbent(&self) -> f64 {
        self.incumbent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    fn surrogate(config: WlGpConfig) -> WlGp {
        WlGp::new(config).expect("valid")
    }

    fn on_scores() -> WlGpConfig {
        WlGpConfig { targets: GaussianTargets::Scores, ..WlGpConfig::default() }
    }

    /// Chains whose score depends on nothing but one pair of neighbours.
    fn chains(count: usize) -> Observations {
        let mut rng = SeedStream::new(2).rng("chains", 0);
        let graphs: Vec<CellGraph> = (0..count)
            .map(|_| {
                let operations = (0..6).map(|_| rand::RngExt::random_range(&mut rng, 0..3)).collect();
                CellGraph::new(operations, (0..5).map(|node| (node, node + 1)).collect(), 3).expect("valid")
            })
            .collect();
        let pairs = |graph: &CellGraph| graph.operations().windows(2).filter(|pair| *pair == [1, 2]).count();
        let scores = graphs.iter().map(|graph| 90.0 + pairs(graph) as f64).collect();
        Observations::new(graphs, scores).expect("valid")
    }

    #[test]
    fn contract_on_scores_and_on_ranks() {
        bonas_testing::surrogate::check(&surrogate(WlGpConfig::default()));
        bonas_testing::surrogate::check(&surrogate(on_scores()));
    }

    #[test]
    fn the_likelihood_chooses_the_rounds_that_explain_the_scores() {
        let observations = chains(60);
        let scores = ArrayView1::from(observations.scores());
        let (kernel, _) = likeliest(observations.graphs(), scores, 3).expect("fits");
        assert_eq!(kernel.iterations(), 1, "pairs of neighbours are seen after one round");
    }

    #[test]
    fn the_posterior_is_on_the_scale_of_the_scores() {
        let observations = chains(60);
        let fit = |config| surrogate(config).fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
        let scores = fit(on_scores());
        let posterior = scores.posterior(observations.graphs()).expect("finite");
        let error = |(mean, score): (&f64, &f64)| (mean - score).abs();
        let worst = posterior.mean().iter().zip(observations.scores()).map(error).fold(0.0, f64::max);
        assert!(worst < 0.5, "{worst}");
        let best = observations.scores().iter().copied().fold(0.0, f64::max);
        assert_eq!(scores.incumbent(), best);
        let ranks = fit(WlGpConfig::default()).posterior(observations.graphs()).expect("finite");
        assert!(ranks.mean().iter().all(|mean| (0.0..=1.0).contains(mean)));
    }

    #[test]
    fn constant_scores_and_two_observations_can_be_fitted() {
        for (count, config) in [(2, WlGpConfig::default()), (2, on_scores()), (30, WlGpConfig::default())] {
            let graphs = chains(count).graphs().to_vec();
            let observations = Observations::new(graphs, vec![0.5; count]).expect("valid");
            let fitted = surrogate(config).fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
            let posterior = fitted.posterior(observations.graphs()).expect("finite");
            assert!(posterior.mean().iter().all(|mean| (mean - 0.5).abs() < 1e-6), "{posterior:?}");
        }
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(serde_json::from_str::<WlGpConfig>(r#"{"iterations":3}"#).is_err());
        let error = WlGp::new(WlGpConfig { max_iterations: 65, ..WlGpConfig::default() }).expect_err("too many").to_string();
        assert!(error.contains("surrogate.wl_gp.max_iterations must be at most 64, but is 65"), "{error}");
    }
}
