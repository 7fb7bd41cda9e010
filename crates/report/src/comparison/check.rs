use super::{ComparisonData, PairedTest, StrategyEntry};
use crate::ReportError;

/// Numbers that cannot be negative.
const NOT_NEGATIVE: &str = "a finite number that is not negative";

/// Refuses what is not finite or outside its domain, so that no NaN reaches a reader.
pub(super) fn check(data: &ComparisonData) -> Result<(), ReportError> {
    data.overall.iter().try_for_each(|entry| not_negative(|| format!("the mean rank of {}", entry.name), entry.mean_rank))?;
    data.overall_tests.iter().try_for_each(probability)?;
    for task in &data.tasks {
        finite(|| format!("the best score of {}", task.name), task.best_score)?;
        task.hypervolume
            .into_iter()
            .try_for_each(|volume| not_negative(|| format!("the hypervolume of {}", task.name), volume))?;
        let tests = task.tests_of_queries.iter().chain(&task.tests_of_regret).chain(&task.tests_of_hypervolume);
        tests.into_iter().try_for_each(probability)?;
        task.strategies.iter().try_for_each(|strategy| check_strategy(&task.name, strategy))?;
    }
    Ok(())
}

fn check_strategy(task: &str, strategy: &StrategyEntry) -> Result<(), ReportError> {
    let StrategyEntry { seconds, .. } = strategy;
    let place = |what: &'static str| move || format!("{what} of {} on {task}", strategy.name);
    let curve = strategy.curve.iter().flat_map(|point| [point.low, point.median, point.high]);
    let volumes = strategy.hypervolume_curve.iter().flat_map(|point| [point.low, point.median, point.high]);
    let volumes = volumes.chain(strategy.hypervolume_regret);
    let regrets = strategy.regret.into_iter().chain(strategy.test_regret);
    let times = [seconds.fit, seconds.score, seconds.propose, seconds.record];
    regrets.chain(curve).chain(strategy.regrets.iter().copied()).try_for_each(|value| not_negative(place("a regret"), value))?;
    volumes.into_iter().try_for_each(|value| not_negative(place("a missing hypervolume"), value))?;
    times.into_iter().try_for_each(|value| not_negative(place("a time"), value))?;
    let queries = [strategy.mean_queries, strategy.median_queries].into_iter().chain(strategy.queries.iter().copied());
    queries.into_iter().try_for_each(|value| not_negative(place("a number of queries"), value))?;
    not_negative(place("the mean rank"), strategy.mean_rank)
}

fn probability(test: &PairedTest) -> Result<(), ReportError> {
    if (0.0..=1.0).contains(&test.p_value) {
        return Ok(());
    }
    let place = format!("the p-value of {} against {}", test.first, test.second);
    Err(ReportError::OutOfRange { place, value: test.p_value, domain: "in [0, 1]" })
}

fn not_negative(place: impl Fn() -> String, value: f64) -> Result<(), ReportError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(ReportError::OutOfRange { place: place(), value, domain: NOT_NEGATIVE })
}

fn finite(place: impl Fn() -> String, value: f64) -> Result<(), ReportError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(ReportError::OutOfRange { place: place(), value, domain: "a finite number" })
}
