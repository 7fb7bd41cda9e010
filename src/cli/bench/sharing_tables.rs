use crate::cli::Failure;
use crate::cli::summary::print_line;
use bonas::SharingReport;
use bonas::laboratory::{GroupingFacts, SharingRow, Spread};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// Prints one table for each grouping.
pub(super) fn print_for_people(report: &SharingReport, folder: &Path) -> Result<(), Failure> {
    let summary = &report.summary;
    print_line(&format!(
        "{} on {}: {} training and {} validation images",
        summary.space, report.data, report.train_images, report.validation_images
    ))?;
    for facts in &summary.groupings {
        print_facts(report, facts)?;
        let rows = summary.settings.iter().filter(|row| row.grouping == facts.grouping);
        print_line(&table(rows).to_string())?;
    }
    print_line(
        "τ, ρ: shared scores of all against the means of their scores alone, with 95 % intervals; within: among those that shared",
    )?;
    print_line("a sub-supernet; ceiling: what scores alone with another seed reach")?;
    print_line(&format!(
        "report: {}; all numbers in supernet.json and supernet.csv beside it",
        folder.join("report.html").display()
    ))
}

fn print_facts(report: &SharingReport, facts: &GroupingFacts) -> Result<(), Failure> {
    let number = |value: Option<f64>, digits: usize| value.map_or("none".into(), |value| format!("{value:.digits$}"));
    let families = match facts.families {
        1 => String::new(),
        families => format!(" of {families} families"),
    };
    let failed = if facts.failed > 0 { format!(", {} failed", facts.failed) } else { String::new() };
    print_line(&format!(
        "{}: {} architectures{families}, alone for {} with {}: mean {}, deviation {} between architectures and {} \
         between seeds, {} s each{failed}",
        facts.grouping,
        facts.architectures,
        counted(report.alone_epochs as u64, "epoch"),
        counted(report.summary.alone_seeds, "seed"),
        number(facts.mean, 4),
        number(facts.stddev_architectures, 4),
        number(facts.stddev_seeds, 4),
        number(facts.seconds, 1),
    ))?;
    let mean = |spread: Option<Spread>| number(spread.map(|spread| spread.mean), 3);
    print_line(&format!("  ceiling: τ {}, ρ {}", mean(facts.ceiling), mean(facts.ceiling_spearman)))
}

fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

fn table<'a>(rows: impl Iterator<Item = &'a SharingRow>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["k", "epochs", "τ", "95 %", "ρ", "τ within", "±", "ceiling", "mean", "failed", "s/candidate"]);
    for row in rows {
        let spread =
            |spread: Option<Spread>, of: fn(Spread) -> f64| spread.map_or("none".into(), |spread| format!("{:.3}", of(spread)));
        table.add_row([
            row.k.to_string(),
            row.epochs.to_string(),
            row.kendall.map_or("none".into(), |estimate| format!("{:.3}", estimate.value)),
            row.kendall.map_or("none".into(), |estimate| format!("{:.2} to {:.2}", estimate.low, estimate.high)),
            row.spearman.map_or("none".into(), |estimate| format!("{:.3}", estimate.value)),
            spread(row.kendall_within, |spread| spread.mean),
            spread(row.kendall_within, |spread| spread.stddev),
            spread(row.ceiling_within, |spread| spread.mean),
            row.mean.map_or("none".into(), |mean| format!("{mean:.4}")),
            row.failed.to_string(),
            format!("{:.1}", row.seconds_per_candidate),
        ]);
    }
    table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
