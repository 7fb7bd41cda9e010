use super::{legend, nothing};
use crate::notation::{count, counted};
use crate::summary::Summary;
use crate::{PredictionScale, RankCorrelation, ReportData, ReportError, RoundEntry, charts};
use maud::{Markup, html};

pub(super) fn body(data: &ReportData, summary: &Summary<'_>) -> Result<Markup, ReportError> {
    let pairs = summary.scored().filter(|scored| scored.query.trial.prediction.is_some()).count();
    Ok(html! {
        @if pairs == 0 {
            (nothing("No scored trial carries a prediction: the strategy has no surrogate, or every round was drawn at random."))
        } @else {
            p {
                (counted(pairs, "query was", "queries were")) " foreseen by the surrogate before being evaluated. "
                @match data.prediction_scale {
                    PredictionScale::Rank => "It predicts ranks, not scores: the more the dots rise from left to right, the better it orders. ",
                    PredictionScale::Score => "On the dashed line, prediction and measurement agree. ",
                }
                "Whiskers are ±1 predicted standard deviation."
            }
            (charts::prediction(summary, &data.score, data.prediction_scale)?)
            p.legend { (legend::rounds(&summary.rounds)) (legend::mark("whisker", "±1 standard deviation")) }
        }
        (correlations(&data.rounds))
    })
}

fn correlations(rounds: &[RoundEntry]) -> Markup {
    let known: Vec<_> = rounds.iter().filter_map(|entry| Some((entry.round, entry.correlation?))).collect();
    if known.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Rank correlation per round" }
        p {
            "Kendall’s τ-b between prediction and outcome, within one round: 1 is the same order, 0 none, −1 the reverse. "
            "A round holds only what the search chose to try, so its scores lie closer together than those of random architectures."
        }
        div.scroll tabindex="0" role="group" aria-label="Rank correlation per round" {
            table.correlations {
                thead { tr { th scope="col" { "Round" } th.bar scope="col" { @for end in ["−1", "0", "1"] { span { (end) } } } th.number scope="col" { "τ-b" } th.number scope="col" { "Pairs" } } }
                tbody { @for (round, correlation) in &known { (row(*round, correlation)) } }
            }
        }
    }
}

fn row(round: u32, correlation: &RankCorrelation) -> Markup {
    html! {
        tr {
            th scope="row" { (round) }
            @match correlation.tau_b {
                Some(tau) => {
                    td.bar { div.track aria-hidden="true" { div.fill.negative[tau < 0.0] style=(extent(tau)) {} } }
                    td.number { (format!("{tau:.2}").replace('-', "−")) }
                }
                None => { td.bar colspan="2" { span.nothing { "not computable" } } }
            }
            td.number { (count(correlation.pairs as u64)) }
        }
    }
}

/// Where the bar of a correlation lies on a track from -1 to 1.
fn extent(tau: f64) -> String {
    format!("left:{:.1}%;width:{:.1}%", 50.0 + 50.0 * tau.min(0.0), 50.0 * tau.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_start_in_the_middle() {
        assert_eq!(extent(1.0), "left:50.0%;width:50.0%");
        assert_eq!(extent(-0.5), "left:25.0%;width:25.0%");
        assert_eq!(extent(0.0), "left:50.0%;width:0.0%");
    }

    #[test]
    fn what_cannot_be_computed_is_said_and_not_zero() {
        let row = row(3, &RankCorrelation { tau_b: None, pairs: 1 }).into_string();
        assert!(row.contains("not computable") && !row.contains("0.00"), "{row}");
    }
}
