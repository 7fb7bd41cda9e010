use super::{Axis, Frame, WIDE, px, round_tint};
use crate::summary::{Scored, Summary};
use crate::{PredictionScale, ReportError, ScoreFacts, ScoreNotation};
use bonas_core::Prediction;
use maud::{Markup, html};

/// What a surrogate expected of each query against what was measured, with ±1 standard deviation as whiskers.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn prediction(summary: &Summary<'_>, score: &ScoreFacts, scale: PredictionScale) -> Result<Markup, ReportError> {
    let pairs: Vec<_> =
        summary.scored().filter_map(|scored| scored.query.trial.prediction.map(|belief| (scored, belief))).collect();
    let percent = score.notation == ScoreNotation::Percent;
    let y = Axis::around(format!("measured {}", score.name), pairs.iter().map(|(scored, _)| scored.score)).percent(percent);
    let x = match scale {
        PredictionScale::Rank => Axis::between("predicted rank among all scores (0 lowest, 1 highest)", 0.0, 1.0),
        PredictionScale::Score => {
            let ends = pairs.iter().flat_map(|(_, belief)| [belief.mean - belief.stddev, belief.mean + belief.stddev]);
            Axis::around(format!("predicted {}", score.name), ends).percent(percent)
        }
    };
    let frame = Frame::draw(WIDE, x, y)?;
    let marks = html! {
        @if scale == PredictionScale::Score { (diagonal(&frame)) }
        @for (scored, belief) in &pairs { (whisker(&frame, summary, scored, belief)) }
        @for (scored, belief) in &pairs { (dot(&frame, summary, score.notation, scale, scored, belief)) }
    };
    let title = format!("Predicted {} against measured {}", noun(scale, score), score.name);
    Ok(frame.figure("chart-prediction", &title, &format!("{} scored queries with a prediction.", pairs.len()), &marks))
}

fn noun(scale: PredictionScale, score: &ScoreFacts) -> &str {
    match scale {
        PredictionScale::Rank => "rank",
        PredictionScale::Score => &score.name,
    }
}

/// Where prediction and measurement agree, as far as both axes reach.
fn diagonal(frame: &Frame) -> Markup {
    let (x, y) = (frame.x_axis(), frame.y_axis());
    let (low, high) = (x.low.max(y.low), x.high.min(y.high));
    if low >= high {
        return html! {};
    }
    html! { line.diagonal x1=(px(frame.x(low))) y1=(px(frame.y(low))) x2=(px(frame.x(high))) y2=(px(frame.y(high))) {} }
}

fn whisker(frame: &Frame, summary: &Summary<'_>, scored: &Scored<'_>, belief: &Prediction) -> Markup {
    let end = |value: f64| px(within(frame, value));
    let y = px(frame.y(scored.score));
    html! {
        line.whisker style=(round_tint(summary.phase_of(scored.query.trial.round)))
            x1=(end(belief.mean - belief.stddev)) x2=(end(belief.mean + belief.stddev)) y1=(y) y2=(y) {}
    }
}

/// Where a prediction lies, or the edge beyond which it lies.
fn within(frame: &Frame, value: f64) -> f64 {
    frame.x(value.clamp(frame.x_axis().low, frame.x_axis().high))
}

fn dot(
    frame: &Frame,
    summary: &Summary<'_>,
    notation: ScoreNotation,
    scale: PredictionScale,
    scored: &Scored<'_>,
    belief: &Prediction,
) -> Markup {
    let query = scored.query;
    html! {
        circle.dot style=(round_tint(summary.phase_of(query.trial.round)))
            cx=(px(within(frame, belief.mean))) cy=(px(frame.y(scored.score))) r="4.5" {
            title {
                "query " (query.number) ", round " (query.trial.round) ": predicted " (scale.write(notation, belief))
                ", measured " (notation.write(scored.score))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrialEntry;
    use crate::tests::{accuracy, failed_trial, scored_trial};

    fn drawn(trials: &[TrialEntry], scale: PredictionScale) -> String {
        prediction(&Summary::of(trials), &accuracy(), scale).expect("drawn").into_string()
    }

    fn predicted(id: u64, score: f64, mean: f64, stddev: f64) -> TrialEntry {
        TrialEntry { prediction: Some(Prediction { mean, stddev }), ..scored_trial(id, 1, score) }
    }

    #[test]
    fn only_scored_queries_with_a_prediction_are_drawn() {
        let failed = TrialEntry { prediction: Some(Prediction { mean: 0.5, stddev: 0.1 }), ..failed_trial(3, 1, "NaN") };
        let chart = drawn(&[scored_trial(1, 0, 0.8), predicted(2, 0.9, 0.7, 0.2), failed], PredictionScale::Rank);
        assert_eq!(chart.matches(r#"class="dot""#).count(), 1);
        assert_eq!(chart.matches(r#"class="whisker""#).count(), 1);
        assert!(chart.contains("predicted rank among all scores"));
        assert!(chart.contains("predicted 0.700 ± 0.200, measured 90.00\u{a0}%"));
        assert!(!chart.contains("diagonal"));
    }

    #[test]
    fn the_score_scale_has_its_unit_and_a_diagonal() {
        let chart = drawn(&[predicted(1, 0.9, 0.88, 0.02), predicted(2, 0.8, 0.81, 0.01)], PredictionScale::Score);
        assert!(chart.contains("predicted validation accuracy") && chart.contains("diagonal"));
        assert!(chart.contains("predicted 88.00\u{a0}% ± 2.00\u{a0}%"));
    }

    #[test]
    fn extremes_stay_within_the_frame() {
        let wild = [predicted(1, 0.9, -7.0, 1e50), predicted(2, -1e100, 7.0, 0.0), predicted(3, 0.9, 0.0, 0.0)];
        for trials in [&wild[..], &wild[2..], &[]] {
            for scale in [PredictionScale::Rank, PredictionScale::Score] {
                let chart = drawn(trials, scale);
                assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
            }
        }
    }
}
