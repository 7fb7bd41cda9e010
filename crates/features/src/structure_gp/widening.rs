use bonas_bayes::{ConditionedProcess, quantile};

/// The part of the observations that has to lie within its interval, and how many standard deviations such an interval of a normal
/// distribution reaches.
const COVERED: (f64, f64) = (0.8, 1.281_551_565_544_600_4);

/// How many times as wide as the process says intervals have to be; its kernel was tuned on `tuned` of its observations.
///
/// With more observations than it was tuned on, the noise that a kernel expects may be too small or too large. Every observation is
/// predicted from all others (in closed form), and the factor is the one that lets the 80 % intervals hold 80 % of them, as jackknife
/// intervals do (Barber, Candès, Ramdas and Tibshirani, *Predictive inference with the jackknife+*, 2021). A quantile and not the mean
/// square, which a few failed trainings would rule.
///
/// At least 1 where the tuning saw half of the observations or more: these lie closer to their predictions than new ones will.
pub(super) fn widening(process: &ConditionedProcess, tuned: usize) -> f64 {
    let distances: Vec<f64> = process.leave_one_out().iter().map(|distance| distance.abs()).collect();
    let factor = quantile(&distances, COVERED.0).map_or(1.0, |distance| distance / COVERED.1);
    // Of equal scores all distances are 0, and intervals of no width would be no distribution.
    if factor > 0.0 && 2 * tuned < distances.len() { factor } else { factor.max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    /// Of independent targets, each is its own distance: the kernel is `1 − noise` on the diagonal.
    fn independent(targets: &[f64]) -> ConditionedProcess {
        let kernel = Array2::from_diag(&Array1::from_elem(targets.len(), 0.75));
        ConditionedProcess::fit(kernel.view(), Array1::from(targets.to_vec()).view(), 0.25).expect("positive definite")
    }

    #[test]
    fn intervals_are_widened_until_they_hold_their_part() {
        let targets = [0.1, -0.2, 0.3, -0.4, 5.0, -0.6, 0.7, -0.8, 2.0, -90.0, 0.5];
        // Of eleven distances in order, the one at place 0.8 · 10 is 2.
        let found = widening(&independent(&targets), 11);
        assert!((found - 2.0 / COVERED.1).abs() < 1e-12, "{found}");
    }

    #[test]
    fn intervals_are_narrowed_only_if_the_tuning_saw_less_than_half() {
        let targets = [0.1, -0.2, 0.3, -0.4, 0.5];
        assert_eq!(widening(&independent(&targets), 3), 1.0);
        // Of five distances in order, the one at place 0.8 · 4 is between .4 and .5.
        let found = widening(&independent(&targets), 2);
        assert!((found - 0.42 / COVERED.1).abs() < 1e-12, "{found}");
        assert_eq!(widening(&independent(&[0.0; 5]), 2), 1.0, "nothing is known to be that sure");
    }
}
