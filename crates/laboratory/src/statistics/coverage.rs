use std::f64::consts::SQRT_2;

/// Part of some standardised outcomes that lies in the central interval of this probability of a standard normal distribution: those
/// with `P(|Z| ≤ |z|) ≤ probability`. 0 of nothing.
pub fn coverage(standardised: &[f64], probability: f64) -> f64 {
    let inside = standardised.iter().filter(|value| libm::erf(value.abs() / SQRT_2) <= probability).count();
    inside as f64 / standardised.len().max(1) as f64
}

/// Mean absolute difference of two lists of one length; 0 of nothing.
pub fn mean_absolute_error(predicted: &[f64], observed: &[f64]) -> f64 {
    let total: f64 = predicted.iter().zip(observed).map(|(predicted, observed)| (predicted - observed).abs()).sum();
    total / predicted.len().max(1) as f64
}

/// The rank in (0, 1) that a new score has among `sorted` ones and itself, `(i + ½) / (N + 1)` with i of the N below it; of equals,
/// half are below. It is the scale of `(i + ½) / N`, the ranks of N scores among themselves.
pub fn rank_among(sorted: &[f64], score: f64) -> f64 {
    let below = sorted.partition_point(|&other| other < score);
    let not_above = sorted.partition_point(|&other| other <= score);
    ((below + not_above) as f64 / 2.0 + 0.5) / (sorted.len() + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_the_normal_distribution() {
        // Two-sided quantiles: 0.674490 at 50 %, 1.281552 at 80 %, 1.959964 at 95 %.
        for (probability, bound) in [(0.5, 0.674_490), (0.8, 1.281_552), (0.95, 1.959_964)] {
            let found = coverage(&[bound - 1e-5, -bound + 1e-5, bound + 1e-5, -bound - 1e-5, f64::INFINITY], probability);
            assert_eq!(found, 0.4, "{probability}");
        }
        assert_eq!(coverage(&[0.0], 0.5), 1.0);
    }

    #[test]
    fn evenly_spaced_quantiles_are_covered_as_they_say() {
        // Normal quantiles of (i + ½) / 1000, by bisection of the distribution function.
        let quantile = |at: f64| {
            let below = |value: f64| 0.5 * libm::erfc(-value / SQRT_2) < at;
            let step = |(low, high): (f64, f64)| {
                let middle = (low + high) / 2.0;
                if below(middle) { (middle, high) } else { (low, middle) }
            };
            (0..60).fold((-10.0, 10.0), |bounds, _| step(bounds)).0
        };
        let values: Vec<f64> = (0..1000).map(|place| quantile((f64::from(place) + 0.5) / 1000.0)).collect();
        for probability in [0.5, 0.8, 0.95] {
            assert!((coverage(&values, probability) - probability).abs() < 1e-9, "{probability}");
        }
    }

    #[test]
    fn errors_and_ranks_by_hand() {
        assert_eq!(mean_absolute_error(&[1.0, 2.0], &[3.0, 1.0]), 1.5);
        let sorted = [1.0, 2.0, 2.0, 5.0];
        let ranks = [0.0, 1.5, 2.0, 5.0, 9.0].map(|score| rank_among(&sorted, score));
        assert_eq!(ranks, [0.5, 1.5, 2.5, 4.0, 4.5].map(|rank| rank / 5.0));
    }
}
