use super::{Axis, Frame, WIDE, px};
use crate::comparison::{RegretPoint, StrategyEntry, TaskComparison, colour};
use crate::{ReportError, ScoreNotation};
use maud::{Markup, html};

/// The chart is as high as the regrets after this part of the budget: the first queries are far above, and teach nothing.
const BEGINNING: f64 = 0.03;

/// Regret over queries: the median of every strategy, in a band from quartile to quartile.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn regret(task: &TaskComparison, queries: usize, id: &str, title: &str) -> Result<Markup, ReportError> {
    let scale = if task.notation == ScoreNotation::Percent { 100.0 } else { 1.0 };
    over_queries(task, queries, [id, title, "Regret"], scale, &|strategy: &StrategyEntry| &strategy.curve)
}

/// The same of any curve of a strategy that falls towards zero. `texts` are its id, the title of its axis, and what it is.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn over_queries(
    task: &TaskComparison,
    queries: usize,
    [id, title, what]: [&str; 3],
    scale: f64,
    curve: &dyn Fn(&StrategyEntry) -> &[RegretPoint],
) -> Result<Markup, ReportError> {
    let begin = (queries as f64 * BEGINNING).ceil() as usize;
    let at_begin = |curve: &[RegretPoint]| {
        let before = curve.iter().take_while(|point| point.query <= begin.max(1)).last();
        before.or(curve.first()).map(|point| point.high * scale)
    };
    let highest = task.strategies.iter().filter_map(|strategy| at_begin(curve(strategy))).fold(0.0, f64::max);
    let frame = Frame::draw(WIDE, Axis::counting("queries", 1, queries), Axis::from_zero(title, highest))?;
    let area = |points: &[RegretPoint]| band(&frame, points, queries, scale);
    let line = |points: &[RegretPoint]| staircase(&frame, points, queries, &|point| point.median * scale);
    let clip = format!("{id}-area");
    let marks = html! {
        clipPath id=(clip) {
            rect x=(px(frame.x(0.5))) y=(px(frame.top())) width=(px(frame.x(queries as f64 + 0.5) - frame.x(0.5)))
                height=(px(frame.bottom() - frame.top() + 2.0)) {}
        }
        g clip-path=(format!("url(#{clip})")) {
            @for (place, strategy) in task.strategies.iter().enumerate() { path.quartiles.(colour(place)) d=(area(curve(strategy))) {} }
            @for (place, strategy) in task.strategies.iter().enumerate() {
                path.strategy.(colour(place)) d=(line(curve(strategy))) { title { (strategy.name) } }
            }
        }
    };
    let description = format!("{} strategies.", task.strategies.len());
    Ok(frame.figure(id, &format!("{what} over queries on {}", task.name), &description, &marks))
}

/// Flat between points, a step at each, up to the last query.
fn staircase(frame: &Frame, points: &[RegretPoint], last: usize, value: &dyn Fn(&RegretPoint) -> f64) -> String {
    let mut path = String::new();
    for point in points {
        let (x, y) = (px(frame.x(point.query as f64)), px(frame.y(value(point))));
        path += &if path.is_empty() { format!("M{x} {y}") } else { format!("H{x}V{y}") };
    }
    if !path.is_empty() {
        path += &format!("H{}", px(frame.x(last as f64)));
    }
    path
}

/// Along the upper quartile, and back along the lower one.
fn band(frame: &Frame, points: &[RegretPoint], last: usize, scale: f64) -> String {
    if points.is_empty() {
        return String::new();
    }
    let mut path = staircase(frame, points, last, &|point| point.high * scale);
    let mut right = px(frame.x(last as f64));
    for point in points.iter().rev() {
        path += &format!("L{right} {}", px(frame.y(point.low * scale)));
        right = px(frame.x(point.query as f64));
        path += &format!("H{right}");
    }
    path + "Z"
}
