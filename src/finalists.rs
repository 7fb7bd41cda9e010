use crate::error::BonasError;
use crate::experiment::Watch;
use crate::run_folder::RunFolder;
use crate::training::{Fit, Training};
use crate::training_folder::TrainingFolder;
use bonas_core::{Architecture, Measurement, Outcome};
use bonas_search::{Finalist, Storage};
use bonas_supernet::SupernetError;
use std::path::PathBuf;

/// Trains the first of the finalists from scratch until `wanted` have been, one after another as a search's winner always is, and
/// records each. What is recorded already is not repeated. `false` when interrupted.
///
/// # Errors
/// When the device or the database fails, or none of the finalists can be trained.
pub(crate) fn train_finalists(
    training: &Training,
    finalists: &mut [Finalist],
    wanted: usize,
    (run, storage): (&RunFolder, &mut Storage),
    watch: &Watch<'_>,
) -> Result<bool, BonasError> {
    while let Some(trial) = Finalist::next_to_train(finalists, wanted) {
        let architecture = architecture(storage, trial)?;
        let (file, folder) = (network_file(run, trial), training_folder(run, trial));
        let outcome = match training.fit_to(&architecture, (&file, &folder), watch) {
            Ok(None) => return Ok(false),
            Ok(Some(fit)) => {
                let last = fit.last_epoch();
                let measured = Measurement::new(last.validation_accuracy);
                storage.set_result(&fit_name(trial), &fit)?;
                measured.map_or_else(|error| Outcome::Failed { reason: error.to_string() }, Outcome::Measured)
            }
            Err(error @ (BonasError::Diverged { .. } | BonasError::Network(SupernetError::Diverged { .. }))) => {
                Outcome::Failed { reason: error.to_string() }
            }
            Err(error) => return Err(error),
        };
        let finalist = finalists.iter_mut().find(|finalist| finalist.trial == trial).expect("one of them");
        finalist.trained = Some(outcome);
        let finalist = finalist.clone();
        storage.set_finalists(finalists)?;
        if finalist.trained.as_ref().is_some_and(|outcome| outcome.score().is_some()) {
            // Its network is in its file; what is left here only takes room.
            let _ = std::fs::remove_dir_all(folder.checkpoints());
        }
        watch.observer.finalist_trained(&finalist);
    }
    match Finalist::winner(finalists) {
        Some(winner) if winner.trained.is_some() => Ok(true),
        _ => Err(BonasError::NoFinalist { reason: last_reason(finalists), run: run.path().to_path_buf() }),
    }
}

/// The file of the trained network of a finalist, and what its training recorded.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn fitted(run: &RunFolder, storage: &Storage, trial: usize) -> Result<Option<(PathBuf, Fit)>, BonasError> {
    let file = network_file(run, trial);
    let fit = storage.reader().result::<Fit>(&fit_name(trial))?;
    Ok(fit.filter(|_| file.is_file()).map(|fit| (file, fit)))
}

fn network_file(run: &RunFolder, trial: usize) -> PathBuf {
    run.finalists().join(format!("trial-{trial}.safetensors"))
}

/// Where its training keeps what it needs to continue.
fn training_folder(run: &RunFolder, trial: usize) -> TrainingFolder {
    TrainingFolder::new(&run.finalists().join(format!("trial-{trial}")))
}

fn fit_name(trial: usize) -> String {
    format!("training_of_trial_{trial}")
}

fn architecture(storage: &Storage, trial: usize) -> Result<Architecture, BonasError> {
    let trials = storage.reader().trials()?;
    Ok(trials.into_iter().find(|record| record.id == trial).expect("finalists are trials").architecture)
}

fn last_reason(finalists: &[Finalist]) -> String {
    let reason = |finalist: &Finalist| match finalist.trained.as_ref()? {
        Outcome::Failed { reason } => Some(reason.clone()),
        Outcome::Measured(_) => None,
    };
    finalists.iter().rev().find_map(reason).unwrap_or_else(|| "none was trained".into())
}
