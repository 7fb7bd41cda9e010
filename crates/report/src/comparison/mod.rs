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
use crate::page::{Section, sectioned};

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
    let section = |(place, task): (usize, &TaskComparison)| {
        let body = task::body(&data.facts, task, place)?;
        Ok(Section { id: format!("task-{place}"), title: task.name.clone(), body })
    };
    let mut sections = data.tasks.iter().enumerate().map(section).collect::<Result<Vec<_>, ReportError>>()?;
    if data.tasks.len() > 1 {
        let overall = Section { id: "overall".into(), title: "All tasks together".into(), body: table::overall(data) };
        sections.insert(0, overall);
    }
    let facts = &data.facts;
    let last = facts.first_seed + facts.seeds.saturating_sub(1);
    let footer = format!("bonas {} · seeds {} to {last}", facts.version, facts.first_seed);
    Ok(sectioned(&facts.name, &headline::headline(data), &sections, &footer).into_string())
}

/// The class that gives a strategy its colour.
pub(crate) fn colour(place: usize) -> String {
    let dashed = if place >= COLOURS { " dashed" } else { "" };
    format!("s{}{dashed}", place % COLOURS)
}
