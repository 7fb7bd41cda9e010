use crate::expected_improvement;
use crate::pareto::pareto_front;
use bonas_core::AcquisitionError;

/// Two objectives of one candidate, each Gaussian and independent of the other: `[mean, stddev]` of each. A standard deviation of 0 is
/// an objective that is known exactly.
pub type TwoBeliefs = [[f64; 2]; 2];

/// Expected hypervolume improvement for two objectives, exactly.
///
/// M. Emmerich, K. Yang, A. Deutz, H. Wang, C. Fonseca, *A Multicriteria Generalization of Bayesian Global Optimization*, 2016: the area
/// that a new point adds to what a front dominates is a sum over the strips between neighbouring points of the front. In the strip
/// from `a` to `a'` of the first objective, above which the front reaches up to `b` in the second, a point `y` adds
/// `(min(y₁, a') − a)⁺ · (y₂ − b)⁺`. Of independent Gaussians the expectation of each is
/// `(EI(y₁; a) − EI(y₁; a')) · EI(y₂; b)`, with EI the [`expected_improvement`].
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedHypervolumeImprovement {
    reference: [f64; 2],
    /// Nowhere dominated and above the reference; the first objective rises, the second falls.
    front: Vec<[f64; 2]>,
}

impl ExpectedHypervolumeImprovement {
    /// The improvement upon `points`, of which the dominated ones do not matter, where nothing below `reference` counts. Both
    /// objectives are maximised.
    ///
    /// # Errors
    /// When a number is not finite.
    pub fn new(points: &[[f64; 2]], reference: [f64; 2]) -> Result<Self, AcquisitionError> {
        if let Some(point) = points.iter().chain([&reference]).find(|point| point.iter().any(|value| !value.is_finite())) {
            return Err(failed(format!("the front has the point {point:?}")));
        }
        Ok(Self { reference, front: front(points, reference) })
    }

    /// The same after one more point.
    ///
    /// # Errors
    /// When a number is not finite.
    pub fn with(&self, point: [f64; 2]) -> Result<Self, AcquisitionError> {
        let points: Vec<_> = self.front.iter().copied().chain([point]).collect();
        Self::new(&points, self.reference)
    }

    /// What each candidate is expected to add, in the product of the units of the objectives.
    ///
    /// # Errors
    /// When a belief is no distribution.
    pub fn score(&self, candidates: &[TwoBeliefs]) -> Result<Vec<f64>, AcquisitionError> {
        candidates.iter().map(|belief| self.improvement(belief)).collect()
    }

    fn improvement(&self, belief: &TwoBeliefs) -> Result<f64, AcquisitionError> {
        if belief.iter().any(|&[mean, stddev]| !(mean.is_finite() && stddev.is_finite() && stddev >= 0.0)) {
            return Err(failed(format!("a candidate has the beliefs {belief:?}")));
        }
        let [first, second] = belief;
        let expected = |&[mean, stddev]: &[f64; 2], least| expected_improvement(mean, stddev, least);
        let starts = std::iter::once(self.reference[0]).chain(self.front.iter().map(|point| point[0]));
        let floors = self.front.iter().map(|point| point[1]).chain([self.reference[1]]);
        let mut sum = 0.0;
        let mut beyond = starts.map(|start| expected(first, start)).collect::<Vec<_>>();
        beyond.push(0.0);
        for (ends, floor) in beyond.windows(2).zip(floors) {
            // Far from a strip the difference is rounding.
            sum += (ends[0] - ends[1]).max(0.0) * expected(second, floor);
        }
        Ok(sum)
    }
}

fn front(points: &[[f64; 2]], reference: [f64; 2]) -> Vec<[f64; 2]> {
    let above: Vec<_> = points.iter().filter(|point| point[0] > reference[0] && point[1] > reference[1]).collect();
    let vectors: Vec<Vec<f64>> = above.iter().map(|point| point.to_vec()).collect();
    let mut front: Vec<[f64; 2]> = pareto_front(&vectors).into_iter().map(|place| *above[place]).collect();
    front.sort_by(|left, right| left[0].total_cmp(&right[0]));
    front
}

