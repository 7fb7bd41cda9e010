use super::{Axis, Frame, WIDE, px};
use crate::notation::duration;
use crate::{PhaseSeconds, ReportError, RoundEntry};
use maud::{Markup, html};

/// Share of a round's room that its bar fills.
const FILLED: f64 = 0.62;

/// Bars are no wider than this, however few rounds there are.
const WIDEST: f64 = 96.0;

/// Time per phase: one stacked bar per round.
///
/// # Errors
/// When the frame cannot be drawn.
pub(crate) fn phases(rounds: &[RoundEntry]) -> Result<Markup, ReportError> {
    let highest = rounds.iter().map(|entry| entry.seconds.total()).fold(0.0, f64::max);
    let unit = Unit::for_seconds(highest);
    let numbers = || rounds.iter().map(|entry| entry.round as usize);
    let x = Axis::counting("round", numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
    let frame = Frame::draw(WIDE, x, Axis::from_zero(unit.name, highest / unit.seconds))?;
    let marks = html! { @for entry in rounds { (bar(&frame, unit, entry)) } };
    let description = format!("{} rounds; the longest took {}.", rounds.len(), duration(highest));
    Ok(frame.figure("chart-phases", "Time per phase, round by round", &description, &marks))
}

#[derive(Clone, Copy)]
struct Unit {
    name: &'static str,
    seconds: f64,
}

impl Unit {
    fn for_seconds(seconds: f64) -> Self {
        match seconds {
            0.0..180.0 => Self { name: "seconds", seconds: 1.0 },
            180.0..10_800.0 => Self { name: "minutes", seconds: 60.0 },
            _ => Self { name: "hours", seconds: 3_600.0 },
        }
    }
}

fn bar(frame: &Frame, unit: Unit, entry: &RoundEntry) -> Markup {
    let middle = frame.x(f64::from(entry.round));
    let width = ((frame.x(1.0) - frame.x(0.0)) * FILLED).min(WIDEST);
    let pieces = entry.seconds.phases().into_iter().scan(0.0, |floor, (phase, seconds)| {
        let bottom = *floor;
        *floor += seconds;
        Some((phase, seconds, frame.y(bottom / unit.seconds), frame.y(*floor / unit.seconds)))
    });
    html! {
        @for (phase, seconds, bottom, top) in pieces.filter(|&(_, seconds, ..)| seconds > 0.0) {
            rect.(phase) x=(px(middle - width / 2.0)) y=(px(top)) width=(px(width)) height=(px(bottom - top)) {
                title { "round " (entry.round) ", " (phase) ": " (duration(seconds)) }
            }
        }
    }
}

impl PhaseSeconds {
    /// The phases in the order they happen, with their names.
    pub(crate) fn phases(&self) -> [(&'static str, f64); 3] {
        [("propose", self.propose), ("evaluate", self.evaluate), ("record", self.record)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(round: u32, propose: f64, evaluate: f64, record: f64) -> RoundEntry {
        RoundEntry { round, seconds: PhaseSeconds { propose, evaluate, record }, correlation: None }
    }

    fn drawn(rounds: &[RoundEntry]) -> String {
        phases(rounds).expect("drawn").into_string()
    }

    #[test]
    fn a_bar_has_a_piece_per_phase_that_took_time() {
        let chart = drawn(&[round(0, 0.0, 60.0, 0.1), round(1, 20.0, 61.0, 0.1)]);
        assert_eq!(
            ["propose", "evaluate", "record"].map(|phase| chart.matches(&format!("rect class=\"{phase}\"")).count()),
            [1, 2, 2]
        );
        assert!(chart.contains("round 1, propose: 20.0 s") && chart.contains(">\nseconds\n<"));
    }

    #[test]
    fn units_follow_the_longest_round() {
        assert!(drawn(&[round(0, 1.0, 600.0, 0.0)]).contains(">\nminutes\n<"));
        assert!(drawn(&[round(0, 1.0, 60_000.0, 0.0)]).contains(">\nhours\n<"));
    }

    #[test]
    fn no_round_no_time_and_extremes_are_drawn() {
        for rounds in [&[][..], &[round(3, 0.0, 0.0, 0.0)], &[round(0, 1e100, 1e100, 1e100), round(u32::MAX, 1e-300, 0.0, 0.0)]] {
            let chart = drawn(rounds);
            assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
        }
    }
}
