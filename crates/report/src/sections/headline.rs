use crate::notation::{count, counted, duration, magnitude, percent};
use crate::summary::{Scored, Summary};
use crate::{Alone, FinalistEntry, ReportData, Retraining, TestResult, wilson_interval};
use maud::{Markup, html};

/// What was found, in one line, one paragraph and a row of figures.
pub(crate) fn headline(data: &ReportData, summary: &Summary<'_>) -> Markup {
    html! {
        header {
            p.eyebrow { "bonas · " (data.study.run) }
            h1 { (title(data, summary)) }
            p.lede { (lede(data, summary)) }
            dl.figures {
                @for (name, value, note) in figures(data, summary) {
                    div { dt { (name) } dd { span.value { (value) } span.note { (note) } } }
                }
            }
        }
    }
}

fn title(data: &ReportData, summary: &Summary<'_>) -> String {
    let Some(best) = summary.best() else {
        return if summary.queries.is_empty() { "No trials yet" } else { "No trial has a score" }.into();
    };
    match &data.retraining {
        Some(retraining) => format!("An architecture with {} test accuracy", percent(retraining.test.accuracy)),
        None if winner(data).is_some() => {
            let score = winner(data).map_or(best.score, |(_, score)| score);
            format!("An architecture with {} {}", data.score.notation.write(score), data.score.name)
        }
        None => format!("An architecture with {} {}", data.score.notation.write(best.score), data.score.name),
    }
}

fn lede(data: &ReportData, summary: &Summary<'_>) -> Markup {
    let study = &data.study;
    html! {
        "Searched the space " b { (study.space) } " on " b { (study.data) } " with the strategy " b { (study.strategy) } ": "
        (counted(summary.queries.len(), "query", "queries")) " in " (counted(summary.rounds.len(), "round", "rounds"))
        @if !summary.failed.is_empty() { ", " (counted(summary.failed.len(), "failure", "failures")) }
        ". "
        @if let Some(best) = summary.best() { (found(data, summary, &best)) }
        @else if summary.queries.is_empty() { "Nothing has been evaluated, so there is nothing to compare." }
        @else { "Every query failed; the reasons are listed " a href="#failures" { "below" } "." }
    }
}

fn found(data: &ReportData, summary: &Summary<'_>, best: &Scored<'_>) -> Markup {
    let trial = best.query.trial;
    html! {
        @if let Some((finalist, score)) = winner(data) {
            "The best " (data.finalists.len()) " of all rounds were trained once more, together"
            (alone_note(finalists_trained(data)))
            @if let Some(trial) = summary.trial(finalist.trial) { "an architecture of round " (trial.round) }
            @else { "trial " (finalist.trial) }
            " came first with " b { (data.score.notation.write(score)) " " (data.score.name) } "."
        } @else {
        "The best scored " b { (data.score.notation.write(best.score)) " " (data.score.name) }
        " in round " (trial.round) ", as query " (best.query.number) "."
        }
        @if let Some(retraining) = &data.retraining {
            " Trained from scratch for " (counted(retraining.epochs, "epoch", "epochs")) " it classifies "
            b { (percent(retraining.test.accuracy)) } " of the test images correctly"
            @if let Some((low, high)) = interval(&retraining.test) {
                " (95 % interval " (percent(low)) " to " (percent(high)) ")"
            }
            ". The search never saw these images."
            @if !retraining.beyond_common.is_empty() {
                " It was trained with " (retraining.beyond_common.join(" and ")) ": results without cannot be compared with it."
            }
        }
    }
}

fn alone_note(trained: usize) -> String {
    match trained {
        0 => "; ".into(),
        1 => ", and the first of them from scratch; ".into(),
        count => format!(", and {count} of them from scratch; "),
    }
}

fn finalists_trained(data: &ReportData) -> usize {
    data.finalists.iter().filter(|finalist| matches!(finalist.alone, Alone::Score(_))).count()
}

/// The first of the last comparison, if it has a score.
fn winner(data: &ReportData) -> Option<(&FinalistEntry, f64)> {
    let first = data.finalists.first()?;
    match first.alone {
        Alone::Score(score) => Some((first, score)),
        Alone::Failed => None,
        Alone::Untrained => Some((first, first.score?)),
    }
}

fn interval(test: &TestResult) -> Option<(f64, f64)> {
    wilson_interval(test.accuracy, test.images?)
}

type Figure = (&'static str, String, String);

fn figures(data: &ReportData, summary: &Summary<'_>) -> Vec<Figure> {
    let searched: f64 = data.rounds.iter().map(|round| round.seconds.total()).sum();
    let best = summary.best().map(|best| ("Best score", data.score.notation.write(best.score), data.score.name.clone()));
    let trained = data.retraining.iter().flat_map(trained);
    let counts = [
        ("Queries", count(summary.queries.len() as u64), queries_note(summary)),
        ("Rounds", count(summary.rounds.len() as u64), data.study.stop_reason.clone().unwrap_or_else(|| "unfinished".into())),
        (
            "Wall time",
            duration(searched + data.retraining.as_ref().map_or(0.0, |retraining| retraining.seconds)),
            wall_note(data, searched),
        ),
    ];
    best.into_iter().chain(trained).chain(counts).collect()
}

fn trained(retraining: &Retraining) -> [Figure; 2] {
    let test = match interval(&retraining.test) {
        Some((low, high)) => format!("95 %: {low:.2} to {high:.2} %", low = 100.0 * low, high = 100.0 * high),
        None => "no interval: number of images unknown".into(),
    };
    let cost = match retraining.multiply_adds {
        Some(operations) => format!("{} multiply-adds", magnitude(operations)),
        None => count(retraining.parameters),
    };
    [("Test accuracy", percent(retraining.test.accuracy), test), ("Parameters", magnitude(retraining.parameters), cost)]
}

fn queries_note(summary: &Summary<'_>) -> String {
    let mut notes = Vec::new();
    if !summary.failed.is_empty() {
        notes.push(format!("{} failed", count(summary.failed.len() as u64)));
    }
    if summary.cached > 0 {
        notes.push(format!("{} more from history", count(summary.cached as u64)));
    }
    if notes.is_empty() { "none failed".into() } else { notes.join(", ") }
}

fn wall_note(data: &ReportData, searched: f64) -> String {
    match &data.retraining {
        Some(retraining) => format!("search {}, training {}", duration(searched), duration(retraining.seconds)),
        None => "search".into(),
    }
}
