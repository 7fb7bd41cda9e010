//! How numbers are written for people.

use crate::ScoreNotation;

impl ScoreNotation {
    /// A score with its unit.
    pub(crate) fn write(self, score: f64) -> String {
        match self {
            Self::Percent => percent(score),
            Self::Plain => plain(score),
        }
    }
}

/// A fraction as a percentage with two decimals; the unit never stands on a line of its own.
pub(crate) fn percent(fraction: f64) -> String {
    // Adding zero turns a negative zero into a positive one.
    format!("{:.2}\u{a0}%", (fraction * 1e4).round() / 1e2 + 0.0)
}

/// A number with four decimals where these say something, and in powers of ten elsewhere.
pub(crate) fn plain(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    format!("{:.4}", value + 0.0)
}

/// A count with thin spaces between groups of three digits.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A count and the noun it counts.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// A number of epochs, which may be a fraction.
pub(crate) fn epochs(number: f64) -> String {
    if number == 1.0 { "1 epoch".into() } else { format!("{number} epochs") }
}

/// A large count in thousands, millions or billions.
pub(crate) fn magnitude(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{:.1} k", number as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} M", number as f64 / 1e6),
        _ => format!("{:.2} G", number as f64 / 1e9),
    }
}

/// A duration in the two largest units that matter.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1e3);
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d {} h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(percent(0.913), "91.30\u{a0}%");
        assert_eq!(percent(-0.00001), "0.00\u{a0}%");
        assert_eq!(plain(-0.25), "-0.2500");
        assert_eq!(plain(0.0), "0.0000");
        assert_eq!(plain(-1e9), "-1.000e9");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(12), "12");
        assert_eq!(counted(1, "query", "queries"), "1 query");
        assert_eq!(counted(0, "query", "queries"), "0 queries");
        assert_eq!([0.5, 1.0, 2.0].map(epochs), ["0.5 epochs", "1 epoch", "2 epochs"]);
        assert_eq!(magnitude(3_349_342), "3.35 M");
    }

    #[test]
    fn durations_keep_two_units() {
        for (seconds, text) in [
            (0.0, "0 ms"),
            (0.25, "250 ms"),
            (12.34, "12.3 s"),
            (59.97, "1 min 0 s"),
            (245.0, "4 min 5 s"),
            (7_260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
