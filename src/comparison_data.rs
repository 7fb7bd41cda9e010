//! From the searches of a laboratory to what its page shows.

use bonas_bayes::quantile;
use bonas_benchmarks::Unit;
use bonas_laboratory::{Comparison, Measure, PhaseTimes, SearchKey, SearchRecord, StrategySummary, Summary, TaskFacts};
use bonas_report::{
    ComparisonData, ComparisonFacts, OverallEntry, PairedTest, RegretPoint, ScoreNotation, StrategyEntry, StrategySeconds,
    TaskComparison,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the page of a comparison shows. `records` holds every search of the summary; `folder` names it.
pub fn comparison_data(summary: &Summary, records: &BTreeMap<SearchKey, SearchRecord>, folder: &Path) -> ComparisonData {
    let facts = ComparisonFacts {
        name: folder.display().to_string(),
        space: summary.space.clone(),
        queries: summary.queries,
        batch: summary.batch,
        first_seed: summary.first_seed,
        seeds: summary.seeds,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let overall = summary.overall.iter().map(|rank| OverallEntry { name: rank.name.clone(), mean_rank: rank.mean_rank });
    ComparisonData {
        facts,
        tasks: summary.tasks.iter().map(|task| task_comparison(summary, task, records)).collect(),
        overall: overall.collect(),
        overall_tests: summary.overall_comparisons.iter().map(paired_test).collect(),
    }
}

fn task_comparison(summary: &Summary, task: &TaskFacts, records: &BTreeMap<SearchKey, SearchRecord>) -> TaskComparison {
    let tests = |measure: Measure| {
        let of_task = |test: &&Comparison| test.task.as_ref() == Some(&task.task) && test.measure == measure;
        summary.comparisons.iter().filter(of_task).map(paired_test).collect()
    };
    let of_task = summary.strategies.iter().filter(|strategy| strategy.task == task.task);
    TaskComparison {
        name: task.task.clone(),
        objective: task.objective.clone(),
        test: task.test.clone(),
        notation: if task.unit == Unit::Percent { ScoreNotation::Percent } else { ScoreNotation::Plain },
        best_score: task.best_score,
        architectures: task.architectures as u64,
        strategies: of_task.map(|strategy| strategy_entry(summary, strategy, records)).collect(),
        tests_of_queries: tests(Measure::Queries),
        tests_of_regret: tests(Measure::Regret),
        hypervolume: task.best_hypervolume,
        tests_of_hypervolume: tests(Measure::Hypervolume),
    }
}

fn strategy_entry(summary: &Summary, strategy: &StrategySummary, records: &BTreeMap<SearchKey, SearchRecord>) -> StrategyEntry {
    let seeds = summary.first_seed..summary.first_seed + summary.seeds;
    let key = |seed| SearchKey { task: strategy.task.clone(), strategy: strategy.name.clone(), seed };
    let searches: Vec<&SearchRecord> = seeds.filter_map(|seed| records.get(&key(seed))).collect();
    let PhaseTimes { fit, score, propose, evaluate, record } = strategy.seconds;
    StrategyEntry {
        name: strategy.name.clone(),
        mean_rank: strategy.mean_rank,
        queries: searches.iter().map(|search| search.queries_or_censored(summary.queries) as f64).collect(),
        regrets: searches.iter().filter_map(|search| search.incumbents.last()).map(|best| best.regret).collect(),
        mean_queries: strategy.mean_queries,
        median_queries: strategy.median_queries,
        censored: strategy.censored,
        regret: strategy.regret.get(&summary.queries).copied().flatten(),
        test_regret: strategy.test_regret.get(&summary.queries).copied().flatten(),
        curve: curve(&searches),
        hypervolume_regret: strategy.hypervolume_regret.get(&summary.queries).map(|missing| missing.max(0.0)),
        hypervolume_curve: hypervolume_curve(&searches, summary.queries),
        seconds: StrategySeconds { fit, score, propose, record: evaluate + record },
    }
}

/// Quartiles of what is missing of the table's front after every query at which they change; nothing with one objective.
fn hypervolume_curve(searches: &[&SearchRecord], queries: usize) -> Vec<RegretPoint> {
    let mut curve: Vec<RegretPoint> = (1..=queries)
        .filter_map(|query| {
            let missing: Vec<f64> = searches.iter().map(|search| search.hypervolume_regret_at(query)).collect::<Option<_>>()?;
            // Sums of volumes may come out a rounding error above the whole.
            let at = |part| quantile(&missing, part).map(|value| value.max(0.0));
            Some(RegretPoint { query, low: at(0.25)?, median: at(0.5)?, high: at(0.75)? })
        })
        .collect();
    curve.dedup_by(|next, kept| (next.low, next.median, next.high) == (kept.low, kept.median, kept.high));
    curve
}

/// Quartiles after every query at which the best of some search changes, from the first query by which all have measured something.
fn curve(searches: &[&SearchRecord]) -> Vec<RegretPoint> {
    let incumbents = searches.iter().flat_map(|search| &search.incumbents);
    let changes: BTreeSet<usize> = incumbents.map(|incumbent| incumbent.query).collect();
    let point = |query: usize| {
        let best = searches.iter().map(|search| search.incumbent(query).map(|best| best.regret));
        let regrets: Vec<f64> = best.collect::<Option<_>>()?;
        let at = |part| quantile(&regrets, part);
        Some(RegretPoint { query, low: at(0.25)?, median: at(0.5)?, high: at(0.75)? })
    };
    changes.into_iter().filter_map(point).collect()
}

fn paired_test(comparison: &Comparison) -> PairedTest {
    PairedTest {
        first: comparison.first.clone(),
        second: comparison.second.clone(),
        first_better: comparison.first_better,
        second_better: comparison.second_better,
        p_value: comparison.corrected_p_value,
    }
}
