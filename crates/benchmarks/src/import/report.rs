use crate::{ColumnKey, ImportError, Row, Run, Split};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an import found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows that were handed on.
    pub architectures: usize,
    /// Names of the tasks.
    pub tasks: BTreeSet<String>,
    /// Lengths of trainings.
    pub epochs: BTreeSet<u32>,
    /// Seeds, or numbers of repeats where a table does not name seeds.
    pub seeds: BTreeSet<u32>,
    /// Parts of the images that values were measured on.
    pub splits: BTreeSet<Split>,
    /// How many architectures have a value, by column.
    pub present: BTreeMap<ColumnKey, usize>,
}

impl ImportReport {
    /// How many architectures lack a value, by column. Complete columns are left out.
    pub fn missing(&self) -> BTreeMap<&ColumnKey, usize> {
        let missing = self.present.iter().map(|(column, &present)| (column, self.architectures.saturating_sub(present)));
        missing.filter(|&(_, missing)| missing > 0).collect()
    }

    fn add(&mut self, row: &Row) {
        self.architectures += 1;
        for (column, _) in &row.values {
            if let Some(present) = self.present.get_mut(column) {
                *present += 1;
                continue;
            }
            self.present.insert(column.clone(), 1);
            self.tasks.insert(column.task.clone());
            self.epochs.extend(column.epochs);
            if let Run::Seed(seed) = column.run {
                self.seeds.insert(seed);
            }
            if column.split != Split::None {
                self.splits.insert(column.split);
            }
        }
    }
}

/// Whoever receives the rows, with an account of them.
pub(crate) struct Sink<'a> {
    rows: &'a mut dyn FnMut(Row) -> Result<(), ImportError>,
    report: ImportReport,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(rows: &'a mut dyn FnMut(Row) -> Result<(), ImportError>) -> Self {
        Self { rows, report: ImportReport::default() }
    }

    pub(crate) fn row(&mut self, row: Row) -> Result<(), ImportError> {
        self.report.add(&row);
        (self.rows)(row)
    }

    /// The account, once the file is read. A table without rows is some other file.
    pub(crate) fn finish(self, path: &Path, table: &'static str) -> Result<ImportReport, ImportError> {
        if self.report.architectures > 0 {
            return Ok(self.report);
        }
        let (expected, found) = ("at least one architecture".into(), "none".into());
        Err(ImportError::Layout { path: path.to_path_buf(), table, expected, found })
    }
}
