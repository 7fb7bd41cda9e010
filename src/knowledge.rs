use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::costs::Costs;
use crate::error::BonasError;
use crate::parts::{build_informed, build_strategy};
use crate::provenance::{SPACE_DIGEST, space_digest};
use crate::run_folder::RunFolder;
use bonas_benchmarks::{Objective, Run, Split, Table, TableConfig, TableEvaluator};
use bonas_core::{CellGraph, Interrupt, Observations, OperationRole, SearchSpace, SearchStrategy, Silent};
use bonas_features::{Covariates, JoinedCovariates, KnownValues, SourceBelief, StructureGp};
use bonas_search::{Budget, Storage, Study, StudyConfig, StudyReader, StudyRecord, TrialRecord};
use bonas_surrogate::SurrogateName;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name under which the trials of another run, on which this one builds, are recorded.
pub(crate) const TRANSFER: &str = "transfer";

/// What the surrogate `structure-gp` is told beside the trials of its own search. Only cheap trainings of the searched task itself are
/// charged to the budget; nothing is measured on test images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeConfig {
    /// The folder of a run in the same space, of another task or with cheaper trainings: what its trials teach is the prior mean, as far as
    /// the trials of the new search confirm it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_from: Option<PathBuf>,
    /// For `bonas bench search`: another task of the table. Every search follows one of that task, by the same strategy with the same seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_task: Option<String>,
    /// Epochs of the trainings of `transfer_task`, by default the most there are. With fewer than those of the search, the task may be the
    /// same, which it is without `transfer_task`: then it is a cheap fidelity, and every training is charged as the part of a query that
    /// its epochs are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_epochs: Option<u32>,
    /// Queries of the search on `transfer_task` (2 to 1,000,000).
    pub transfer_queries: usize,
    /// Columns of the table that are known of every architecture without training, such as `mflops`: metrics, or whole names as
    /// `bonas data` lists them.
    pub columns: Vec<String>,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        Self { transfer_from: None, transfer_task: None, transfer_epochs: None, transfer_queries: 50, columns: Vec::new() }
    }
}

impl KnowledgeConfig {
    /// The first of its keys that says something.
    fn used(&self) -> Option<&'static str> {
        let keys = [
            ("knowledge.transfer_from", self.transfer_from.is_some()),
            ("knowledge.transfer_task", self.transfer_task.is_some()),
            ("knowledge.transfer_epochs", self.transfer_epochs.is_some()),
            ("knowledge.columns", !self.columns.is_empty()),
        ];
        keys.into_iter().find(|(_, used)| *used).map(|(key, _)| key)
    }

    /// The task of the table that a search of `task` learns from first, if there is one.
    pub(crate) fn source_of<'a>(&'a self, task: &'a str) -> Option<&'a str> {
        self.transfer_task.as_deref().or(self.transfer_epochs.map(|_| task))
    }

    /// Whether anything is told.
    pub(crate) fn is_used(&self) -> bool {
        self.used().is_some()
    }
}

/// A measured trial of another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceTrial {
    architecture: String,
    score: f64,
}

/// Checks that the configured strategy can use what is told, and that no setting contradicts another.
pub(crate) fn check(config: &ExperimentConfig) -> Result<(), BonasError> {
    let KnowledgeConfig { transfer_from, transfer_task, transfer_epochs, transfer_queries, columns } = &config.knowledge;
    if !(2..=1_000_000).contains(transfer_queries) {
        let (key, range) = ("knowledge.transfer_queries", "from 2 to 1000000");
        return Err(BonasError::OutOfRange { key, range, value: transfer_queries.to_string() });
    }
    let wrong = |key, reason: String| Err(BonasError::Knowledge { key, reason });
    if transfer_from.is_some() && transfer_task.is_some() {
        return wrong("knowledge.transfer_task", "knowledge.transfer_from names another source; leave out one of them".into());
    }
    if transfer_from.is_some() && transfer_epochs.is_some() {
        return wrong("knowledge.transfer_epochs", "knowledge.transfer_from names another source; leave out one of them".into());
    }
    if !columns.is_empty() && config.evaluator != EvaluatorName::Table {
        let reason = format!("the evaluator {} has no table; add --evaluator table --table FILE", config.evaluator.as_str());
        return wrong("knowledge.columns", reason);
    }
    let Some(key) = config.knowledge.used() else { return Ok(()) };
    if config.strategy != StrategyName::Bonas || config.surrogate.name != SurrogateName::StructureGp {
        let (strategy, surrogate) = (config.strategy.as_str(), config.surrogate.name.as_str());
        let reason = format!(
            "only the strategy bonas with the surrogate structure-gp can use it, but they are {strategy} and {surrogate}; choose these, \
             or leave it out"
        );
        return wrong(key, reason);
    }
    Ok(())
}

