use super::Sample;
use crate::{Incumbent, PhaseTimes, SearchRecord};
use bonas_bayes::{mean, quantile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One strategy on one task. Regrets are distances from the best of the table, means over seeds; they are `None` where some search
/// had nothing with a score by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrategySummary {
    /// Name of the strategy.
    pub name: String,
    /// Name of the task.
    pub task: String,
    /// Searches, one for each seed.
    pub searches: usize,
    /// Mean number of queries until the best of the table. Searches that did not find it count as budget + 1, so with
    /// `censored` > 0 this is a lower bound.
    pub mean_queries: f64,
    /// Median of the same; a lower bound where it is above the budget.
    pub median_queries: f64,
    /// Searches that did not find the best of the table.
    pub censored: usize,
    /// Part of the searches that did.
    pub hit_rate: f64,
    /// Regret on the searched column after so many queries.
    pub regret: BTreeMap<usize, Option<f64>>,
    /// Regret on test images, after so many queries, of the architecture that the searched column puts first.
    pub test_regret: BTreeMap<usize, Option<f64>>,
    /// With several objectives: how much the front after so many queries falls short of that of the table (see
    /// [`TradeOff`](crate::TradeOff)), mean over seeds; empty with one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hypervolume_regret: BTreeMap<usize, f64>,
    /// Mean score of the architecture in the end, by the searched column.
    pub score: Option<f64>,
    /// Mean score of the same on test images.
    pub test_score: Option<f64>,
    /// Mean place of the same in the table, from 1.
    pub table_rank: Option<f64>,
    /// Mean rank among the strategies, from 1: of two searches with one seed, the one that found the best of the table earlier is
    /// better, and of two that did not, the one with the lower regret.
    pub mean_rank: f64,
    /// Mean seconds of one search.
    pub seconds: PhaseTimes,
}

impl StrategySummary {
    pub(super) fn new(task: &str, sample: &Sample<'_>, ranks: &[f64], budget: usize, checkpoints: &[usize]) -> Self {
        let searches = &sample.searches;
        let queries: Vec<f64> = searches.iter().map(|search| search.queries_or_censored(budget) as f64).collect();
        let censored = searches.iter().filter(|search| search.queries_to_best.is_none()).count();
        let at = |value: &dyn Fn(&Incumbent) -> Option<f64>| {
            checkpoints.iter().map(|&queries| (queries, mean_at(searches, queries, value))).collect()
        };
        let end = |value: &dyn Fn(&Incumbent) -> Option<f64>| mean_at(searches, budget, value);
        let total = searches.iter().fold(PhaseTimes::default(), |sum, search| sum.zip(&search.seconds, |sum, more| sum + more));
        Self {
            name: sample.strategy.into(),
            task: task.into(),
            searches: searches.len(),
            mean_queries: mean(&queries).unwrap_or_default(),
            median_queries: quantile(&queries, 0.5).unwrap_or_default(),
            censored,
            hit_rate: 1.0 - censored as f64 / searches.len() as f64,
            regret: at(&|best| Some(best.regret)),
            test_regret: at(&|best| best.test_regret),
            hypervolume_regret: checkpoints
                .iter()
                .filter_map(|&queries| {
                    let regrets: Option<Vec<f64>> = searches.iter().map(|search| search.hypervolume_regret_at(queries)).collect();
                    Some((queries, mean(&regrets?)?))
                })
                .collect(),
            score: end(&|best| Some(best.score)),
            test_score: end(&|best| best.test),
            table_rank: end(&|best| Some(best.rank as f64)),
            mean_rank: mean(ranks).unwrap_or_default(),
            seconds: total.zip(&total, |sum, _| sum / searches.len() as f64),
        }
    }
}

/// The mean over all searches; `None` unless every one of them has a value.
fn mean_at(searches: &[&SearchRecord], queries: usize, value: &dyn Fn(&Incumbent) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = searches.iter().map(|search| search.incumbent(queries).and_then(value)).collect();
    mean(&values?)
}
