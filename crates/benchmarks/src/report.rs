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
        let test = tests(table, key).filter_map(|column| {
            let value = table.value(architecture, column)?;
            let key = table.columns()[column].key.clone();
            Some(TestValue { column: key, value, score: score(column, value), best_score: best(column) })
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

/// The scores of all architectures on test images: to report how well a predictor that has not seen them ranks them, never to choose
/// one.
#[derive(Clone, Debug, PartialEq)]
pub struct TestScores {
    /// What they are: of the searched epochs, and of networks trained on all training images where the table has both
    /// (NAS-Bench-201 searches `cifar10-valid`, the literature ranks `cifar10`).
    pub column: ColumnKey,
    /// One for each architecture, in the order of [`Table::architectures`], larger is better; `None` where the table has none.
    pub scores: Vec<Option<f64>>,
}

impl TestScores {
    /// The test scores that belong to the searched column; `None` where the table has none.
    ///
    /// # Errors
    /// When the table has no such searched column.
    pub fn of(table: &Table, config: &TableConfig) -> Result<Option<Self>, BenchmarkError> {
        let objective = Objective::find(table, config)?;
        let searched = &objective.column.key;
        let key = |column: usize| &table.columns()[column].key;
        let mut of_epochs = tests(table, searched).filter(|&column| key(column).epochs == searched.epochs);
        let mut again = of_epochs.clone();
        let column = of_epochs.find(|&column| key(column).task != searched.task).or_else(|| again.next());
        Ok(column.map(|column| {
            let about = &table.columns()[column];
            let score = |architecture| table.value(&architecture, column).map(|value| about.score(value));
            Self { column: about.key.clone(), scores: table.architectures().map(score).collect() }
        }))
    }
}

/// Columns on test images that belong to a searched one.
fn tests<'a>(table: &'a Table, searched: &'a ColumnKey) -> impl Iterator<Item = usize> + Clone + 'a {
    let belongs = move |key: &ColumnKey| {
        key.split == Split::Test && key.metric == searched.metric && key.run == Run::Mean && related(&key.task, &searched.task)
    };
    table.columns().iter().enumerate().filter(move |(_, column)| belongs(&column.key)).map(|(place, _)| place)
}

/// Whether a task is the searched one, or that one with all its training images (NAS-Bench-201 searches `cifar10-valid` and reports
/// `cifar10`).
fn related(task: &str, searched: &str) -> bool {
    task == searched || searched.strip_suffix("-valid") == Some(task)
}
