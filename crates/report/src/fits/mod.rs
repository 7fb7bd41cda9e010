//! Surrogates side by side as one HTML page.

pub(crate) mod check;
mod data;
mod headline;
mod table;
mod task;
#[cfg(test)]
mod tests;

pub use data::{Coverage, FitComparison, FitEntry, FitFacts, FitTask, MeanSpread, SurrogateEntry};

use crate::ReportError;
use crate::page::{Section, sectioned};

/// Renders a comparison of surrogates as one self-contained HTML document. The same data gives the same bytes.
///
/// # Errors
/// [`ReportError::OutOfRange`] when a number of the data is not finite or outside its domain; [`ReportError::Chart`] when a chart
/// cannot be drawn.
pub fn render_fits(data: &FitComparison) -> Result<String, ReportError> {
    check::check(data)?;
    let section = |(place, task): (usize, &FitTask)| {
        let body = task::body(&data.facts, task, place)?;
        Ok(Section { id: format!("task-{place}"), title: task.name.clone(), body })
    };
    let sections = data.tasks.iter().enumerate().map(section).collect::<Result<Vec<_>, ReportError>>()?;
    let facts = &data.facts;
    let last = facts.first_split + facts.splits.saturating_sub(1);
    let footer = format!("bonas {} · splits {} to {last}", facts.version, facts.first_split);
    Ok(sectioned(&facts.name, &headline::headline(data), &sections, &footer).into_string())
}
