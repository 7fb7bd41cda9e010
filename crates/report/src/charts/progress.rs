use super::{Axis, Frame, WIDE, px, round_tint};
use crate::summary::{Query, Scored, Summary};
use crate::{ReportError, ScoreFacts, ScoreNotation};
use maud::{Markup, html};

/// Narrower bands have no room for the name of their round.
const NAMED_BAND: f64 = 64.0;

/// Best-so-far over queries: a line for the incumbent, a dot per scored query, a cross on the axis per failure.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn progress(summary: &Summary<'_>, score: &ScoreFacts) -> Result<Markup, ReportError> {
    let x = Axis::counting("query", 1, summary.queries.len());
    let y =
        Axis::around(&score.name, summary.scored().map(|scored| scored.score)).percent(score.notation == ScoreNotation::Percent);
    let frame = Frame::draw(WIDE, x, y)?;
    let marks = html! {
        @for (place, band) in summary.queries.chunk_by(|a, b| a.trial.round == b.trial.round).enumerate() {
            (round_band(&frame, place, band))
        }
        path.best-so-far d=(staircase(&frame, summary)) {}
        @for scored in summary.scored() { (dot(&frame, summary, score.notation, &scored)) }
        @for query in &summary.failed { (cross(&frame, query)) }
        @if let Some(best) = summary.best() {
            circle.best cx=(px(frame.x(best.query.number as f64))) cy=(px(frame.y(best.score))) r="8.5" {}
        }
    };
    let description = format!("{} scored, {} failed.", summary.scored().count(), summary.failed.len());
    Ok(frame.figure("chart-progress", &format!("Best {} so far, over queries", score.name), &description, &marks))
}

fn round_band(frame: &Frame, place: usize, band: &[Query<'_>]) -> Markup {
    let (Some(first), Some(last)) = (band.first(), band.last()) else { return html! {} };
    let left = frame.x(first.number as f64 - 0.5);
    let width = frame.x(last.number as f64 + 0.5) - left;
    html! {
        @if place % 2 == 1 {
            rect.band x=(px(left)) y=(px(frame.top())) width=(px(width)) height=(px(frame.bottom() - frame.top())) {}
        }
        @if width >= NAMED_BAND {
            text.band-name x=(px(left + width / 2.0)) y=(px(frame.top() - 8.0)) text-anchor="middle" { "round " (first.trial.round) }
        }
    }
}

/// A step at every new incumbent; flat from the last one to the last query.
fn staircase(frame: &Frame, summary: &Summary<'_>) -> String {
    let mut path = String::new();
    for incumbent in &summary.incumbents {
        let (x, y) = (px(frame.x(incumbent.query.number as f64)), px(frame.y(incumbent.score)));
        path += &if path.is_empty() { format!("M{x} {y}") } else { format!("H{x}V{y}") };
    }
    if !path.is_empty() {
        path += &format!("H{}", px(frame.x(summary.queries.len() as f64)));
    }
    path
}

fn dot(frame: &Frame, summary: &Summary<'_>, notation: ScoreNotation, scored: &Scored<'_>) -> Markup {
    let Query { number, trial } = scored.query;
    html! {
        circle.dot style=(round_tint(summary.phase_of(trial.round))) cx=(px(frame.x(number as f64))) cy=(px(frame.y(scored.score))) r="4.5" {
            title { "query " (number) ", round " (trial.round) ": " (notation.write(scored.score)) " (" (trial.origin) ")" }
        }
    }
}

fn cross(frame: &Frame, query: &Query<'_>) -> Markup {
    let (x, y) = (frame.x(query.number as f64), frame.bottom());
    let (left, right, top, bottom) = (px(x - 4.0), px(x + 4.0), px(y - 4.0), px(y + 4.0));
    html! {
        path.failed d=(format!("M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}")) {
            title { "query " (query.number) ", round " (query.trial.round) ": failed" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrialEntry;
    use crate::tests::{accuracy, failed_trial, scored_trial};

    fn drawn(trials: &[TrialEntry]) -> String {
        progress(&Summary::of(trials), &accuracy()).expect("drawn").into_string()
    }

    #[test]
    fn every_query_has_its_mark() {
        let chart =
            drawn(&[scored_trial(1, 0, 0.8), failed_trial(2, 0, "oom"), scored_trial(3, 1, 0.9), scored_trial(4, 1, 0.7)]);
        assert_eq!(chart.matches(r#"class="dot""#).count(), 3);
        assert_eq!(chart.matches(r#"class="failed""#).count(), 1);
        assert!(chart.contains("query 3, round 1: 90.00\u{a0}% (random)"));
        // Two incumbents: a move, a step, and the run to the last query.
        let staircase = chart.split(r#"class="best-so-far" d=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
        assert_eq!((staircase.matches('M').count(), staircase.matches('V').count(), staircase.matches('H').count()), (1, 1, 2));
    }

    #[test]
    fn one_trial_only_failures_and_extremes_are_drawn() {
        assert!(drawn(&[scored_trial(1, 0, 0.5)]).contains(r#"class="best""#));
        let failures = drawn(&[failed_trial(1, 0, "a"), failed_trial(2, 7, "b")]);
        assert!(failures.contains(r#"class="failed""#) && !failures.contains(r#"class="best""#));
        for chart in [drawn(&[]), failures, drawn(&[scored_trial(1, 0, -1e100), scored_trial(2, u32::MAX, 1e100)])] {
            assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
        }
    }
}