fn failed(reason: String) -> AcquisitionError {
    AcquisitionError { acquisition: "ehvi".into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hypervolume;
    use bonas_core::SeedStream;
    use rand::RngExt;

    const STAIRS: [[f64; 2]; 4] = [[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [1.5, 1.5]];

    fn improvement(points: &[[f64; 2]], reference: [f64; 2], belief: TwoBeliefs) -> f64 {
        let acquisition = ExpectedHypervolumeImprovement::new(points, reference).expect("finite");
        acquisition.score(&[belief]).expect("a distribution")[0]
    }

    fn certain(first: f64, second: f64) -> TwoBeliefs {
        [[first, 0.0], [second, 0.0]]
    }

    #[test]
    fn keeps_the_contract() {
        bonas_testing::front_acquisition::check(&|front, reference, beliefs| {
            ExpectedHypervolumeImprovement::new(front, reference)
                .and_then(|acquisition| acquisition.score(beliefs))
                .expect("finite")
        });
    }

    #[test]
    fn what_is_certain_adds_its_area() {
        for (first, second, area) in [
            (2.5, 2.5, 1.25),
            (4.0, 4.0, 10.0),
            (1.5, 1.5, 0.0),
            (2.0, 2.0, 0.0),
            (0.5, 4.0, 0.5),
            (4.0, 0.5, 0.5),
            (-1.0, 9.0, 0.0),
        ] {
            assert!((improvement(&STAIRS, [0.0; 2], certain(first, second)) - area).abs() < 1e-12, "{first} {second}");
        }
    }

    #[test]
    fn without_a_front_it_is_the_product_of_two_expected_improvements() {
        let belief = [[0.4, 0.3], [-0.2, 0.5]];
        let product = expected_improvement(0.4, 0.3, 0.1) * expected_improvement(-0.2, 0.5, -0.3);
        assert!((improvement(&[], [0.1, -0.3], belief) - product).abs() < 1e-15);
    }

    #[test]
    fn one_point_in_the_unit_square_is_known_by_hand() {
        // Below y₁ = 0 counts nothing; the point (0, 0.5) does not lie above the reference and changes nothing.
        let belief = [[0.0, 1.0], [1.0, 0.0]];
        let half_normal = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        assert!((improvement(&[[0.0, 0.5]], [0.0, 0.0], belief) - half_normal).abs() < 1e-15);
    }

    fn normal(rng: &mut bonas_core::StudyRng) -> f64 {
        let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * radius.ln()).sqrt() * (2.0 * std::f64::consts::PI * angle).cos()
    }

    #[test]
    fn it_matches_the_mean_improvement_of_many_draws() {
        let mut rng = SeedStream::new(3).rng("ehvi", 0);
        let vectors: Vec<Vec<f64>> = STAIRS.iter().map(|point| point.to_vec()).collect();
        let before = hypervolume(&vectors, &[0.0, 0.0]);
        for belief in [[[2.5, 0.5], [2.5, 0.3]], [[1.0, 1.0], [1.0, 1.0]], [[3.5, 0.7], [0.5, 0.0]], [[0.0, 2.0], [3.5, 0.2]]] {
            const DRAWS: u32 = 60_000;
            let gains: Vec<f64> = (0..DRAWS)
                .map(|_| {
                    let point = belief.map(|[mean, stddev]: [f64; 2]| mean + stddev * normal(&mut rng));
                    hypervolume(&[vectors.clone(), vec![point.to_vec()]].concat(), &[0.0, 0.0]) - before
                })
                .collect();
            let mean = gains.iter().sum::<f64>() / f64::from(DRAWS);
            let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / f64::from(DRAWS);
            let error = (variance / f64::from(DRAWS)).sqrt();
            let exact = improvement(&STAIRS, [0.0; 2], belief);
            assert!((exact - mean).abs() < 4.0 * error, "{belief:?}: {exact} {mean} ± {error}");
        }
    }

    #[test]
    fn a_believed_point_leaves_less_to_gain() {
        let acquisition = ExpectedHypervolumeImprovement::new(&STAIRS, [0.0; 2]).expect("finite");
        let belief = [[[2.6, 0.2], [2.4, 0.2]]];
        let before = acquisition.score(&belief).expect("scored")[0];
        let after = acquisition.with([2.6, 2.4]).expect("finite").score(&belief).expect("scored")[0];
        assert!(after > 0.0 && after < before / 3.0, "{before} {after}");
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        assert!(ExpectedHypervolumeImprovement::new(&[[f64::NAN, 0.0]], [0.0; 2]).is_err());
        let acquisition = ExpectedHypervolumeImprovement::new(&STAIRS, [0.0; 2]).expect("finite");
        assert!(acquisition.score(&[[[0.0, -1.0], [0.0, 1.0]]]).is_err());
        assert!(acquisition.with([f64::INFINITY, 0.0]).is_err());
    }
}
