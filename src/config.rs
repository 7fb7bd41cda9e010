use crate::costs::{ConstraintsConfig, LatencyConfig, ObjectiveName};
use crate::device::{DeviceName, DeviceNames};
use crate::error::BonasError;
use crate::knowledge::KnowledgeConfig;
use bonas_bayes::AcquisitionConfig;
use bonas_benchmarks::TableConfig;
use bonas_data::{AugmentConfig, DataConfig};
use bonas_search::{
    BananasConfig, BonasConfig, LocalSearchConfig, NpenasConfig, Nsga2Config, ParetoConfig, RegularizedEvolutionConfig,
    ReinforceConfig, StudyConfig,
};
use bonas_spaces::{SpaceChoice, SpaceName};
use bonas_supernet::{NetworkConfig, Precision, RetrainConfig, SupernetConfig};
use bonas_surrogate::SurrogateConfig;
use serde::{Deserialize, Serialize};

/// Everything that defines an experiment. Two runs of one configuration on one machine have the same history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExperimentConfig {
    /// What can be built: the name of a space, or a file that describes one.
    pub space: SpaceChoice,
    /// What is tried next.
    pub strategy: StrategyName,
    /// How good it is.
    pub evaluator: EvaluatorName,
    /// Where to compute: `auto`, `cpu`, `cuda:0`, …, or several with commas between, which share every round of a search.
    pub device: DeviceNames,
    /// What is searched for: the accuracy alone, or the accuracy first and then costs, which are kept low.
    pub objectives: Vec<ObjectiveName>,
    /// Seed, batch and budget of the study.
    pub study: StudyConfig,
    /// Settings of the strategies `bonas`, `bonas-paper` and `nas-bowl`.
    pub bonas: BonasConfig,
    /// The surrogate of the strategy `bonas`, and the settings of those that other strategies use.
    pub surrogate: SurrogateConfig,
    /// What the surrogate of the strategy `bonas` is told beside the trials of its search.
    pub knowledge: KnowledgeConfig,
    /// The acquisition of the strategy `bonas`; the others have the one they were published with.
    pub acquisition: AcquisitionConfig,
    /// Settings of the strategy `regularized-evolution`.
    pub regularized_evolution: RegularizedEvolutionConfig,
    /// Settings of the strategy `local-search`.
    pub local_search: LocalSearchConfig,
    /// Settings of the strategy `reinforce`.
    pub reinforce: ReinforceConfig,
    /// Settings of the strategy `npenas`.
    pub npenas: NpenasConfig,
    /// Settings of the strategy `bananas`.
    pub bananas: BananasConfig,
    /// The images, and how they are split.
    pub data: DataConfig,
    /// What is done to training images.
    pub augment: AugmentConfig,
    /// Sizes of every network, in the search and after it.
    pub network: NetworkConfig,
    /// Settings of the evaluator `supernet`.
    pub supernet: SupernetConfig,
    /// The table of the evaluator `table`.
    pub table: TableConfig,
    /// What no architecture that is queried may exceed.
    pub constraints: ConstraintsConfig,
    /// Where latencies come from.
    pub latency: LatencyConfig,
    /// Settings of the strategy `bonas` with two objectives.
    pub pareto: ParetoConfig,
    /// Settings of the strategy `nsga2`.
    pub nsga2: Nsga2Config,
    /// The last comparison, of the best of all rounds.
    pub finals: FinalsConfig,
    /// Training from scratch: of the winner, and of everything under the evaluator `stand-alone`.
    pub retrain: RetrainConfig,
}

/// The last sub-supernet, in which the best of all rounds meet. The evaluator `stand-alone` needs none: its scores of
/// different rounds are comparable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FinalsConfig {
    /// Trials that take part, those that the strategy holds for the best or that have the highest scores; 0 or 1 names the trial with the
    /// highest score, as the paper does.
    pub candidates: usize,
    /// As `supernet.epochs`, of the last sub-supernet.
    pub epochs: f64,
    /// How many of the first are trained from scratch; the one that then does best on the validation images is the winner, and its
    /// network the result.
    pub trained: usize,
}

impl Default for FinalsConfig {
    fn default() -> Self {
        Self { candidates: 16, epochs: 4.0, trained: 1 }
    }
}

impl FinalsConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), BonasError> {
        let wrong = |key, range, value| Err(BonasError::OutOfRange { key, range, value });
        if !(self.epochs > 0.0 && self.epochs <= 1e6) {
            return wrong("finals.epochs", "above 0 and at most 1000000", self.epochs.to_string());
        }
        if self.candidates > 1_000_000 {
            return wrong("finals.candidates", "at most 1000000", self.candidates.to_string());
        }
        if !(1..=1_000_000).contains(&self.trained) {
            return wrong("finals.trained", "from 1 to 1000000", self.trained.to_string());
        }
        Ok(())
    }
}

