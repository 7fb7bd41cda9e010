use super::{FitSummary, FitSummaryRow};
use crate::LaboratoryError;
use crate::csv_text::csv_text;
use crate::statistics::Spread;

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
    csv_text(&HEADER, summary.surrogates.iter().map(row))
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
