use super::{StrategySummary, Summary};
use crate::LaboratoryError;
use crate::csv_text::csv_text;
use std::collections::BTreeMap;

pub(super) fn write(summary: &Summary) -> Result<String, LaboratoryError> {
    let points: Vec<usize> = summary.strategies.first().map_or(Vec::new(), |first| first.regret.keys().copied().collect());
    let mut header: Vec<String> = [
        "task",
        "name",
        "searches",
        "mean_queries",
        "median_queries",
        "censored",
        "hit_rate",
        "mean_rank",
        "table_rank",
        "score",
        "test_score",
    ]
    .map(String::from)
    .to_vec();
    header.extend(points.iter().map(|queries| format!("regret_{queries}")));
    header.extend(points.iter().map(|queries| format!("test_regret_{queries}")));
    let volumes: Vec<usize> =
        summary.strategies.first().map_or(Vec::new(), |first| first.hypervolume_regret.keys().copied().collect());
    header.extend(volumes.iter().map(|queries| format!("hypervolume_regret_{queries}")));
    header.extend(["fit", "score", "propose", "evaluate", "record", "total"].map(|phase| format!("seconds_{phase}")));
    csv_text(&header, summary.strategies.iter().map(row))
}

fn row(strategy: &StrategySummary) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut row = vec![
        strategy.task.clone(),
        strategy.name.clone(),
        strategy.searches.to_string(),
        strategy.mean_queries.to_string(),
        strategy.median_queries.to_string(),
        strategy.censored.to_string(),
        strategy.hit_rate.to_string(),
        strategy.mean_rank.to_string(),
    ];
    row.extend([strategy.table_rank, strategy.score, strategy.test_score].map(number));
    let all = |values: &BTreeMap<usize, Option<f64>>| values.values().map(|&value| number(value)).collect::<Vec<_>>();
    row.extend(all(&strategy.regret));
    row.extend(all(&strategy.test_regret));
    row.extend(strategy.hypervolume_regret.values().map(f64::to_string));
    let seconds = strategy.seconds;
    let phases = [seconds.fit, seconds.score, seconds.propose, seconds.evaluate, seconds.record, seconds.total()];
    row.extend(phases.map(|seconds| seconds.to_string()));
    row
}
