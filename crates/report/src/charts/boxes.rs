use super::{Axis, Frame, HALF, Size, px};
use crate::ReportError;
use crate::comparison::colour;
use bonas_bayes::{mean, quantile};
use maud::{Markup, html};

/// Height of one row.
const ROW: u32 = 58;
/// Height of what is around the rows.
const AROUND: u32 = 26 + 50;

/// A strategy and its values, one for each search.
pub(crate) struct BoxRow {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// Box plots in rows, less is better: quartiles, whiskers to the 5 % and 95 % quantiles, a dot for the mean. A budget is marked by a
/// line.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn boxes(rows: &[BoxRow], title: &str, id: &str, budget: Option<usize>) -> Result<Markup, ReportError> {
    let values = rows.iter().flat_map(|row| row.values.iter().copied()).chain(budget.map(|budget| budget as f64));
    let x = Axis::from_zero(title, values.fold(0.0, f64::max));
    let size = Size { height: AROUND + ROW * rows.len() as u32, ..HALF };
    let frame = Frame::draw(size, x, Axis::rows("", rows.len()))?;
    let marks = html! {
        @if let Some(budget) = budget {
            path.diagonal d=(format!("M{} {}V{}", px(frame.x(budget as f64)), px(frame.top()), px(frame.bottom()))) {
                title { "the budget" }
            }
        }
        @for (place, row) in rows.iter().enumerate() { (drawn(&frame, place, row)) }
    };
    let description = format!("{} strategies.", rows.len());
    Ok(frame.figure(id, &format!("Box plots: {title}"), &description, &marks))
}

fn drawn(frame: &Frame, place: usize, row: &BoxRow) -> Markup {
    let top = frame.top() + f64::from(ROW) * place as f64;
    let (label, middle) = (top + 17.0, top + 37.0);
    let value = |at: f64| quantile(&row.values, at).unwrap_or_default();
    let at = |at: f64| frame.x(value(at));
    html! {
        text.row-name x=(px(frame.x(0.0) + 4.0)) y=(px(label)) { (row.name) }
        @if let Some(mean) = mean(&row.values) {
            g.box.(colour(place)) {
                title { (row.name) ": median " (format!("{:.4}", value(0.5))) ", mean " (format!("{mean:.4}")) }
                path d=(format!(
                    "M{} {middle}H{}M{} {middle}H{}", px(at(0.05)), px(at(0.25)), px(at(0.75)), px(at(0.95)))) {}
                rect x=(px(at(0.25))) y=(px(middle - 9.0)) width=(px((at(0.75) - at(0.25)).max(1.0))) height="18" rx="2" {}
                path.median d=(format!("M{} {}V{}", px(at(0.5)), px(middle - 9.0), px(middle + 9.0))) {}
                circle cx=(px(frame.x(mean))) cy=(px(middle)) r="3.5" {}
            }
        }
    }
}
