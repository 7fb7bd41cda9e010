use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::error::BonasError;
use bonas_core::{SearchSpace, SearchStrategy};
use bonas_search::{Bonas, RandomSearch, RegularizedEvolution};
use std::sync::Arc;

/// The strategy that a configuration names.
pub(crate) fn build_strategy(
    config: &ExperimentConfig,
    space: Arc<dyn SearchSpace>,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    Ok(match config.strategy {
        StrategyName::Bonas => {
            let surrogate = config.surrogate.build(config.device.open())?;
            Box::new(Bonas::new(space, surrogate, config.acquisition.build()?, config.bonas.clone())?)
        }
        StrategyName::Random => Box::new(RandomSearch::new(space)),
        StrategyName::RegularizedEvolution => Box::new(RegularizedEvolution::new(space, config.regularized_evolution.clone())?),
    })
}

/// Checks the settings that no builder checks before the first image is read.
pub(crate) fn validate(config: &ExperimentConfig) -> Result<(), BonasError> {
    config.study.validate()?;
    config.network.validate()?;
    config.supernet.validate()?;
    config.finals.validate()?;
    config.retrain.validate()?;
    if config.table.path.is_some() && config.evaluator != EvaluatorName::Table {
        return Err(BonasError::TableUnused(config.evaluator.as_str()));
    }
    Ok(())
}
