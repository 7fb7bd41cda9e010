use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::costs::Costs;
use crate::error::BonasError;
use crate::parts::{build_informed, build_strategy};
use crate::provenance::{EVALUATOR, SPACE_DIGEST, space_digest};
use crate::run_folder::RunFolder;
use bonas_benchmarks::{Objective, Run, Split, Table, TableConfig, TableEvaluator};
use bonas_core::{CellGraph, Interrupt, Observations, OperationRole, SearchSpace, SearchStrategy, Silent};
use bonas_features::{Covariates, JoinedCovariates, KnownValues, RememberedCovariates, SourceBelief, StructureGp};
use bonas_search::{Budget, Storage, Study, StudyConfig, StudyReader, StudyRecord, TrialRecord};
use bonas_surrogate::SurrogateName;
use serde::{Deserialize, Serialize};
use serde_with::{OneOrMany, serde_as};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name under which the trials of another run, on which this one builds, are recorded.
pub(crate) const TRANSFER: &str = "transfer";

/// What the surrogate `structure-gp` is told beside the trials of its own search. Only cheap trainings of the searched task itself are
/// charged to the budget; nothing is measured on test images.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeConfig {
    /// The folder of a run in the same space, or a list of them, of other tasks or with cheaper trainings: what the trials of each teach
    /// is a part of the prior mean, as far as the trials of the new search confirm it.
    #[serde_as(as = "OneOrMany<_>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfer_from: Vec<PathBuf>,
    /// For `bonas bench search`: another task of the table, or a list of tasks. Every search follows one of each of them, by the same
    /// strategy with the same seed; of a list, a task does not teach itself.
    #[serde_as(as = "OneOrMany<_>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfer_task: Vec<String>,
    /// Epochs of the trainings of `transfer_task`, by default the most there are. With fewer than those of the search, the task may be the
    /// same, which it is without `transfer_task`: then it is a cheap fidelity, and every training is charged as the part of a query that
    /// its epochs are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_epochs: Option<u32>,
    /// Queries of the search on `transfer_task` (2 to 1,000,000).
    pub transfer_queries: usize,
    /// Measured trials that a search needs before its surrogate is trusted, where it learns from other runs and `bonas.initial` is more
    /// (2 to 1,000,000).
    pub transfer_initial: usize,
    /// Columns of the table that are known of every architecture without training, such as `mflops`: metrics, or whole names as
    /// `bonas data` lists them.
    pub columns: Vec<String>,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        Self {
            transfer_from: Vec::new(),
            transfer_task: Vec::new(),
            transfer_epochs: None,
            transfer_queries: 50,
            transfer_initial: 5,
            columns: Vec::new(),
        }
    }
}

impl KnowledgeConfig {
    /// The first of its keys that says something.
    fn used(&self) -> Option<&'static str> {
        let keys = [
            ("knowledge.transfer_from", !self.transfer_from.is_empty()),
            ("knowledge.transfer_task", !self.transfer_task.is_empty()),
            ("knowledge.transfer_epochs", self.transfer_epochs.is_some()),
            ("knowledge.columns", !self.columns.is_empty()),
        ];
        keys.into_iter().find(|(_, used)| *used).map(|(key, _)| key)
    }

    /// The tasks of the table that a search of `task` learns from first.
    pub(crate) fn sources_of<'a>(&'a self, task: &'a str) -> Vec<&'a str> {
        let named = self.transfer_task.iter().map(String::as_str);
        match (self.transfer_task.len(), self.transfer_epochs) {
            (0, None) => Vec::new(),
            (0, Some(_)) => vec![task],
            (1, _) | (_, Some(_)) => named.collect(),
            (_, None) => named.filter(|&source| source != task).collect(),
        }
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
    /// Number of its run among those that are learned from.
    #[serde(default)]
    source: usize,
    /// Its round, where the scores of its run are comparable within a round only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    round: Option<usize>,
}

impl SourceTrial {
    /// The trials of several runs, one run after the other.
    pub(crate) fn joined<'a>(runs: impl IntoIterator<Item = &'a [Self]>) -> Vec<Self> {
        let numbered = |(source, trials): (usize, &'a [Self])| trials.iter().map(move |trial| Self { source, ..trial.clone() });
        runs.into_iter().enumerate().flat_map(numbered).collect()
    }
}

