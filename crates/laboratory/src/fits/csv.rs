use super::{FitSummary, FitSummaryRow, Spread};
use crate::LaboratoryError;

const HEADER: [&str; 21] = [
    "task",
    "name",
    "train",
    "ranked",
    "scale",
    "kendall",
    "kendall_stddev",
    "spearman",
    "spearman_stddev",
    "mae",
    "mae_stddev",
    "coverage_50",
    "coverage_50_stddev",
    "coverage_80",
    "coverage_80_stddev",
    "coverage_95",
    "coverage_95_stddev",
    "negative_log_likelihood",
    "negative_log_likelihood_stddev",
    "seconds_fit",
    "seconds_predict",
];

pub(super) fn write(summary: &FitSummary) -> Result<String, LaboratoryError> {
    let failed = |error: csv::Error| LaboratoryError::Csv(Box::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).map_err(failed)?;
    for surrogate in &summary.surrogates {
        writer.write_record(row(surrogate)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(surrogate: &FitSummaryRow) -> Vec<String> {
    let scale = if surrogate.predicts_ranks { "ranks" } else { "scores" };
    let mut row = vec![
        surrogate.task.clone(),
        surrogate.name.clone(),
        surrogate.train.to_string(),
        surrogate.ranked.to_string(),
        scale.into(),
    ];
    let mut add = |spread: Option<Spread>| match spread {
        Some(Spread { mean, stddev }) => row.extend([mean.to_string(), stddev.to_string()]),
        None => row.extend([String::new(), String::new()]),
    };
    [surrogate.kendall, surrogate.spearman, surrogate.mae].into_iter().for_each(&mut add);
    surrogate.coverage.values().copied().for_each(&mut add);
    add(surrogate.negative_log_likelihood);
    row.extend([surrogate.seconds.fit, surrogate.seconds.predict].map(|seconds| seconds.to_string()));
    row
}
