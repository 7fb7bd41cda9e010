use super::{GroupingFacts, SharingRow, SharingSummary};
use crate::LaboratoryError;
use crate::csv_text::csv_text;

const HEADER: [&str; 27] = [
    "grouping",
    "k",
    "epochs",
    "groups",
    "failed",
    "kendall",
    "kendall_low",
    "kendall_high",
    "spearman",
    "spearman_low",
    "spearman_high",
    "kendall_within",
    "kendall_within_stddev",
    "groups_within",
    "ceiling_within",
    "ceiling",
    "ceiling_spearman",
    "mean",
    "stddev",
    "stddev_within",
    "seconds_per_candidate",
    "alone_architectures",
    "alone_failed",
    "alone_mean",
    "alone_stddev_architectures",
    "alone_stddev_seeds",
    "alone_seconds",
];

pub(super) fn write(summary: &SharingSummary) -> Result<String, LaboratoryError> {
    let rows = summary.settings.iter().filter_map(|setting| Some(row(setting, summary.facts(setting.grouping)?)));
    csv_text(&HEADER, rows)
}

fn row(setting: &SharingRow, facts: &GroupingFacts) -> Vec<String> {
    let estimate = |estimate: Option<crate::Estimate>| match estimate {
        Some(estimate) => [estimate.value, estimate.low, estimate.high].map(Some),
        None => [None; 3],
    };
    let mut row = vec![
        setting.grouping.to_string(),
        setting.k.to_string(),
        setting.epochs.to_string(),
        setting.groups.to_string(),
        setting.failed.to_string(),
    ];
    let mut add = |values: &[Option<f64>]| {
        row.extend(values.iter().map(|value| value.map(|value| value.to_string()).unwrap_or_default()));
    };
    add(&estimate(setting.kendall));
    add(&estimate(setting.spearman));
    add(&[setting.kendall_within.map(|spread| spread.mean), setting.kendall_within.map(|spread| spread.stddev)]);
    add(&[
        Some(setting.groups_within as f64),
        setting.ceiling_within.map(|spread| spread.mean),
        facts.ceiling.map(|spread| spread.mean),
        facts.ceiling_spearman.map(|spread| spread.mean),
    ]);
    add(&[setting.mean, setting.stddev, setting.stddev_within, Some(setting.seconds_per_candidate)]);
    add(&[
        Some(facts.architectures as f64),
        Some(facts.failed as f64),
        facts.mean,
        facts.stddev_architectures,
        facts.stddev_seeds,
        facts.seconds,
    ]);
    row
}
