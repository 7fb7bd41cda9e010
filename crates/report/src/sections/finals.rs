use super::architecture;
use crate::summary::Summary;
use crate::{Alone, ReportData};
use maud::{Markup, html};

/// The last comparison, as a table.
pub(super) fn body(data: &ReportData, summary: &Summary<'_>) -> Markup {
    let write = |score: Option<f64>| score.map_or("failed".to_string(), |score| data.score.notation.write(score));
    let alone = |alone| match alone {
        Alone::Untrained => String::new(),
        Alone::Failed => write(None),
        Alone::Score(score) => write(Some(score)),
    };
    html! {
        p {
            "Scores of different rounds come from different networks and are not on one scale. So the best of all rounds were "
            "trained once more, together. The first of them were trained from scratch, each alone; of these, the one with the highest "
            "score on validation images is the winner."
        }
        div.scroll tabindex="0" role="group" aria-label="Finalists" {
            table {
                thead { tr {
                    th.number scope="col" { "Place" } th.number scope="col" { "Trial" } th.number scope="col" { "Round" }
                    th.number scope="col" { "Alone" } th.number scope="col" { "Together" } th.number scope="col" { "In its round" } th scope="col" { "Architecture" }
                } }
                tbody { @for (place, finalist) in data.finalists.iter().enumerate() { tr {
                    td.number { (place + 1) } td.number { (finalist.trial) }
                    td.number { @if let Some(trial) = summary.trial(finalist.trial) { (trial.round) } }
                    td.number { (alone(finalist.alone)) } td.number { (write(finalist.score)) } td.number { (write(Some(finalist.search_score))) }
                    td { @if let Some(trial) = summary.trial(finalist.trial) { (architecture(&trial.architecture)) } }
                } } }
            }
        }
    }
}
