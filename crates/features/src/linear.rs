use crate::gaussian_targets::best;
use crate::{Feature, GaussianTargets, Vocabulary, operations_and_pairs, paths};
use bonas_bayes::{BayesianRegression, EvidenceConfig, Gaussians, Intercept};
use bonas_core::{CellGraph, FittedSurrogate, Observations, Posterior, StudyRng, Surrogate, SurrogateError, check_vocabulary};
use ndarray::{Array1, Array2, s};
use serde::{Deserialize, Serialize};

/// Fewest observations that a regression with a noise term can be fitted to.
const MIN_OBSERVATIONS: usize = 2;

/// A fit decomposes a square matrix of about this size.
const MAX_PATHS: usize = 5000;

/// Graphs whose features are held at a time.
const CHUNK: usize = 1024;

/// Settings of [`LinearSurrogate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearConfig {
    /// What is fitted.
    pub targets: GaussianTargets,
    /// Paths with a weight of their own: the most frequent of the observed ones, the shorter first (0 to 5000).
    pub max_paths: usize,
    /// How the precisions of weights and noise are found.
    pub evidence: EvidenceConfig,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { targets: GaussianTargets::default(), max_paths: 256, evidence: EvidenceConfig::default() }
    }
}

impl LinearConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        if self.max_paths > MAX_PATHS {
            let message = format!("surrogate.linear.max_paths must be at most {MAX_PATHS}, but is {}", self.max_paths);
            return Err(SurrogateError::Config(message));
        }
        self.evidence.check().map_err(|error| error.in_table("surrogate.linear.evidence"))
    }
}

/// Bayesian linear regression on what a graph is made of: its operations, the pairs of operations on its edges, and its paths.
///
/// Both precisions maximise the evidence, so that this is a ridge regression whose penalty is not tuned. Features that no
/// observed graph has are not seen.
#[derive(Clone, Debug)]
pub struct LinearSurrogate {
    config: LinearConfig,
}

impl LinearSurrogate {
    /// A surrogate with these settings.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: LinearConfig) -> Result<Self, SurrogateError> {
        config.check()?;
        Ok(Self { config })
    }
}

impl Surrogate for LinearSurrogate {
    fn fit(&self, observations: &Observations, _rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        observations.at_least(MIN_OBSERVATIONS)?;
        let targets = self.config.targets.latent(observations.scores())?;
        let graphs = observations.graphs();
        let (columns, unit) = (Columns::of(graphs, self.config.max_paths), Unit::of(&targets));
        let scaled: Array1<f64> = targets.iter().map(|target| (target - unit.center) / unit.scale).collect();
        let features = columns.encode(graphs);
        let regression = BayesianRegression::fit(features.view(), scaled.view(), Intercept::Flat, &self.config.evidence)?;
        let (incumbent, vocabulary) = (best(&targets), graphs[0].vocabulary());
        Ok(Box::new(FittedLinear { columns, regression, unit, targets: self.config.targets, incumbent, vocabulary }))
    }
}

/// Targets are fitted as `(target − center) / scale`, all in [−1, 1], so that the limits of the precisions fit targets of any
/// size.
struct Unit {
    center: f64,
    scale: f64,
}

impl Unit {
    fn of(targets: &[f64]) -> Self {
        let center = targets.iter().map(|target| target / targets.len() as f64).sum::<f64>();
        let largest = targets.iter().map(|target| (target - center).abs()).fold(0.0, f64::max);
        Self { center, scale: if largest > 0.0 { largest } else { 1.0 } }
    }
}

/// Columns for the features of observed graphs.
struct Columns {
    pairs: Vocabulary,
    paths: Vocabulary,
}

impl Columns {
    fn of(graphs: &[CellGraph], max_paths: usize) -> Self {
        let (pairs, paths) = features(graphs);
        Self { pairs: Vocabulary::of(&pairs, usize::MAX), paths: Vocabulary::of(&paths, max_paths) }
    }

    /// `[graphs, columns]`
    fn encode(&self, graphs: &[CellGraph]) -> Array2<f64> {
        let (pairs, paths) = features(graphs);
        let (pairs, paths) = (self.pairs.encode(&pairs), self.paths.encode(&paths));
        let mut columns = Array2::zeros((graphs.len(), pairs.ncols() + paths.ncols()));
        columns.slice_mut(s![.., ..pairs.ncols()]).assign(&pairs);
        columns.slice_mut(s![.., pairs.ncols()..]).assign(&paths);
        columns
    }
}

