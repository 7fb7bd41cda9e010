use super::{FitEntry, FitFacts, FitTask, MeanSpread, SurrogateEntry, table};
use crate::charts::{Curve, CurveChart, CurvePoint, Measured, calibration, over_sizes};
use crate::comparison::colour;
use crate::notation::{count, counted};
use crate::{ReportError, ScoreNotation};
use maud::{Markup, html};

/// The intervals that are followed over sizes: those that a search lives by.
const FOLLOWED: f64 = 0.8;

/// Charts and table of one task.
pub(super) fn body(facts: &FitFacts, task: &FitTask, place: usize) -> Result<Markup, ReportError> {
    let draw = |name: &str, vertical: &str, measured, level, curves: Vec<Curve>| -> Result<Markup, ReportError> {
        if curves.iter().all(|curve| curve.points.is_empty()) {
            return Ok(html! {});
        }
        let (id, title) = (format!("chart-{name}-{place}"), format!("{vertical} over training architectures on {}", task.name));
        let chart = CurveChart { id: &id, title: &title, horizontal: "training architectures", vertical, measured, level };
        over_sizes(&chart, &curves)
    };
    let ceiling = task.ceiling.map(|ceiling| (ceiling, "τ of the validation scores themselves"));
    let percent = task.notation == ScoreNotation::Percent;
    let tau = curves(task, |_| true, |fit| fit.kendall);
    let rho = curves(task, |_| true, |fit| fit.spearman);
    let of_scores = curves(task, |entry| !entry.predicts_ranks, |fit| fit.mae);
    let of_ranks = curves(task, |entry| entry.predicts_ranks, |fit| fit.mae);
    let coverage = curves(task, |_| true, followed);
    let followed = format!("outcomes in {:.0} % intervals", 100.0 * FOLLOWED);
    Ok(html! {
        p {
            "Trained on " b { (task.objective) } " of some of " (count(task.architectures)) " architectures; ranked: " b { (task.ranked) } "."
            @if let Some(ceiling) = task.ceiling {
                " A surrogate that knew every validation score would reach τ = " b { (format!("{ceiling:.3}")) } " (dashed)."
            }
        }
        div.pairs {
            (draw("kendall", "Kendall's τ", Measured::Correlation, ceiling, tau)?)
            (draw("spearman", "Spearman's ρ", Measured::Correlation, None, rho)?)
            (draw("mae", "mean absolute error of scores", Measured::Error { percent }, None, of_scores)?)
            (draw("mae-ranks", "mean absolute error of ranks", Measured::Error { percent: false }, None, of_ranks)?)
            (draw("coverage", &followed, Measured::Part, Some((FOLLOWED, "what is promised")), coverage)?)
            (calibrated(task, place)?)
        }
        (legend(facts, task))
        h3 { "In numbers" }
        (table::surrogates(task))
        p.fine {
            "Means of " (counted(facts.splits as usize, "split", "splits")) ", ± one standard deviation. First: the highest mean τ. −ln p: mean "
            "negative logarithm of the predicted density of an outcome; it and the errors have the scale that a surrogate predicts, which "
            "is that of ranks from 0 to 1 where it says so."
        }
    })
}

/// Observed against promised coverage with the most training architectures.
fn calibrated(task: &FitTask, place: usize) -> Result<Markup, ReportError> {
    let most = task.sizes().last().copied().unwrap_or_default();
    let curve = |(place, entry): (usize, &SurrogateEntry)| {
        let fit = entry.fits.iter().find(|fit| fit.train == most);
        let covered = fit.into_iter().flat_map(|fit| &fit.coverage);
        let points = covered.filter_map(|coverage| Some(point(coverage.probability, coverage.observed?)));
        Curve { name: entry.name.clone(), colour: colour(place), points: points.collect() }
    };
    let curves: Vec<Curve> = task.surrogates.iter().enumerate().map(curve).collect();
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return Ok(html! {});
    }
    let (id, title) = (format!("chart-calibration-{place}"), format!("Calibration of intervals on {}", task.name));
    let vertical = format!("observed, {most} architectures");
    let chart = CurveChart {
        id: &id,
        title: &title,
        horizontal: "promised part of outcomes inside intervals",
        vertical: &vertical,
        measured: Measured::Part,
        level: None,
    };
    calibration(&chart, &curves)
}

fn followed(fit: &FitEntry) -> Option<MeanSpread> {
    fit.coverage.iter().find(|coverage| (coverage.probability - FOLLOWED).abs() < 1e-9)?.observed
}

/// A curve for each of these surrogates, in the colour of its place among all.
fn curves(task: &FitTask, of: impl Fn(&SurrogateEntry) -> bool, value: impl Fn(&FitEntry) -> Option<MeanSpread>) -> Vec<Curve> {
    let curve = |(place, entry): (usize, &SurrogateEntry)| {
        let points = entry.fits.iter().filter_map(|fit| Some(point(fit.train as f64, value(fit)?)));
        Curve { name: entry.name.clone(), colour: colour(place), points: points.collect() }
    };
    task.surrogates.iter().enumerate().filter(|(_, entry)| of(entry)).map(curve).collect()
}

fn point(x: f64, value: MeanSpread) -> CurvePoint {
    CurvePoint { x, value: value.mean, low: value.mean - value.stddev, high: value.mean + value.stddev }
}

fn legend(facts: &FitFacts, task: &FitTask) -> Markup {
    html! {
        p.legend {
            @for (place, entry) in task.surrogates.iter().enumerate() {
                span { i.swatch.line.(colour(place)) {} (entry.name) }
            }
            @if facts.splits > 1 { span { "line: mean, band: one standard deviation between splits" } }
        }
    }
}
