/// 97.5 % quantile of the standard normal distribution: two sides of it leave 95 % between them.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a proportion observed in `count` draws (Wilson, *JASA* 22, 1927):
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
///
/// Unlike p ± z·√(p(1−p)/n) it stays within [0, 1] and has a width at p = 0 and p = 1. `None` without draws, or with a
/// proportion that is none.
pub fn wilson_interval(proportion: f64, count: u64) -> Option<(f64, f64)> {
    if count == 0 || !(0.0..=1.0).contains(&proportion) {
        return None;
    }
    let n = count as f64;
    let z2 = QUANTILE * QUANTILE;
    let centre = proportion + z2 / (2.0 * n);
    let half = QUANTILE * (proportion * (1.0 - proportion) / n + z2 / (4.0 * n * n)).sqrt();
    let norm = 1.0 + z2 / n;
    Some((((centre - half) / norm).max(0.0), ((centre + half) / norm).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_interval(proportion: f64, count: u64, low: f64, high: f64) {
        let found = wilson_interval(proportion, count).expect("defined");
        assert!((found.0 - low).abs() < 1e-6 && (found.1 - high).abs() < 1e-6, "{found:?} is not ({low}, {high})");
    }

    #[test]
    fn the_interval_is_where_the_quadratic_equation_of_the_score_test_puts_it() {
        // The bounds solve (p̂ − p)² = z² p (1 − p) / n.
        for (proportion, count) in [(0.5, 100), (0.928, 2000), (0.1, 10)] {
            let (low, high) = wilson_interval(proportion, count).expect("defined");
            for bound in [low, high] {
                let gap = (proportion - bound).powi(2) - QUANTILE * QUANTILE * bound * (1.0 - bound) / count as f64;
                assert!(gap.abs() < 1e-12, "{gap}");
            }
            assert!(low < proportion && proportion < high);
        }
    }

    #[test]
    fn known_intervals() {
        assert_interval(0.5, 100, 0.403_832, 0.596_168);
        // At the ends the other bound is z²/(n + z²) away.
        assert_interval(0.0, 10, 0.0, 0.277_533);
        assert_interval(1.0, 10, 0.722_467, 1.0);
    }

    #[test]
    fn no_draws_no_interval() {
        assert_eq!(wilson_interval(0.5, 0), None);
        assert_eq!(wilson_interval(f64::NAN, 10), None);
        assert_eq!(wilson_interval(1.1, 10), None);
    }
}
