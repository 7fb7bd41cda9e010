use super::{architecture, capitalised, nothing};
use crate::{ReportData, TrialEntry};
use maud::{Markup, html};

/// Every trial as a table. Cells carry their number as `data-key`, by which the script sorts; an empty key sorts last.
pub(super) fn body(data: &ReportData) -> Markup {
    if data.trials.is_empty() {
        return nothing("No trial has been recorded yet.");
    }
    html! {
        div.scroll.tall tabindex="0" role="group" aria-label="All trials" {
            table data-sortable {
                thead {
                    tr {
                        th.number scope="col" { "Trial" }
                        th.number scope="col" { "Round" }
                        th.number scope="col" { (capitalised(&data.score)) }
                        th.number scope="col" { "Prediction" }
                        th scope="col" { "Origin" }
                        th scope="col" { "Architecture" }
                    }
                }
                tbody { @for trial in &data.trials { (row(data, trial)) } }
            }
        }
    }
}

fn row(data: &ReportData, trial: &TrialEntry) -> Markup {
    let notation = data.score.notation;
    let score = trial.outcome.score();
    let mean = trial.prediction.map(|prediction| prediction.mean);
    html! {
        tr {
            td.number data-key=(trial.id) { (trial.id) }
            td.number data-key=(trial.round) { (trial.round) }
            td.number data-key=(key(score)) { @match score { Some(score) => { (notation.write(score)) } None => { span.failed { "failed" } } } }
            td.number data-key=(key(mean)) {
                @match &trial.prediction { Some(prediction) => { (data.prediction_scale.write(notation, prediction)) } None => { "–" } }
            }
            td { (trial.origin) @if trial.cached { " " span.cached { "from history" } } }
            td.architecture { (architecture(&trial.architecture)) }
        }
    }
}

fn key(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
