use super::{Axis, Frame, SHORT, px};
use crate::ReportError;
use crate::comparison::{StrategyEntry, TaskComparison, colour};
use maud::{Markup, html};

/// The part of the searches that had found the best of the table after so many queries.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn found(task: &TaskComparison, queries: usize, id: &str) -> Result<Markup, ReportError> {
    let y = Axis::between("searches", 0.0, 1.0).percent(true);
    let frame = Frame::draw(SHORT, Axis::counting("queries", 1, queries), y)?;
    let marks = html! {
        @for (place, strategy) in task.strategies.iter().enumerate() {
            path.strategy.(colour(place)) d=(staircase(&frame, strategy, queries)) { title { (strategy.name) } }
        }
    };
    let title = format!("Searches that have found the best of the table, over queries, on {}", task.name);
    Ok(frame.figure(id, &title, &format!("{} strategies.", task.strategies.len()), &marks))
}

/// A step up at every search that finds it.
fn staircase(frame: &Frame, strategy: &StrategyEntry, last: usize) -> String {
    let mut found: Vec<f64> = strategy.queries.iter().copied().filter(|&query| query <= last as f64).collect();
    found.sort_by(f64::total_cmp);
    let mut path = format!("M{} {}", px(frame.x(1.0)), px(frame.y(0.0)));
    for (place, query) in found.into_iter().enumerate() {
        let share = (place + 1) as f64 / strategy.queries.len() as f64;
        path += &format!("H{}V{}", px(frame.x(query)), px(frame.y(share)));
    }
    path + &format!("H{}", px(frame.x(last as f64)))
}
