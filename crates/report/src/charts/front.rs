use super::{Axis, Frame, WIDE, px};
use crate::{FrontData, ReportError, ScoreFacts, ScoreNotation};
use maud::{Markup, html};

/// Every measured trial by its cost and score, and the staircase of those that none dominates.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn front(data: &FrontData, score: &ScoreFacts) -> Result<Markup, ReportError> {
    let y = Axis::around(score.name.clone(), data.points.iter().map(|point| point.score));
    let y = y.percent(score.notation == ScoreNotation::Percent);
    let frame = Frame::draw(WIDE, Axis::around(data.cost.clone(), data.points.iter().map(|point| point.cost)), y)?;
    let marks = html! {
        path.strategy.s0 fill="none" d=(staircase(&frame, data)) {}
        @for point in &data.points {
            circle.dot.front[point.place.is_some()] style=(if point.place.is_some() { "--t:100%" } else { "--t:0%" })
                cx=(px(frame.x(point.cost))) cy=(px(frame.y(point.score))) r=(if point.place.is_some() { "5.5" } else { "3" }) {
                title {
                    "trial " (point.trial) ": " (score.notation.write(point.score)) ", " (data.cost) " " (point.cost)
                    @if let Some(place) = point.place { ", place " (place) " of the front" }
                }
            }
        }
    };
    let title = format!("{} against {}", score.name, data.cost);
    let on_front = data.points.iter().filter(|point| point.place.is_some()).count();
    Ok(frame.figure("chart-front", &title, &format!("{} trials, {on_front} of them on the front.", data.points.len()), &marks))
}

/// What the front dominates lies below and to the right of this line.
fn staircase(frame: &Frame, data: &FrontData) -> String {
    let mut front: Vec<_> = data.points.iter().filter(|point| point.place.is_some()).collect();
    front.sort_by(|left, right| left.cost.total_cmp(&right.cost));
    let Some(first) = front.first() else { return String::new() };
    let mut path = format!("M{} {}", px(frame.x(first.cost)), px(frame.bottom()));
    for point in front {
        path += &format!("H{}V{}", px(frame.x(point.cost)), px(frame.y(point.score)));
    }
    path + &format!("H{}", px(frame.x(frame.x_axis().high)))
}