fn features(graphs: &[CellGraph]) -> (Vec<Vec<Feature>>, Vec<Vec<Feature>>) {
    graphs.iter().map(|graph| (operations_and_pairs(graph), paths(graph))).unzip()
}

struct FittedLinear {
    columns: Columns,
    regression: BayesianRegression,
    unit: Unit,
    targets: GaussianTargets,
    incumbent: f64,
    vocabulary: usize,
}

impl FittedSurrogate for FittedLinear {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        check_vocabulary(graphs, self.vocabulary)?;
        let Unit { center, scale } = self.unit;
        let mut latent = Gaussians { mean: Vec::new(), variance: Vec::new() };
        for chunk in graphs.chunks(CHUNK) {
            let predicted = self.regression.predict(self.columns.encode(chunk).view())?;
            latent.mean.extend(predicted.mean.iter().map(|mean| center + scale * mean));
            latent.variance.extend(predicted.variance.iter().map(|variance| scale * scale * variance));
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

    fn fit(config: LinearConfig, observations: &Observations) -> Box<dyn FittedSurrogate> {
        let surrogate = LinearSurrogate::new(config).expect("valid");
        surrogate.fit(observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits")
    }

    fn chains(scores: Vec<f64>) -> Observations {
        let chain = |index: usize| {
            let operations = vec![3, index % 3, index / 3 % 3, index / 9 % 3, 4];
            CellGraph::new(operations, (0..4).map(|node| (node, node + 1)).collect(), 5).expect("valid")
        };
        Observations::new((0..scores.len()).map(chain).collect(), scores).expect("valid")
    }

    #[test]
    fn contract_on_scores_and_on_ranks() {
        bonas_testing::surrogate::check(&LinearSurrogate::new(LinearConfig::default()).expect("valid"));
        let scores = LinearConfig { targets: GaussianTargets::Scores, ..LinearConfig::default() };
        bonas_testing::surrogate::check(&LinearSurrogate::new(scores).expect("valid"));
    }

    #[test]
    fn sums_over_pairs_are_met_at_any_scale() {
        let graphs = chains(vec![0.0; 27]).graphs().to_vec();
        let pairs = |graph: &CellGraph| graph.operations().windows(2).filter(|pair| *pair == [1, 2]).count() as f64;
        for scale in [1e-9, 1.0, 1e9] {
            let observations =
                Observations::new(graphs.clone(), graphs.iter().map(|graph| scale * (90.0 + pairs(graph))).collect())
                    .expect("valid");
            let config = LinearConfig { max_paths: 0, targets: GaussianTargets::Scores, ..LinearConfig::default() };
            let fitted = fit(config, &observations);
            let posterior = fitted.posterior(&graphs).expect("finite");
            for (mean, score) in posterior.mean().iter().zip(observations.scores()) {
                assert!((mean - score).abs() < 1e-2 * scale, "{mean} {score}");
            }
            assert_eq!(fitted.incumbent(), scale * 91.0);
        }
    }

    #[test]
    fn constant_and_extreme_scores_can_be_fitted() {
        for scores in [vec![0.5; 6], vec![0.0, 1.0], vec![1e100, -1e100, 0.0]] {
            let observations = chains(scores);
            let posterior = fit(LinearConfig::default(), &observations).posterior(observations.graphs()).expect("finite");
            assert_eq!(posterior.len(), observations.len());
        }
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(serde_json::from_str::<LinearConfig>(r#"{"paths":3}"#).is_err());
        let refused = |config| LinearSurrogate::new(config).expect_err("out of range").to_string();
        let paths = refused(LinearConfig { max_paths: 5001, ..LinearConfig::default() });
        assert!(paths.contains("surrogate.linear.max_paths must be at most 5000, but is 5001"), "{paths}");
        let evidence = EvidenceConfig { tolerance: 0.0, ..EvidenceConfig::default() };
        let tolerance = refused(LinearConfig { evidence, ..LinearConfig::default() });
        assert!(tolerance.contains("surrogate.linear.evidence.tolerance must be finite and above 0, but is 0"), "{tolerance}");
    }
}
