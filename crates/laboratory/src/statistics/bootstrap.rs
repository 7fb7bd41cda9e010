use bonas_bayes::quantile;
use bonas_core::StudyRng;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// A statistic with an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Of the values as they are.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A statistic of `items` and its percentile interval (B. Efron, *Bootstrap methods: another look at the jackknife*, 1979): the
/// central part `probability` of the statistic over `resamples` drawings of as many items with replacement.
///
/// Drawings for which the statistic is undefined do not count. `None` where it is undefined for the items themselves, or for more
/// than half of the drawings: there is too little to say anything.
pub fn bootstrap<T: Clone>(
    items: &[T],
    statistic: impl Fn(&[T]) -> Option<f64>,
    probability: f64,
    resamples: usize,
    rng: &mut StudyRng,
) -> Option<Estimate> {
    let value = statistic(items)?;
    let mut drawing = || (0..items.len()).map(|_| items[rng.random_range(0..items.len())].clone()).collect::<Vec<T>>();
    let drawn: Vec<f64> = (0..resamples).filter_map(|_| statistic(&drawing())).collect();
    if 2 * drawn.len() < resamples {
        return None;
    }
    let tail = (1.0 - probability) / 2.0;
    Some(Estimate { value, low: quantile(&drawn, tail)?, high: quantile(&drawn, 1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_bayes::mean;
    use bonas_core::SeedStream;

    fn rng() -> StudyRng {
        SeedStream::new(3).rng("bootstrap", 0)
    }

    #[test]
    fn means_of_two_values_have_the_distribution_of_two_coins() {
        // 0, ½, 1 with probabilities ¼, ½, ¼.
        let interval = |probability| bootstrap(&[0.0, 1.0], mean, probability, 4_000, &mut rng()).expect("a mean");
        assert_eq!(interval(0.4), Estimate { value: 0.5, low: 0.5, high: 0.5 });
        assert_eq!(interval(0.6), Estimate { value: 0.5, low: 0.0, high: 1.0 });
        assert_eq!(interval(0.6), interval(0.6), "from the generator alone");
    }

    #[test]
    fn means_of_many_values_are_nearly_gaussian() {
        // The mean of n draws from 0, 1, …, 99 has the variance (100² − 1) / 12n.
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let found = bootstrap(&values, mean, 0.95, 4_000, &mut rng()).expect("a mean");
        let half = 1.959_964 * (9_999.0_f64 / 12.0 / 100.0).sqrt();
        assert!((found.low - (49.5 - half)).abs() < 0.35 && (found.high - (49.5 + half)).abs() < 0.35, "{found:?} {half}");
    }

    #[test]
    fn what_is_mostly_undefined_has_no_interval() {
        let both = |values: &[f64]| (values.contains(&0.0) && values.contains(&1.0)).then_some(1.0);
        // Two values, twice each, are both drawn 7 times of 8; three values are all drawn 6 times of 27.
        assert!(bootstrap(&[0.0, 1.0, 0.0, 1.0], both, 0.9, 2_000, &mut rng()).is_some());
        let all = |values: &[f64]| [0.0, 1.0, 2.0].iter().all(|value| values.contains(value)).then_some(1.0);
        assert_eq!(bootstrap(&[0.0, 1.0, 2.0], all, 0.9, 2_000, &mut rng()), None);
        assert_eq!(bootstrap(&[], mean, 0.9, 10, &mut rng()), None);
    }
}
