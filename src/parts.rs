use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::costs::{ConstraintsConfig, Costs};
use crate::device::DeviceName;
use crate::error::BonasError;
use crate::knowledge;
use bonas_bayes::{AcquisitionConfig, Scale, ThompsonSampling};
use bonas_core::{OperationRole, SearchSpace, SearchStrategy, Surrogate};
use bonas_features::{Covariates, StructureGp};
use bonas_search::{Bananas, Bonas, LocalSearch, Npenas, Nsga2, ParetoBonas, RandomSearch, RegularizedEvolution, Reinforce};
use bonas_surrogate::{Mode, SurrogateName};
use std::sync::Arc;

/// The configuration with everything written out that its strategy brings with it and that its modes decide, so that what is recorded
/// is what runs. Settling twice changes nothing.
pub(crate) fn settled(mut config: ExperimentConfig) -> ExperimentConfig {
    match config.strategy {
        StrategyName::BonasPaper => {
            config.surrogate.name = SurrogateName::Gcn;
            config.surrogate.gcn = config.surrogate.gcn.in_mode(Mode::Paper);
            config.acquisition = AcquisitionConfig::Ucb { exploration: 0.5, scale: Scale::Outcome };
            config.bonas = config.bonas.published();
        }
        StrategyName::NasBowl => {
            config.surrogate.name = SurrogateName::WlGp;
            config.acquisition = AcquisitionConfig::Ei {};
        }
        StrategyName::Npenas => config.surrogate.name = SurrogateName::GcnMean,
        StrategyName::Bananas => config.surrogate.name = SurrogateName::PathEnsemble,
        StrategyName::Bonas
        | StrategyName::Random
        | StrategyName::RegularizedEvolution
        | StrategyName::LocalSearch
        | StrategyName::Reinforce
        | StrategyName::Nsga2 => {}
    }
    config.surrogate = config.surrogate.resolved();
    config
}

/// The strategy that a configuration names, for a search in `space`: to be asked and told by hand, without a [`Study`](bonas_search::Study).
///
/// # Errors
/// When a setting of the strategy, its surrogate or its acquisition lies outside its range, the strategy does not know so many
/// objectives, or it is to be told what only a run or a table knows (`knowledge`).
pub fn build_strategy(config: &ExperimentConfig, space: Arc<dyn SearchSpace>) -> Result<Box<dyn SearchStrategy>, BonasError> {
    if config.knowledge.is_used() {
        let reason = "a strategy that is built by hand knows no run and no table; leave it out, or start an Experiment".into();
        return Err(BonasError::Knowledge { key: "knowledge", reason });
    }
    if config.objectives.len() > 1 || config.constraints != ConstraintsConfig::default() {
        let reason = "objectives and constraints belong to an Experiment; by hand, give ConstrainedSpace, ParetoBonas or Nsga2 their costs";
        return Err(BonasError::Objectives(reason.into()));
    }
    build_informed(config, space, None, &Costs::default())
}

