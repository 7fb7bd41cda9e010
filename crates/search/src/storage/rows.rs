//! Rows of the tables, to and from records.

use super::metrics;
use crate::{PhaseSeconds, RoundRecord, TrialRecord};
use bonas_core::{Architecture, Measurement, Outcome, Prediction};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

/// The columns that [`trial`] reads, in its order.
pub(super) const TRIAL_COLUMNS: &str =
    "id, round, position, architecture, text, score, reason, metrics, prediction_mean, prediction_stddev, origin, cached";
/// The columns that [`round`] reads, in its order.
pub(super) const ROUND_COLUMNS: &str = "round, propose_seconds, evaluate_seconds, record_seconds";

pub(super) fn insert_round(connection: &Connection, record: &RoundRecord) -> rusqlite::Result<()> {
    let PhaseSeconds { propose, evaluate, record: recording } = record.seconds;
    let insert = format!("INSERT INTO rounds ({ROUND_COLUMNS}) VALUES (?1, ?2, ?3, ?4)");
    connection.execute(&insert, params![record.round, propose, evaluate, recording]).map(drop)
}

pub(super) fn round(row: &Row<'_>) -> rusqlite::Result<RoundRecord> {
    let seconds = PhaseSeconds { propose: row.get(1)?, evaluate: row.get(2)?, record: row.get(3)? };
    Ok(RoundRecord { round: row.get(0)?, seconds })
}

pub(super) fn insert_trial(connection: &Connection, trial: &TrialRecord) -> rusqlite::Result<()> {
    let (outcome, reason, metrics) = match &trial.outcome {
        Outcome::Measured(measurement) => ("measured", None, metrics::to_json(measurement.metrics())),
        Outcome::Failed { reason } => ("failed", Some(reason), "{}".into()),
    };
    let insert =
        format!("INSERT INTO trials ({TRIAL_COLUMNS}, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    let values = params![
        trial.id,
        trial.round,
        trial.position,
        trial.architecture.decisions(),
        trial.text,
        trial.outcome.score(),
        reason,
        metrics,
        trial.prediction.map(|prediction| prediction.mean),
        trial.prediction.map(|prediction| prediction.stddev),
        trial.origin,
        trial.cached,
        outcome,
    ];
    connection.prepare_cached(&insert)?.execute(values).map(drop)
}

pub(super) fn trial(row: &Row<'_>) -> rusqlite::Result<TrialRecord> {
    let prediction = Option::zip(row.get(8)?, row.get(9)?).map(|(mean, stddev)| Prediction { mean, stddev });
    Ok(TrialRecord {
        id: row.get(0)?,
        round: row.get(1)?,
        position: row.get(2)?,
        architecture: Architecture::new(row.get::<_, Vec<u8>>(3)?),
        text: row.get(4)?,
        outcome: outcome(row)?,
        prediction,
        origin: row.get(10)?,
        cached: row.get(11)?,
    })
}

fn outcome(row: &Row<'_>) -> rusqlite::Result<Outcome> {
    let Some(score) = row.get::<_, Option<f64>>(5)? else {
        return Ok(Outcome::Failed { reason: row.get(6)? });
    };
    let damaged = |column, reason: String| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, reason.into());
    let measurement = Measurement::new(score).map_err(|error| damaged(5, error.to_string()))?;
    let metrics = metrics::from_json(&row.get::<_, String>(7)?).map_err(|reason| damaged(7, reason))?;
    let measurement = metrics.into_iter().fold(measurement, |measurement, (name, value)| measurement.with_metric(name, value));
    Ok(Outcome::Measured(measurement))
}
