use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// Least share of its largest value that an axis shows at either side: ticks of a narrower one would be all decimals.
const NARROWEST: f64 = 1e-3;

/// The same share where all values are equal, and the axis only shows where they lie.
const FLAT: f64 = 1e-2;

/// Around values this close to zero an axis simply goes from -1 to 1.
const ZERO: f64 = 1e-9;

/// Share of a logarithmic axis between two ticks that their labels need.
const NEAREST: f64 = 0.07;

/// Share of an axis left free at both ends.
const PADDING: f64 = 0.05;

/// One axis: its range, where its ticks are, and how they are written. The range is never empty.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) title: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
    percent: bool,
    /// Whether values are the logarithms to the base 10 of what is written.
    logarithmic: bool,
}

impl Axis {
    /// An axis around these values, with some air; from 0 to 1 without any. Values are finite.
    pub(super) fn around(title: impl Into<String>, values: impl Iterator<Item = f64>) -> Self {
        let range = values.fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        });
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let magnitude = low.abs().max(high.abs());
        let air = match high - low {
            _ if magnitude < ZERO => 1.0,
            0.0 => FLAT * magnitude,
            span => (span * PADDING).max(NARROWEST * magnitude),
        };
        Self::between(title, low - air, high + air)
    }

    /// An axis from one value to a larger one.
    pub(super) fn between(title: impl Into<String>, low: f64, high: f64) -> Self {
        let ticks = RangedCoordf64::from(low..high).key_points(8);
        Self { title: title.into(), low, high, ticks, percent: false, logarithmic: false }
    }

    /// An axis from zero to a little above the largest value.
    pub(super) fn from_zero(title: impl Into<String>, highest: f64) -> Self {
        Self::between(title, 0.0, if highest > 0.0 { highest * (1.0 + PADDING) } else { 1.0 })
    }

    /// An axis that counts from `first` to `last` and has ticks at whole numbers only.
    pub(super) fn counting(title: impl Into<String>, first: usize, last: usize) -> Self {
        let mut axis = Self::between(title, first as f64 - 0.5, last.max(first) as f64 + 0.5);
        axis.ticks.retain(|tick| (tick - tick.round()).abs() < 1e-6);
        axis
    }

    /// A logarithmic axis of positive numbers, with ticks at these numbers alone, as far as there is room for them. Places on it are
    /// logarithms to the base 10.
    pub(super) fn sizes(title: impl Into<String>, sizes: impl Iterator<Item = f64>) -> Self {
        let mut places: Vec<f64> = sizes.filter(|&size| size > 0.0).map(f64::log10).collect();
        places.sort_by(f64::total_cmp);
        let axis = match (places.first(), places.last()) {
            (Some(low), Some(high)) if low < high => {
                Self::between(title, low - PADDING * (high - low), high + PADDING * (high - low))
            }
            (Some(only), _) => Self::between(title, only - 0.5, only + 0.5),
            (None, _) => Self::between(title, 0.0, 1.0),
        };
        let room = NEAREST * (axis.high - axis.low);
        places.dedup_by(|next, kept| *next - *kept < room);
        Self { ticks: places, logarithmic: true, ..axis }
    }

    /// An axis of rows without ticks: whoever draws a row names it.
    pub(super) fn rows(title: impl Into<String>, rows: usize) -> Self {
        Self { ticks: Vec::new(), ..Self::between(title, 0.0, rows.max(1) as f64) }
    }

    /// The same axis, written in percent.
    pub(super) fn percent(mut self, percent: bool) -> Self {
        self.percent = percent;
        self
    }

    /// The same axis, cut off where values can't be.
    pub(super) fn within(self, low: f64, high: f64) -> Self {
        let percent = self.percent;
        Self::between(self.title, self.low.max(low), self.high.min(high)).percent(percent)
    }

    /// Where a value lies between two pixels, as a linear map.
    pub(super) fn place(&self, value: f64, (from, to): (i32, i32)) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        f64::from(from) + share * f64::from(to - from)
    }

    /// What is written at a tick.
    pub(super) fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            return format!("{:.0}", 10_f64.powf(tick));
        }
        let (scale, unit) = if self.percent { (100.0, " %") } else { (1.0, "") };
        let step = self.ticks.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(self.high - self.low) * scale;
        let value = tick * scale;
        if value.abs().max(step) >= 1e6 || step < 1e-5 {
            return format!("{value:.2e}{unit}");
        }
        let decimals = (-step.log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
        // Ticks are sums of steps: zero may come out as a tiny negative number, which would be written with its sign.
        let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
        format!("{value:.decimals$}{unit}")
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.place(*value, limit).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, tick: &f64) -> String {
        self.label(*tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| axis.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers_and_written_with_as_many_decimals_as_they_need() {
        assert_eq!(labels(&Axis::between("", 0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let accuracy = Axis::between("", 0.78, 0.91).percent(true);
        assert_eq!(labels(&accuracy), ["78 %", "80 %", "82 %", "84 %", "86 %", "88 %", "90 %"]);
    }

    #[test]
    fn counts_have_whole_ticks_only() {
        assert_eq!(labels(&Axis::counting("", 1, 1)), ["1"]);
        assert_eq!(labels(&Axis::counting("", 1, 3)), ["1", "2", "3"]);
        assert_eq!(labels(&Axis::counting("", 1, 80)), ["10", "20", "30", "40", "50", "60", "70", "80"]);
    }

    #[test]
    fn sizes_are_written_where_there_is_room() {
        assert_eq!(labels(&Axis::sizes("", [469.0, 78.0, 156.0].into_iter())), ["78", "156", "469"]);
        assert_eq!(labels(&Axis::sizes("", [10.0, 11.0, 1000.0].into_iter())), ["10", "1000"]);
        let single = Axis::sizes("", [85.0].into_iter());
        assert_eq!(labels(&single), ["85"]);
        assert!(single.low < 85_f64.log10() && 85_f64.log10() < single.high);
        assert!(labels(&Axis::sizes("", std::iter::empty())).is_empty());
    }

    #[test]
    fn a_single_value_is_in_the_middle_of_an_axis_that_can_be_read() {
        let axis = Axis::around("", [0.8133].into_iter()).percent(true);
        assert_eq!(labels(&axis), ["80.6 %", "80.8 %", "81.0 %", "81.2 %", "81.4 %", "81.6 %", "81.8 %", "82.0 %"]);
        assert_eq!(labels(&Axis::around("", [0.0].into_iter())), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
    }

    #[test]
    fn no_range_is_empty_and_no_label_a_nan() {
        let cases: [&[f64]; 8] =
            [&[], &[0.0], &[0.9, 0.9], &[-1e100, 1e100], &[1e100], &[5e-324], &[1.0, 1.0 + 1e-15], &[-3.0, 4.0]];
        for values in cases {
            let axis = Axis::around("", values.iter().copied());
            assert!(axis.low < axis.high && axis.low.is_finite() && axis.high.is_finite(), "{axis:?}");
            assert!(!axis.ticks.is_empty() && axis.ticks.len() <= 8, "{axis:?}");
            assert!(labels(&axis).iter().all(|label| !label.contains("NaN") && !label.contains("inf")));
            assert!(values.iter().all(|&value| axis.low <= value && value <= axis.high));
        }
    }

    #[test]
    fn a_cut_axis_stays_within_its_bounds() {
        let axis = Axis::around("", [0.0, 1.0].into_iter()).within(0.0, 1.0);
        assert_eq!((axis.low, axis.high), (0.0, 1.0));
        assert_eq!(Axis::from_zero("", 0.0).high, 1.0);
    }
}
