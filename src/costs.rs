//! What architectures cost: where it comes from, what limits it, and what is traded against the accuracy.

use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::latency_model::LatencyModel;
use crate::source::{ImageSource, Source, TableSource};
use bonas_benchmarks::{Objective, Table, TableCost, file_digest};
use bonas_core::{Architecture, CostFunction, Evaluator, LATENCY_MS, MULTIPLY_ADDS, PARAMETERS, SearchSpace};
use bonas_search::{ConstrainedSpace, CostedEvaluator, Limit, Objectives};
use bonas_supernet::cost;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Under which name a study records the digest of the table of latencies.
pub(crate) const LATENCY_DIGEST: &str = "latency.sha256";

/// What a search maximises or keeps low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveName {
    /// The score of the evaluator; always the first
    Accuracy,
    /// Milliseconds of one inference
    Latency,
    /// Trainable parameters
    Params,
    /// Multiply-adds of one input
    Macs,
}

impl ObjectiveName {
    /// The metric of trials that holds it; `None` for the score.
    pub const fn metric(self) -> Option<&'static str> {
        match self {
            Self::Accuracy => None,
            Self::Latency => Some(LATENCY_MS),
            Self::Params => Some(PARAMETERS),
            Self::Macs => Some(MULTIPLY_ADDS),
        }
    }

    /// The name as configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Latency => "latency",
            Self::Params => "params",
            Self::Macs => "macs",
        }
    }
}

/// Limits: an architecture beyond one of them, or whose cost is not known, is never queried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConstraintsConfig {
    /// Most trainable parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_params: Option<f64>,
    /// Most multiply-adds of one input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_macs: Option<f64>,
    /// Most milliseconds of one inference on `latency.device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_latency: Option<f64>,
}

/// Where latencies come from: from a table, or, for networks on images without one, from measurements on `device`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatencyConfig {
    /// A table that holds them; without it, the one that is searched, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<PathBuf>,
    /// The layout of a CSV file; without it, the known one that its header matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<PathBuf>,
    /// The device, by the name that the table has for it; may be left out if there is only one. For measurements `cpu`, `cuda:0`, …;
    /// without it, the one that trains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Images of one measured inference.
    pub batch: usize,
    /// Random networks that are measured before the search: a linear model of the work of a network is fitted to three of four, and tried
    /// on the others.
    pub networks: usize,
}

impl Default for LatencyConfig {
    fn default() -> Self {
        Self { table: None, layout: None, device: None, batch: 1, networks: 40 }
    }
}

impl LatencyConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), BonasError> {
        let wrong = |key, range, value: usize| Err(BonasError::OutOfRange { key, range, value: value.to_string() });
        if !(1..=65_536).contains(&self.batch) {
            return wrong("latency.batch", "from 1 to 65536", self.batch);
        }
        if !(8..=10_000).contains(&self.networks) {
            return wrong("latency.networks", "from 8 to 10000", self.networks);
        }
        Ok(())
    }
}

/// What a configuration says of costs, ready to be asked.
#[derive(Clone, Default)]
pub struct Costs {
    traded: Vec<Arc<dyn CostFunction>>,
    limits: Vec<Limit>,
    latency_digest: Option<String>,
    latency_model: Option<LatencyModel>,
}

/// Latencies, with the digest of their table or the model that predicts them.
struct Latency {
    cost: Arc<dyn CostFunction>,
    digest: Option<String>,
    model: Option<LatencyModel>,
}

impl Costs {
    /// Opens everything that objectives and limits need. Latencies that must be measured are measured, unless a model is `known` from
    /// the beginning of the search.
    pub(crate) fn open(config: &ExperimentConfig, source: &Source, known: Option<LatencyModel>) -> Result<Self, BonasError> {
        let images = match source {
            Source::Table(source) => return Self::of_table(config, source),
            Source::Images(images) => images,
        };
        let counted = |name| -> Result<Arc<dyn CostFunction>, BonasError> { Ok(network_cost(name, config, images)) };
        Self::build(config, &counted, &|| match config.latency.table {
            Some(_) => table_latency(config, None),
            None => {
                let model = known.clone().map_or_else(|| LatencyModel::measure(config, images), Ok)?;
                let cost = Arc::new(model.cost(config, images));
                Ok(Latency { cost, digest: None, model: Some(model) })
            }
        })
    }

