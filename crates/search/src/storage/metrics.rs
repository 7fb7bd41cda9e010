//! Metrics as a JSON object. JSON has no NaN and no infinity, so these are written as strings and read back as numbers.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) fn to_json(metrics: &BTreeMap<String, f64>) -> String {
    let value = |&number: &f64| if number.is_finite() { Value::from(number) } else { Value::from(number.to_string()) };
    let object: Map<_, _> = metrics.iter().map(|(name, number)| (name.clone(), value(number))).collect();
    Value::Object(object).to_string()
}

pub(super) fn from_json(text: &str) -> Result<BTreeMap<String, f64>, String> {
    let object: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| format!("metrics: {error}"))?;
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let entry = |(name, value)| number(&value).map(|number| (name, number)).ok_or_else(|| format!("metric {value} is no number"));
    object.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_as_it_was_written() {
        let numbers = [0.1 + 0.2, -0.0, 1e-308, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, 3.0, 2.0 / 3.0];
        let metrics: BTreeMap<_, _> = numbers.iter().enumerate().map(|(place, &number)| (format!("m{place}"), number)).collect();
        let read = from_json(&to_json(&metrics)).expect("valid");
        let bits = |metrics: &BTreeMap<String, f64>| metrics.values().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&metrics));
        let nan = from_json(&to_json(&BTreeMap::from([("x".into(), f64::NAN)]))).expect("valid");
        assert!(nan["x"].is_nan());
    }

    #[test]
    fn anything_but_numbers_is_refused() {
        assert!(from_json("[1]").is_err());
        assert!(from_json(r#"{"x": "many"}"#).is_err());
        assert!(from_json(r#"{"x": null}"#).is_err());
    }
}
