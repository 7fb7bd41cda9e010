use std::fmt::Display;
use std::ops::RangeInclusive;
use thiserror::Error;

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} must be in [{low}, {high}], but is {value}")]
pub struct RangeError {
    /// Which setting, by the path a configuration file uses.
    pub field: &'static str,
    /// The lowest value allowed.
    pub low: String,
    /// The highest value allowed.
    pub high: String,
    /// The value given.
    pub value: String,
}

/// Checks that `value` lies within `range`; NaN lies in no range.
pub(crate) fn check_range<T: PartialOrd + Display>(
    field: &'static str,
    value: &T,
    range: RangeInclusive<T>,
) -> Result<(), RangeError> {
    if range.contains(value) {
        return Ok(());
    }
    let (low, high) = (range.start().to_string(), range.end().to_string());
    Err(RangeError { field, low, high, value: value.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_the_field_its_range_and_its_value() {
        let error = check_range("study.batch_size", &0, 1..=10).expect_err("outside");
        assert_eq!(error.to_string(), "study.batch_size must be in [1, 10], but is 0");
        assert!(check_range("x", &f64::NAN, 0.0..=1.0).is_err());
        assert!(check_range("x", &1.0, 0.0..=1.0).is_ok());
    }
}
