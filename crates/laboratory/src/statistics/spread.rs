use bonas_bayes::mean;
use serde::{Deserialize, Serialize};

/// A number over repetitions of one measurement, such as splits, groups or seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation, with n − 1; 0 of one.
    pub stddev: f64,
}

impl Spread {
    /// Of these values; `None` of none, or where one is missing.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
        let mean = mean(&values)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self { mean, stddev: (squares / (values.len() - 1).max(1) as f64).sqrt() })
    }
}

/// Standard deviation inside groups, `√(Σ squares of the distances from the mean of the group / Σ (n − 1))`; `None` where no group has
/// two values.
pub fn pooled_stddev<'a>(groups: impl IntoIterator<Item = &'a [f64]>) -> Option<f64> {
    let mut squares = 0.0;
    let mut freedom = 0;
    for group in groups {
        let Some(mean) = mean(group) else { continue };
        squares += group.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        freedom += group.len() - 1;
    }
    (freedom > 0).then(|| (squares / freedom as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_by_hand() {
        let spread = Spread::of([1.0, 3.0, 5.0].map(Some)).expect("numbers");
        assert_eq!((spread.mean, spread.stddev), (3.0, 2.0));
        assert_eq!(Spread::of([Some(7.0)]), Some(Spread { mean: 7.0, stddev: 0.0 }));
        assert_eq!(Spread::of([Some(7.0), None]), None);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn groups_are_pooled_by_their_degrees_of_freedom() {
        // Squares 2 and 8, of one and two degrees of freedom; a single value has none.
        let groups: [&[f64]; 3] = [&[1.0, 3.0], &[0.0, 2.0, 4.0], &[99.0]];
        assert_eq!(pooled_stddev(groups), Some((10.0_f64 / 3.0).sqrt()));
        assert_eq!(pooled_stddev([&[1.0][..], &[]]), None);
    }
}
