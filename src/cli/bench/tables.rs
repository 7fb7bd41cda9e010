use crate::cli::Failure;
use crate::cli::summary::print_line;
use bonas::laboratory::{Comparison, Measure, SeveralSummary, StrategySummary, Summary, TaskFacts};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// Below it, a difference counts as more than luck.
const LEVEL: f64 = 0.05;

/// Prints one table for each task, and who is ahead of whom.
pub(super) fn print_for_people(summary: &Summary, folder: &Path) -> Result<(), Failure> {
    for task in &summary.tasks {
        let of_task: Vec<&StrategySummary> = summary.strategies.iter().filter(|strategy| strategy.task == task.task).collect();
        print_line(&format!(
            "{}: {}, best {:.5} of {} architectures; {} searches of {} queries each",
            task.task, task.objective, task.best_score, task.architectures, summary.seeds, summary.queries
        ))?;
        print_line(&table(task, &of_task, summary.queries).to_string())?;
        if let Some(volume) = task.best_hypervolume {
            print_line(&format!(
                "hypervolume of the table's front {volume:.5} (each objective from 0, the worst, to 1); regret of it:"
            ))?;
            print_line(&volumes(&of_task).to_string())?;
        }
        for comparison in summary.comparisons.iter().filter(|comparison| comparison.task.as_deref() == Some(&task.task)) {
            print_comparison(comparison)?;
        }
    }
    if summary.tasks.len() > 1 {
        let ranks: Vec<String> = summary.overall.iter().map(|rank| format!("{} {:.2}", rank.name, rank.mean_rank)).collect();
        print_line(&format!("mean rank over {} tasks: {}", summary.tasks.len(), ranks.join(", ")))?;
        summary.overall_comparisons.iter().try_for_each(print_comparison)?;
    }
    print_line(&format!("report: {}; all numbers beside it", folder.join("report.html").display()))
}

/// Prints the mean ranks of strategies, task by task and over all, and who is ahead of whom.
pub(super) fn print_ranks(summary: &SeveralSummary) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = || summary.overall.iter().map(|rank| rank.name.clone());
    table.set_header(["space", "task", "queries"].map(String::from).into_iter().chain(names()));
    for task in &summary.tasks {
        let ranks = names().map(|name| task.mean_ranks.get(&name).map_or("none".into(), |rank| format!("{rank:.2}")));
        table.add_row([task.space.clone(), task.task.clone(), task.queries.to_string()].into_iter().chain(ranks));
    }
    let overall = summary.overall.iter().map(|rank| format!("{:.2}", rank.mean_rank));
    table.add_row(["all".to_string(), format!("{} tasks", summary.tasks.len()), String::new()].into_iter().chain(overall));
    table.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    print_line(&format!("mean ranks over {} seeds:", summary.seeds.len()))?;
    print_line(&table.to_string())?;
    summary.overall_comparisons.iter().try_for_each(print_comparison)?;
    match summary.left_out.is_empty() {
        true => Ok(()),
        false => {
            let names = summary.left_out.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            print_line(&format!("left out: {names}"))
        }
    }
}

fn table(task: &TaskFacts, strategies: &[&StrategySummary], budget: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut header = vec!["strategy", "mean queries", "median", "found", "regret", "table rank", "mean rank", "s/search"];
    if task.test.is_some() {
        header.insert(5, "test regret");
    }
    table.set_header(header);
    for strategy in strategies {
        let regret = |value: Option<f64>| value.map_or("none".into(), |regret| format!("{regret:.5}"));
        let mut row = vec![
            strategy.name.clone(),
            bound("≥ ", strategy.mean_queries, strategy.censored > 0),
            bound("> ", strategy.median_queries.min(budget as f64), strategy.median_queries > budget as f64),
            format!("{}/{}", strategy.searches - strategy.censored, strategy.searches),
            regret(strategy.regret.get(&budget).copied().flatten()),
            strategy.table_rank.map_or("none".into(), |rank| format!("{rank:.1}")),
            format!("{:.2}", strategy.mean_rank),
            format!("{:.2}", strategy.seconds.total()),
        ];
        if task.test.is_some() {
            row.insert(5, regret(strategy.test_regret.get(&budget).copied().flatten()));
        }
        table.add_row(row);
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// How much the front falls short of that of the table, after so many queries.
fn volumes(strategies: &[&StrategySummary]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let points = strategies.first().into_iter().flat_map(|first| first.hypervolume_regret.keys());
    table.set_header(std::iter::once("strategy".to_string()).chain(points.map(|queries| format!("after {queries}"))));
    for strategy in strategies {
        let regrets = strategy.hypervolume_regret.values().map(|regret| format!("{regret:.5}"));
        table.add_row(std::iter::once(strategy.name.clone()).chain(regrets));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// A number that is too small where some searches found nothing within the budget.
fn bound(sign: &str, value: f64, is_bound: bool) -> String {
    format!("{}{value:.1}", if is_bound { sign } else { "" })
}

fn print_comparison(comparison: &Comparison) -> Result<(), Failure> {
    let Comparison { first, second, first_better, second_better, equal, corrected_p_value, .. } = comparison;
    let what = match comparison.measure {
        Measure::Queries => "queries to the best",
        Measure::Regret => "regret in the end",
        Measure::Hypervolume => "hypervolume in the end",
        Measure::Rank => "mean rank",
    };
    let verdict = match first_better.cmp(second_better) {
        _ if *corrected_p_value >= LEVEL => "no difference shown",
        std::cmp::Ordering::Less => "the second is better",
        std::cmp::Ordering::Greater => "the first is better",
        std::cmp::Ordering::Equal => "they differ",
    };
    print_line(&format!(
        "  {what}, {first} against {second}: {first_better} better, {second_better} worse, {equal} equal, p = {} (Holm): {verdict}",
        p_value(*corrected_p_value)
    ))
}

/// A p-value in two digits.
fn p_value(value: f64) -> String {
    if value < 1e-4 { format!("{value:.1e}") } else { format!("{value:.4}") }
}
