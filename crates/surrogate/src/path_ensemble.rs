use crate::choice::{Choices, Mode};
use crate::mlp::Mlp;
use crate::network::{Blueprint, Encoder};
use crate::settings::{Head, Settings, check_counts};
use crate::{Loss, Targets, network_surrogate};
use bonas_bayes::{EvidenceConfig, Intercept, MomentMethod};
use bonas_core::{CellGraph, FittedSurrogate, Observations, StudyRng, Surrogate, SurrogateError};
use bonas_features::{Ensemble, EnsembleConfig, Vocabulary, paths};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// Settings of [`path_ensemble`]. The defaults are those of BANANAS: five networks of ten layers of twenty units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PathEnsembleConfig {
    /// Networks (1 to 1000).
    pub members: usize,
    /// Whether every network sees a sample of the observations, drawn with replacement, instead of all of them.
    pub bootstrap: bool,
    /// Paths with an input of their own: the most frequent of the observed ones, the shorter first.
    pub max_paths: usize,
    /// What is fitted.
    pub targets: Targets,
    /// What the networks minimise.
    pub loss: Loss,
    /// Hidden layers.
    pub layers: usize,
    /// Units of each.
    pub width: usize,
    /// Passes over the observations.
    pub epochs: usize,
    /// Graphs per step of training.
    pub batch_size: usize,
    /// Learning rate of Adam, constant.
    pub learning_rate: f64,
    /// Epsilon of Adam.
    pub adam_epsilon: f64,
    /// Distance that the loss `pairwise-hinge` wants between a better and a worse graph.
    pub hinge_margin: f64,
    /// Graphs per step of prediction.
    pub prediction_batch_size: usize,
}

impl Default for PathEnsembleConfig {
    fn default() -> Self {
        let EnsembleConfig { members, bootstrap } = EnsembleConfig::default();
        Self {
            members,
            bootstrap,
            max_paths: 1024,
            targets: Targets::Ranks,
            loss: Loss::Mae,
            layers: 10,
            width: 20,
            epochs: 150,
            batch_size: 32,
            learning_rate: 1e-2,
            adam_epsilon: 1e-8,
            hinge_margin: 0.1,
            prediction_batch_size: 1024,
        }
    }
}

impl PathEnsembleConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        let table = "surrogate.path_ensemble";
        self.ensemble().check(table)?;
        check_counts(table, &[("max_paths", self.max_paths), ("layers", self.layers), ("width", self.width)])?;
        self.settings().check(table)
    }

    fn ensemble(&self) -> EnsembleConfig {
        EnsembleConfig { members: self.members, bootstrap: self.bootstrap }
    }
}

/// The surrogate of BANANAS (White, Neiswanger and Savani, AAAI 2021): an ensemble of multilayer perceptrons on the path
/// encoding, each predicting by its own output. What they disagree about is the standard deviation.
///
/// It differs from the paper where the score goes in: its networks end in a sigmoid and are fitted to ranks by the mean absolute
/// error, where those of the paper are fitted to errors by the mean absolute percentage error.
///
/// # Errors
/// When a setting is out of range.
pub fn path_ensemble(config: PathEnsembleConfig, device: Device) -> Result<Ensemble, SurrogateError> {
    config.check()?;
    let ensemble = config.ensemble();
    Ensemble::new(Box::new(PathMlp { config, device: device.without_autodiff() }), ensemble)
}

/// One member.
struct PathMlp {
    config: PathEnsembleConfig,
    device: Device,
}

impl Surrogate for PathMlp {
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        network_surrogate::fit(&self.config, &self.device, observations, rng)
    }
}

impl Blueprint for PathEnsembleConfig {
    type Encoder = PathEncoder;
    type Network = Mlp;

    fn settings(&self) -> Settings {
        // Without a regression, its moments, intercept and evidence are never asked for.
        let (moments, intercept) = (Some(MomentMethod::Exact), Some(Intercept::Flat));
        Settings {
            head: Head::Network,
            choices: Choices::of(Mode::Ranked, Some(self.targets), Some(self.loss), moments, intercept),
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            adam_epsilon: self.adam_epsilon,
            hinge_margin: self.hinge_margin,
            prediction_batch_size: self.prediction_batch_size,
            evidence: EvidenceConfig::default(),
        }
    }

    fn encoder(&self, observed: &[CellGraph]) -> PathEncoder {
        PathEncoder(Vocabulary::of(&observed.iter().map(paths).collect::<Vec<_>>(), self.max_paths))
    }

    fn network(&self, encoder: &PathEncoder, rng: &mut StudyRng, device: &Device) -> Mlp {
        Mlp::new(encoder.0.len(), self.layers, self.width, rng, device)
    }
}

/// A graph as a row: 1 for every path that it has.
pub(crate) struct PathEncoder(Vocabulary);

impl Encoder for PathEncoder {
    type Batch = Tensor<2>;

    fn encode(&self, graphs: &[CellGraph], device: &Device) -> Tensor<2> {
        let encoded = self.0.encode(&graphs.iter().map(paths).collect::<Vec<_>>());
        let rows: Vec<f32> = encoded.iter().map(|&count| count as f32).collect();
        Tensor::from_data(TensorData::new(rows, [graphs.len(), self.0.len()]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    #[test]
    fn contract() {
        bonas_testing::surrogate::check(&path_ensemble(PathEnsembleConfig::default(), Device::flex()).expect("valid"));
    }

    #[test]
    fn members_disagree_where_nothing_was_observed() {
        let chain = |operations: [usize; 3]| CellGraph::new(operations.to_vec(), vec![(0, 1), (1, 2)], 4).expect("valid");
        let graphs: Vec<CellGraph> = (0..9).map(|index| chain([3, index % 3, index / 3])).collect();
        let observations = Observations::new(graphs, (0..9).map(f64::from).collect()).expect("valid");
        let config = PathEnsembleConfig { members: 3, epochs: 30, ..PathEnsembleConfig::default() };
        let ensemble = path_ensemble(config, Device::flex()).expect("valid");
        let fitted = ensemble.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
        let posterior = fitted.posterior(&[chain([0, 3, 0])]).expect("finite");
        assert!(posterior.stddev()[0] > 0.0, "{posterior:?}");
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(serde_json::from_str::<PathEnsembleConfig>(r#"{"head":"network"}"#).is_err());
        let refused = |config| path_ensemble(config, Device::flex()).err().expect("out of range").to_string();
        let members = refused(PathEnsembleConfig { members: 0, ..PathEnsembleConfig::default() });
        assert!(members.contains("surrogate.path_ensemble.members must be in [1, 1000], but is 0"), "{members}");
        let paths = refused(PathEnsembleConfig { max_paths: 0, ..PathEnsembleConfig::default() });
        assert!(paths.contains("surrogate.path_ensemble.max_paths must be at least 1, but is 0"), "{paths}");
    }
}
