//! From configurations to courses of the laboratory: methods side by side on one table, and weight sharing beside training alone.

mod search;
mod supernet;
mod surrogate;

pub use search::{Entrant, search_course};
pub use supernet::{SharingPlan, SharingReport, SupernetBench};
pub use surrogate::{FitPlan, SurrogateEntrant, surrogate_course};

use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::provenance::space_digest;
use crate::source::TableSource;
use bonas_benchmarks::{Objective, TableConfig, file_digest};
use bonas_laboratory::Task;
use std::collections::BTreeMap;

/// The tasks of a table by their names; without any, the one of the configuration.
fn named_tasks(source: &TableSource, table: &TableConfig, names: &[String]) -> Result<Vec<Task>, BonasError> {
    let questions: Vec<TableConfig> = match names {
        [] => vec![table.clone()],
        named => named.iter().map(|task| TableConfig { task: Some(task.clone()), ..table.clone() }).collect(),
    };
    let task = |config: TableConfig| {
        let name = Objective::find(&source.table, &config)?.column().key.task.clone();
        Ok(Task { name, table: source.table.clone(), config, trade_off: None })
    };
    questions.into_iter().map(task).collect()
}

/// Digest of the running program; empty where it cannot be read.
fn build() -> String {
    std::env::current_exe().ok().and_then(|program| file_digest(&program).ok()).unwrap_or_default()
}

/// What all results that a table gives have in common: space, table, and `further` settings.
fn common(
    config: &ExperimentConfig,
    source: &TableSource,
    further: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, BonasError> {
    let mut common = described(config, |key| key.starts_with("table.") && !is_place(key) || further(key))?;
    common.insert("table.sha256".into(), source.digest().into());
    Ok(common)
}

/// What all results have in common: space, version, and `further` settings.
fn described(config: &ExperimentConfig, further: impl Fn(&str) -> bool) -> Result<BTreeMap<String, String>, BonasError> {
    let mut common = flat(config, |key| key == "space" || further(key));
    if let Some(digest) = space_digest(config)? {
        common.insert("space.sha256".into(), digest);
    }
    common.insert("bonas".into(), env!("CARGO_PKG_VERSION").into());
    Ok(common)
}

/// Where the table is, and the part of it that a course has several of.
fn is_place(key: &str) -> bool {
    matches!(key, "table.path" | "table.layout" | "table.task")
}

/// The wanted settings of a configuration, one for each key.
fn flat(config: &ExperimentConfig, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    fn add(prefix: &str, value: toml::Value, settings: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                let joined = |key: String| if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                table.into_iter().for_each(|(key, value)| add(&joined(key), value, settings));
            }
            toml::Value::String(text) => drop(settings.insert(prefix.into(), text)),
            other => drop(settings.insert(prefix.into(), other.to_string())),
        }
    }
    let mut settings = BTreeMap::new();
    let table: toml::Table = config.to_toml().parse().expect("a configuration that was just written");
    add("", toml::Value::Table(table), &mut settings);
    settings.retain(|key, _| wanted(key));
    settings
}
