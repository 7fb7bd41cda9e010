use crate::import::{self, ImportError, ImportReport, Progress};
use crate::table::TableBuilder;
use crate::{BenchmarkError, Column, ColumnKey, Row, Run, Split, Table, Unit};
use bonas_spaces::SpaceName;
use std::path::Path;

/// The official releases that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// NAS-Bench-101, `nasbench_full.tfrecord` or `nasbench_only108.tfrecord`.
    NasBench101,
    /// NAS-Bench-201, `NAS-Bench-201-v1_0-….pth` or `-v1_1-….pth`, or the folder of the archive with the weights.
    NasBench201,
    /// NATS-Bench's topology search, one `.pickle.pbz2` or the folder of the "simple" form.
    NatsBench,
    /// TransNAS-Bench-101's micro space, from `transnas-bench_v10141024.pth`.
    TransNasMicro,
    /// TransNAS-Bench-101's macro space, from the same file.
    TransNasMacro,
    /// NAS-Bench-Macro, `nas-bench-macro_cifar10.json`.
    NasBenchMacro,
}

impl Release {
    /// Every release.
    pub const ALL: [Self; 6] =
        [Self::NasBench101, Self::NasBench201, Self::NatsBench, Self::TransNasMicro, Self::TransNasMacro, Self::NasBenchMacro];

    /// The name by which commands call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NasBench101 => "nas-bench-101",
            Self::NasBench201 => "nas-bench-201",
            Self::NatsBench => "nats-bench",
            Self::TransNasMicro => "transnas-micro",
            Self::TransNasMacro => "transnas-macro",
            Self::NasBenchMacro => "nas-bench-macro",
        }
    }

    fn space(self) -> SpaceName {
        match self {
            Self::NasBench101 => SpaceName::NasBench101,
            Self::NasBench201 | Self::NatsBench => SpaceName::NasBench201,
            Self::TransNasMicro => SpaceName::TransNasMicro,
            Self::TransNasMacro => SpaceName::TransNasMacro,
            Self::NasBenchMacro => SpaceName::NasBenchMacro,
        }
    }

    /// Reads the release into a table, and says what was read.
    ///
    /// NAS-Bench-Macro published three trainings of each network, on test images alone. A search may not see test values, so its
    /// first training stands for validation here and the other two are its test; the report says the same.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged or belongs to another table, or an architecture is not one of its space.
    pub fn import(self, path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(Table, ImportReport), BenchmarkError> {
        let mut builder = TableBuilder::new(self.as_str().into(), self.space().build());
        let mut failure = None;
        let mut rows = |row: Row| match self.insert(&mut builder, row) {
            Ok(()) => Ok(()),
            Err(error) => {
                let stopped = ImportError::Stopped(error.to_string());
                failure = Some(error);
                Err(stopped)
            }
        };
        let report = match self {
            Self::NasBench101 => import::nas_bench_101(path, &mut rows, progress),
            Self::NasBench201 => import::nas_bench_201(path, &mut rows, progress),
            Self::NatsBench => import::nats_bench(path, &mut rows, progress),
            Self::TransNasMicro | Self::TransNasMacro => import::trans_nas_bench_101(path, &mut rows, progress),
            Self::NasBenchMacro => import::nas_bench_macro(path, &mut rows, progress),
        };
        match (failure, report) {
            (Some(error), _) => Err(error),
            (None, report) => Ok((builder.finish(), report?)),
        }
    }

    fn insert(self, builder: &mut TableBuilder, row: Row) -> Result<(), BenchmarkError> {
        if !self.holds(&row.architecture) {
            return Ok(());
        }
        let table = self.as_str().to_string();
        let place = builder.row(&row.architecture).map_err(|source| BenchmarkError::Architecture {
            table: table.clone(),
            text: row.architecture.clone(),
            source: Box::new(source),
        })?;
        for (key, value) in row.values {
            let column = self.column(key);
            builder
                .set(place, column, value)
                .map_err(|refusal| BenchmarkError::Value { table: table.clone(), reason: refusal.in_words(&row.architecture) })?;
        }
        Ok(())
    }

    /// Whether an architecture of the file belongs to this table: the file of TransNAS-Bench-101 holds two spaces.
    fn holds(self, text: &str) -> bool {
        match self {
            Self::TransNasMicro => text.starts_with("64-41414-"),
            Self::TransNasMacro => !text.starts_with("64-41414-"),
            _ => true,
        }
    }

    fn column(self, mut key: ColumnKey) -> Column {
        if self == Self::NasBenchMacro && key.split == Split::Test {
            match key.run {
                Run::Seed(0) => key = ColumnKey { split: Split::Validation, run: Run::Mean, ..key },
                // The mean of all three holds the first: what is searched must not be part of what is reported.
                Run::Mean => key.metric.push_str("_of_all_trainings"),
                Run::Seed(_) => {}
            }
        }
        let unit = match key.metric.as_str() {
            "accuracy" | "miou" | "accuracy_of_all_trainings" => Unit::Percent,
            "seconds" => Unit::Seconds,
            _ => Unit::Plain,
        };
        let smaller = ["loss", "seconds", "parameters", "flops", "multiply_adds", "latency"];
        let larger_is_better = !smaller.contains(&key.metric.as_str());
        Column { key, unit, larger_is_better }
    }
}
