//! From configurations to a course of the laboratory: strategies side by side on one table.

use crate::config::{EvaluatorName, ExperimentConfig};
use crate::error::BonasError;
use crate::parts::{build_strategy, validate};
use crate::provenance::space_digest;
use crate::source::TableSource;
use bonas_benchmarks::{Objective, TableConfig, file_digest};
use bonas_core::SearchSpace;
use bonas_laboratory::{Contestant, Course, Settings, Task};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings that say nothing of a strategy that a table answers, by the beginning of their keys: what is common to all strategies,
/// what only networks need, and what names a strategy.
const NOT_OF_A_STRATEGY: [&str; 12] = [
    "space",
    "strategy",
    "evaluator",
    "device",
    "study.",
    "data.",
    "augment.",
    "network.",
    "supernet.",
    "table.",
    "finals.",
    "retrain.",
];

/// A strategy as a configuration describes it, under a name.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// Its name in the comparison.
    pub name: String,
    /// Its settings. Space, table and study must be those of every other entrant; the seed of the study is the first seed.
    pub config: ExperimentConfig,
}

/// Builds the course in which these strategies are compared on `tasks` of their table with `seeds` seeds, and says what its searches
/// have in common. Without tasks, the one of the configuration is taken.
///
/// # Errors
/// When entrants differ in space, table or study, a setting is wrong, or the table cannot be read or has no such task.
pub fn search_course(mut entrants: Vec<Entrant>, tasks: &[String], seeds: u64) -> Result<(Course, Settings), BonasError> {
    for entrant in &mut entrants {
        entrant.config.evaluator = EvaluatorName::Table;
        entrant.config.surrogate = entrant.config.surrogate.resolved();
        validate(&entrant.config)?;
    }
    let Some(first) = entrants.first().map(|entrant| entrant.config.clone()) else {
        return Err(bonas_laboratory::LaboratoryError::Nothing("strategy").into());
    };
    for entrant in &entrants {
        check_shared(&entrants[0], entrant)?;
    }
    let space = first.space.build()?;
    let source = TableSource::open(&first, space.as_ref())?;
    let questions: Vec<TableConfig> = match tasks {
        [] => vec![first.table.clone()],
        named => named.iter().map(|task| TableConfig { task: Some(task.clone()), ..first.table.clone() }).collect(),
    };
    let task = |config: TableConfig| {
        let name = Objective::find(&source.table, &config)?.column().key.task.clone();
        Ok(Task { name, table: source.table.clone(), config })
    };
    let tasks = questions.into_iter().map(task).collect::<Result<Vec<_>, BonasError>>()?;
    let strategies = entrants.iter().map(|entrant| (entrant.name.clone(), of_strategy(&entrant.config))).collect();
    let settings = Settings { build: build(), common: common(&first, source.digest())?, contestants: strategies };
    let contestants = entrants.into_iter().map(|entrant| contestant(entrant, &space)).collect::<Result<Vec<_>, BonasError>>()?;
    let study = first.study;
    let seeds = study.seed..study.seed.saturating_add(seeds);
    let course = Course { space, tasks, contestants, seeds, study };
    course.validate()?;
    Ok((course, settings))
}

fn contestant(entrant: Entrant, space: &Arc<dyn SearchSpace>) -> Result<Contestant, BonasError> {
    let Entrant { name, config } = entrant;
    // A wrong setting is an error now, not after the first searches.
    build_strategy(&config, space.clone())?;
    let space = space.clone();
    Ok(Contestant { name, build: Box::new(move |_seed| Ok(build_strategy(&config, space.clone())?)) })
}

fn check_shared(first: &Entrant, other: &Entrant) -> Result<(), BonasError> {
    let (left, right) = (&first.config, &other.config);
    let key = if left.space != right.space {
        "space"
    } else if left.table != right.table {
        "table"
    } else if left.study != right.study {
        "study"
    } else {
        return Ok(());
    };
    Err(BonasError::NotComparable { key, first: first.name.clone(), second: other.name.clone() })
}

/// Digest of the running program; empty where it cannot be read.
fn build() -> String {
    std::env::current_exe().ok().and_then(|program| file_digest(&program).ok()).unwrap_or_default()
}

/// What all searches have in common.
fn common(config: &ExperimentConfig, table_digest: &str) -> Result<BTreeMap<String, String>, BonasError> {
    let mut common = flat(config, |key| {
        key == "space" || key.starts_with("study.") && key != "study.seed" || key.starts_with("table.") && !is_place(key)
    });
    common.insert("table.sha256".into(), table_digest.into());
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

/// What makes a strategy what it is.
fn of_strategy(config: &ExperimentConfig) -> BTreeMap<String, String> {
    let mut settings = flat(config, |key| !NOT_OF_A_STRATEGY.iter().any(|beginning| key.starts_with(beginning)));
    settings.insert("strategy".into(), config.strategy.as_str().into());
    settings
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
