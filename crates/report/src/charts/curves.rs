use super::{Axis, Frame, HALF, px};
use crate::ReportError;
use maud::{Markup, html};

/// How far apart the points of neighbouring series stand where they share a place, in pixels.
const STEP: f64 = 7.0;

/// A named line through points.
pub(crate) struct Curve {
    pub(crate) name: String,
    /// The class that gives it its colour.
    pub(crate) colour: String,
    pub(crate) points: Vec<CurvePoint>,
}

/// A value and the interval around it.
pub(crate) struct CurvePoint {
    pub(crate) x: f64,
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// What the vertical axis measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// A correlation, from −1 to 1.
    Correlation,
    /// A part of a whole, in percent.
    Part,
    /// An error, from zero; in percent or not.
    Error { percent: bool },
}

/// What all charts of curves are told.
pub(crate) struct CurveChart<'a> {
    pub(crate) id: &'a str,
    /// What is seen, for those who do not see it.
    pub(crate) title: &'a str,
    pub(crate) horizontal: &'a str,
    pub(crate) vertical: &'a str,
    pub(crate) measured: Measured,
    /// A level that is marked by a dashed line, and what it is.
    pub(crate) level: Option<(f64, &'a str)>,
}

/// Values over sizes on a logarithmic axis, each curve in the band of its intervals.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn over_sizes(chart: &CurveChart<'_>, curves: &[Curve]) -> Result<Markup, ReportError> {
    let sizes = curves.iter().flat_map(|curve| &curve.points).map(|point| point.x);
    let frame = Frame::draw(HALF, Axis::sizes(chart.horizontal, sizes), vertical(chart, curves))?;
    let x = |point: &CurvePoint| frame.x(point.x.log10());
    let marks = html! {
        (level(&frame, chart.level))
        @for curve in curves { path.quartiles.(curve.colour) d=(band(&frame, curve, &x)) {} }
        @for curve in curves { (line(&frame, curve, chart.measured, &x, &|point| format!("{:.0}", point.x))) }
    };
    Ok(frame.figure(chart.id, chart.title, &described(curves), &marks))
}

/// Values over a few places that curves share: points stand beside each other, with their intervals as whiskers.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn with_whiskers(chart: &CurveChart<'_>, curves: &[Curve]) -> Result<Markup, ReportError> {
    let highest = curves.iter().flat_map(|curve| &curve.points).map(|point| point.x).fold(0.0, f64::max);
    let frame = Frame::draw(HALF, Axis::from_zero(chart.horizontal, highest), vertical(chart, curves))?;
    let middle = (curves.len() as f64 - 1.0) / 2.0;
    let marks = html! {
        (level(&frame, chart.level))
        @for (place, curve) in curves.iter().enumerate() {
            @let x = |point: &CurvePoint| frame.x(point.x) + STEP * (place as f64 - middle);
            g.whiskers.(curve.colour) {
                @for point in &curve.points {
                    path d=(format!("M{} {}V{}", px(x(point)), height(&frame, point.low), height(&frame, point.high))) {}
                }
            }
            (line(&frame, curve, chart.measured, &x, &|point| point.x.to_string()))
        }
    };
    Ok(frame.figure(chart.id, chart.title, &described(curves), &marks))
}

/// The observed part of outcomes inside intervals over the part that is promised; what is honest lies on the diagonal.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn calibration(chart: &CurveChart<'_>, curves: &[Curve]) -> Result<Markup, ReportError> {
    let axis = |title: &str| Axis::between(title, 0.0, 1.0).percent(true);
    let frame = Frame::draw(HALF, axis(chart.horizontal), axis(chart.vertical))?;
    let x = |point: &CurvePoint| frame.x(point.x);
    let marks = html! {
        line.diagonal x1=(px(frame.x(0.0))) y1=(px(frame.y(0.0))) x2=(px(frame.x(1.0))) y2=(px(frame.y(1.0))) {}
        @for curve in curves { path.quartiles.(curve.colour) d=(band(&frame, curve, &x)) {} }
        @for curve in curves { (line(&frame, curve, chart.measured, &x, &|point| format!("{:.0} %", 100.0 * point.x))) }
    };
    Ok(frame.figure(chart.id, chart.title, &described(curves), &marks))
}

fn vertical(chart: &CurveChart<'_>, curves: &[Curve]) -> Axis {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let ends = points().flat_map(|point| [point.low, point.high]).chain(chart.level.map(|(level, _)| level));
    match chart.measured {
        Measured::Correlation => Axis::around(chart.vertical, ends).within(-1.0, 1.0),
        Measured::Part => Axis::around(chart.vertical, ends).within(0.0, 1.0).percent(true),
        Measured::Error { percent } => Axis::from_zero(chart.vertical, ends.fold(0.0, f64::max)).percent(percent),
    }
}

impl Measured {
    fn write(self, value: f64) -> String {
        match self {
            Self::Correlation => format!("{value:.3}"),
            Self::Part => format!("{:.1} %", 100.0 * value),
            Self::Error { percent: true } => format!("{:.3} %", 100.0 * value),
            Self::Error { percent: false } => format!("{value:.4}"),
        }
    }
}

fn level(frame: &Frame, level: Option<(f64, &str)>) -> Markup {
    html! {
        @if let Some((level, name)) = level {
            @let (axis, y) = (frame.x_axis(), px(frame.y(level)));
            line.diagonal x1=(px(frame.x(axis.low))) x2=(px(frame.x(axis.high))) y1=(y) y2=(y) { title { (name) } }
        }
    }
}

fn line(
    frame: &Frame,
    curve: &Curve,
    measured: Measured,
    x: &dyn Fn(&CurvePoint) -> f64,
    place: &dyn Fn(&CurvePoint) -> String,
) -> Markup {
    let points: Vec<String> = curve.points.iter().map(|point| format!("{} {}", px(x(point)), px(frame.y(point.value)))).collect();
    html! {
        @if !points.is_empty() { path.strategy.(curve.colour) d=(format!("M{}", points.join("L"))) { title { (curve.name) } } }
        g.points.(curve.colour) {
            @for point in &curve.points {
                circle cx=(px(x(point))) cy=(px(frame.y(point.value))) r="3.5" {
                    title {
                        (curve.name) ", " (place(point)) ": " (measured.write(point.value)) ", " (measured.write(point.low)) " to "
                        (measured.write(point.high))
                    }
                }
            }
        }
    }
}

fn band(frame: &Frame, curve: &Curve, x: &dyn Fn(&CurvePoint) -> f64) -> String {
    let corner = |point: &CurvePoint, value: f64| format!("{} {}", px(x(point)), height(frame, value));
    let upper = curve.points.iter().map(|point| corner(point, point.high));
    let lower = curve.points.iter().rev().map(|point| corner(point, point.low));
    let corners: Vec<String> = upper.chain(lower).collect();
    if corners.is_empty() { String::new() } else { format!("M{}Z", corners.join("L")) }
}

/// Where a value lies, or the edge beyond which it lies.
fn height(frame: &Frame, value: f64) -> String {
    px(frame.y(value.clamp(frame.y_axis().low, frame.y_axis().high)))
}

fn described(curves: &[Curve]) -> String {
    let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
    format!("{}.", names.join(", "))
}
