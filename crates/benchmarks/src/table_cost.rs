use crate::{BenchmarkError, Run, Split, Table, Unit};
use bonas_core::{Architecture, CostFunction, LATENCY_MS, MULTIPLY_ADDS, PARAMETERS};
use std::sync::Arc;

/// Metrics of tables that are costs: which cost, the name in the table, and the factor from its unit to that of the cost. Latencies
/// in seconds or milliseconds are told apart by their unit.
const METRICS: [(&str, &str, f64); 7] = [
    (PARAMETERS, "parameters", 1.0),
    (PARAMETERS, "mparams", 1e6),
    (MULTIPLY_ADDS, "multiply-adds", 1.0),
    (MULTIPLY_ADDS, "flops", 1.0),
    (MULTIPLY_ADDS, "mflops", 1e6),
    (LATENCY_MS, "latency", 1.0),
    (LATENCY_MS, "latency_ms", 1.0),
];

/// A column of a table that says what architectures cost.
#[derive(Clone, Debug)]
pub struct TableCost {
    table: Arc<Table>,
    name: &'static str,
    column: usize,
    factor: f64,
}

impl TableCost {
    /// Parameters of an architecture. `task` is that of the search; a column of another task serves where the searched one has none,
    /// since only the classifier differs.
    ///
    /// # Errors
    /// When the table has no such column, or several and none of them of the task.
    pub fn parameters(table: Arc<Table>, task: &str) -> Result<Self, BenchmarkError> {
        Self::find(table, PARAMETERS, Some(task), "table.task")
    }

    /// Multiply-adds of one input, as the table counts them; otherwise as [`parameters`](Self::parameters).
    ///
    /// # Errors
    /// As [`parameters`](Self::parameters).
    pub fn multiply_adds(table: Arc<Table>, task: &str) -> Result<Self, BenchmarkError> {
        Self::find(table, MULTIPLY_ADDS, Some(task), "table.task")
    }

    /// Milliseconds of one inference on a device: the task under which a table of latencies has it. Without a device, the table must
    /// have only one.
    ///
    /// # Errors
    /// When the table does not have the device, or no device is named and there are several.
    pub fn latency(table: Arc<Table>, device: Option<&str>) -> Result<Self, BenchmarkError> {
        Self::find(table, LATENCY_MS, device, "latency.device")
    }

    fn find(table: Arc<Table>, name: &'static str, task: Option<&str>, setting: &'static str) -> Result<Self, BenchmarkError> {
        let columns = table.columns().iter().enumerate();
        let found: Vec<(usize, f64)> = columns
            .filter(|(_, column)| column.key.split == Split::None && column.key.run == Run::Mean)
            .filter_map(|(place, column)| {
                let metric = METRICS.iter().find(|metric| metric.0 == name && metric.1 == column.key.metric)?;
                let thousands = if name == LATENCY_MS && column.unit == Unit::Seconds { 1000.0 } else { 1.0 };
                Some((place, metric.2 * thousands))
            })
            .collect();
        let task_of = |place: usize| table.columns()[place].key.task.as_str();
        let of_task = found.iter().find(|(place, _)| Some(task_of(*place)) == task);
        let tasks: Vec<String> = found.iter().map(|(place, _)| task_of(*place).to_string()).collect();
        let (about, asked) = (table.name().to_string(), format!("{name} of each architecture"));
        let (column, factor) = match (of_task, &found[..], task) {
            (Some(&exact), ..) => exact,
            (None, &[only], None) => only,
            (None, &[only], Some(_)) if name != LATENCY_MS => only,
            (None, [], _) => return Err(BenchmarkError::NotInTable { table: about, asked, available: table.contents() }),
            (None, _, Some(task)) => {
                let asked = format!("{name} of '{task}'");
                return Err(BenchmarkError::NotInTable { table: about, asked, available: tasks });
            }
            (None, _, None) => {
                return Err(BenchmarkError::Ambiguous { table: about, asked: format!("whose {name}"), found: tasks, setting });
            }
        };
        Ok(Self { table, name, column, factor })
    }
}

impl CostFunction for TableCost {
    fn name(&self) -> &str {
        self.name
    }

    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        self.table.value(architecture, self.column).map(|value| value * self.factor).filter(|cost| cost.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|";

    fn table(columns: &[(&str, &str, &str, f64)]) -> Arc<Table> {
        let folder = tempfile::tempdir().expect("a folder");
        let (csv, layout) = (folder.path().join("t.csv"), folder.path().join("t.toml"));
        let names: Vec<String> = (0..columns.len()).map(|place| format!("c{place}")).collect();
        let values: Vec<String> = columns.iter().map(|column| column.3.to_string()).collect();
        std::fs::write(&csv, format!("arch,{}\n{FIRST},{}\n", names.join(","), values.join(","))).expect("written");
        let mut text = "name = 't'\nspaces = ['nas-bench-201']\narchitecture = ['arch']\n".to_string();
        for ((task, metric, unit, _), name) in columns.iter().zip(&names) {
            text += &format!("[[columns]]\ncolumn = '{name}'\ntask = '{task}'\nmetric = '{metric}'\nunit = '{unit}'\n");
        }
        std::fs::write(&layout, text).expect("written");
        Arc::new(Table::open(&csv, Some(&layout)).expect("a table"))
    }

    fn cost(found: Result<TableCost, BenchmarkError>) -> f64 {
        let found = found.expect("found");
        let first = found.table.architectures().next().expect("a row");
        found.cost(&first).expect("a value")
    }

    #[test]
    fn costs_come_in_their_own_unit() {
        let table = table(&[
            ("cifar10", "mparams", "plain", 0.5),
            ("cifar10", "mflops", "plain", 17.5),
            ("phone", "latency", "milliseconds", 12.5),
            ("gpu", "latency", "seconds", 0.003),
        ]);
        assert_eq!(cost(TableCost::parameters(table.clone(), "cifar10")), 500_000.0);
        assert_eq!(cost(TableCost::multiply_adds(table.clone(), "cifar10-valid")), 17_500_000.0);
        assert_eq!(cost(TableCost::latency(table.clone(), Some("phone"))), 12.5);
        assert_eq!(cost(TableCost::latency(table.clone(), Some("gpu"))), 3.0);
    }

    #[test]
    fn what_is_not_there_or_not_clear_is_said() {
        let table = table(&[("phone", "latency", "milliseconds", 12.5), ("gpu", "latency", "seconds", 0.003)]);
        let error = |found: Result<TableCost, BenchmarkError>| found.expect_err("not found").to_string();
        let unclear = error(TableCost::latency(table.clone(), None));
        assert!(unclear.contains("latency.device") && unclear.contains("phone") && unclear.contains("gpu"), "{unclear}");
        let unknown = error(TableCost::latency(table.clone(), Some("fridge")));
        assert!(unknown.contains("latency_ms of 'fridge'") && unknown.contains("phone"), "{unknown}");
        assert!(error(TableCost::parameters(table, "cifar10")).contains("parameters of each architecture"));
    }
}
