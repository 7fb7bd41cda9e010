use super::{ComparisonData, ComparisonFacts, LEVEL, PairedTest, StrategyEntry, TaskComparison, colour};
use crate::ScoreNotation;
use crate::notation::duration;
use maud::{Markup, html};

/// All strategies on a task, the winner marked.
pub(super) fn strategies(facts: &ComparisonFacts, task: &TaskComparison) -> Markup {
    let winner = task.winner();
    let first = winner.map(|place| task.strategies[place].name.as_str()).unwrap_or_default();
    let test = task.strategies.iter().any(|strategy| strategy.test_regret.is_some());
    let volume = task.hypervolume.is_some();
    let budget = facts.queries as f64;
    html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("Strategies on {}", task.name)) {
            table.strategies data-sortable {
                thead { tr {
                    th scope="col" { "Strategy" } th.number scope="col" { "Mean queries" }
                    @if !volume { th.number scope="col" { "Median" } }
                    th.number scope="col" { "Found" } th.number scope="col" { "Regret" }
                    @if test { th.number scope="col" { "Test regret" } }
                    @if volume { th.number scope="col" { "Missing volume" } }
                    th.number scope="col" { "Mean rank" } th.number scope="col" { "p, queries" } th.number scope="col" { "p, regret" }
                    @if volume { th.number scope="col" { "p, volume" } }
                    th.number scope="col" { "Time" }
                } }
                tbody {
                    @for (place, strategy) in task.strategies.iter().enumerate() {
                        tr.winner[winner == Some(place)] {
                            th scope="row" { i.swatch.dot.(colour(place)) {} (strategy.name) @if winner == Some(place) { span.crown { "first" } } }
                            td.number data-key=(strategy.mean_queries) {
                                (censored(strategy.mean_queries, strategy.censored > 0, "≥ "))
                            }
                            @if !volume {
                                td.number data-key=(strategy.median_queries) {
                                    (censored(strategy.median_queries.min(budget), strategy.median_queries > budget, "> "))
                                }
                            }
                            td.number data-key=(strategy.queries.len() - strategy.censored) {
                                (strategy.queries.len() - strategy.censored) "/" (strategy.queries.len())
                            }
                            (regret(task.notation, strategy.regret))
                            @if test { (regret(task.notation, strategy.test_regret)) }
                            @if volume { (regret(ScoreNotation::Plain, strategy.hypervolume_regret)) }
                            td.number { (format!("{:.2}", strategy.mean_rank)) }
                            (p_value(PairedTest::of(&task.tests_of_queries, first, &strategy.name)))
                            (p_value(PairedTest::of(&task.tests_of_regret, first, &strategy.name)))
                            @if volume { (p_value(PairedTest::of(&task.tests_of_hypervolume, first, &strategy.name))) }
                            (time(strategy))
                        }
                    }
                }
            }
        }
    }
}

/// A number of queries; a lower bound where some searches found nothing.
fn censored(value: f64, is_bound: bool, sign: &str) -> Markup {
    html! { @if is_bound { (sign) } (format!("{value:.1}")) }
}

fn regret(notation: ScoreNotation, value: Option<f64>) -> Markup {
    match value {
        Some(value) => html! { td.number data-key=(value) { (regret_text(notation, value)) } },
        None => html! { td.number data-key="" { "none" } },
    }
}

/// A regret: a fraction in points of percent, with one decimal more than scores.
pub(super) fn regret_text(notation: ScoreNotation, value: f64) -> String {
    match notation {
        ScoreNotation::Percent => format!("{:.3}", 100.0 * value),
        ScoreNotation::Plain => format!("{value:.5}"),
    }
}

/// A p-value against the winner, strong where it is below the level.
fn p_value(test: Option<&PairedTest>) -> Markup {
    match test {
        Some(test) => html! {
            td.number.significant[test.p_value < LEVEL] data-key=(test.p_value) title=(wins(test)) { (p_text(test.p_value)) }
        },
        None => html! { td.number data-key="" { "–" } },
    }
}

fn p_text(value: f64) -> String {
    match value {
        value if value < 1e-4 => "< .0001".into(),
        value => format!("{value:.4}"),
    }
}

fn wins(test: &PairedTest) -> String {
    format!("{} better with {} seeds, {} with {}", test.first, test.first_better, test.second, test.second_better)
}

fn time(strategy: &StrategyEntry) -> Markup {
    let seconds = &strategy.seconds;
    let phases = format!(
        "fit {}, score {}, propose {}, look up and record {}",
        duration(seconds.fit),
        duration(seconds.score),
        duration(seconds.propose),
        duration(seconds.record)
    );
    html! { td.number data-key=(seconds.total()) title=(phases) { (duration(seconds.total())) } }
}

/// Mean ranks over all tasks.
pub(super) fn overall(data: &ComparisonData) -> Markup {
    let first = data.overall.first().map(|entry| entry.name.as_str()).unwrap_or_default();
    let place = |name: &str| {
        data.tasks.first().and_then(|task| task.strategies.iter().position(|strategy| strategy.name == name)).unwrap_or_default()
    };
    let of_task = |task: &TaskComparison, name: &str| {
        let entry = task.strategies.iter().find(|strategy| strategy.name == name);
        entry.map(|strategy| format!("{:.2}", strategy.mean_rank)).unwrap_or_default()
    };
    html! {
        p {
            "Mean rank among the strategies. Of two searches with one seed, the one that found the best of the table earlier is better, "
            "and of two that did not, the one that came closer. p: Wilcoxon's signed-rank test against the first over the seeds, with "
            "Holm's correction."
        }
        div.scroll tabindex="0" role="group" aria-label="All tasks together" {
            table.strategies data-sortable {
                thead { tr {
                    th scope="col" { "Strategy" } th.number scope="col" { "Mean rank" } th.number scope="col" { "p" }
                    @for task in &data.tasks { th.number scope="col" { (task.name) } }
                } }
                tbody {
                    @for (rank, entry) in data.overall.iter().enumerate() {
                        tr.winner[rank == 0] {
                            th scope="row" { i.swatch.dot.(colour(place(&entry.name))) {} (entry.name) @if rank == 0 { span.crown { "first" } } }
                            td.number { (format!("{:.2}", entry.mean_rank)) }
                            (p_value(PairedTest::of(&data.overall_tests, first, &entry.name)))
                            @for task in &data.tasks { td.number { (of_task(task, &entry.name)) } }
                        }
                    }
                }
            }
        }
    }
}
