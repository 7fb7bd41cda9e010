use super::{SharingFacts, SharingGroup, SharingSetting, table};
use crate::charts::{Cloud, CloudPoint, Curve, CurveChart, CurvePoint, Measured, scatter, with_whiskers};
use crate::comparison::colour;
use crate::fits::MeanSpread;
use crate::notation::{counted, duration, epochs, percent};
use crate::{ReportError, ScoreNotation};
use maud::{Markup, html};

/// Facts, charts and table of one way to meet.
pub(super) fn body(facts: &SharingFacts, group: &SharingGroup, place: usize) -> Result<Markup, ReportError> {
    let over_all = curves(group, |setting| setting.kendall.map(|kendall| (kendall.value, kendall.low, kendall.high)));
    let within = curves(group, |setting| setting.within.map(|MeanSpread { mean, stddev }| (mean, mean - stddev, mean + stddev)));
    let ceiling = group.ceiling.map(|ceiling| (ceiling, "ceiling: training alone with two seeds"));
    let draw = |name: &str, vertical: &str, level, curves: &[Curve]| -> Result<Markup, ReportError> {
        let (id, title) = (format!("chart-{name}-{place}"), format!("{vertical} over epochs, {}", group.title));
        let measured = Measured::Correlation;
        let chart = CurveChart { id: &id, title: &title, horizontal: "epochs of the sub-supernet", vertical, measured, level };
        with_whiskers(&chart, curves)
    };
    Ok(html! {
        p { (group.description) }
        (scores_alone(facts, group))
        div.pairs {
            (draw("kendall", "τ over all architectures", ceiling, &over_all)?)
            (draw("within", "τ within a sub-supernet", None, &within)?)
        }
        p.legend {
            @for (place, k) in group.sizes().into_iter().enumerate() { span { i.swatch.line.(colour(place)) {} "k = " (k) } }
            @if group.ceiling.is_some() { span { "dashed: ceiling, between two seeds alone" } }
            span { "left: 95 % intervals; right: one standard deviation between sub-supernets" }
        }
        h3 { "Scores together against scores alone" }
        (clouds(group, place)?)
        h3 { "In numbers" }
        (table::settings(group))
        p.fine {
            "τ and ρ: Kendall's τ-b and Spearman's ρ between scores in sub-supernets and means of the scores alone, with 95 % bootstrap "
            "intervals. Over all, scores of different sub-supernets are taken as if they were on one scale; within, only members of one "
            "are compared, as a round of a search does. Ceiling: the same between scores alone with two seeds."
        }
    })
}

fn scores_alone(facts: &SharingFacts, group: &SharingGroup) -> Markup {
    let score = |value: Option<f64>| value.map_or("none".into(), percent);
    let correlation = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.3}"));
    html! {
        table.facts { tbody {
            tr { th scope="row" { "Architectures" } td { (group.architectures) @if group.failed > 0 { ", " (group.failed) " of them failed" } } }
            tr { th scope="row" { "Alone" } td {
                (counted(facts.alone_epochs, "epoch", "epochs")) ", " (counted(facts.alone_seeds as usize, "seed", "seeds"))
                @if let Some(seconds) = group.seconds { "; " (duration(seconds)) " each" }
            } }
            tr { th scope="row" { "Mean score alone" } td { (score(group.mean)) } }
            tr { th scope="row" { "Deviation between architectures" } td { (score(group.stddev_architectures)) } }
            tr { th scope="row" { "Deviation between seeds" } td { (score(group.stddev_seeds)) } }
            tr { th scope="row" { "Ceiling" } td { "τ " (correlation(group.ceiling)) ", ρ " (correlation(group.ceiling_spearman)) } }
        } }
    }
}

/// A curve over epochs for each k. `value` gives a number and the ends of its interval.
fn curves(group: &SharingGroup, value: impl Fn(&SharingSetting) -> Option<(f64, f64, f64)>) -> Vec<Curve> {
    let point = |setting: &SharingSetting| {
        let (value, low, high) = value(setting)?;
        Some(CurvePoint { x: setting.epochs, value, low, high })
    };
    let curve = |(place, k): (usize, usize)| Curve {
        name: format!("k = {k}"),
        colour: colour(place),
        points: group.of_size(k).into_iter().filter_map(point).collect(),
    };
    group.sizes().into_iter().enumerate().map(curve).collect()
}

/// A chart for each k, a colour for each number of epochs.
fn clouds(group: &SharingGroup, place: usize) -> Result<Markup, ReportError> {
    let lengths = group.epochs();
    let of_length = |length: f64| lengths.iter().position(|&other| other == length).unwrap_or_default();
    let chart = |k: usize| {
        let cloud = |setting: &&SharingSetting| Cloud { colour: colour(of_length(setting.epochs)), points: points(setting) };
        let clouds: Vec<Cloud> = group.of_size(k).iter().map(cloud).collect();
        let titles = ["mean score alone", &format!("score together, k = {k}")];
        scatter(&format!("chart-scores-{place}-{k}"), titles, ScoreNotation::Percent, &clouds)
    };
    Ok(html! {
        div.pairs { @for k in group.sizes() { (chart(k)?) } }
        p.legend { @for (place, &length) in lengths.iter().enumerate() { span { i.swatch.dot.(colour(place)) {} (epochs(length)) } } }
    })
}

fn points(setting: &SharingSetting) -> Vec<CloudPoint> {
    let point = |pair: &super::ScoredBoth| CloudPoint {
        x: pair.alone,
        y: pair.shared,
        note: format!(
            "{}: alone {}, together {}, sub-supernet {}, {}",
            pair.architecture,
            percent(pair.alone),
            percent(pair.shared),
            pair.supernet,
            epochs(setting.epochs)
        ),
    };
    setting.pairs.iter().map(point).collect()
}