/// The strategy that a configuration names, with what is known of architectures beside their graphs, which only `structure-gp` can use
/// ([`knowledge::check`](crate::knowledge::check)), and with what it trades off.
pub(crate) fn build_informed(
    config: &ExperimentConfig,
    space: Arc<dyn SearchSpace>,
    covariates: Option<Arc<dyn Covariates>>,
    costs: &Costs,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    let config = settled(config.clone());
    let surrogate = || match &covariates {
        Some(covariates) => {
            let roles = OperationRole::of_vocabulary(&space.vocabulary());
            let surrogate = StructureGp::new(config.surrogate.structure_gp.clone(), roles)?;
            Ok(Box::new(surrogate.with_covariates(covariates.clone())) as Box<dyn Surrogate>)
        }
        None => build_surrogate(&config, space.as_ref()),
    };
    let unknown = || {
        let (strategy, objectives) = (config.strategy.as_str(), config.objectives.len());
        Err(BonasError::Objectives(format!(
            "the strategy {strategy} does not search for {objectives} objectives at once: bonas knows one or two, nsga2 and random any number"
        )))
    };
    match (config.strategy, costs.traded()) {
        (_, []) | (StrategyName::Nsga2 | StrategyName::Random, _) => {}
        (StrategyName::Bonas, [cost]) => {
            let surrogate = surrogate()?;
            return Ok(Box::new(ParetoBonas::new(space, surrogate, cost.clone(), config.bonas, config.pareto)?));
        }
        (_, _) => return unknown(),
    }
    Ok(match config.strategy {
        StrategyName::Nsga2 => Box::new(Nsga2::new(space, costs.objectives(), config.nsga2)?),
        StrategyName::Bonas | StrategyName::BonasPaper | StrategyName::NasBowl => {
            let bonas = Bonas::new(space.clone(), surrogate()?, config.acquisition.build()?, config.bonas)?;
            // A sub-supernet has a level of its own: what scores depends on its company, too.
            let apart = config.evaluator == EvaluatorName::Supernet && config.strategy == StrategyName::Bonas;
            Box::new(if apart { bonas.with_rounds_apart() } else { bonas })
        }
        StrategyName::Random => Box::new(RandomSearch::new(space)),
        StrategyName::RegularizedEvolution => Box::new(RegularizedEvolution::new(space, config.regularized_evolution)?),
        StrategyName::LocalSearch => Box::new(LocalSearch::new(space, config.local_search)?),
        StrategyName::Reinforce => Box::new(Reinforce::new(space, config.reinforce)?),
        StrategyName::Npenas => Box::new(Npenas::new(space.clone(), surrogate()?, config.npenas)?),
        StrategyName::Bananas => Box::new(Bananas::new(space.clone(), surrogate()?, Box::new(ThompsonSampling), config.bananas)?),
    })
}

fn build_surrogate(config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Box<dyn Surrogate>, BonasError> {
    let roles = OperationRole::of_vocabulary(&space.vocabulary());
    // Graphs of a dozen nodes: a GPU would spend its time on launching kernels.
    Ok(config.surrogate.build(&roles, DeviceName::Cpu.open()?)?)
}

/// Checks the settings that no builder checks before the first image is read.
pub(crate) fn validate(config: &ExperimentConfig) -> Result<(), BonasError> {
    config.device.check_compiled()?;
    if config.evaluator != EvaluatorName::Table {
        config.device.check_precisions(&config.used_precisions())?;
    }
    config.study.validate()?;
    config.network.validate()?;
    config.supernet.validate()?;
    config.finals.validate()?;
    config.retrain.validate()?;
    config.latency.validate()?;
    knowledge::check(config)?;
    if config.evaluator != EvaluatorName::Table {
        let named = [
            (config.table.path.is_some(), "table.path"),
            (config.table.task.is_some(), "table.task"),
            (config.table.layout.is_some(), "table.layout"),
        ];
        if let Some((_, key)) = named.into_iter().find(|(is_set, _)| *is_set) {
            return Err(BonasError::TableUnused { key, evaluator: config.evaluator.as_str() });
        }
        if config.study.budget.cost_hours.is_some() {
            let reason = format!("the evaluator {} counts no hours of training", config.evaluator.as_str());
            return Err(BonasError::CostUnknown { reason, remedy: "study.budget.minutes limits the time it takes" });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_surrogate::Targets;

    #[test]
    fn what_a_published_strategy_brings_is_written_out_once() {
        for (strategy, name) in [
            (StrategyName::Bonas, SurrogateName::StructureGp),
            (StrategyName::BonasPaper, SurrogateName::Gcn),
            (StrategyName::NasBowl, SurrogateName::WlGp),
            (StrategyName::Npenas, SurrogateName::GcnMean),
            (StrategyName::Bananas, SurrogateName::PathEnsemble),
        ] {
            let config = settled(ExperimentConfig { strategy, ..ExperimentConfig::default() });
            assert_eq!(config.surrogate.name, name);
            let targets = if strategy == StrategyName::BonasPaper { Targets::Scores } else { Targets::Ranks };
            assert_eq!(config.surrogate.gcn.targets, Some(targets));
            assert_eq!(settled(config.clone()), config);
        }
    }
}
