use crate::error::{check_finite, check_lengths};
use crate::{BayesError, mean_ranks};
use std::cmp::Ordering;

/// Kendall's rank correlation τ-b of two lists, in [−1, 1], corrected for ties. O(n log n).
///
/// # Errors
/// When the lengths differ, there are fewer than two values, one is not finite, or a list is constant: the correlation is
/// then undefined, and not 0.
pub fn kendall_tau(left: &[f64], right: &[f64]) -> Result<f64, BayesError> {
    check(left, right)?;
    let compare = |a: &f64, b: &f64| a.partial_cmp(b).unwrap_or(Ordering::Equal);
    let result = kendalls::tau_b_with_comparator(left, right, compare);
    let (tau, _significance) =
        result.map_err(|_| BayesError::TooFew { what: "kendall_tau", needed: 2, given: left.len().min(right.len()) })?;
    Ok(tau)
}

/// Spearman's rank correlation of two lists, in [−1, 1]: Pearson's correlation of their mean ranks.
///
/// # Errors
/// As [`kendall_tau`].
pub fn spearman(left: &[f64], right: &[f64]) -> Result<f64, BayesError> {
    check(left, right)?;
    let center = (left.len() - 1) as f64 / 2.0;
    let (left, right) = (mean_ranks(left)?, mean_ranks(right)?);
    let moment = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - center) * (b - center)).sum::<f64>();
    Ok(moment(&left, &right) / (moment(&left, &left) * moment(&right, &right)).sqrt())
}

fn check(left: &[f64], right: &[f64]) -> Result<(), BayesError> {
    check_lengths("the lists of a rank correlation", left.len(), right.len())?;
    if left.len() < 2 {
        return Err(BayesError::TooFew { what: "a rank correlation", needed: 2, given: left.len() });
    }
    for (what, values) in [("left", left), ("right", right)] {
        check_finite(what, values.iter().copied())?;
        if values.iter().all(|&value| value == values[0]) {
            return Err(BayesError::Constant { what, count: values.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use rand::RngExt;

    /// τ-b by its definition, over all pairs.
    fn tau_of_pairs(left: &[f64], right: &[f64]) -> f64 {
        let sign = |values: &[f64], i: usize, j: usize| (values[i] - values[j]).partial_cmp(&0.0).map_or(0.0, |o| o as i8 as f64);
        let pairs = (0..left.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
        let (both, first, second) = pairs.fold((0.0, 0.0, 0.0), |(both, first, second), (i, j)| {
            let (a, b) = (sign(left, i, j), sign(right, i, j));
            (both + a * b, first + a * a, second + b * b)
        });
        both / f64::sqrt(first * second)
    }

    #[test]
    fn kendall_matches_all_pairs_with_and_without_ties() {
        let mut rng = SeedStream::new(1).rng("tau", 0);
        for levels in [2, 5, 1_000_000] {
            let mut draw = || (0..137).map(|_| f64::from(rng.random_range(0..levels))).collect::<Vec<f64>>();
            let (left, right) = (draw(), draw());
            let found = kendall_tau(&left, &right).expect("not constant");
            assert!((found - tau_of_pairs(&left, &right)).abs() < 1e-12, "{levels} levels");
        }
    }

    #[test]
    fn known_correlations() {
        let (left, right) = ([12.0, 2.0, 1.0, 12.0, 2.0], [1.0, 4.0, 7.0, 1.0, 0.0]);
        // scipy.stats.kendalltau and spearmanr of these lists.
        assert!((kendall_tau(&left, &right).expect("not constant") + 0.471_404_520_791_031_7).abs() < 1e-12);
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).expect("not constant");
        assert!((rho - 0.820_782_681_668_123_3).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 2.0, 9.0], &[3.0, 2.0, -1.0]), Ok(-1.0));
    }

    #[test]
    fn undefined_correlations_are_errors() {
        assert_eq!(kendall_tau(&[1.0, 1.0], &[1.0, 2.0]), Err(BayesError::Constant { what: "left", count: 2 }));
        assert_eq!(spearman(&[1.0, 2.0], &[3.0, 3.0]), Err(BayesError::Constant { what: "right", count: 2 }));
        assert!(matches!(kendall_tau(&[1.0], &[1.0]), Err(BayesError::TooFew { given: 1, .. })));
        assert!(matches!(kendall_tau(&[1.0], &[1.0, 2.0]), Err(BayesError::LengthMismatch { .. })));
        assert!(matches!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), Err(BayesError::NotFinite { .. })));
    }
}