/// The measured trials of the run in this folder.
///
/// # Errors
/// When it is no run, its space is another, or fewer than two trials have a score.
pub(crate) fn trials_of_run(
    path: &Path,
    config: &ExperimentConfig,
    space: &dyn SearchSpace,
) -> Result<Vec<SourceTrial>, BonasError> {
    let run = RunFolder::open(path)?;
    let reader = StudyReader::open(&run.study())?;
    let record = reader.study_record()?;
    let other = |found: String, wanted: String| BonasError::OtherSpace { run: path.to_path_buf(), found, wanted };
    if record.space != space.name() {
        return Err(other(record.space, space.name().into()));
    }
    let (found, wanted) = (record.details.get(SPACE_DIGEST).cloned(), space_digest(config)?);
    if found != wanted {
        let described = |digest: Option<String>| match digest {
            Some(digest) => format!("{} as a file of the SHA-256 {digest} describes it", space.name()),
            None => format!("{} as it is built in", space.name()),
        };
        return Err(other(described(found), described(wanted)));
    }
    measured(&reader.trials()?, space, path)
}

fn measured(trials: &[TrialRecord], space: &dyn SearchSpace, path: &Path) -> Result<Vec<SourceTrial>, BonasError> {
    let scored = trials.iter().filter(|trial| !trial.cached).filter_map(|trial| Some((trial, trial.score()?)));
    let trial = |(trial, score): (&TrialRecord, f64)| {
        space.validate(&trial.architecture)?;
        Ok(SourceTrial { architecture: space.format(&trial.architecture), score })
    };
    let trials: Vec<SourceTrial> = scored.map(trial).collect::<Result<_, BonasError>>()?;
    match trials.len() {
        0 | 1 => Err(BonasError::NothingToTransfer { run: path.to_path_buf(), trials: trials.len() }),
        _ => Ok(trials),
    }
}

/// The measured trials of a search of `knowledge.transfer_task` with this seed, by the same strategy without any knowledge.
pub(crate) fn trials_of_task(
    config: &ExperimentConfig,
    task: &str,
    seed: u64,
    space: &Arc<dyn SearchSpace>,
    table: &Arc<Table>,
) -> Result<Vec<SourceTrial>, BonasError> {
    let knowledge = &config.knowledge;
    let alone = ExperimentConfig { knowledge: KnowledgeConfig::default(), ..config.clone() };
    let mut strategy = build_strategy(&alone, space.clone())?;
    let mut evaluator = TableEvaluator::new(table.clone(), &source_question(config, task))?;
    let record = StudyRecord { space: space.name().into(), seed, ..StudyRecord::default() };
    let mut storage = Storage::in_memory(&record)?;
    let budget = Budget { queries: Some(knowledge.transfer_queries), ..Budget::default() };
    let study = Study {
        space: space.as_ref(),
        strategy: strategy.as_mut(),
        evaluator: &mut evaluator,
        storage: &mut storage,
        config: &StudyConfig { seed, budget, ..config.study.clone() },
        observer: &(),
        progress: &Silent,
        interrupt: &Interrupt::default(),
    };
    study.run()?;
    measured(&storage.reader().trials()?, space.as_ref(), Path::new(task))
}

/// What the table is asked for the task that is learned from.
pub(crate) fn source_question(config: &ExperimentConfig, task: &str) -> TableConfig {
    TableConfig { task: Some(task.into()), epochs: config.knowledge.transfer_epochs, ..config.table.clone() }
}

/// The queries that so many trainings of `source` are charged as in a search of `task`: none where these are different tasks, and else
/// the part of a whole training that their epochs are, rounded up.
///
/// # Errors
/// When the table has no such columns, or does not say for how many epochs they were trained.
pub(crate) fn charged_queries(
    config: &ExperimentConfig,
    source: &str,
    task: &str,
    trainings: usize,
    table: &Table,
) -> Result<usize, BonasError> {
    let column = |question: &TableConfig| Ok::<_, BonasError>(Objective::find(table, question)?.column().key.clone());
    let cheap = column(&source_question(config, source))?;
    let whole = column(&TableConfig { task: Some(task.into()), ..config.table.clone() })?;
    if cheap.task != whole.task {
        return Ok(0);
    }
    match (cheap.epochs, whole.epochs) {
        (Some(cheap), Some(whole)) if whole > 0 => Ok((trainings * cheap as usize).div_ceil(whole as usize)),
        _ => Err(BonasError::Knowledge {
            key: "knowledge.transfer_epochs",
            reason: format!("the table {} does not say how many epochs '{cheap}' and '{whole}' took", table.name()),
        }),
    }
}

