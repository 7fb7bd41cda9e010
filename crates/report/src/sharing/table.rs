use super::{Interval, SharingGroup, SharingSetting};
use crate::comparison::colour;
use crate::fits::MeanSpread;
use crate::notation::{duration, percent};
use maud::{Markup, html};

/// All settings of a group, the one with the highest τ marked.
pub(super) fn settings(group: &SharingGroup) -> Markup {
    let best = group.best();
    html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("Settings of {}", group.title)) {
            table.strategies data-sortable {
                thead { tr {
                    th scope="col" { "k" } th.number scope="col" { "Epochs" } th.number scope="col" { "τ" } th.number scope="col" { "95 %" }
                    th.number scope="col" { "ρ" } th.number scope="col" { "τ within" } th.number scope="col" { "Ceiling within" }
                    th.number scope="col" { "Mean score" } th.number scope="col" { "Failed" } th.number scope="col" { "Time per candidate" }
                } }
                tbody {
                    @for (place, k) in group.sizes().into_iter().enumerate() {
                        @for setting in group.of_size(k) { (row(place, setting, best.is_some_and(|best| std::ptr::eq(best, setting)))) }
                    }
                }
            }
        }
    }
}

fn row(place: usize, setting: &SharingSetting, best: bool) -> Markup {
    html! {
        tr.winner[best] {
            th scope="row" data-key=(setting.k) { i.swatch.dot.(colour(place)) {} (setting.k) @if best { span.crown { "highest" } } }
            td.number { (setting.epochs) }
            (number(setting.tau(), |value| format!("{value:.3}")))
            (interval(setting.kendall))
            (number(setting.spearman.map(|spearman| spearman.value), |value| format!("{value:.3}")))
            (within(setting.within))
            (number(setting.ceiling_within, |value| format!("{value:.3}")))
            (number(setting.mean, percent))
            td.number { (setting.failed) }
            td.number data-key=(setting.seconds_per_candidate) { (duration(setting.seconds_per_candidate)) }
        }
    }
}

fn number(value: Option<f64>, write: fn(f64) -> String) -> Markup {
    match value {
        Some(value) => html! { td.number data-key=(value) { (write(value)) } },
        None => html! { td.number data-key="" { "none" } },
    }
}

fn interval(value: Option<Interval>) -> Markup {
    match value {
        Some(Interval { low, high, .. }) => html! { td.number data-key=(low) { (format!("{low:.2} to {high:.2}")) } },
        None => html! { td.number data-key="" { "none" } },
    }
}

fn within(value: Option<MeanSpread>) -> Markup {
    match value {
        Some(MeanSpread { mean, stddev }) => html! { td.number data-key=(mean) { (format!("{mean:.3} ± {stddev:.3}")) } },
        None => html! { td.number data-key="" { "none" } },
    }
}
