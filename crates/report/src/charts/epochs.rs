use super::{Axis, Frame, HALF, px};
use crate::notation::{percent, plain};
use crate::{EpochEntry, ReportError};
use maud::{Markup, html};

/// Longer curves carry no dots: they would hide the line.
const DOTTED: usize = 60;

/// Validation accuracy, losses and learning rate over epochs: three quantities, three axes.
///
/// # Errors
/// When a frame cannot be drawn.
pub(crate) fn epochs(entries: &[EpochEntry]) -> Result<Markup, ReportError> {
    let line = |name, class, value: fn(&EpochEntry) -> f64| Line {
        name,
        class,
        points: entries.iter().map(|entry| (entry.epoch, value(entry))).collect(),
    };
    let accuracy = line("validation", "curve", |entry| entry.accuracy);
    let [loss, train_loss] =
        [line("validation", "curve", |entry| entry.loss), line("training", "curve train", |entry| entry.train_loss)];
    let rate = line("learning rate", "curve", |entry| entry.learning_rate);
    let accuracies = Axis::around("validation accuracy", accuracy.values()).within(0.0, 1.0).percent(true);
    let losses = Axis::around("loss", loss.values().chain(train_loss.values()).collect::<Vec<_>>().into_iter());
    let rates = Axis::around("learning rate", rate.values());
    Ok(html! {
        div.pair {
            (chart("chart-accuracy", accuracies, &[accuracy], percent)?)
            (chart("chart-loss", losses, &[train_loss, loss], plain)?)
            (chart("chart-rate", rates, &[rate], rate_text)?)
        }
        p.legend {
            span { i.swatch.curve-mark {} "on the validation images" }
            span { i.swatch.train-mark {} "loss of the training steps, with all that the recipe adds" }
        }
    })
}

/// A quantity over epochs.
struct Line {
    name: &'static str,
    class: &'static str,
    points: Vec<(usize, f64)>,
}

impl Line {
    fn values(&self) -> std::vec::IntoIter<f64> {
        self.points.iter().map(|&(_, value)| value).collect::<Vec<_>>().into_iter()
    }
}

fn rate_text(rate: f64) -> String {
    format!("{rate:.6}")
}

fn chart(id: &str, y: Axis, lines: &[Line], write: fn(f64) -> String) -> Result<Markup, ReportError> {
    let numbers = || lines.iter().flat_map(|line| &line.points).map(|&(epoch, _)| epoch);
    let x = Axis::counting("epoch", numbers().min().unwrap_or(1), numbers().max().unwrap_or(1));
    let frame = Frame::draw(HALF, x, y)?;
    let marks = html! { @for line in lines { (curve(line, &frame, write)) } };
    let last = lines.last().and_then(|line| line.points.last());
    let last = last.map(|&(epoch, value)| format!("{} after epoch {epoch}.", write(value))).unwrap_or_default();
    Ok(frame.figure(id, &format!("{} over epochs", frame.y_axis().title), &last, &marks))
}

fn curve(line: &Line, frame: &Frame, write: fn(f64) -> String) -> Markup {
    let Line { name, class, points } = line;
    let places: Vec<_> = points.iter().map(|&(epoch, value)| (px(frame.x(epoch as f64)), px(frame.y(value)))).collect();
    let path: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        polyline class=(class) points=(path.join(" ")) {}
        @for ((x, y), &(epoch, value)) in places.iter().zip(points) {
            circle.epoch.quiet[points.len() > DOTTED].train[*class != "curve"] cx=(x) cy=(y) r="3.5" {
                title { "epoch " (epoch) ", " (name) ": " (write(value)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(usize, f64, f64)]) -> String {
        let entries: Vec<_> = points
            .iter()
            .map(|&(epoch, loss, accuracy)| EpochEntry {
                epoch,
                train_loss: 2.0 * loss.clamp(-1e99, 1e99),
                learning_rate: 0.025,
                loss,
                accuracy,
            })
            .collect();
        epochs(&entries).expect("drawn").into_string()
    }

    #[test]
    fn all_curves_have_every_epoch() {
        let charts = drawn(&[(1, 1.5, 0.4), (2, 1.0, 0.6), (3, 0.8, 0.7)]);
        assert_eq!(charts.matches("<circle").count(), 12);
        for text in ["epoch 3, validation: 70.00\u{a0}%", "epoch 3, validation: 0.8000", "epoch 3, training: 1.6000"] {
            assert!(charts.contains(text), "{text}: {charts}");
        }
        assert!(charts.contains("epoch 1, learning rate: 0.025000"));
    }

    #[test]
    fn a_short_a_flat_and_an_extreme_curve_are_drawn() {
        for points in [&[][..], &[(1, 0.0, 1.0)], &[(1, 2.3, 0.1), (2, 2.3, 0.1)], &[(1, 1e100, 0.0), (2, -1e100, 1.0)]] {
            let charts = drawn(points);
            assert_eq!(charts.matches("<polyline class=\"curve").count(), 4);
            assert!(!charts.contains("NaN") && !charts.contains("inf"), "{charts}");
        }
    }
}
