use crate::{BenchmarkError, ColumnKey, Objective, Run, Split, Table, TableConfig, Unit};
use bonas_core::Architecture;
use serde::{Deserialize, Serialize};

/// What the table says of the winner once the search is over: the only look at test columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableReport {
    /// Name of the table.
    pub table: String,
    /// Text form of the winner.
    pub architecture: String,
    /// What was searched.
    pub objective: ColumnKey,
    /// What its numbers mean.
    pub unit: Unit,
    /// The winner's score by the searched column's mean, larger is better.
    pub score: f64,
    /// The best score of the whole table in that column.
    pub best_score: f64,
    /// `best_score` − `score`.
    pub regret: f64,
    /// Place of the winner among all architectures by that column, from 1.
    pub rank: usize,
    /// Architectures in the table.
    pub architectures: usize,
    /// What the table knows of the winner on test images.
    pub test: Vec<TestValue>,
}

/// A value on test images, in the unit of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestValue {
    /// What it is.
    pub column: ColumnKey,
    /// The winner's value.
    pub value: f64,
    /// The same as a score: percentages as fractions, larger is better.
    pub score: f64,
    /// The best score in the table.
    pub best_score: f64,
}

impl TableReport {
    /// Looks the winner up.
    ///
    /// # Errors
    /// When the table has no such columns.
    pub fn new(table: &Table, config: &TableConfig, architecture: &Architecture, text: &str) -> Result<Self, BenchmarkError> {
        let objective = Objective::find(table, config)?;
        let place = objective.columns[0];
        let score = |column: usize, value: f64| table.columns()[column].score(value);
        let best = |column: usize| table.values(column).map(|value| score(column, value)).fold(f64::NEG_INFINITY, f64::max);
        let own = table.value(architecture, place).map_or(f64::NEG_INFINITY, |value| score(place, value));
        let key = &objective.column.key;
        let is_test = |other: &ColumnKey| other.split == Split::Test && other.metric == key.metric && other.run == Run::Mean;
        let tests =
            table.columns().iter().enumerate().filter(|(_, column)| is_test(&column.key) && related(&column.key.task, &key.task));
        let test = tests.filter_map(|(column, about)| {
            let value = table.value(architecture, column)?;
            Some(TestValue { column: about.key.clone(), value, score: score(column, value), best_score: best(column) })
        });
        Ok(Self {
            table: table.name().into(),
            architecture: text.into(),
            objective: key.clone(),
            unit: objective.column.unit,
            score: own,
            best_score: best(place),
            regret: best(place) - own,
            rank: 1 + table.values(place).filter(|&value| score(place, value) > own).count(),
            architectures: table.len(),
            test: test.collect(),
        })
    }

    /// The test value to show where there is room for one: of the searched task and epochs if there is one.
    pub fn headline(&self) -> Option<&TestValue> {
        let of_epochs = || self.test.iter().filter(|test| test.column.epochs == self.objective.epochs);
        of_epochs().find(|test| test.column.task == self.objective.task).or_else(|| of_epochs().next())
    }
}

/// Whether a task is the searched one, or that one with all its training images (NAS-Bench-201 searches `cifar10-valid` and reports
/// `cifar10`).
fn related(task: &str, searched: &str) -> bool {
    task == searched || searched.strip_suffix("-valid") == Some(task)
}
