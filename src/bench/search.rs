use super::{build, common, flat, named_tasks};
use crate::config::{EvaluatorName, ExperimentConfig};
use crate::costs::{ConstraintsConfig, Costs, LATENCY_DIGEST};
use crate::error::BonasError;
use crate::knowledge::{SourceTrial, charged_queries, informed_strategy, source_question, trials_of_runs, trials_of_task};
use crate::parts::{settled, validate};
use crate::provenance::{TRANSFER_DIGEST, transfer_digest};
use crate::source::TableSource;
use bonas_benchmarks::{Objective, Table};
use bonas_core::SearchSpace;
use bonas_laboratory::{Contestant, Course, Prepared, SearchKey, Settings, Task, TradeOff};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Settings that say nothing of a strategy that a table answers, by the beginning of their keys: what is common to all strategies,
/// what only networks need, and what names a strategy.
const NOT_OF_A_STRATEGY: [&str; 15] = [
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
    "objectives",
    "constraints.",
    "latency.",
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
    let costs = Costs::of_table(&first, &source)?;
    let space = costs.limited(source.searched(&first, space))?;
    let mut tasks = named_tasks(&source, &first.table, tasks)?;
    for entrant in &entrants {
        check_sources(entrant, &tasks)?;
    }
    if !costs.traded().is_empty() {
        for task in &mut tasks {
            task.trade_off = Some(TradeOff::new(space.as_ref(), &task.table, &task.config, costs.traded().to_vec())?);
        }
    }
    let of_entrant = |entrant: &Entrant| Ok((entrant.name.clone(), of_strategy(&entrant.config)?));
    let contestants = entrants.iter().map(of_entrant).collect::<Result<_, BonasError>>()?;
    let settings = Settings { build: build(), common: shared(&first, &source, &costs)?, contestants };
    let contestants = entrants
        .into_iter()
        .map(|entrant| contestant(entrant, &space, &source.table, &costs))
        .collect::<Result<Vec<_>, BonasError>>()?;
    let study = first.study;
    let seeds = study.seed..study.seed.saturating_add(seeds);
    let course = Course { space, tasks, contestants, seeds, study };
    course.validate()?;
    Ok((course, settings))
}

/// What all searches have in common. Where there is one objective and no limit, nothing is said of them, so that older folders go on.
fn shared(config: &ExperimentConfig, source: &TableSource, costs: &Costs) -> Result<BTreeMap<String, String>, BonasError> {
    let (traded, limited) = (!costs.traded().is_empty(), config.constraints != ConstraintsConfig::default());
    let is_of_costs = |key: &str| {
        key == "objectives" && traded
            || key.starts_with("constraints.") && limited
            || key == "latency.device" && (traded || limited)
    };
    let mut shared = common(config, source, |key| key.starts_with("study.") && key != "study.seed" || is_of_costs(key))?;
    shared.extend(costs.latency_digest().map(|digest| (LATENCY_DIGEST.to_string(), digest.to_string())));
    Ok(shared)
}

fn contestant(
    entrant: Entrant,
    space: &Arc<dyn SearchSpace>,
    table: &Arc<Table>,
    costs: &Costs,
) -> Result<Contestant, BonasError> {
    let Entrant { name, config } = entrant;
    let from_runs = trials_of_runs(&config, space.as_ref())?;
    // A wrong setting is an error now, not after the first searches.
    informed_strategy(&config, space, &from_runs, Some(table), costs)?;
    let (space, table, costs) = (space.clone(), table.clone(), costs.clone());
    // One search of a source for each seed, whichever task asks first.
    let of_searches = Mutex::new(BTreeMap::<(String, u64), Arc<Vec<SourceTrial>>>::new());
    let build = move |key: &SearchKey| {
        let sources = config.knowledge.sources_of(&key.task);
        if sources.is_empty() {
            return Ok(informed_strategy(&config, &space, &from_runs, Some(&table), &costs)?.into());
        }
        let trials = |&source: &&str| {
            let search = (source.to_string(), key.seed);
            let known = of_searches.lock().unwrap_or_else(PoisonError::into_inner).get(&search).cloned();
            if let Some(trials) = known {
                return Ok(trials);
            }
            let trials = Arc::new(trials_of_task(&config, source, key.seed, &space, &table)?);
            of_searches.lock().unwrap_or_else(PoisonError::into_inner).insert(search, trials.clone());
            Ok::<_, BonasError>(trials)
        };
        let trials = sources.iter().map(trials).collect::<Result<Vec<_>, _>>()?;
        let charged = |(source, trials): (&&str, &Arc<Vec<_>>)| charged_queries(&config, source, &key.task, trials.len(), &table);
        let charged = sources.iter().zip(&trials).map(charged).sum::<Result<usize, _>>()?;
        let trials = SourceTrial::joined(trials.iter().map(|trials| trials.as_slice()));
        Ok(Prepared { strategy: informed_strategy(&config, &space, &trials, Some(&table), &costs)?, charged })
    };
    Ok(Contestant { name, build: Box::new(build) })
}

/// Checks that the table has the tasks that an entrant learns from, and that none of them teaches itself, unless with cheaper trainings.
fn check_sources(entrant: &Entrant, tasks: &[Task]) -> Result<(), BonasError> {
    let config = &entrant.config;
    for task in tasks {
        let searched = Objective::find(&task.table, &task.config)?;
        for source in config.knowledge.sources_of(&task.name) {
            if searched == Objective::find(&task.table, &source_question(config, source))? {
                return Err(BonasError::TransferToItself(task.name.clone()));
            }
            charged_queries(config, source, &task.name, config.knowledge.transfer_queries, &task.table)?;
        }
    }
    Ok(())
}

fn check_shared(first: &Entrant, other: &Entrant) -> Result<(), BonasError> {
    let (left, right) = (&first.config, &other.config);
    let key = if left.space != right.space {
        "space"
    } else if left.table != right.table {
        "table"
    } else if left.objectives != right.objectives {
        "objectives"
    } else if left.constraints != right.constraints {
        "constraints"
    } else if left.latency != right.latency {
        "latency"
    } else if left.study != right.study {
        "study"
    } else {
        return Ok(());
    };
    Err(BonasError::NotComparable { key, first: first.name.clone(), second: other.name.clone() })
}

/// What makes a strategy what it is. Of a run that is learned from, its content counts and not its place.
fn of_strategy(config: &ExperimentConfig) -> Result<BTreeMap<String, String>, BonasError> {
    let of_it =
        |key: &str| !NOT_OF_A_STRATEGY.iter().any(|beginning| key.starts_with(beginning)) && key != "knowledge.transfer_from";
    let mut settings = flat(config, of_it);
    settings.insert("strategy".into(), config.strategy.as_str().into());
    settings.extend(transfer_digest(config)?.map(|digest| (TRANSFER_DIGEST.to_string(), digest)));
    Ok(settings)
}
