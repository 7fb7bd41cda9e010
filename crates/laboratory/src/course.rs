use crate::{LaboratoryError, TradeOff};
use bonas_benchmarks::{Table, TableConfig, TableReport, Unit};
use bonas_core::{BoxError, SearchSpace, SearchStrategy};
use bonas_search::StudyConfig;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Builds a fresh strategy for a search.
type Build = dyn Fn(&SearchKey) -> Result<Prepared, BoxError> + Sync;

/// A strategy that is ready to search.
pub struct Prepared {
    /// The strategy.
    pub strategy: Box<dyn SearchStrategy>,
    /// Queries of the budget that are spent already, for cheap trainings that it was told of. The others count on from there.
    pub charged: usize,
}

impl From<Box<dyn SearchStrategy>> for Prepared {
    fn from(strategy: Box<dyn SearchStrategy>) -> Self {
        Self { strategy, charged: 0 }
    }
}

/// A strategy that takes part.
pub struct Contestant {
    /// Its name, which no other contestant has.
    pub name: String,
    /// Builds it for a search, fresh, in the thread that uses it. Everything random comes later, from the generator that `ask` is given.
    pub build: Box<Build>,
}

impl Contestant {
    pub(crate) fn key(&self, task: &Task, seed: u64) -> SearchKey {
        SearchKey { task: task.name.clone(), strategy: self.name.clone(), seed }
    }
}

/// A question to a table.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// The table that answers.
    pub table: Arc<Table>,
    /// By which of its columns.
    pub config: TableConfig,
    /// What the score is traded against, if there are several objectives.
    pub trade_off: Option<TradeOff>,
}

/// What is known of a task before any search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFacts {
    /// Its name.
    pub task: String,
    /// The searched column, in words.
    pub objective: String,
    /// The column on test images that the chosen architectures are looked up in, if there is one.
    pub test: Option<String>,
    /// What the numbers of the searched column mean.
    pub unit: Unit,
    /// Architectures in the table.
    pub architectures: usize,
    /// The best score of the table in the searched column; larger is better.
    pub best_score: f64,
    /// The best score of the table in the test column.
    pub best_test_score: Option<f64>,
    /// With several objectives, the hypervolume of the front of the table (see [`TradeOff`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_hypervolume: Option<f64>,
}

impl Task {
    /// What the table says of the task.
    ///
    /// # Errors
    /// When the table is empty or has no such columns.
    pub fn facts(&self) -> Result<TaskFacts, LaboratoryError> {
        let mut architectures = self.table.architectures();
        let any = architectures.next().ok_or_else(|| LaboratoryError::EmptyTable(self.table.name().into()))?;
        let report = TableReport::new(&self.table, &self.config, &any, "")?;
        let test = report.headline();
        Ok(TaskFacts {
            task: self.name.clone(),
            objective: report.objective.to_string(),
            test: test.map(|test| test.column.to_string()),
            unit: report.unit,
            architectures: report.architectures,
            best_score: report.best_score,
            best_test_score: test.map(|test| test.best_score),
            best_hypervolume: self.trade_off.as_ref().map(TradeOff::best_hypervolume),
        })
    }
}

/// All searches that are to be compared: every contestant on every task with every seed.
pub struct Course {
    /// The space of all of them.
    pub space: Arc<dyn SearchSpace>,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The strategies.
    pub contestants: Vec<Contestant>,
    /// The seeds.
    pub seeds: Range<u64>,
    /// Budget and batch of every search; its seed is not used.
    pub study: StudyConfig,
}

/// Which search of a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SearchKey {
    /// Name of the task.
    pub task: String,
    /// Name of the strategy.
    pub strategy: String,
    /// Seed of the study.
    pub seed: u64,
}

impl fmt::Display for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}, seed {}", self.strategy, self.task, self.seed)
    }
}

impl Course {
    /// Checks names and numbers.
    ///
    /// # Errors
    /// When nothing is to be done, a name comes twice, or the budget does not count queries alone.
    pub fn validate(&self) -> Result<(), LaboratoryError> {
        self.study.validate()?;
        let budget = &self.study.budget;
        if budget.queries.is_none() || budget.rounds.is_some() || budget.minutes.is_some() || budget.cost_hours.is_some() {
            return Err(LaboratoryError::Budget);
        }
        let tasks: Vec<&str> = self.tasks.iter().map(|task| task.name.as_str()).collect();
        let contestants: Vec<&str> = self.contestants.iter().map(|contestant| contestant.name.as_str()).collect();
        unique("task", &tasks)?;
        unique("strategy", &contestants)?;
        if self.seeds.is_empty() {
            return Err(LaboratoryError::Nothing("seed"));
        }
        Ok(())
    }

    /// Queries of every search.
    pub fn queries(&self) -> usize {
        self.study.budget.queries.unwrap_or_default()
    }

    /// Every search as (contestant, task, seed), in the order they are begun: all that share a seed come together, so that a course
    /// that was cut short has complete comparisons.
    pub(crate) fn searches(&self) -> impl Iterator<Item = (&Contestant, &Task, u64)> {
        let of_seed = move |seed| {
            let of_task = move |task| self.contestants.iter().map(move |contestant| (contestant, task, seed));
            self.tasks.iter().flat_map(of_task)
        };
        self.seeds.clone().flat_map(of_seed)
    }
}

pub(crate) fn unique(what: &'static str, names: &[&str]) -> Result<(), LaboratoryError> {
    if names.is_empty() {
        return Err(LaboratoryError::Nothing(what));
    }
    match names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        Some((_, &twice)) => Err(LaboratoryError::Twice { what, name: twice.into() }),
        None => Ok(()),
    }
}
