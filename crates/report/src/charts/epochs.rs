use super::{Axis, Frame, HALF, px};
use crate::notation::{percent, plain};
use crate::{EpochEntry, ReportError};
use maud::{Markup, html};

/// Longer curves carry no dots: they would hide the line.
const DOTTED: usize = 60;

/// Validation accuracy and validation loss over epochs, one chart each: two quantities, two axes.
///
/// # Errors
/// When a frame cannot be drawn.
pub(crate) fn epochs(entries: &[EpochEntry]) -> Result<Markup, ReportError> {
    let accuracies: Vec<_> = entries.iter().map(|entry| (entry.epoch, entry.accuracy)).collect();
    let losses: Vec<_> = entries.iter().map(|entry| (entry.epoch, entry.loss)).collect();
    let values = |points: &[(usize, f64)]| points.iter().map(|&(_, value)| value).collect::<Vec<_>>().into_iter();
    let accuracy = Axis::around("validation accuracy", values(&accuracies)).within(0.0, 1.0).percent(true);
    let loss = Axis::around("validation loss", values(&losses));
    Ok(html! {
        div.pair {
            (curve("chart-accuracy", accuracy, &accuracies, percent)?)
            (curve("chart-loss", loss, &losses, plain)?)
        }
    })
}

fn curve(id: &str, y: Axis, points: &[(usize, f64)], write: fn(f64) -> String) -> Result<Markup, ReportError> {
    let numbers = || points.iter().map(|&(epoch, _)| epoch);
    let x = Axis::counting("epoch", numbers().min().unwrap_or(1), numbers().max().unwrap_or(1));
    let frame = Frame::draw(HALF, x, y)?;
    let places: Vec<_> = points.iter().map(|&(epoch, value)| (px(frame.x(epoch as f64)), px(frame.y(value)))).collect();
    let line: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let marks = html! {
        polyline.curve points=(line.join(" ")) {}
        @for ((x, y), &(epoch, value)) in places.iter().zip(points) {
            circle.epoch.quiet[points.len() > DOTTED] cx=(x) cy=(y) r="3.5" { title { "epoch " (epoch) ": " (write(value)) } }
        }
    };
    let last = points.last().map(|&(epoch, value)| format!("{} after epoch {epoch}.", write(value))).unwrap_or_default();
    Ok(frame.figure(id, &format!("{} over epochs", frame.y_axis().title), &last, &marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(usize, f64, f64)]) -> String {
        let entries: Vec<_> = points.iter().map(|&(epoch, loss, accuracy)| EpochEntry { epoch, loss, accuracy }).collect();
        epochs(&entries).expect("drawn").into_string()
    }

    #[test]
    fn both_curves_have_every_epoch() {
        let charts = drawn(&[(1, 1.5, 0.4), (2, 1.0, 0.6), (3, 0.8, 0.7)]);
        assert_eq!(charts.matches("<circle").count(), 6);
        assert!(charts.contains("epoch 3: 70.00\u{a0}%") && charts.contains("epoch 3: 0.8000"));
    }

    #[test]
    fn a_short_a_flat_and_an_extreme_curve_are_drawn() {
        for points in [&[][..], &[(1, 0.0, 1.0)], &[(1, 2.3, 0.1), (2, 2.3, 0.1)], &[(1, 1e100, 0.0), (2, -1e100, 1.0)]] {
            let charts = drawn(points);
            assert_eq!(charts.matches("<polyline class=\"curve\"").count(), 2);
            assert!(!charts.contains("NaN") && !charts.contains("inf"), "{charts}");
        }
    }
}
