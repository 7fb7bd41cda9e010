//! What the searches of a course say of its strategies.

mod comparison;
mod csv;
mod several;
mod strategy;

pub use comparison::{Comparison, Measure, OverallRank};
pub use several::{SeveralSummary, TaskRanks};
pub use strategy::StrategySummary;

use crate::{Course, LaboratoryError, SearchKey, SearchRecord, TaskFacts};
use comparison::{compared, outcome_order, overall, tests_of_ranks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers of queries at which regrets are reported, as far as the budget reaches; its end is always among them.
const CHECKPOINTS: [usize; 6] = [25, 50, 100, 150, 200, 300];

/// Everything that is said of a course, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the space.
    pub space: String,
    /// Queries of every search.
    pub queries: usize,
    /// Architectures asked for in a round.
    pub batch: usize,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// The tasks.
    pub tasks: Vec<TaskFacts>,
    /// Every strategy on every task: task by task, in the order in which they were named.
    pub strategies: Vec<StrategySummary>,
    /// Paired tests of all strategies on each task.
    pub comparisons: Vec<Comparison>,
    /// Mean rank of every strategy over all tasks, the best first.
    pub overall: Vec<OverallRank>,
    /// Paired tests of the ranks over all tasks.
    pub overall_comparisons: Vec<Comparison>,
}

/// The searches of one strategy on one task, in the order of their seeds.
pub(crate) struct Sample<'a> {
    pub(crate) strategy: &'a str,
    pub(crate) searches: Vec<&'a SearchRecord>,
}

impl Summary {
    /// Sums up a course. All its searches must be finished.
    ///
    /// # Errors
    /// [`LaboratoryError::Unfinished`], or when a table has no such columns.
    pub fn new(course: &Course, records: &BTreeMap<SearchKey, SearchRecord>) -> Result<Self, LaboratoryError> {
        let budget = course.queries();
        let mut summary = Self {
            space: course.space.name().into(),
            queries: budget,
            batch: course.study.batch_size,
            first_seed: course.seeds.start,
            seeds: course.seeds.end - course.seeds.start,
            tasks: Vec::new(),
            strategies: Vec::new(),
            comparisons: Vec::new(),
            overall: Vec::new(),
            overall_comparisons: Vec::new(),
        };
        let mut ranks = Vec::new();
        for task in &course.tasks {
            let samples = samples(course, &task.name, records)?;
            let of_task = outcome_order(&samples, budget);
            for (sample, ranks) in samples.iter().zip(&of_task) {
                summary.strategies.push(StrategySummary::new(&task.name, sample, ranks, budget, &checkpoints(budget)));
            }
            summary.comparisons.extend(compared(&task.name, &samples, budget));
            summary.tasks.push(task.facts()?);
            ranks.push(of_task);
        }
        let names: Vec<&str> = course.contestants.iter().map(|contestant| contestant.name.as_str()).collect();
        summary.overall = overall(&names, &ranks);
        summary.overall_comparisons = tests_of_ranks(&names, &ranks);
        Ok(summary)
    }

    /// One row for every strategy and task, with a header.
    ///
    /// # Errors
    /// When a row cannot be written.
    pub fn to_csv(&self) -> Result<String, LaboratoryError> {
        csv::write(self)
    }
}

fn samples<'a>(
    course: &'a Course,
    task: &str,
    records: &'a BTreeMap<SearchKey, SearchRecord>,
) -> Result<Vec<Sample<'a>>, LaboratoryError> {
    let sample = |strategy: &'a str| {
        let search = |seed| {
            let key = SearchKey { task: task.into(), strategy: strategy.into(), seed };
            records.get(&key).ok_or(LaboratoryError::Unfinished(key))
        };
        Ok(Sample { strategy, searches: course.seeds.clone().map(search).collect::<Result<_, _>>()? })
    };
    course.contestants.iter().map(|contestant| sample(&contestant.name)).collect()
}

/// The numbers of queries at which regrets are reported.
fn checkpoints(budget: usize) -> Vec<usize> {
    CHECKPOINTS.into_iter().filter(|&queries| queries < budget).chain([budget]).collect()
}
