use super::architecture;
use crate::summary::Summary;
use crate::{FrontData, ReportData, ReportError, charts};
use maud::{Markup, html};

/// The Pareto front, drawn and as a table.
///
/// # Errors
/// When the chart cannot be drawn.
pub(super) fn body(data: &ReportData, front: &FrontData, summary: &Summary<'_>) -> Result<Markup, ReportError> {
    let mut members: Vec<_> = front.points.iter().filter_map(|point| Some((point.place?, point))).collect();
    members.sort_by_key(|(place, _)| *place);
    Ok(html! {
        p {
            "No measured architecture is at least as good as one of the front in both objectives and better in one. "
            "Each can be trained: " code { "bonas train RUN --pick PLACE" } "."
        }
        (charts::front(front, &data.score)?)
        div.scroll tabindex="0" role="group" aria-label="Pareto front" {
            table {
                thead { tr {
                    th.number scope="col" { "Place" } th.number scope="col" { "Trial" }
                    th.number scope="col" { (super::capitalised(&data.score)) } th.number scope="col" { (front.cost) }
                    th scope="col" { "Architecture" }
                } }
                tbody { @for (place, point) in members { tr {
                    td.number { (place) } td.number { (point.trial) }
                    td.number { (data.score.notation.write(point.score)) } td.number { (point.cost) }
                    td { @if let Some(trial) = summary.trial(point.trial) { (architecture(&trial.architecture)) } }
                } } }
            }
        }
    })
}
