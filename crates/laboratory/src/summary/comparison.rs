use super::Sample;
use crate::SearchRecord;
use crate::statistics::{average_ranks, holm, signed_rank};
use bonas_bayes::mean;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What is compared seed by seed; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Queries until the best of the table, budget + 1 where it was not found.
    Queries,
    /// Regret in the end, on the searched column.
    Regret,
    /// How much the front in the end falls short of that of the table.
    Hypervolume,
    /// Mean rank among the strategies over all tasks.
    Rank,
}

/// Two strategies, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The task; `None` for all of them together.
    pub task: Option<String>,
    /// What is compared.
    pub measure: Measure,
    /// One strategy.
    pub first: String,
    /// The other.
    pub second: String,
    /// Seeds with which the first is better.
    pub first_better: usize,
    /// Seeds with which the second is.
    pub second_better: usize,
    /// Seeds with which they are equal, or one of them has no value.
    pub equal: usize,
    /// Of Wilcoxon's signed-rank test over the seeds, two-sided.
    pub p_value: f64,
    /// The same after Holm's correction for all pairs of this task and measure.
    pub corrected_p_value: f64,
}

/// A strategy among the others over all tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverallRank {
    /// Name of the strategy.
    pub name: String,
    /// Mean over tasks and seeds of its rank among the strategies, from 1.
    pub mean_rank: f64,
}

/// The rank of every strategy with every seed, [strategy][seed].
pub(super) type Ranks = Vec<Vec<f64>>;

/// Ranks by the outcome of a search: who found the best of the table earlier, or else came closer to it.
pub(super) fn outcome_order(samples: &[Sample<'_>], budget: usize) -> Ranks {
    let order = |left: &&SearchRecord, right: &&SearchRecord| -> Ordering {
        let queries = |search: &SearchRecord| search.queries_or_censored(budget);
        queries(left).cmp(&queries(right)).then_with(|| final_regret(left).total_cmp(&final_regret(right)))
    };
    let mut ranks = vec![Vec::new(); samples.len()];
    for seed in 0..samples.first().map_or(0, |sample| sample.searches.len()) {
        let searches: Vec<&SearchRecord> = samples.iter().map(|sample| sample.searches[seed]).collect();
        ranks.iter_mut().zip(average_ranks(&searches, order)).for_each(|(ranks, rank)| ranks.push(rank));
    }
    ranks
}

/// The regret in the end; infinite where nothing had a score, which is worse than any other. Only for orders.
fn final_regret(search: &SearchRecord) -> f64 {
    search.incumbents.last().map_or(f64::INFINITY, |best| best.regret)
}

/// All pairs of strategies on a task, by both measures.
pub(super) fn compared(task: &str, samples: &[Sample<'_>], budget: usize) -> Vec<Comparison> {
    let names: Vec<&str> = samples.iter().map(|sample| sample.strategy).collect();
    let values = |value: &dyn Fn(&SearchRecord) -> f64| -> Ranks {
        samples.iter().map(|sample| sample.searches.iter().map(|search| value(search)).collect()).collect()
    };
    let queries = values(&|search| search.queries_or_censored(budget) as f64);
    let regrets = values(&final_regret);
    let mut comparisons = pairs(Some(task), Measure::Queries, &names, &queries);
    comparisons.extend(pairs(Some(task), Measure::Regret, &names, &regrets));
    if samples.iter().flat_map(|sample| &sample.searches).any(|search| !search.hypervolume_regret.is_empty()) {
        let volumes = values(&|search| search.hypervolume_regret_at(budget).unwrap_or(f64::INFINITY));
        comparisons.extend(pairs(Some(task), Measure::Hypervolume, &names, &volumes));
    }
    comparisons
}

/// Mean ranks over tasks and seeds, the best first. `ranks` has one entry for each task.
pub(super) fn overall(names: &[&str], ranks: &[Ranks]) -> Vec<OverallRank> {
    let seeds = over_tasks(names.len(), ranks);
    let rank =
        |(name, ranks): (&&str, Vec<f64>)| OverallRank { name: (*name).into(), mean_rank: mean(&ranks).unwrap_or_default() };
    let mut overall: Vec<OverallRank> = names.iter().zip(seeds).map(rank).collect();
    overall.sort_by(|left, right| left.mean_rank.total_cmp(&right.mean_rank));
    overall
}

/// All pairs of strategies by their mean rank over all tasks, seed by seed.
pub(super) fn tests_of_ranks(names: &[&str], ranks: &[Ranks]) -> Vec<Comparison> {
    pairs(None, Measure::Rank, names, &over_tasks(names.len(), ranks))
}

/// Mean over tasks, [strategy][seed].
fn over_tasks(strategies: usize, ranks: &[Ranks]) -> Ranks {
    let seeds = ranks.first().and_then(|task| task.first()).map_or(0, Vec::len);
    let mean_of = |strategy: usize, seed: usize| ranks.iter().map(|task| task[strategy][seed]).sum::<f64>() / ranks.len() as f64;
    (0..strategies).map(|strategy| (0..seeds).map(|seed| mean_of(strategy, seed)).collect()).collect()
}

fn pairs(task: Option<&str>, measure: Measure, names: &[&str], values: &[Vec<f64>]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for second in 1..names.len() {
        for first in 0..second {
            let paired = values[first].iter().zip(&values[second]);
            // Two searches without any score are equal; of one with and one without, nothing can be said but which is better.
            let differences: Vec<f64> =
                paired.map(|(first, second)| if first == second { 0.0 } else { first - second }).collect();
            let count = |wanted: Ordering| differences.iter().filter(|value| value.total_cmp(&0.0) == wanted).count();
            let p_value = signed_rank(&differences).p_value;
            comparisons.push(Comparison {
                task: task.map(Into::into),
                measure,
                first: names[first].into(),
                second: names[second].into(),
                first_better: count(Ordering::Less),
                second_better: count(Ordering::Greater),
                equal: count(Ordering::Equal),
                p_value,
                corrected_p_value: p_value,
            });
        }
    }
    let p_values: Vec<f64> = comparisons.iter().map(|comparison| comparison.p_value).collect();
    comparisons.iter_mut().zip(holm(&p_values)).for_each(|(comparison, corrected)| comparison.corrected_p_value = corrected);
    comparisons
}
