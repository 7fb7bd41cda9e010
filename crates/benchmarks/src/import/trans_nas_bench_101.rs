use super::pickle::{Filter, Value, numbers};
use super::progress::Progress;
use super::report::{ImportReport, Sink};
use super::torch;
use crate::{ColumnKey, ImportError, Row, Run, Split};
use std::collections::BTreeMap;
use std::path::Path;

const TABLE: &str = "TransNAS-Bench-101";
const SPACES: [&str; 2] = ["macro", "micro"];

/// Imports TransNAS-Bench-101: `transnas-bench_v10141024.pth`.
///
/// Both of its spaces are read; an architecture is its text, such as `64-41414-1_02_333`. Tasks have the table's names, such as
/// `class_scene`. Metrics have them, too, without the part of the images that they begin with (`valid_mIoU` becomes `mIoU` on
/// validation images), but `top1` becomes `accuracy`, `model_params` becomes `parameters`, `model_FLOPs` becomes `flops` and
/// `inference_time` becomes `latency`. Values are those of the last epoch, in the table's own units. The table holds one training
/// of each architecture, which stands for the mean.
///
/// The file is read twice: first for what its pickle refers back to, then for the rows.
///
/// # Errors
///
/// As [`super::nas_bench_201`].
pub fn trans_nas_bench_101(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut sink = Sink::new(rows);
    let mut table = Table { path, sink: &mut sink };
    let whole = torch::source(path)?.decode(&mut table, progress)?;
    let expected = "a dict with the keys 'metrics_dict', 'info_names', 'task_list' and 'data'";
    let data = whole.get("data").ok_or_else(|| table.layout(expected.into(), &whole))?;
    let spaces = data.entries().ok_or_else(|| table.layout("'data' to be a dict".into(), &data))?;
    if spaces.is_empty() || !spaces.iter().all(|(name, _)| name.as_str().is_some_and(|name| SPACES.contains(&name))) {
        return Err(table.layout("'data' to have the keys 'macro' and 'micro'".into(), &data));
    }
    sink.finish(path, TABLE)
}

struct Table<'a, 'b> {
    path: &'a Path,
    sink: &'a mut Sink<'b>,
}

impl Filter for Table<'_, '_> {
    fn entries(&mut self, key: Option<&Value>, mut entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, ImportError> {
        match key.and_then(Value::as_str) {
            Some(space) if SPACES.contains(&space) => {
                for (architecture, tasks) in entries.drain(..) {
                    self.emit(&architecture, &tasks)?;
                }
            }
            // Of every list of epochs the last value is enough.
            Some("metrics") => {
                for (_, list) in &mut entries {
                    if let Some(last) = numbers(list).and_then(|all| all.last().copied()) {
                        *list = Value::Float(last);
                    }
                }
            }
            _ => {}
        }
        Ok(entries)
    }
}

type Values = BTreeMap<ColumnKey, f64>;

impl Table<'_, '_> {
    fn layout(&self, expected: String, found: &Value) -> ImportError {
        ImportError::Layout { path: self.path.to_path_buf(), table: TABLE, expected, found: found.outline() }
    }

    fn emit(&mut self, architecture: &Value, tasks: &Value) -> Result<(), ImportError> {
        let Some(name) = architecture.as_str() else {
            return Err(self.layout("architectures to be named by texts".into(), architecture));
        };
        let entries = tasks.entries().ok_or_else(|| self.layout(format!("'{name}' to be a dict of tasks"), tasks))?;
        let mut values = Values::new();
        for (task, result) in entries.iter() {
            let Some(task) = task.as_str() else { return Err(self.layout(format!("tasks of '{name}' to be texts"), task)) };
            self.task(name, task, result, &mut values)?;
        }
        self.sink.row(Row { architecture: name.into(), values: values.into_iter().collect() })
    }

    fn task(&self, name: &str, task: &str, result: &Value, values: &mut Values) -> Result<(), ImportError> {
        let expected = || format!("'{task}' of '{name}' to hold 'metrics', 'model_info' and 'total_epochs'");
        let epochs = result.get("total_epochs").as_ref().and_then(Value::as_int).and_then(|epochs| u32::try_from(epochs).ok());
        let (Some(metrics), Some(epochs)) = (result.get("metrics"), epochs) else { return Err(self.layout(expected(), result)) };
        let metrics = metrics.entries().ok_or_else(|| self.layout(expected(), result))?;
        for (metric, value) in metrics.iter() {
            let Some(metric) = metric.as_str() else { continue };
            let (split, metric) = split(metric);
            add(task, metric, split, Some(epochs), value, values);
        }
        let info = result.get("model_info");
        for (what, value) in info.as_ref().and_then(Value::entries).iter().flat_map(|info| info.iter()) {
            add(task, what.as_str().unwrap_or("unnamed"), Split::None, None, value, values);
        }
        Ok(())
    }
}

fn split(metric: &str) -> (Split, &str) {
    for (prefix, split) in [("train_", Split::Train), ("valid_", Split::Validation), ("test_", Split::Test)] {
        if let Some(metric) = metric.strip_prefix(prefix) {
            return (split, metric);
        }
    }
    (Split::None, metric)
}

fn add(task: &str, metric: &str, split: Split, epochs: Option<u32>, value: &Value, values: &mut Values) {
    let metric = match metric {
        "top1" => "accuracy",
        "model_params" => "parameters",
        "model_FLOPs" => "flops",
        "inference_time" => "latency",
        other => other,
    };
    let key = ColumnKey { task: task.into(), metric: metric.into(), split, epochs, run: Run::Mean };
    if let Some(value) = value.as_float().filter(|value| value.is_finite()) {
        values.insert(key, value);
    }
}
