use super::{legend, nothing};
use crate::notation::counted;
use crate::summary::Summary;
use crate::{ReportData, ReportError, charts};
use maud::{Markup, html};

pub(super) fn body(data: &ReportData, summary: &Summary<'_>) -> Result<Markup, ReportError> {
    if summary.queries.is_empty() {
        return Ok(nothing("No trial has been recorded yet."));
    }
    Ok(html! {
        p { (story(summary)) }
        (charts::progress(summary, &data.score)?)
        p.legend {
            @if summary.best().is_some() { (legend::mark("line", "best so far")) (legend::rounds(&summary.rounds)) }
            @if !summary.failed.is_empty() { (legend::mark("cross", "failed, marked on the axis")) }
        }
    })
}

fn story(summary: &Summary<'_>) -> String {
    let Some(best) = summary.best() else {
        return "No query has a score, so there is no incumbent.".into();
    };
    let total = summary.queries.len();
    if summary.incumbents.len() == 1 {
        return format!("The first scored query of {total} is still the best.");
    }
    let changes = counted(summary.incumbents.len() - 1, "time", "times");
    format!("The incumbent was improved upon {changes}; the best was found with query {} of {total}.", best.query.number)
}
