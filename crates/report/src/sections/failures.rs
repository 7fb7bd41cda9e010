use super::{architecture, nothing};
use crate::TrialEntry;
use crate::notation::counted;
use bonas_core::Outcome;
use maud::{Markup, html};

pub(super) fn body(trials: &[TrialEntry]) -> Markup {
    let failed: Vec<_> = trials.iter().filter_map(|trial| Some((trial, reason(trial)?))).collect();
    if failed.is_empty() {
        return nothing(if trials.is_empty() { "No trial has been recorded yet." } else { "None: every trial has a score." });
    }
    html! {
        p { (counted(failed.len(), "trial has", "trials have")) " no score. The study went on without." }
        div.scroll tabindex="0" role="group" aria-label="Failed trials" {
            table {
                thead { tr { th.number scope="col" { "Trial" } th.number scope="col" { "Round" } @for name in ["Reason", "Architecture"] { th scope="col" { (name) } } } }
                tbody {
                    @for (trial, reason) in failed {
                        tr {
                            td.number { (trial.id) }
                            td.number { (trial.round) }
                            td.reason { (reason) }
                            td.architecture { (architecture(&trial.architecture)) }
                        }
                    }
                }
            }
        }
    }
}

fn reason(trial: &TrialEntry) -> Option<&str> {
    match &trial.outcome {
        Outcome::Measured(_) => None,
        Outcome::Failed { reason } => Some(reason),
    }
}
