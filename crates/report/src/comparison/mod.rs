//! Search strategies side by side as one HTML page.

mod check;
mod data;
mod headline;
mod table;
mod task;
#[cfg(test)]
mod tests;

pub use data::{
    ComparisonData, ComparisonFacts, OverallEntry, PairedTest, RegretPoint, StrategyEntry, StrategySeconds, TaskComparison,
};

use crate::ReportError;
use crate::page::document;
use maud::html;

/// Below it, a difference counts as more than chance.
pub(crate) const LEVEL: f64 = 0.05;

/// Colours of strategies before they repeat, dashed.
const COLOURS: usize = 8;

/// Renders a comparison as one self-contained HTML document. The same data gives the same bytes.
///
/// # Errors
/// [`ReportError::OutOfRange`] when a number of the data is not finite or outside its domain; [`ReportError::Chart`] when a chart
/// cannot be drawn.
pub fn render_comparison(data: &ComparisonData) -> Result<String, ReportError> {
    check::check(data)?;
    let sections = data.tasks.iter().enumerate().map(|(place, task)| {
        let body = task::body(&data.facts, task, place)?;
        Ok((format!("task-{place}"), task.name.clone(), body))
    });
    let mut sections: Vec<_> = sections.collect::<Result<_, ReportError>>()?;
    if data.tasks.len() > 1 {
        sections.insert(0, ("overall".into(), "All tasks together".into(), table::overall(data)));
    }
    let body = html! {
        main {
            (headline::headline(data))
            nav aria-label="Sections" { @for (id, title, _) in &sections { a href=(format!("#{id}")) { (title) } } }
            @for (id, title, body) in &sections {
                section id=(id) aria-labelledby=(format!("{id}-title")) { h2 id=(format!("{id}-title")) { (title) } (body) }
            }
        }
        footer { "bonas " (data.facts.version) " · seeds " (data.facts.first_seed) " to " (data.facts.first_seed + data.facts.seeds.saturating_sub(1)) }
    };
    Ok(document(&format!("{} · bonas", data.facts.name), &body).into_string())
}

/// The class that gives a strategy its colour.
pub(crate) fn colour(place: usize) -> String {
    let dashed = if place >= COLOURS { " dashed" } else { "" };
    format!("s{}{dashed}", place % COLOURS)
}
