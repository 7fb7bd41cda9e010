//! The sections of a report, in the order people read them. Each says in words when it has nothing to show.

mod best_so_far;
mod cells;
mod configuration;
mod confusion;
mod failures;
mod finals;
mod front;
mod hardest;
mod headline;
mod legend;
mod lookup;
mod surrogate;
mod time;
pub(crate) mod training;
mod trials;

pub(crate) use cells::drawings;
pub(crate) use headline::headline;

use crate::summary::Summary;
use crate::{PredictionScale, ReportData, ReportError, ScoreFacts, ScoreNotation};
use bonas_core::Prediction;
use maud::{Markup, html};

/// A titled part of the page that can be linked to.
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Markup,
}

impl Section {
    /// The section as HTML.
    pub(crate) fn markup(&self) -> Markup {
        html! {
            section id=(self.id) aria-labelledby=(format!("{}-title", self.id)) {
                h2 id=(format!("{}-title", self.id)) { (self.title) }
                (self.body)
            }
        }
    }
}

/// All sections below the headline, in order.
///
/// # Errors
/// When a chart cannot be drawn.
pub(crate) fn sections(data: &ReportData, summary: &Summary<'_>) -> Result<Vec<Section>, ReportError> {
    let mut sections = vec![
        Section { id: "progress", title: "Best so far", body: best_so_far::body(data, summary)? },
        Section { id: "cells", title: "Best cells", body: cells::body(&data.best_cells, data.score.notation) },
        Section { id: "surrogate", title: "Prediction against outcome", body: surrogate::body(data, summary)? },
        Section { id: "time", title: "Time", body: time::body(data)? },
    ];
    if !data.finalists.is_empty() {
        let body = finals::body(data, summary);
        sections.insert(1, Section { id: "finals", title: "The last comparison", body });
    }
    if let Some(front) = data.front.as_ref().filter(|front| !front.points.is_empty()) {
        sections.insert(0, Section { id: "front", title: "Score against cost", body: front::body(data, front, summary)? });
    }
    if let Some(retraining) = &data.retraining {
        sections.push(Section { id: "training", title: "Training from scratch", body: training::body(retraining)? });
    }
    if let Some(lookup) = &data.lookup {
        let body = lookup::body(lookup, data.score.notation);
        sections.push(Section { id: "lookup", title: "The winner in the table", body });
    }
    sections.extend([
        Section { id: "failures", title: "Failed trials", body: failures::body(&data.trials) },
        Section { id: "trials", title: "All trials", body: trials::body(data) },
        Section { id: "configuration", title: "Configuration and provenance", body: configuration::body(&data.study) },
    ]);
    Ok(sections)
}

/// A paragraph where there is nothing to show.
fn nothing(reason: &str) -> Markup {
    html! { p.nothing { (reason) } }
}

/// The text of an architecture; a long one is cut, and opens where it stands.
fn architecture(text: &str) -> Markup {
    const SHORT: usize = 56;
    html! {
        @if text.chars().count() <= SHORT { code { (text) } }
        @else { details.long { summary { code { (text) } } } }
    }
}

impl PredictionScale {
    /// A prediction with its standard deviation.
    pub(crate) fn write(self, notation: ScoreNotation, prediction: &Prediction) -> String {
        match self {
            Self::Rank => format!("{:.3} ± {:.3}", prediction.mean, prediction.stddev),
            Self::Score => format!("{} ± {}", notation.write(prediction.mean), notation.write(prediction.stddev)),
        }
    }
}

/// A name that begins a sentence or a column.
fn capitalised(score: &ScoreFacts) -> String {
    let mut letters = score.name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
