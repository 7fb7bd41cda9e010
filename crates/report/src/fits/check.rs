use super::{FitComparison, FitEntry, MeanSpread};
use crate::ReportError;

/// Refuses what is not finite or outside its domain, so that no NaN reaches a reader.
pub(super) fn check(data: &FitComparison) -> Result<(), ReportError> {
    for task in &data.tasks {
        task.ceiling.map_or(Ok(()), |ceiling| correlation(|| format!("the ceiling of {}", task.name), ceiling))?;
        for surrogate in &task.surrogates {
            let place = |what: &str, fit: &FitEntry| format!("{what} of {} on {} of {}", surrogate.name, fit.train, task.name);
            surrogate.fits.iter().try_for_each(|fit| check_fit(fit, &|what| place(what, fit)))?;
        }
    }
    Ok(())
}

fn check_fit(fit: &FitEntry, place: &dyn Fn(&str) -> String) -> Result<(), ReportError> {
    for (what, value) in [("τ", fit.kendall), ("ρ", fit.spearman)] {
        spread(value, &|value| correlation(|| place(what), value))?;
    }
    spread(fit.mae, &|value| not_negative(|| place("the error"), value))?;
    for coverage in &fit.coverage {
        part(|| place("the probability of an interval"), coverage.probability)?;
        spread(coverage.observed, &|value| part(|| place("the coverage"), value))?;
    }
    spread(fit.negative_log_likelihood, &|value| {
        within(|| place("the likelihood"), value, f64::MIN, f64::MAX, "a finite number")
    })?;
    [fit.fit_seconds, fit.predict_seconds].into_iter().try_for_each(|value| not_negative(|| place("a time"), value))
}

/// Checks the mean, and that the deviation is none below zero.
fn spread(value: Option<MeanSpread>, mean: &dyn Fn(f64) -> Result<(), ReportError>) -> Result<(), ReportError> {
    let Some(value) = value else { return Ok(()) };
    mean(value.mean)?;
    not_negative(|| "a standard deviation".into(), value.stddev)
}

/// Checks a correlation.
pub(crate) fn correlation(place: impl Fn() -> String, value: f64) -> Result<(), ReportError> {
    // Rounding may carry a perfect one a little beyond its end.
    within(place, value, -1.0 - 1e-9, 1.0 + 1e-9, "in [−1, 1]")
}

fn part(place: impl Fn() -> String, value: f64) -> Result<(), ReportError> {
    within(place, value, 0.0, 1.0, "in [0, 1]")
}

/// Checks what cannot be negative.
pub(crate) fn not_negative(place: impl Fn() -> String, value: f64) -> Result<(), ReportError> {
    within(place, value, 0.0, f64::MAX, "a finite number that is not negative")
}

/// Checks a number.
pub(crate) fn within(
    place: impl Fn() -> String,
    value: f64,
    low: f64,
    high: f64,
    domain: &'static str,
) -> Result<(), ReportError> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(ReportError::OutOfRange { place: place(), value, domain }),
    }
}
