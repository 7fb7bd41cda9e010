use crate::config::ExperimentConfig;
use crate::device::DeviceName;
use crate::error::BonasError;
use crate::source::ImageSource;
use bonas_bayes::{nonnegative_least_squares, spearman};
use bonas_core::{Architecture, CostFunction, LATENCY_MS, SeedStream};
use bonas_supernet::{Blueprint, Stopwatch, Work};
use serde::{Deserialize, Serialize};

/// Name under which a study records the model of its latencies.
pub(crate) const LATENCY_MODEL: &str = "latency_model";

/// Of this many measured networks, one is held out.
const HELD_OUT: usize = 4;
/// Runs that warm a network up, and runs that are measured.
const RUNS: [usize; 2] = [2, 31];
/// Which of the measured runs counts, from the fastest at 0: few are slowed down by what else the machine does.
const QUANTILE: f64 = 0.1;
/// No network is predicted to be faster; the model adds up what takes at least no time.
const FASTEST: f64 = 1e-6;

/// The latency of networks on one device as a weighted sum of their work, fitted to networks that were measured there. Milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyModel {
    /// Where it was measured.
    pub device: DeviceName,
    /// Images of one inference.
    pub batch: usize,
    /// Milliseconds of every inference, then milliseconds of a unit of every kind of [`Work`].
    pub weights: Vec<f64>,
    /// Networks that were measured and fitted.
    pub fitted: usize,
    /// Networks that were measured and held out.
    pub held_out: usize,
    /// Mean of |predicted − measured| / measured over the networks that were held out.
    pub error: f64,
    /// Rank correlation of predicted and measured latencies of the networks that were held out; none if they cannot be ranked.
    pub spearman: Option<f64>,
}

impl LatencyModel {
    /// Measures random networks of the space on the device and fits the model to them.
    pub(crate) fn measure(config: &ExperimentConfig, source: &ImageSource) -> Result<Self, BonasError> {
        let device = match &config.latency.device {
            Some(name) => name.parse()?,
            None => config.device.first(),
        };
        let [warmup, runs] = RUNS;
        let stopwatch = Stopwatch { device: device.open()?, batch: config.latency.batch, warmup, runs, quantile: QUANTILE };
        let train = &source.data.train;
        let mut rng = SeedStream::new(config.study.seed).rng("latency", 0);
        let blueprints: Vec<Blueprint> = (0..config.latency.networks)
            .map(|_| source.space.blueprint(&source.space.space().sample(&mut rng), &config.network, train.shape()))
            .collect();
        let measured = stopwatch.measure(&blueprints, &config.network, train.shape(), train.classes())?;
        let rows: Vec<Vec<f64>> = blueprints.iter().map(|blueprint| features(blueprint, config, source)).collect();
        let is_held_out = |place: usize| place % HELD_OUT == HELD_OUT - 1;
        // Relative errors: a millisecond is much to a fast network, and little to a slow one.
        let fitted: Vec<usize> = (0..rows.len()).filter(|&place| !is_held_out(place)).collect();
        let relative: Vec<Vec<f64>> =
            fitted.iter().map(|&place| rows[place].iter().map(|work| work / measured[place]).collect()).collect();
        let weights = nonnegative_least_squares(&relative, &vec![1.0; fitted.len()]);
        let held_out: Vec<usize> = (0..rows.len()).filter(|&place| is_held_out(place)).collect();
        let predicted: Vec<f64> = held_out.iter().map(|&place| weighted(&weights, &rows[place])).collect();
        let truth: Vec<f64> = held_out.iter().map(|&place| measured[place]).collect();
        let error = predicted.iter().zip(&truth).map(|(predicted, truth)| (predicted - truth).abs() / truth).sum::<f64>();
        Ok(Self {
            device,
            batch: config.latency.batch,
            weights,
            fitted: fitted.len(),
            held_out: held_out.len(),
            error: error / held_out.len().max(1) as f64,
            spearman: spearman(&predicted, &truth).ok(),
        })
    }

    /// The model as a cost of a search.
    pub(crate) fn cost(&self, config: &ExperimentConfig, source: &ImageSource) -> PredictedLatency {
        PredictedLatency { model: self.clone(), config: config.clone(), source: source.clone() }
    }
}

fn weighted(weights: &[f64], work: &[f64]) -> f64 {
    weights.iter().zip(work).map(|(weight, work)| weight * work).sum::<f64>().max(FASTEST)
}

fn features(blueprint: &Blueprint, config: &ExperimentConfig, source: &ImageSource) -> Vec<f64> {
    let work = Work::of(blueprint, &config.network, source.data.train.shape());
    [1.0].into_iter().chain(work.kinds()).collect()
}

/// What the model says of architectures.
pub(crate) struct PredictedLatency {
    model: LatencyModel,
    config: ExperimentConfig,
    source: ImageSource,
}

impl CostFunction for PredictedLatency {
    fn name(&self) -> &str {
        LATENCY_MS
    }

    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        let shape = self.source.data.train.shape();
        let blueprint = self.source.space.blueprint(architecture, &self.config.network, shape);
        Some(weighted(&self.model.weights, &features(&blueprint, &self.config, &self.source)))
    }
}
