use super::pickle::{Filter, Value, numbers};
use super::progress::Progress;
use super::report::Sink;
use super::source::{Source, size};
use crate::{ColumnKey, ImportError, Row, Run, Split};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads the layout that NAS-Bench-201 and NATS-Bench share: for each architecture one `ArchResults` by length of training, in it
/// one `ResultsCount` by data set and seed.
pub(crate) struct Results<'a, 'b> {
    pub(crate) path: &'a Path,
    pub(crate) table: &'static str,
    pub(crate) sink: &'a mut Sink<'b>,
}

/// Reads files that hold one architecture each: its results, and its name where they may lack it.
pub(crate) fn each_file(
    files: Vec<(PathBuf, Option<String>)>,
    table: &'static str,
    open: &dyn Fn(&Path) -> Result<Source, ImportError>,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let mut at = Progress { read: 0, total: 0 };
    for (file, _) in &files {
        at.total += size(file)?;
    }
    for (file, name) in files {
        let mut results = Results { path: &file, table, sink };
        let info = open(&file)?.decode_once(&mut results, at, progress)?;
        results.emit("the file", &info, name)?;
        at.read += size(&file)?;
        // What follows a pickle, such as weights, is not read.
        progress(at);
    }
    Ok(())
}

/// Kept of a result: parts that no row needs are dropped as soon as they are read.
const UNUSED: [&str; 6] = ["net_state_dict", "arch_config", "train_acc5es", "eval_times", "eval_names", "name"];

impl Filter for Results<'_, '_> {
    fn entries(&mut self, key: Option<&Value>, mut entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, ImportError> {
        match key.and_then(Value::as_str) {
            Some("arch2infos") => {
                for (index, info) in entries.drain(..) {
                    self.emit(&format!("arch2infos[{}]", index.as_int().unwrap_or(-1)), &info, None)?;
                }
                Ok(entries)
            }
            Some("train_acc1es" | "train_losses") => Ok(last_epoch(entries)),
            Some("eval_acc1es" | "eval_losses") => Ok(last_epochs(entries)),
            Some("train_times") => {
                Ok(vec![(Value::None, Value::Float(entries.iter().filter_map(|(_, time)| single(time)).sum()))])
            }
            _ => {
                entries.retain(|(name, _)| name.as_str().is_none_or(|name| !UNUSED.contains(&name)));
                Ok(entries)
            }
        }
    }
}

/// A number, in whatever form.
fn single(value: &Value) -> Option<f64> {
    match value {
        Value::Int(_) | Value::Float(_) => value.as_float(),
        Value::Object(_) => numbers(value).filter(|numbers| numbers.len() == 1).and_then(|numbers| numbers.first().copied()),
        _ => None,
    }
}

fn last_epoch(entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    entries.into_iter().max_by_key(|(epoch, _)| epoch.as_int()).into_iter().collect()
}

/// `x-valid@11`: the name of the images and the epoch.
fn name_and_epoch(key: &Value) -> Option<(&str, i64)> {
    let (name, epoch) = key.as_str()?.split_once('@')?;
    Some((name, epoch.parse().ok()?))
}

fn last_epochs(entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut last: BTreeMap<String, (i64, (Value, Value))> = BTreeMap::new();
    for entry in entries {
        let Some((name, epoch)) = name_and_epoch(&entry.0) else { continue };
        match last.get_mut(name) {
            Some(kept) if kept.0 >= epoch => {}
            Some(kept) => *kept = (epoch, entry),
            None => drop(last.insert(name.to_string(), (epoch, entry))),
        }
    }
    last.into_values().map(|(_, entry)| entry).collect()
}

/// The seed of a training, and what does not depend on it: parameters, multiply-adds, seconds of one inference.
type Cost = (u32, [Option<f64>; 3]);

/// Costs by data set.
#[derive(Default)]
struct Costs(BTreeMap<String, Vec<Cost>>);

type Values = BTreeMap<ColumnKey, f64>;

impl Results<'_, '_> {
    /// Hands on the row of one architecture. `info` is a dict of results by length of training, or one result.
    pub(crate) fn emit(&mut self, what: &str, info: &Value, name: Option<String>) -> Result<(), ImportError> {
        let states: Vec<Value> = if info.get("all_results").is_some() {
            vec![info.clone()]
        } else {
            let entries = info.entries().ok_or_else(|| self.layout(format!("{what} to be a dict"), info))?;
            entries.iter().map(|(_, state)| state.clone()).collect()
        };
        let (mut architecture, mut values, mut costs) = (None, Values::new(), Costs::default());
        for state in &states {
            if let Some(text) = state.get("arch_str").as_ref().and_then(Value::as_str) {
                architecture = Some(text.to_string());
            }
            let results = state.get("all_results");
            let results = results.as_ref().and_then(Value::entries);
            let results = results.ok_or_else(|| self.layout(format!("{what} to hold all_results, a dict"), state))?;
            for (key, result) in results.iter() {
                self.result(what, key, result, &mut values, &mut costs)?;
            }
        }
        costs.add(&mut values);
        let architecture = architecture.or(name).ok_or_else(|| self.layout(format!("{what} to hold arch_str, a text"), info))?;
        self.sink.row(Row { architecture, values: values.into_iter().collect() })
    }

    fn layout(&self, expected: String, found: &Value) -> ImportError {
        ImportError::Layout { path: self.path.to_path_buf(), table: self.table, expected, found: found.outline() }
    }

