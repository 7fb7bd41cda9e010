/// Distance that [`logit`] keeps from 0 and 1, so that targets of exactly 0 or 1 have a finite logit (±13.8).
pub const LOGIT_MARGIN: f64 = 1e-6;

/// The logistic sigmoid, `1 / (1 + exp(-x))`, without overflow at either end.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        return 1.0 / (1.0 + (-x).exp());
    }
    let exp = x.exp();
    exp / (1.0 + exp)
}

/// The inverse of [`sigmoid`], `ln(t / (1 - t))`, with `t` clamped to `[LOGIT_MARGIN, 1 - LOGIT_MARGIN]`.
///
/// A network that is right on every image has the target 1, whose logit is infinite; clamped, it stays an observation. NaN
/// stays NaN.
pub fn logit(t: f64) -> f64 {
    let t = t.clamp(LOGIT_MARGIN, 1.0 - LOGIT_MARGIN);
    (t / (1.0 - t)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logit_inverts_sigmoid() {
        for x in [-12.0, -2.5, -0.1, 0.0, 1e-9, 3.0, 12.0] {
            assert!((logit(sigmoid(x)) - x).abs() < 1e-9, "{x}");
        }
    }

    #[test]
    fn extremes_stay_finite() {
        assert_eq!((sigmoid(-1e4), sigmoid(1e4)), (0.0, 1.0));
        assert!((logit(1.0) - 13.8155).abs() < 1e-3 && (logit(0.0) + 13.8155).abs() < 1e-3);
        assert!(logit(f64::NAN).is_nan());
    }
}
