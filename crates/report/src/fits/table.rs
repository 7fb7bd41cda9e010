use super::{FitEntry, FitTask, MeanSpread, SurrogateEntry};
use crate::comparison::colour;
use crate::notation::duration;
use crate::{ScoreNotation, notation};
use maud::{Markup, html};

/// All surrogates on a task, size by size, the winner of each size marked.
pub(super) fn surrogates(task: &FitTask) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("Surrogates on {}", task.name)) {
            table.strategies data-sortable {
                thead { tr {
                    th scope="col" { "Surrogate" } th.number scope="col" { "Trained on" } th.number scope="col" { "τ" }
                    th.number scope="col" { "ρ" } th.number scope="col" { "Error" }
                    @for probability in probabilities(task) { th.number scope="col" { "In " (format!("{:.0}", 100.0 * probability)) " %" } }
                    th.number scope="col" { "−ln p" } th.number scope="col" { "Fit" } th.number scope="col" { "Predict" }
                } }
                tbody {
                    @for size in task.sizes() {
                        @for (place, entry) in task.surrogates.iter().enumerate() {
                            @if let Some(fit) = entry.fits.iter().find(|fit| fit.train == size) { (row(task, place, entry, fit)) }
                        }
                    }
                }
            }
        }
    }
}

fn row(task: &FitTask, place: usize, entry: &SurrogateEntry, fit: &FitEntry) -> Markup {
    let first = task.surrogates.len() > 1 && task.winner(fit.train).is_some_and(|(winner, _)| winner == place);
    html! {
        tr.winner[first] {
            th scope="row" { i.swatch.dot.(colour(place)) {} (entry.name) @if first { span.crown { "first" } } }
            td.number { (fit.train) }
            (tau(fit.kendall))
            (mean(fit.spearman))
            (error(task, entry, fit))
            @for probability in probabilities(task) { (covered(fit, probability)) }
            (mean(fit.negative_log_likelihood))
            td.number data-key=(fit.fit_seconds) { (duration(fit.fit_seconds)) }
            td.number data-key=(fit.predict_seconds) { (duration(fit.predict_seconds)) }
        }
    }
}

fn error(task: &FitTask, entry: &SurrogateEntry, fit: &FitEntry) -> Markup {
    let Some(mae) = fit.mae else { return missing() };
    let text = match (entry.predicts_ranks, task.notation) {
        (true, _) => format!("{:.4} (rank)", mae.mean),
        (false, ScoreNotation::Percent) => format!("{:.3}\u{a0}%", 100.0 * mae.mean),
        (false, ScoreNotation::Plain) => notation::plain(mae.mean),
    };
    html! { td.number data-key=(mae.mean) { (text) } }
}

fn covered(fit: &FitEntry, probability: f64) -> Markup {
    let found = fit.coverage.iter().find(|coverage| coverage.probability == probability);
    match found.and_then(|coverage| coverage.observed) {
        Some(observed) => html! { td.number data-key=(observed.mean) { (format!("{:.1}\u{a0}%", 100.0 * observed.mean)) } },
        None => missing(),
    }
}

fn tau(value: Option<MeanSpread>) -> Markup {
    match value {
        Some(MeanSpread { mean, stddev }) => html! { td.number data-key=(mean) { (format!("{mean:.3} ± {stddev:.3}")) } },
        None => missing(),
    }
}

fn mean(value: Option<MeanSpread>) -> Markup {
    match value {
        Some(MeanSpread { mean, stddev }) => {
            html! { td.number data-key=(mean) title=(format!("± {stddev:.3}")) { (format!("{mean:.3}")) } }
        }
        None => missing(),
    }
}

fn missing() -> Markup {
    html! { td.number data-key="" { "none" } }
}

/// Probabilities of the intervals of all fits, in ascending order.
fn probabilities(task: &FitTask) -> Vec<f64> {
    let fits = task.surrogates.iter().flat_map(|entry| &entry.fits);
    let mut probabilities: Vec<f64> = fits.flat_map(|fit| &fit.coverage).map(|coverage| coverage.probability).collect();
    probabilities.sort_by(f64::total_cmp);
    probabilities.dedup();
    probabilities
}
