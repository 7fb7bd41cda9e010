use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::experiment::recorded_config;
use crate::run_folder::RunFolder;
use bonas_search::{Objectives, Storage, TrialRecord};

/// The Pareto front of a run: what was measured and nothing measured dominates, the highest score first. With one objective it is the
/// best trial alone. The run may still go on.
///
/// # Errors
/// When the database cannot be read.
pub fn pareto_front(run: &RunFolder) -> Result<(Objectives, Vec<TrialRecord>), BonasError> {
    let reader = Storage::read(&run.study())?;
    let config = recorded_config(run, &reader.study_record()?.config)?;
    let objectives = objectives(&config);
    let trials = reader.trials()?;
    let front = objectives.front(&trials).into_iter().cloned().collect();
    Ok((objectives, front))
}

/// What a configuration searches for, by the metrics of trials.
pub(crate) fn objectives(config: &ExperimentConfig) -> Objectives {
    Objectives { costs: config.objectives.iter().filter_map(|objective| objective.metric()).map(String::from).collect() }
}
