use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::error::BonasError;
use bonas_bayes::ThompsonSampling;
use bonas_core::{SearchSpace, SearchStrategy, Surrogate};
use bonas_search::{Bananas, Bonas, LocalSearch, Npenas, RandomSearch, RegularizedEvolution, Reinforce};
use bonas_surrogate::GcnSurrogate;
use std::sync::Arc;

/// The strategy that a configuration names.
pub(crate) fn build_strategy(
    config: &ExperimentConfig,
    space: Arc<dyn SearchSpace>,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    Ok(match config.strategy {
        StrategyName::Bonas => {
            Box::new(Bonas::new(space, build_surrogate(config)?, config.acquisition.build()?, config.bonas.clone())?)
        }
        StrategyName::Random => Box::new(RandomSearch::new(space)),
        StrategyName::RegularizedEvolution => Box::new(RegularizedEvolution::new(space, config.regularized_evolution.clone())?),
        StrategyName::LocalSearch => Box::new(LocalSearch::new(space, config.local_search.clone())?),
        StrategyName::Reinforce => Box::new(Reinforce::new(space, config.reinforce.clone())?),
        StrategyName::Npenas => Box::new(Npenas::new(space, build_surrogate(config)?, config.npenas.clone())?),
        StrategyName::Bananas => {
            Box::new(Bananas::new(space, build_surrogate(config)?, Box::new(ThompsonSampling), config.bananas.clone())?)
        }
    })
}

/// The surrogate that a configuration describes.
fn build_surrogate(config: &ExperimentConfig) -> Result<Box<dyn Surrogate>, BonasError> {
    Ok(Box::new(GcnSurrogate::new(config.surrogate.clone(), config.device.open())?))
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
