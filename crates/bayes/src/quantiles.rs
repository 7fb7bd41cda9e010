/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The quantile `at` in [0, 1], linear between neighbours (type 7 of Hyndman and Fan, 1996, the default of R and NumPy); `None` of
/// nothing.
pub fn quantile(values: &[f64], at: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = at.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_numpy() {
        let values = [7.0, 1.0, 3.0, 10.0];
        // numpy.quantile([7, 1, 3, 10], [0, 0.1, 0.25, 0.5, 0.9, 1])
        let expected = [1.0, 1.6, 2.5, 5.0, 9.1, 10.0];
        for (at, expected) in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0].into_iter().zip(expected) {
            assert!((quantile(&values, at).expect("values") - expected).abs() < 1e-12, "{at}");
        }
        assert_eq!((mean(&values), mean(&[]), quantile(&[], 0.5)), (Some(5.25), None, None));
    }
}
