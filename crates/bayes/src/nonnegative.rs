/// Sweeps over all weights; far more than a handful of them needs.
const SWEEPS: usize = 10_000;
/// Where the largest change of a sweep ends them, relative to the largest weight.
const TOLERANCE: f64 = 1e-10;

/// The weights of at least 0 that minimise Σᵢ (rowᵢ · weights − targetᵢ)², by coordinate descent (Franc, Hlaváč & Navara, CAIP 2005,
/// algorithm 1). Every row has as many numbers as the first; columns may have scales of their own.
///
/// # Panics
/// When rows differ in length.
pub fn nonnegative_least_squares(rows: &[Vec<f64>], targets: &[f64]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    // Columns of norm 1, so that one tolerance suits all.
    let norm = |column: usize| rows.iter().map(|row| row[column] * row[column]).sum::<f64>().sqrt();
    let norms: Vec<f64> = (0..columns).map(norm).collect();
    let entry = |row: &[f64], column: usize| if norms[column] > 0.0 { row[column] / norms[column] } else { 0.0 };
    let mut weights = vec![0.0; columns];
    let mut residuals: Vec<f64> = targets.iter().map(|target| -target).collect();
    for _ in 0..SWEEPS {
        let mut change: f64 = 0.0;
        for column in (0..columns).filter(|&column| norms[column] > 0.0) {
            let slope: f64 = rows.iter().zip(&residuals).map(|(row, residual)| entry(row, column) * residual).sum();
            let next = f64::max(0.0, weights[column] - slope);
            let step = next - weights[column];
            weights[column] = next;
            change = change.max(step.abs());
            rows.iter().zip(&mut residuals).for_each(|(row, residual)| *residual += step * entry(row, column));
        }
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if change <= TOLERANCE * largest {
            break;
        }
    }
    weights.iter().zip(&norms).map(|(weight, norm)| if *norm > 0.0 { weight / norm } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_a_sum_are_found_and_never_negative() {
        let row = |x: f64| vec![1.0, 1e6 * x, x * x, 0.0];
        let rows: Vec<Vec<f64>> = (0..12).map(|place| row(f64::from(place) / 3.0)).collect();
        let targets = |weights: [f64; 4]| -> Vec<f64> {
            rows.iter().map(|row| row.iter().zip(weights).map(|(x, weight)| x * weight).sum()).collect()
        };
        let weights = nonnegative_least_squares(&rows, &targets([2.0, 3e-6, 0.5, 7.0]));
        for (found, exact) in weights.iter().zip([2.0, 3e-6, 0.5, 0.0]) {
            assert!((found - exact).abs() < 1e-5 * f64::max(exact, 1e-6), "{weights:?}");
        }
        // The best line through falling numbers that may not fall is their mean.
        let falling: Vec<f64> = (0..12).map(|place| 11.0 - f64::from(place)).collect();
        let weights = nonnegative_least_squares(&rows, &falling);
        assert!((weights[0] - 5.5).abs() < 1e-6 && weights[1..] == [0.0; 3], "{weights:?}");
        assert_eq!(nonnegative_least_squares(&[], &[]), [0.0; 0]);
    }
}
