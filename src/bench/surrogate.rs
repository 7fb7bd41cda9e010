use super::{build, common, flat, named_tasks};
use crate::config::ExperimentConfig;
use crate::device::DeviceName;
use crate::error::BonasError;
use crate::parts::settled;
use crate::source::TableSource;
use bonas_core::{OperationRole, SearchSpace};
use bonas_laboratory::{FitCourse, LaboratoryError, Protocol, Settings, SurrogateContestant};
use bonas_surrogate::{SurrogateConfig, SurrogateName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A surrogate under a name. Space and table must be those of every other entrant.
#[derive(Clone, Debug)]
pub struct SurrogateEntrant {
    /// Its name in the comparison.
    pub name: String,
    /// The configuration that it stands in.
    pub config: ExperimentConfig,
    /// Which surrogate it is; `None` for the one that the configured strategy uses.
    pub surrogate: Option<SurrogateName>,
}

/// How often each surrogate is fitted, and to what.
#[derive(Clone, Debug, PartialEq)]
pub struct FitPlan {
    /// What is trained on and what is ranked.
    pub protocol: Protocol,
    /// Numbers of architectures to train on; without any, the usual ones of the protocol.
    pub train: Vec<usize>,
    /// Seed of the first split; the others count up from it.
    pub first_split: u64,
    /// How many splits.
    pub splits: u64,
}

impl SurrogateEntrant {
    fn settings(&self) -> SurrogateConfig {
        match self.surrogate {
            Some(name) => SurrogateConfig { name, ..self.config.surrogate.clone() }.resolved(),
            None => settled(self.config.clone()).surrogate,
        }
    }
}

/// Builds the course in which these surrogates are compared on `tasks` of their table, and says what its fits have in common. Without
/// tasks, the one of the configuration is taken.
///
/// # Errors
/// When entrants differ in space or table, a setting is wrong, or the table cannot be read or has no such task.
pub fn surrogate_course(
    entrants: &[SurrogateEntrant],
    tasks: &[String],
    plan: FitPlan,
) -> Result<(FitCourse, Settings), BonasError> {
    let Some(first) = entrants.first() else { return Err(LaboratoryError::Nothing("surrogate").into()) };
    for entrant in entrants {
        check_shared(first, entrant)?;
    }
    let config = &first.config;
    let space = config.space.build()?;
    let source = TableSource::open(config, space.as_ref())?;
    let tasks = named_tasks(&source, &config.table, tasks)?;
    let mut shared = common(config, &source, |_| false)?;
    shared.insert("protocol".into(), plan.protocol.as_str().into());
    let settings = |entrant: &SurrogateEntrant| {
        let config = ExperimentConfig { surrogate: entrant.settings(), ..entrant.config.clone() };
        (entrant.name.clone(), flat(&config, |key| key.starts_with("surrogate.")))
    };
    let contestants: BTreeMap<_, _> = entrants.iter().map(settings).collect();
    let settings = Settings { build: build(), common: shared, contestants };
    let train = if plan.train.is_empty() { plan.protocol.usual_sizes(source.table.len()) } else { plan.train };
    let surrogates = entrants.iter().map(|entrant| contestant(entrant, &space)).collect::<Result<Vec<_>, BonasError>>()?;
    let splits = plan.first_split..plan.first_split.saturating_add(plan.splits);
    let course = FitCourse { space, tasks, surrogates, train, splits, protocol: plan.protocol };
    course.validate()?;
    Ok((course, settings))
}

fn contestant(entrant: &SurrogateEntrant, space: &Arc<dyn SearchSpace>) -> Result<SurrogateContestant, BonasError> {
    let (settings, device) = (entrant.settings(), DeviceName::Cpu.open()?);
    let roles = OperationRole::of_vocabulary(&space.vocabulary());
    // A wrong setting is an error now, not after the first fits.
    settings.build(&roles, device.clone())?;
    Ok(SurrogateContestant {
        name: entrant.name.clone(),
        predicts_ranks: settings.predicts_ranks(),
        build: Box::new(move || Ok(settings.build(&roles, device.clone())?)),
    })
}

fn check_shared(first: &SurrogateEntrant, other: &SurrogateEntrant) -> Result<(), BonasError> {
    let key = if first.config.space != other.config.space {
        "space"
    } else if first.config.table != other.config.table {
        "table"
    } else {
        return Ok(());
    };
    Err(BonasError::NotComparable { key, first: first.name.clone(), second: other.name.clone() })
}
