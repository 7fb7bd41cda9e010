use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::error::BonasError;
use bonas_core::{Evaluator, SearchSpace, SearchStrategy};
use bonas_data::SearchData;
use bonas_search::{Bonas, RandomSearch, RegularizedEvolution};
use bonas_spaces::DartsSpace;
use bonas_supernet::{StandAloneEvaluator, SupernetEvaluator};
use bonas_surrogate::GcnSurrogate;
use std::sync::Arc;

/// The strategy that a configuration names.
pub(crate) fn build_strategy(
    config: &ExperimentConfig,
    space: Arc<dyn SearchSpace>,
) -> Result<Box<dyn SearchStrategy>, BonasError> {
    Ok(match config.strategy {
        StrategyName::Bonas => {
            let surrogate = Box::new(GcnSurrogate::new(config.surrogate.clone(), config.device.open())?);
            Box::new(Bonas::new(space, surrogate, config.acquisition.build()?, config.bonas.clone())?)
        }
        StrategyName::Random => Box::new(RandomSearch::new(space)),
        StrategyName::RegularizedEvolution => Box::new(RegularizedEvolution::new(space, config.regularized_evolution.clone())?),
    })
}

/// The evaluator that a configuration names.
pub(crate) fn build_evaluator(config: &ExperimentConfig, space: Arc<DartsSpace>, data: Arc<SearchData>) -> Box<dyn Evaluator> {
    let (augment, network, device) = (config.augment.clone(), config.network.clone(), config.device.open());
    match config.evaluator {
        EvaluatorName::Supernet => {
            Box::new(SupernetEvaluator { space, data, augment, network, config: config.supernet.clone(), device })
        }
        EvaluatorName::StandAlone => {
            Box::new(StandAloneEvaluator { space, data, augment, network, config: config.retrain.clone(), device })
        }
    }
}

/// Checks the settings that no builder checks before the first image is read.
pub(crate) fn validate(config: &ExperimentConfig) -> Result<(), BonasError> {
    config.study.validate()?;
    config.network.validate()?;
    config.supernet.validate()?;
    config.finals.validate()?;
    config.retrain.validate()?;
    Ok(())
}
