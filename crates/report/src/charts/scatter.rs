use super::{Axis, Frame, HALF, px};
use crate::{ReportError, ScoreNotation};
use maud::{Markup, html};

/// Points of one colour.
pub(crate) struct Cloud {
    /// The class that gives it its colour.
    pub(crate) colour: String,
    pub(crate) points: Vec<CloudPoint>,
}

/// A point and what is said of it.
pub(crate) struct CloudPoint {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) note: String,
}

/// Two scores of the same things against each other.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn scatter(
    id: &str,
    [horizontal, vertical]: [&str; 2],
    notation: ScoreNotation,
    clouds: &[Cloud],
) -> Result<Markup, ReportError> {
    let axis = |title: &str, value: fn(&CloudPoint) -> f64| {
        let axis = Axis::around(title, clouds.iter().flat_map(|cloud| &cloud.points).map(value));
        axis.percent(notation == ScoreNotation::Percent)
    };
    let frame = Frame::draw(HALF, axis(horizontal, |point| point.x), axis(vertical, |point| point.y))?;
    let marks = html! {
        @for cloud in clouds {
            g.points.(cloud.colour) {
                @for point in &cloud.points {
                    circle cx=(px(frame.x(point.x))) cy=(px(frame.y(point.y))) r="3.5" { title { (point.note) } }
                }
            }
        }
    };
    let points = clouds.iter().map(|cloud| cloud.points.len()).sum::<usize>();
    Ok(frame.figure(id, &format!("{vertical} against {horizontal}"), &format!("{points} points."), &marks))
}