/// The strategy of a configuration with all that it is told: the trials of another run, and columns of its table.
pub(crate) fn informed_strategy(
    config: &ExperimentConfig,
    space: &Arc<dyn SearchSpace>,
    trials: &[SourceTrial],
    table: Option<&Table>,
    costs: &Costs,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    let mut parts: Vec<Arc<dyn Covariates>> = Vec::new();
    if !trials.is_empty() {
        parts.push(Arc::new(source_belief(config, space.as_ref(), trials)?));
    }
    if let (Some(table), false) = (table, config.knowledge.columns.is_empty()) {
        parts.push(Arc::new(known_columns(&config.knowledge.columns, space.as_ref(), table)?));
    }
    let known = (!parts.is_empty()).then(|| Arc::new(JoinedCovariates(parts)) as Arc<dyn Covariates>);
    build_informed(config, space.clone(), known, costs)
}

fn source_belief(config: &ExperimentConfig, space: &dyn SearchSpace, trials: &[SourceTrial]) -> Result<SourceBelief, BonasError> {
    let graph = |trial: &SourceTrial| Ok(space.graph(&space.canonical(&space.parse(&trial.architecture)?)));
    let graphs: Vec<CellGraph> = trials.iter().map(graph).collect::<Result<_, BonasError>>()?;
    let scores = trials.iter().map(|trial| trial.score).collect();
    let observations = Observations::new(graphs, scores).map_err(|error| bonas_core::SurrogateError::Other(error.into()))?;
    let roles = OperationRole::of_vocabulary(&space.vocabulary());
    let surrogate = StructureGp::new(config.surrogate.structure_gp.clone(), roles)?;
    Ok(SourceBelief::fit(&surrogate, &observations)?)
}

fn known_columns(names: &[String], space: &dyn SearchSpace, table: &Table) -> Result<KnownValues, BonasError> {
    let places: Vec<usize> = names.iter().map(|name| known_column(name, table)).collect::<Result<_, _>>()?;
    let values = table.architectures().filter_map(|architecture| {
        let values: Option<Vec<f64>> = places.iter().map(|&place| table.value(&architecture, place)).collect();
        Some((space.graph(&space.canonical(&architecture)), values?))
    });
    Ok(KnownValues::new(values)?)
}

/// The column of this name, if it is known without training: its metric, or its whole name.
fn known_column(name: &str, table: &Table) -> Result<usize, BonasError> {
    let wrong = |reason: String| Err(BonasError::Knowledge { key: "knowledge.columns", reason });
    let named = |place: &usize| {
        let key = &table.columns()[*place].key;
        key.to_string() == name || key.metric == name && key.run == Run::Mean
    };
    let found: Vec<usize> = (0..table.columns().len()).filter(named).collect();
    let names =
        |places: &[usize]| places.iter().map(|&place| table.columns()[place].key.to_string()).collect::<Vec<_>>().join("; ");
    let place = match found[..] {
        [place] => place,
        [] => {
            let free: Vec<usize> = (0..table.columns().len()).filter(|&place| is_free(table, place)).collect();
            let available = if free.is_empty() { "none".into() } else { names(&free) };
            return wrong(format!("the table {} has no column '{name}'; known without training are: {available}", table.name()));
        }
        _ => return wrong(format!("'{name}' may be any of these, name one in full: {}", names(&found))),
    };
    let key = &table.columns()[place].key;
    match key.split {
        Split::Test => wrong(format!("'{key}' was measured on test images, which no search may see")),
        _ if !is_free(table, place) => wrong(format!(
            "'{key}' is known after a training only, which has to be paid for; learn from a search of it instead \
             (knowledge.transfer_from, or knowledge.transfer_epochs in bonas bench search)"
        )),
        _ => Ok(place),
    }
}

/// Whether the values of a column are known without any training.
fn is_free(table: &Table, place: usize) -> bool {
    let key = &table.columns()[place].key;
    key.split == Split::None && key.epochs.is_none() && key.metric != "seconds"
}
