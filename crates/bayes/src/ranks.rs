use crate::BayesError;

/// The rank of every value from 0 (smallest) to N − 1; equal values share the mean of their ranks.
///
/// # Errors
/// When a value is not finite.
pub fn mean_ranks(values: &[f64]) -> Result<Vec<f64>, BayesError> {
    crate::error::check_finite("value", values.iter().copied())?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    // `==` also joins 0.0 and -0.0, which the total order keeps apart but adjacent.
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = first as f64 + (group.len() - 1) as f64 / 2.0;
        group.iter().for_each(|&index| ranks[index] = rank);
        first += group.len();
    }
    Ok(ranks)
}

/// Replaces every score by its rank as a fraction, `(i + ½) / N` in (0, 1); equal scores share the mean of theirs.
///
/// Scores of a search lie within a few points of each other, where a sigmoid is nearly linear and a regression nearly blind.
/// Their ranks spread over the whole of (0, 1).
///
/// # Errors
/// When a score is not finite.
pub fn rank_targets(scores: &[f64]) -> Result<Vec<f64>, BayesError> {
    let count = scores.len() as f64;
    Ok(mean_ranks(scores)?.into_iter().map(|rank| (rank + 0.5) / count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_fractions_in_order() {
        assert_eq!(rank_targets(&[0.91, 0.2, 0.95, 0.9]).expect("finite"), [0.625, 0.125, 0.875, 0.375]);
        assert_eq!(rank_targets(&[]).expect("finite"), [0.0; 0]);
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(mean_ranks(&[1.0, 3.0, 1.0, 3.0, 3.0]).expect("finite"), [0.5, 3.0, 0.5, 3.0, 3.0]);
        assert_eq!(mean_ranks(&[0.0, -0.0]).expect("finite"), [0.5, 0.5]);
        assert_eq!(rank_targets(&[7.0; 4]).expect("finite"), [0.5; 4]);
    }

    #[test]
    fn scores_that_are_no_numbers_have_no_rank() {
        assert!(matches!(rank_targets(&[1.0, f64::NAN]), Err(BayesError::NotFinite { index: 1, .. })));
    }
}