/// The search strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum StrategyName {
    /// Bayesian optimisation with the configured surrogate, over the whole space or an evolved pool: ours
    #[default]
    Bonas,
    /// BONAS as published: graph network and Bayesian sigmoid regression on raw accuracies (Shi et al., 2020)
    BonasPaper,
    /// Architectures drawn uniformly
    Random,
    /// Ageing evolution (Real et al., 2019)
    RegularizedEvolution,
    /// Neighbour by neighbour uphill, then from elsewhere (White et al., 2021)
    LocalSearch,
    /// A policy over decisions that learns from scores (Zoph & Le, 2017)
    Reinforce,
    /// Evolution whose children a predictor ranks (Wei et al., 2020)
    Npenas,
    /// Thompson sampling among mutations of the best, an ensemble on paths (White et al., 2021)
    Bananas,
    /// Bayesian optimisation with the Weisfeiler-Lehman kernel (Ru et al., 2021)
    NasBowl,
    /// Evolution towards the front of several objectives (Deb et al., 2002)
    Nsga2,
}

impl StrategyName {
    /// The name as configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bonas => "bonas",
            Self::BonasPaper => "bonas-paper",
            Self::Random => "random",
            Self::RegularizedEvolution => "regularized-evolution",
            Self::LocalSearch => "local-search",
            Self::Reinforce => "reinforce",
            Self::Npenas => "npenas",
            Self::Bananas => "bananas",
            Self::NasBowl => "nas-bowl",
            Self::Nsga2 => "nsga2",
        }
    }
}

/// The evaluators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluatorName {
    /// All candidates of a round in one weight-sharing sub-supernet
    #[default]
    Supernet,
    /// Every candidate trained from scratch
    StandAlone,
    /// Finished trainings, looked up in a table
    Table,
}

impl EvaluatorName {
    /// The name as configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supernet => "supernet",
            Self::StandAlone => "stand-alone",
            Self::Table => "table",
        }
    }
}

impl ExperimentConfig {
    /// The text of `configs/quick.toml`, the default experiment.
    pub const QUICK: &str = include_str!("../configs/quick.toml");

    /// The default experiment: minutes on two CPU cores.
    pub fn quick() -> Self {
        toml::from_str(Self::QUICK).expect("configs/quick.toml is checked by the tests")
    }

    /// Every precision that the experiment trains networks in.
    pub fn used_precisions(&self) -> [Precision; 2] {
        [self.supernet.optimizer.precision, self.retrain.optimizer.precision]
    }

    /// Every device that the experiment computes networks on.
    pub fn used_devices(&self) -> DeviceNames {
        let timed = self.latency.device.as_ref().filter(|_| self.latency.table.is_none()).and_then(|name| name.parse().ok());
        match self.evaluator {
            EvaluatorName::Table => DeviceName::Cpu.into(),
            EvaluatorName::Supernet | EvaluatorName::StandAlone => self.device.clone().with(timed),
        }
    }

    /// The configuration with every default written out, as TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is made of tables, numbers and strings")
    }
}

impl Default for ExperimentConfig {
    fn default() -> Self {
        Self {
            space: SpaceName::BonasDarts.into(),
            strategy: StrategyName::default(),
            evaluator: EvaluatorName::default(),
            device: DeviceNames::default(),
            objectives: vec![ObjectiveName::Accuracy],
            study: StudyConfig::default(),
            bonas: BonasConfig::default(),
            surrogate: SurrogateConfig::default(),
            knowledge: KnowledgeConfig::default(),
            acquisition: AcquisitionConfig::default(),
            regularized_evolution: RegularizedEvolutionConfig::default(),
            local_search: LocalSearchConfig::default(),
            reinforce: ReinforceConfig::default(),
            npenas: NpenasConfig::default(),
            bananas: BananasConfig::default(),
            data: DataConfig::default(),
            augment: AugmentConfig::default(),
            network: NetworkConfig::default(),
            supernet: SupernetConfig::default(),
            table: TableConfig::default(),
            constraints: ConstraintsConfig::default(),
            latency: LatencyConfig::default(),
            pareto: ParetoConfig::default(),
            nsga2: Nsga2Config::default(),
            finals: FinalsConfig::default(),
            retrain: RetrainConfig::default(),
        }
    }
}
