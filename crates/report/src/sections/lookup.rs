use crate::notation::count;
use crate::{BesideBest, Lookup, ScoreNotation};
use maud::{Markup, html};

/// What the table knows of the winner, on test images too.
pub(super) fn body(lookup: &Lookup, notation: ScoreNotation) -> Markup {
    let row = |name: &str, score: &BesideBest| {
        html! {
            tr {
                th scope="row" { (name) } td.number { (notation.write(score.own)) } td.number { (notation.write(score.best)) }
                td.number { (notation.write(score.best - score.own)) }
            }
        }
    };
    html! {
        p {
            "The winner has rank " b { (count(lookup.rank)) } " of " (count(lookup.architectures)) " architectures of " (lookup.table)
            ". The search saw the first line alone."
        }
        div.scroll tabindex="0" role="group" aria-label="The winner in the table" {
            table {
                thead { tr {
                    th scope="col" { "Value" } th.number scope="col" { "Winner" } th.number scope="col" { "Best of the table" }
                    th.number scope="col" { "Regret" }
                } }
                tbody {
                    (row(&lookup.objective, &lookup.score))
                    @for (name, score) in &lookup.tests { (row(name, score)) }
                }
            }
        }
    }
}
