/// Holm's correction for several tests at once: p-values that may be compared with one level for all, in their order.
///
/// S. Holm, *A simple sequentially rejective multiple test procedure*, 1979: the i-th smallest of m (from 1) is multiplied by
/// m − i + 1, none falls below the one before it, and none exceeds 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&left, &right| p_values[left].total_cmp(&p_values[right]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(p_values[index] * (p_values.len() - place) as f64).min(1.0);
        corrected[index] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.6), "holm")
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.6]);
        let expected = [0.04, 0.09, 0.09, 0.025, 0.6];
        assert!(corrected.iter().zip(expected).all(|(left, right)| (left - right).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[0.7, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