    fn result(&self, what: &str, key: &Value, result: &Value, values: &mut Values, costs: &mut Costs) -> Result<(), ImportError> {
        let parts = key.items();
        let (task, seed) = match parts.as_deref() {
            Some([task, seed]) => (task.as_str(), seed.as_int().and_then(|seed| u32::try_from(seed).ok())),
            _ => (None, None),
        };
        let (Some(task), Some(seed)) = (task, seed) else {
            return Err(self.layout(format!("the keys of all_results in {what} to be pairs of a data set and a seed"), key));
        };
        let Some(epochs) = epochs(result) else {
            return Err(
                self.layout(format!("the result of {task} with seed {seed} in {what} to hold epochs and train_acc1es"), result)
            );
        };
        let training = Training { task, seed, epochs };
        for (metric, train, evaluated) in [("accuracy", "train_acc1es", "eval_acc1es"), ("loss", "train_losses", "eval_losses")] {
            training.trained(metric, result.get(train).as_ref(), values);
            training.evaluated(metric, result.get(evaluated).as_ref(), values);
        }
        // Every batch of entries left one sum.
        let times = result.get("train_times");
        if let Some(sums) = times.as_ref().and_then(Value::entries).filter(|sums| !sums.is_empty()) {
            training.add("seconds", Split::None, Some(sums.iter().filter_map(|(_, sum)| single(sum)).sum()), values);
        }
        let cost = |name: &str| result.get(name).as_ref().and_then(single);
        let found = [cost("params"), cost("flop"), result.get("latency").as_ref().and_then(latency)];
        costs.0.entry(task.into()).or_default().push((seed, found));
        Ok(())
    }
}

/// Length of the training: what the result says, or what its last training epoch says.
fn epochs(result: &Value) -> Option<u32> {
    let said = result.get("epochs").as_ref().and_then(Value::as_int);
    let last = || result.get("train_acc1es")?.entries()?.iter().filter_map(|(epoch, _)| epoch.as_int()).max()?.checked_add(1);
    u32::try_from(said.or_else(last)?).ok().filter(|&epochs| epochs > 0)
}

/// Seconds of one inference: the mean of several measurements. Negative ones say that there is none.
fn latency(value: &Value) -> Option<f64> {
    let all = numbers(value).filter(|all| !all.is_empty())?;
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    (mean > 0.0).then_some(mean)
}

struct Training<'a> {
    task: &'a str,
    seed: u32,
    epochs: u32,
}

impl Training<'_> {
    fn add(&self, metric: &str, split: Split, value: Option<f64>, values: &mut Values) {
        let (epochs, run) = (Some(self.epochs), Run::Seed(self.seed));
        if let Some(value) = value.filter(|value| value.is_finite()) {
            values.insert(ColumnKey { task: self.task.into(), metric: metric.into(), split, epochs, run }, value);
        }
    }

    /// The value of the last epoch, and of no earlier one.
    fn trained(&self, metric: &str, by_epoch: Option<&Value>, values: &mut Values) {
        let last = i64::from(self.epochs) - 1;
        let Some(entries) = by_epoch.and_then(Value::entries) else { return };
        let value = entries.iter().find(|(epoch, _)| epoch.as_int() == Some(last));
        self.add(metric, Split::Train, value.and_then(|(_, value)| single(value)), values);
    }

    fn evaluated(&self, metric: &str, by_name: Option<&Value>, values: &mut Values) {
        let last = i64::from(self.epochs) - 1;
        let Some(entries) = by_name.and_then(Value::entries) else { return };
        for (key, value) in entries.iter() {
            let split = name_and_epoch(key).filter(|&(_, epoch)| epoch == last).and_then(|(name, _)| self.split(name));
            if let Some(split) = split {
                self.add(metric, split, single(value), values);
            }
        }
    }

    /// Which part of the images a name stands for. On the tasks that split the test images further, `ori-test` is validation and
    /// test images together: taking it for test images would mix the two.
    fn split(&self, name: &str) -> Option<Split> {
        match name {
            "x-valid" => Some(Split::Validation),
            "x-test" => Some(Split::Test),
            "ori-test" if matches!(self.task, "cifar10" | "cifar10-valid") => Some(Split::Test),
            _ => None,
        }
    }
}

impl Costs {
    fn add(&self, values: &mut Values) {
        for (task, found) in &self.0 {
            for (place, (metric, unit)) in [("parameters", 1e6), ("flops", 1e6), ("latency", 1.0)].into_iter().enumerate() {
                let seeds: Vec<(u32, f64)> = found.iter().filter_map(|(seed, costs)| Some((*seed, costs[place]?))).collect();
                let Some(value) = chosen(&seeds, place < 2) else { continue };
                // Counts come in millions.
                let value = if place < 2 { (value * unit).round() } else { value };
                let key =
                    ColumnKey { task: task.clone(), metric: metric.into(), split: Split::None, epochs: None, run: Run::Mean };
                values.insert(key, value);
            }
        }
    }
}

/// One value of many. Some counts of the first releases are wrong; where they differ, the authors' own code takes seed 888's.
fn chosen(seeds: &[(u32, f64)], count: bool) -> Option<f64> {
    let &(_, first) = seeds.first()?;
    if count && seeds.iter().any(|(_, value)| (value - first).abs() >= 1e-5) {
        return seeds.iter().find(|(seed, _)| *seed == 888).or(seeds.first()).map(|&(_, value)| value);
    }
    Some(seeds.iter().map(|(_, value)| value).sum::<f64>() / seeds.len() as f64)
}
