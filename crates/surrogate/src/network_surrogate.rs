use crate::network::Blueprint;
use crate::settings::{Head, Settings};
use crate::training::{Trained, train};
use bonas_bayes::{BayesianRegression, MomentMethod, logit};
use bonas_core::{CellGraph, FittedSurrogate, Link, Observations, Posterior, StudyRng, SurrogateError, check_vocabulary};
use burn::tensor::Device;
use ndarray::ArrayView1;

/// Fewest observations that a regression with a noise term can be fitted to.
const MIN_OBSERVATIONS: usize = 2;

/// Trains a fresh network on all observations and puts its head on the embeddings.
pub(crate) fn fit<B: Blueprint + 'static>(
    blueprint: &B,
    device: &Device,
    observations: &Observations,
    rng: &mut StudyRng,
) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
    observations.at_least(MIN_OBSERVATIONS)?;
    let settings = blueprint.settings();
    let targets = settings.choices.targets.of(observations.scores())?;
    let graphs = observations.graphs();
    let network = train(blueprint, &settings, graphs, &targets, device, rng)?;
    let latent_targets: Vec<f64> = targets.iter().copied().map(logit).collect();
    let head = FittedHead::fit(&settings, &network, graphs, &latent_targets)?;
    let incumbent = latent_targets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(Box::new(FittedNetwork { network, head, incumbent, vocabulary: graphs[0].vocabulary() }))
}

/// What makes the posterior.
enum FittedHead {
    Regression { regression: Box<BayesianRegression>, moments: MomentMethod },
    Network,
}

impl FittedHead {
    fn fit<B: Blueprint>(
        settings: &Settings,
        network: &Trained<B>,
        graphs: &[CellGraph],
        latent_targets: &[f64],
    ) -> Result<Self, SurrogateError> {
        let choices = settings.choices;
        Ok(match settings.head {
            Head::Network => Self::Network,
            Head::Regression => {
                let (embeddings, targets) = (network.embed(graphs)?, ArrayView1::from(latent_targets));
                let regression = BayesianRegression::fit(embeddings.view(), targets, choices.intercept, &settings.evidence)?;
                Self::Regression { regression: Box::new(regression), moments: choices.moments }
            }
        })
    }
}

/// A trained network with its head.
struct FittedNetwork<B: Blueprint> {
    network: Trained<B>,
    head: FittedHead,
    incumbent: f64,
    vocabulary: usize,
}

impl<B: Blueprint> FittedSurrogate for FittedNetwork<B> {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        check_vocabulary(graphs, self.vocabulary)?;
        let posterior = match &self.head {
            FittedHead::Network => {
                let mean = self.network.predict(graphs)?;
                let latent = mean.iter().copied().map(logit).collect();
                Posterior::with_latent(mean, vec![0.0; graphs.len()], latent, vec![0.0; graphs.len()])
            }
            // Without a graph there is no row to tell the width of an embedding.
            FittedHead::Regression { .. } if graphs.is_empty() => Posterior::gaussian(Vec::new(), Vec::new()),
            FittedHead::Regression { regression, moments } => {
                let latent = regression.predict(self.network.embed(graphs)?.view())?;
                let outcome = moments.moments(&latent.mean, &latent.variance)?;
                let stddev = |variance: &[f64]| variance.iter().map(|variance| variance.sqrt()).collect::<Vec<f64>>();
                let (outcome_stddev, latent_stddev) = (stddev(&outcome.variance), stddev(&latent.variance));
                Posterior::with_latent(outcome.mean, outcome_stddev, latent.mean, latent_stddev.clone())
                    .and_then(|posterior| posterior.with_predictive(Link::Logistic, latent_stddev))
            }
        };
        posterior.map_err(|error| SurrogateError::Other(Box::new(error)))
    }

    fn incumbent(&self) -> f64 {
        self.incumbent
    }
}
