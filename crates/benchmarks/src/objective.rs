use crate::{BenchmarkError, Column, Run, RunChoice, Split, Table, TableConfig};
use bonas_core::Architecture;
use std::collections::BTreeSet;

/// The columns of a table that a search is answered from: validation values of one task, one metric and one number of epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// One column; or the trainings of which one is drawn for each query.
    pub(crate) columns: Vec<usize>,
    /// What the scores are.
    pub(crate) column: Column,
    /// Seconds of training, if the table has them.
    pub(crate) cost: Option<usize>,
}

impl Objective {
    /// The objective that a configuration names. Left open, the task must be the only one; the metric is the first of the task in the
    /// table, and the epochs are the most there are.
    ///
    /// # Errors
    /// When the table has no such column on validation images, or several.
    pub fn find(table: &Table, config: &TableConfig) -> Result<Self, BenchmarkError> {
        let search = Search { table, config };
        let validation: Vec<usize> = search.places(|column| column.key.split == Split::Validation);
        let task = search.only(&validation, "table.task", config.task.as_deref(), |column| column.key.task.clone())?;
        let of_task = search.narrowed(&validation, |column| column.key.task == task);
        let main = of_task.first().map(|&place| table.columns()[place].key.metric.as_str());
        let metric =
            search.only(&of_task, "table.metric", config.metric.as_deref().or(main), |column| column.key.metric.clone())?;
        let of_metric = search.narrowed(&of_task, |column| column.key.metric == metric);
        let epochs = config.epochs.or_else(|| of_metric.iter().filter_map(|&place| table.columns()[place].key.epochs).max());
        let of_epochs = search.narrowed(&of_metric, |column| column.key.epochs == epochs);
        let columns = search.narrowed(&of_epochs, |column| match config.run {
            RunChoice::Mean => column.key.run == Run::Mean,
            RunChoice::Random => column.key.run != Run::Mean,
            RunChoice::Seed(seed) => column.key.run == Run::Seed(seed),
        });
        let Some(&first) = columns.first() else { return Err(search.missing(&of_metric, epochs)) };
        let cost = search.cost(&task, epochs);
        Ok(Self { columns, column: table.columns()[first].clone(), cost })
    }

    /// The mean score of an architecture in canonical form over the trainings that may answer; `None` where the table has none.
    pub fn mean_score(&self, table: &Table, architecture: &Architecture) -> Option<f64> {
        let values = self.columns.iter().filter_map(|&column| table.value(architecture, column));
        let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
        (count > 0.0).then(|| self.column.score(sum / count))
    }

    /// What the scores are.
    pub fn column(&self) -> &Column {
        &self.column
    }
}

struct Search<'a> {
    table: &'a Table,
    config: &'a TableConfig,
}

impl Search<'_> {
    fn places(&self, wanted: impl Fn(&Column) -> bool) -> Vec<usize> {
        self.table.columns().iter().enumerate().filter(|(_, column)| wanted(column)).map(|(place, _)| place).collect()
    }

    fn narrowed(&self, places: &[usize], wanted: impl Fn(&Column) -> bool) -> Vec<usize> {
        places.iter().copied().filter(|&place| wanted(&self.table.columns()[place])).collect()
    }

    /// The named value of a part of the key, or the only one there is.
    fn only(
        &self,
        places: &[usize],
        setting: &'static str,
        named: Option<&str>,
        part: impl Fn(&Column) -> String,
    ) -> Result<String, BenchmarkError> {
        let found: BTreeSet<String> = places.iter().map(|&place| part(&self.table.columns()[place])).collect();
        let table = self.table.name().to_string();
        let what = setting.trim_start_matches("table.");
        let mut found: Vec<String> = found.into_iter().collect();
        match named {
            Some(name) if found.iter().any(|known| known == name) => Ok(name.into()),
            Some(name) => {
                let asked = format!("{what} '{name}' on validation images");
                Err(BenchmarkError::NotInTable { table, asked, available: found })
            }
            None if found.len() == 1 => Ok(found.remove(0)),
            None if found.is_empty() => {
                let asked = "values on validation images, which alone a search may see".into();
                Err(BenchmarkError::NotInTable { table, asked, available: self.table.contents() })
            }
            None => Err(BenchmarkError::Ambiguous { table, asked: format!("which {what}"), found, setting }),
        }
    }

    fn missing(&self, of_metric: &[usize], epochs: Option<u32>) -> BenchmarkError {
        let run = match self.config.run {
            RunChoice::Mean => "mean".to_string(),
            RunChoice::Random => "single trainings".into(),
            RunChoice::Seed(seed) => format!("training with seed {seed}"),
        };
        let asked = epochs.map_or(run.clone(), |epochs| format!("{run} after {epochs} epochs"));
        let available = of_metric.iter().map(|&place| self.table.columns()[place].key.to_string()).collect();
        BenchmarkError::NotInTable { table: self.table.name().into(), asked, available }
    }

    /// The column of training seconds of a task: of these epochs if there is one.
    fn cost(&self, task: &str, epochs: Option<u32>) -> Option<usize> {
        let seconds =
            self.places(|column| column.key.metric == "seconds" && column.key.task == task && column.key.run == Run::Mean);
        let exact = seconds.iter().copied().find(|&place| self.table.columns()[place].key.epochs == epochs);
        exact.or_else(|| seconds.into_iter().find(|&place| self.table.columns()[place].key.epochs.is_none()))
    }
}