/// Checks that the configured strategy can use what is told, and that no setting contradicts another.
pub(crate) fn check(config: &ExperimentConfig) -> Result<(), BonasError> {
    let KnowledgeConfig { transfer_from, transfer_task, transfer_epochs, transfer_queries, transfer_initial, columns } =
        &config.knowledge;
    let counts = [("knowledge.transfer_queries", transfer_queries), ("knowledge.transfer_initial", transfer_initial)];
    if let Some((key, value)) = counts.into_iter().find(|(_, value)| !(2..=1_000_000).contains(*value)) {
        return Err(BonasError::OutOfRange { key, range: "from 2 to 1000000", value: value.to_string() });
    }
    let wrong = |key, reason: String| Err(BonasError::Knowledge { key, reason });
    if !transfer_from.is_empty() && !transfer_task.is_empty() {
        return wrong("knowledge.transfer_task", "knowledge.transfer_from names another source; leave out one of them".into());
    }
    if !transfer_from.is_empty() && transfer_epochs.is_some() {
        return wrong("knowledge.transfer_epochs", "knowledge.transfer_from names another source; leave out one of them".into());
    }
    if let Some(run) = repeated(transfer_from) {
        return wrong("knowledge.transfer_from", format!("the run {} is named twice; name every run once", run.display()));
    }
    if let Some(task) = repeated(transfer_task) {
        return wrong("knowledge.transfer_task", format!("the task {task} is named twice; name every task once"));
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

/// The first that was there before.
fn repeated<T: PartialEq>(list: &[T]) -> Option<&T> {
    list.iter().enumerate().find(|(place, item)| list[..*place].contains(item)).map(|(_, item)| item)
}

/// The measured trials of the runs that are learned from.
///
/// # Errors
/// As [`trials_of_run`].
pub(crate) fn trials_of_runs(config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Vec<SourceTrial>, BonasError> {
    let of_run = |path: &PathBuf| trials_of_run(path, config, space);
    let runs = config.knowledge.transfer_from.iter().map(of_run).collect::<Result<Vec<_>, _>>()?;
    Ok(SourceTrial::joined(runs.iter().map(Vec::as_slice)))
}

/// The measured trials of the run in this folder.
///
/// # Errors
/// When it is no run, its space is another, or fewer than two trials have a score.
fn trials_of_run(path: &Path, config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Vec<SourceTrial>, BonasError> {
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
    let apart = record.details.get(EVALUATOR).is_some_and(|evaluator| evaluator == EvaluatorName::Supernet.as_str());
    measured(&reader.trials()?, space, path, apart)
}

fn measured(trials: &[TrialRecord], space: &dyn SearchSpace, path: &Path, apart: bool) -> Result<Vec<SourceTrial>, BonasError> {
    let scored = trials.iter().filter(|trial| !trial.cached).filter_map(|trial| Some((trial, trial.score()?)));
    let trial = |(trial, score): (&TrialRecord, f64)| {
        space.validate(&trial.architecture)?;
        let round = apart.then_some(trial.round);
        Ok(SourceTrial { architecture: space.format(&trial.architecture), score, source: 0, round })
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
    measured(&storage.reader().trials()?, space.as_ref(), Path::new(task), false)
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

/// The strategy of a configuration with all that it is told: the trials of other runs, and columns of its table.
pub(crate) fn informed_strategy(
    config: &ExperimentConfig,
    space: &Arc<dyn SearchSpace>,
    trials: &[SourceTrial],
    table: Option<&Table>,
    costs: &Costs,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    let mut parts: Vec<Arc<dyn Covariates>> = Vec::new();
    let mut config = config.clone();
    if !trials.is_empty() {
        config.bonas.initial = config.bonas.initial.min(config.knowledge.transfer_initial);
    }
    for run in trials.chunk_by(|left, right| left.source == right.source) {
        parts.push(Arc::new(RememberedCovariates::new(source_belief(&config, space.as_ref(), run)?)));
    }
    if let (Some(table), false) = (table, config.knowledge.columns.is_empty()) {
        parts.push(Arc::new(known_columns(&config.knowledge.columns, space.as_ref(), table)?));
    }
    let known = (!parts.is_empty()).then(|| Arc::new(JoinedCovariates(parts)) as Arc<dyn Covariates>);
    build_informed(&config, space.clone(), known, costs)
}

fn source_belief(config: &ExperimentConfig, space: &dyn SearchSpace, trials: &[SourceTrial]) -> Result<SourceBelief, BonasError> {
    let graph = |trial: &SourceTrial| Ok(space.graph(&space.canonical(&space.parse(&trial.architecture)?)));
    let graphs: Vec<CellGraph> = trials.iter().map(graph).collect::<Result<_, BonasError>>()?;
    let scores = trials.iter().map(|trial| trial.score).collect();
    let rounds: Option<Vec<usize>> = trials.iter().map(|trial| trial.round).collect();
    let observations = Observations::new(graphs, scores).and_then(|observations| match rounds {
        Some(rounds) => observations.with_groups(rounds),
        None => Ok(observations),
    });
    let observations = observations.map_err(|error| bonas_core::SurrogateError::Other(error.into()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_or_a_list_can_be_written() {
        let knowledge = |text: &str| toml::from_str::<KnowledgeConfig>(text).expect("valid");
        let one = knowledge("transfer_from = 'run'");
        assert_eq!(one, knowledge("transfer_from = ['run']"));
        assert_eq!(knowledge("transfer_task = ['a', 'b']").transfer_task, ["a", "b"]);
        // As it was written before there could be several.
        assert!(toml::to_string(&one).expect("TOML").contains("transfer_from = \"run\""));
    }

    #[test]
    fn trials_say_which_run_they_are_of() {
        let trial = |score| SourceTrial { architecture: "a".into(), score, source: 0, round: None };
        let runs = [vec![trial(1.0), trial(2.0)], vec![trial(3.0)]];
        let joined = SourceTrial::joined(runs.iter().map(Vec::as_slice));
        assert_eq!(joined.iter().map(|trial| (trial.score, trial.source)).collect::<Vec<_>>(), [(1.0, 0), (2.0, 0), (3.0, 1)]);
        let recorded_before: SourceTrial = serde_json::from_str(r#"{"architecture":"a","score":1.0}"#).expect("readable");
        assert_eq!(recorded_before, trial(1.0));
    }
}
