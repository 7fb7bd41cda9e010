use crate::cli::Failure;
use crate::cli::summary::print_line;
use bonas::laboratory::{FitSummary, FitSummaryRow, Protocol, Spread};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// Prints one table for each task.
pub(super) fn print_for_people(summary: &FitSummary, folder: &Path) -> Result<(), Failure> {
    let what = match summary.protocol {
        Protocol::Validation => "of all not trained on",
        Protocol::Anchors => "of all, to report and not to choose; errors and intervals on validation scores not trained on",
        Protocol::Paper => "of N/17 others, the paper's 5 % beside 85 %",
    };
    for task in &summary.tasks {
        let facts = &task.facts;
        let (name, trained_on, ranked) = (&facts.task, &facts.objective, &task.ranked);
        print_line(&format!(
            "{name}: trained on {trained_on} of N of {} architectures, {} splits",
            facts.architectures, summary.splits
        ))?;
        print_line(&format!("  τ and ρ: {ranked}, {what}"))?;
        let rows = summary.surrogates.iter().filter(|row| row.task == facts.task);
        print_line(&table(rows).to_string())?;
        if let Some(ceiling) = task.ceiling {
            print_line(&format!("τ of the validation scores themselves: {ceiling:.3}"))?;
        }
    }
    if summary.surrogates.iter().any(|row| row.predicts_ranks) {
        print_line("* predicts ranks among the training scores: MAE and likelihood are of ranks, not of scores")?;
    }
    print_line(&format!("report: {}; all numbers in fits.json and fits.csv beside it", folder.join("report.html").display()))
}

fn table<'a>(rows: impl Iterator<Item = &'a FitSummaryRow>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["N", "surrogate", "τ", "±", "ρ", "MAE", "in 50 %", "in 80 %", "in 95 %", "−ln p", "s/fit", "s/predict"]);
    for row in rows {
        let mean =
            |spread: Option<Spread>, digits: usize| spread.map_or("none".into(), |spread| format!("{:.digits$}", spread.mean));
        let part = |percent: u32| {
            let spread = row.coverage.get(&percent).copied().flatten();
            spread.map_or("none".into(), |spread| format!("{:.1} %", 100.0 * spread.mean))
        };
        table.add_row([
            row.train.to_string(),
            format!("{}{}", row.name, if row.predicts_ranks { " *" } else { "" }),
            mean(row.kendall, 3),
            row.kendall.map_or("none".into(), |spread| format!("{:.3}", spread.stddev)),
            mean(row.spearman, 3),
            mean(row.mae, 4),
            part(50),
            part(80),
            part(95),
            mean(row.negative_log_likelihood, 3),
            format!("{:.2}", row.seconds.fit),
            format!("{:.2}", row.seconds.predict),
        ]);
    }
    let numbers = table.column_iter_mut().enumerate().filter(|(place, _)| *place != 1);
    numbers.for_each(|(_, column)| column.set_cell_alignment(CellAlignment::Right));
    table
}