    /// The same for a search that a table answers.
    pub(crate) fn of_table(config: &ExperimentConfig, source: &TableSource) -> Result<Self, BonasError> {
        let counted = |name: &'static str| -> Result<Arc<dyn CostFunction>, BonasError> {
            let task = Objective::find(&source.table, &config.table)?.column().key.task.clone();
            Ok(Arc::new(match name {
                PARAMETERS => TableCost::parameters(source.table.clone(), &task)?,
                _ => TableCost::multiply_adds(source.table.clone(), &task)?,
            }))
        };
        Self::build(config, &counted, &|| table_latency(config, Some(source.table.clone())))
    }

    fn build(
        config: &ExperimentConfig,
        counted: &dyn Fn(&'static str) -> Result<Arc<dyn CostFunction>, BonasError>,
        timed: &dyn Fn() -> Result<Latency, BonasError>,
    ) -> Result<Self, BonasError> {
        let wrong = |reason: &str| Err(BonasError::Objectives(reason.into()));
        let [ObjectiveName::Accuracy, further @ ..] = &config.objectives[..] else {
            return wrong("the first of the objectives must be accuracy; costs follow, such as --objective accuracy,latency");
        };
        if (0..further.len()).any(|place| further[place] == ObjectiveName::Accuracy || further[..place].contains(&further[place]))
        {
            return wrong("an objective is named twice; name each once");
        }
        let mut costs = Self::default();
        let mut latency = None;
        let needs_latency = further.contains(&ObjectiveName::Latency) || config.constraints.max_latency.is_some();
        if needs_latency {
            let Latency { cost, digest, model } = timed()?;
            (latency, costs.latency_digest, costs.latency_model) = (Some(cost), digest, model);
        } else if config.latency != LatencyConfig::default() {
            return wrong(
                "a table or device of latencies is set, but nothing asks for latencies; add --max-latency, or latency to --objective",
            );
        }
        let of = |name: ObjectiveName| match name {
            ObjectiveName::Params => counted(PARAMETERS),
            ObjectiveName::Macs => counted(MULTIPLY_ADDS),
            ObjectiveName::Latency | ObjectiveName::Accuracy => match &latency {
                Some(latency) => Ok(latency.clone()),
                None => Err(BonasError::Objectives("there are no latencies".into())),
            },
        };
        costs.traded = further.iter().map(|&name| of(name)).collect::<Result<_, _>>()?;
        let ConstraintsConfig { max_params, max_macs, max_latency } = config.constraints;
        let limits =
            [(ObjectiveName::Params, max_params), (ObjectiveName::Macs, max_macs), (ObjectiveName::Latency, max_latency)];
        for (name, most) in limits {
            if let Some(most) = most {
                costs.limits.push(Limit { cost: of(name)?, most });
            }
        }
        Ok(costs)
    }

    /// What is traded against the accuracy, in the order of the objectives.
    pub fn traded(&self) -> &[Arc<dyn CostFunction>] {
        &self.traded
    }

    /// What is maximised, by the metrics of trials.
    pub fn objectives(&self) -> Objectives {
        Objectives { costs: self.traded.iter().map(|cost| cost.name().to_string()).collect() }
    }

    /// What predicts latencies, if they were measured here.
    pub fn latency_model(&self) -> Option<&LatencyModel> {
        self.latency_model.as_ref()
    }

    /// SHA-256 of the table of latencies, if there is one of its own.
    pub(crate) fn latency_digest(&self) -> Option<&str> {
        self.latency_digest.as_deref()
    }

    /// The part of the space within the limits.
    pub(crate) fn limited(&self, space: Arc<dyn SearchSpace>) -> Result<Arc<dyn SearchSpace>, BonasError> {
        if self.limits.is_empty() {
            return Ok(space);
        }
        Ok(Arc::new(ConstrainedSpace::new(space, self.limits.clone())?))
    }

    /// An evaluator that also records what is traded or limited.
    pub(crate) fn with(&self, evaluator: Box<dyn Evaluator>) -> CostedEvaluator<'static> {
        let mut costs = self.traded.clone();
        for limit in &self.limits {
            if costs.iter().all(|cost| cost.name() != limit.cost.name()) {
                costs.push(limit.cost.clone());
            }
        }
        CostedEvaluator { evaluator, costs }
    }
}

/// Latencies of a table of their own, with its digest, or of the searched one.
fn table_latency(config: &ExperimentConfig, searched: Option<Arc<Table>>) -> Result<Latency, BonasError> {
    let device = config.latency.device.as_deref();
    let (table, digest) = match (&config.latency.table, searched) {
        (Some(path), _) => {
            let table = Table::open(path, config.latency.layout.as_deref())?;
            table.check_space(config.space.build()?.name())?;
            (Arc::new(table), Some(file_digest(path)?))
        }
        (None, Some(table)) => (table, None),
        (None, None) => return Err(BonasError::Objectives("there are no latencies".into())),
    };
    Ok(Latency { cost: Arc::new(TableCost::latency(table, device)?), digest, model: None })
}

/// Parameters or multiply-adds of the stand-alone network, counted in closed form.
struct NetworkCost {
    name: &'static str,
    config: bonas_supernet::NetworkConfig,
    source: ImageSource,
}

fn network_cost(name: &'static str, config: &ExperimentConfig, source: &ImageSource) -> Arc<dyn CostFunction> {
    Arc::new(NetworkCost { name, config: config.network.clone(), source: source.clone() })
}

impl CostFunction for NetworkCost {
    fn name(&self) -> &str {
        self.name
    }

    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        let train = &self.source.data.train;
        let blueprint = self.source.space.blueprint(architecture, &self.config, train.shape());
        let cost = cost(&blueprint, &self.config, train.shape(), train.classes());
        Some(if self.name == PARAMETERS { cost.parameters as f64 } else { cost.multiply_adds as f64 })
    }
}
