use super::{build, common, flat, named_tasks};
use crate::config::{EvaluatorName, ExperimentConfig};
use crate::error::BonasError;
use crate::parts::{build_strategy, settled, validate};
use crate::source::TableSource;
use bonas_core::SearchSpace;
use bonas_laboratory::{Contestant, Course, Settings};
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
        entrant.config = settled(entrant.config.clone());
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
    let space = source.searched(&first, space);
    let tasks = named_tasks(&source, &first.table, tasks)?;
    let contestants = entrants.iter().map(|entrant| (entrant.name.clone(), of_strategy(&entrant.config))).collect();
    let settings = Settings {
        build: build(),
        common: common(&first, &source, |key| key.starts_with("study.") && key != "study.seed")?,
        contestants,
    };
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

/// What makes a strategy what it is.
fn of_strategy(config: &ExperimentConfig) -> BTreeMap<String, String> {
    let mut settings = flat(config, |key| !NOT_OF_A_STRATEGY.iter().any(|beginning| key.starts_with(beginning)));
    settings.insert("strategy".into(), config.strategy.as_str().into());
    settings
}
