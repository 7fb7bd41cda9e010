//! Weight sharing beside training from scratch as one HTML page.

mod check;
mod data;
mod grouping;
mod headline;
mod table;
#[cfg(test)]
mod tests;

pub use data::{Interval, ScoredBoth, SharingData, SharingFacts, SharingGroup, SharingSetting};

use crate::ReportError;
use crate::page::{Section, sectioned};

/// Renders a comparison of sub-supernets with stand-alone training as one self-contained HTML document. The same data gives the same
/// bytes.
///
/// # Errors
/// [`ReportError::OutOfRange`] when a number of the data is not finite or outside its domain; [`ReportError::Chart`] when a chart
/// cannot be drawn.
pub fn render_sharing(data: &SharingData) -> Result<String, ReportError> {
    check::check(data)?;
    let section = |(place, group): (usize, &SharingGroup)| {
        let body = grouping::body(&data.facts, group, place)?;
        Ok(Section { id: format!("group-{place}"), title: group.title.clone(), body })
    };
    let sections = data.groups.iter().enumerate().map(section).collect::<Result<Vec<_>, ReportError>>()?;
    let facts = &data.facts;
    let footer = format!("bonas {} · seed {}", facts.version, facts.seed);
    Ok(sectioned(&facts.name, &headline::headline(data), &sections, &footer).into_string())
}
