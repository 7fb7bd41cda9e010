use super::average_ranks;

/// Most differences for which every assignment of signs is counted; beyond, a Gaussian is as good.
const MOST_EXACT: usize = 200;

/// The outcome of a signed-rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// Differences that are not zero; only they say something.
    pub differences: usize,
    /// Sum of the ranks of the positive ones.
    pub positive: f64,
    /// Two-sided probability of such a sum, or one further from the middle, if signs are a matter of chance.
    pub p_value: f64,
}

/// Wilcoxon's signed-rank test of paired differences (F. Wilcoxon, *Individual comparisons by ranking methods*, 1945).
///
/// Zeros are left out, equal sizes share their ranks. Up to 200 differences the p-value is exact: all assignments of signs to the
/// ranks as they are, ties included, are counted. Beyond, it is that of a Gaussian whose variance is corrected for ties, without
/// continuity correction. Without any difference the p-value is 1.
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    let nonzero: Vec<f64> = differences.iter().copied().filter(|&difference| difference != 0.0).collect();
    let ranks = average_ranks(&nonzero, |left, right| left.abs().total_cmp(&right.abs()));
    let positive: f64 = nonzero.iter().zip(&ranks).filter(|(difference, _)| **difference > 0.0).map(|(_, rank)| rank).sum();
    let p_value = match nonzero.len() {
        0 => 1.0,
        1..=MOST_EXACT => exact(&ranks, positive),
        _ => gaussian(&ranks, positive),
    };
    SignedRank { differences: nonzero.len(), positive, p_value }
}

/// Counts in half ranks, which are whole numbers. `chance[s]` is the probability of the sum `s`.
fn exact(ranks: &[f64], positive: f64) -> f64 {
    let halves = |rank: f64| (2.0 * rank).round() as usize;
    let total: usize = ranks.iter().map(|&rank| halves(rank)).sum();
    let mut chance = vec![0.0; total + 1];
    chance[0] = 1.0;
    let mut reached = 0;
    for step in ranks.iter().map(|&rank| halves(rank)) {
        reached += step;
        for sum in (0..=reached).rev() {
            let with = if sum >= step { chance[sum - step] } else { 0.0 };
            chance[sum] = 0.5 * (chance[sum] + with);
        }
    }
    let sum = halves(positive);
    let (below, above): (f64, f64) = (chance[..=sum].iter().sum(), chance[sum..].iter().sum());
    (2.0 * below.min(above)).min(1.0)
}

/// Given the ranks, the sum has the mean Σr/2 and the variance Σr²/4.
fn gaussian(ranks: &[f64], positive: f64) -> f64 {
    let mean = ranks.iter().sum::<f64>() / 2.0;
    let stddev = (ranks.iter().map(|rank| rank * rank).sum::<f64>() / 4.0).sqrt();
    libm::erfc((positive - mean).abs() / stddev / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_exact() {
        // Darwin's plants (Fisher 1935), and a sample of our own: scipy.stats.wilcoxon(d, method="exact").
        let darwin = [6., 8., 14., 16., 23., 24., 28., 29., 41., -48., 49., 56., 60., -67., 75.];
        let test = signed_rank(&darwin);
        assert_eq!((test.differences, test.positive, test.p_value), (15, 96.0, 0.041259765625));
        let other = [3., -1., 2., 4., -5., 6., 7., -8., 9., 10.5, -11., 12.];
        assert_eq!(signed_rank(&other).p_value, 0.30126953125);
    }

    #[test]
    fn zeros_are_left_out_and_ties_are_counted_as_they_are() {
        // All 2^10 assignments counted one by one: scipy's PermutationMethod(n_resamples=inf).
        let test = signed_rank(&[1., -1., 2., 2., -3., 4., 4., 5., 0., 6., 0., -2.]);
        assert_eq!((test.differences, test.positive), (10, 43.5));
        assert!((test.p_value - 0.119140625).abs() < 1e-12, "{}", test.p_value);
        assert_eq!(signed_rank(&[0.0, 0.0]), SignedRank { differences: 0, positive: 0.0, p_value: 1.0 });
        assert_eq!(signed_rank(&[1.0]).p_value, 1.0);
    }

    #[test]
    fn large_samples_follow_a_gaussian() {
        // scipy.stats.wilcoxon(d, method="approx", correction=False)
        let many: Vec<f64> = (0..300).map(|index| f64::from((index * 7919) % 211 - 90)).collect();
        let test = signed_rank(&many);
        assert_eq!(test.differences, 299);
        assert!((test.p_value / 0.00012541530889069414 - 1.0).abs() < 1e-9, "{}", test.p_value);
        // Both ways agree where they meet.
        let some = &many[..180];
        let ranks = average_ranks(some, |left, right| left.abs().total_cmp(&right.abs()));
        let positive = signed_rank(some).positive;
        assert!((exact(&ranks, positive) - gaussian(&ranks, positive)).abs() < 2e-3);
    }
}
