//! Every number is checked once, here, so that no section has to.

use crate::{
    Alone, BestCell, EpochEntry, FinalistEntry, Lookup, ReportData, ReportError, Retraining, RoundEntry, TrainingData, TrialEntry,
};
use std::ops::RangeInclusive;

/// Beyond this magnitude the width of an axis is no longer a finite number with room to spare.
const DRAWABLE: f64 = 1e100;

/// Checks every number of the data.
///
/// # Errors
/// [`ReportError::OutOfRange`] for the first one that is not finite or outside its domain.
pub(crate) fn check(data: &ReportData) -> Result<(), ReportError> {
    data.trials.iter().try_for_each(trial)?;
    data.rounds.iter().try_for_each(round)?;
    data.finalists.iter().try_for_each(finalist)?;
    data.best_cells.iter().try_for_each(best_cell)?;
    data.retraining.iter().try_for_each(retraining)?;
    data.lookup.iter().try_for_each(lookup)
}

fn trial(trial: &TrialEntry) -> Result<(), ReportError> {
    let id = trial.id;
    if let Some(score) = trial.outcome.score() {
        number(score, || format!("the score of trial {id}"))?;
    }
    if let Some(prediction) = trial.prediction {
        number(prediction.mean, || format!("the predicted mean of trial {id}"))?;
        positive(prediction.stddev, || format!("the predicted standard deviation of trial {id}"))?;
    }
    Ok(())
}

fn round(entry: &RoundEntry) -> Result<(), ReportError> {
    let round = entry.round;
    let seconds = entry.seconds;
    for (phase, value) in [("propose", seconds.propose), ("evaluate", seconds.evaluate), ("record", seconds.record)] {
        positive(value, || format!("the time to {phase} in round {round}"))?;
    }
    match entry.correlation.and_then(|correlation| correlation.tau_b) {
        None => Ok(()),
        Some(tau) => within(tau, -1.0..=1.0, "in [-1, 1]", || format!("the rank correlation of round {round}")),
    }
}

fn finalist(entry: &FinalistEntry) -> Result<(), ReportError> {
    let alone = match entry.alone {
        Alone::Score(score) => Some(score),
        Alone::Untrained | Alone::Failed => None,
    };
    for score in [Some(entry.search_score), entry.score, alone].into_iter().flatten() {
        number(score, || format!("the score of trial {} among the finalists", entry.trial))?;
    }
    Ok(())
}

fn best_cell(cell: &BestCell) -> Result<(), ReportError> {
    number(cell.score, || format!("the score of best cell {}", cell.rank))
}

fn lookup(lookup: &Lookup) -> Result<(), ReportError> {
    let tests = lookup.tests.iter().map(|(_, score)| score);
    std::iter::once(&lookup.score)
        .chain(tests)
        .flat_map(|score| [score.own, score.best])
        .try_for_each(|score| number(score, || format!("a score of the winner in the table {}", lookup.table)))
}

fn retraining(retraining: &Retraining) -> Result<(), ReportError> {
    fraction(retraining.test.accuracy, || "the test accuracy".into())?;
    positive(retraining.seconds, || "the training time".into())?;
    for image in &retraining.hardest {
        positive(image.loss, || "the loss of a test image".into())?;
    }
    retraining.curve.iter().try_for_each(epoch)
}

fn epoch(entry: &EpochEntry) -> Result<(), ReportError> {
    fraction(entry.accuracy, || format!("the validation accuracy of epoch {}", entry.epoch))?;
    number(entry.train_loss, || format!("the training loss of epoch {}", entry.epoch))?;
    positive(entry.learning_rate, || format!("the learning rate of epoch {}", entry.epoch))?;
    number(entry.loss, || format!("the validation loss of epoch {}", entry.epoch))
}

/// The same for a training.
pub(crate) fn check_training(data: &TrainingData) -> Result<(), ReportError> {
    data.curve.iter().try_for_each(epoch)?;
    data.finished.iter().try_for_each(retraining)
}

fn number(value: f64, place: impl FnOnce() -> String) -> Result<(), ReportError> {
    within(value, -DRAWABLE..=DRAWABLE, "finite and within ±1e100", place)
}

fn positive(value: f64, place: impl FnOnce() -> String) -> Result<(), ReportError> {
    within(value, 0.0..=DRAWABLE, "finite, not negative and at most 1e100", place)
}

fn fraction(value: f64, place: impl FnOnce() -> String) -> Result<(), ReportError> {
    within(value, 0.0..=1.0, "in [0, 1]", place)
}

/// A range holds no NaN, so NaN is refused like any other stranger.
fn within(
    value: f64,
    range: RangeInclusive<f64>,
    domain: &'static str,
    place: impl FnOnce() -> String,
) -> Result<(), ReportError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(ReportError::OutOfRange { place: place(), value, domain })
}
