use crate::config::{EvaluatorName, ExperimentConfig, StrategyName};
use crate::error::BonasError;
use bonas_bayes::{AcquisitionConfig, Scale, ThompsonSampling};
use bonas_core::{Acquisition, OperationRole, SearchSpace, SearchStrategy, Surrogate};
use bonas_search::{Bananas, Bonas, LocalSearch, Npenas, RandomSearch, RegularizedEvolution, Reinforce};
use bonas_surrogate::{GcnConfig, Mode, SurrogateConfig, SurrogateName};
use std::sync::Arc;

/// The strategy that a configuration names, for a search in `space`: to be asked and told by hand, without a [`Study`](bonas_search::Study).
///
/// # Errors
/// When a setting of the strategy, its surrogate or its acquisition lies outside its range.
pub fn build_strategy(config: &ExperimentConfig, space: Arc<dyn SearchSpace>) -> Result<Box<dyn SearchStrategy>, BonasError> {
    let surrogate = || build_surrogate(config, space.as_ref());
    Ok(match config.strategy {
        StrategyName::Bonas | StrategyName::NasBowl => {
            Box::new(Bonas::new(space.clone(), surrogate()?, acquisition(config)?, config.bonas.clone())?)
        }
        StrategyName::BonasPaper => {
            Box::new(Bonas::new(space.clone(), surrogate()?, acquisition(config)?, config.bonas.published())?)
        }
        StrategyName::Random => Box::new(RandomSearch::new(space)),
        StrategyName::RegularizedEvolution => Box::new(RegularizedEvolution::new(space, config.regularized_evolution.clone())?),
        StrategyName::LocalSearch => Box::new(LocalSearch::new(space, config.local_search.clone())?),
        StrategyName::Reinforce => Box::new(Reinforce::new(space, config.reinforce.clone())?),
        StrategyName::Npenas => Box::new(Npenas::new(space.clone(), surrogate()?, config.npenas.clone())?),
        StrategyName::Bananas => {
            Box::new(Bananas::new(space.clone(), surrogate()?, Box::new(ThompsonSampling), config.bananas.clone())?)
        }
    })
}

/// The surrogate of the configured strategy, whose settings stand in its own table.
pub(crate) fn surrogate_of(config: &ExperimentConfig) -> SurrogateConfig {
    let named = |name| SurrogateConfig { name, ..config.surrogate.clone() };
    match config.strategy {
        StrategyName::BonasPaper => {
            // What a mode decides may have been written out already, for another mode.
            let open = GcnConfig { targets: None, loss: None, moments: None, intercept: None, ..config.surrogate.gcn.clone() };
            let gcn = GcnConfig { mode: Mode::Paper, ..open };
            SurrogateConfig { gcn, ..named(SurrogateName::Gcn) }
        }
        StrategyName::NasBowl => named(SurrogateName::WlGp),
        StrategyName::Npenas => named(SurrogateName::GcnMean),
        StrategyName::Bananas => named(SurrogateName::PathEnsemble),
        _ => config.surrogate.clone(),
    }
}

fn build_surrogate(config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Box<dyn Surrogate>, BonasError> {
    let roles = OperationRole::of_vocabulary(&space.vocabulary());
    Ok(surrogate_of(config).build(&roles, config.device.open())?)
}

fn acquisition(config: &ExperimentConfig) -> Result<Box<dyn Acquisition>, BonasError> {
    let acquisition = match config.strategy {
        StrategyName::BonasPaper => AcquisitionConfig::Ucb { exploration: 0.5, scale: Scale::Outcome },
        StrategyName::NasBowl => AcquisitionConfig::Ei {},
        _ => config.acquisition,
    };
    Ok(acquisition.build()?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_surrogate::Targets;

    #[test]
    fn the_published_strategies_have_their_own_surrogates() {
        let mut config = ExperimentConfig { strategy: StrategyName::BonasPaper, ..ExperimentConfig::default() };
        config.surrogate = config.surrogate.resolved();
        let paper = surrogate_of(&config).resolved();
        assert_eq!((paper.name, paper.gcn.targets), (SurrogateName::Gcn, Some(Targets::Scores)));
        for (strategy, name) in [
            (StrategyName::Bonas, SurrogateName::StructureGp),
            (StrategyName::NasBowl, SurrogateName::WlGp),
            (StrategyName::Npenas, SurrogateName::GcnMean),
            (StrategyName::Bananas, SurrogateName::PathEnsemble),
        ] {
            config.strategy = strategy;
            assert_eq!(surrogate_of(&config).name, name);
        }
    }
}
