use super::{legend, nothing};
use crate::notation::{duration, percent};
use crate::{PhaseSeconds, ReportData, ReportError, charts};
use maud::{Markup, html};

pub(super) fn body(data: &ReportData) -> Result<Markup, ReportError> {
    if data.rounds.is_empty() {
        return Ok(nothing("No round has been completed yet."));
    }
    let total = data.rounds.iter().fold(PhaseSeconds::default(), |sum, entry| PhaseSeconds {
        propose: sum.propose + entry.seconds.propose,
        evaluate: sum.evaluate + entry.seconds.evaluate,
        record: sum.record + entry.seconds.record,
    });
    Ok(html! {
        (charts::phases(&data.rounds)?)
        p.legend { @for (phase, _) in total.phases() { (legend::mark(phase, phase)) } }
        (totals(&total, data.rounds.len()))
    })
}

fn totals(total: &PhaseSeconds, rounds: usize) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Time per phase, in total" {
        table {
            thead { tr { th scope="col" { "Phase" } th scope="col" { "What it does" } @for name in ["Total", "Share", "Per round"] { th.number scope="col" { (name) } } } }
            tbody { @for (phase, seconds) in total.phases() { (row(phase, purpose(phase), seconds, total.total(), rounds)) } }
            tfoot { (row("search", "All of it", total.total(), total.total(), rounds)) }
        }
        }
    }
}

fn purpose(phase: &str) -> &'static str {
    match phase {
        "propose" => "Fits the surrogate and chooses what to try",
        "evaluate" => "Trains and scores the batch",
        _ => "Writes the trials",
    }
}

fn row(name: &str, purpose: &str, seconds: f64, total: f64, rounds: usize) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td { (purpose) }
            td.number { (duration(seconds)) }
            td.number { @if total > 0.0 { (percent(seconds / total)) } @else { "–" } }
            td.number { (duration(seconds / rounds as f64)) }
        }
    }
}
