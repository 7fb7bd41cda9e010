use bonas_bayes::{Gaussians, quantile};
use bonas_core::{Link, Posterior, SurrogateError};

/// Of the observed gaps to the best score, the one that counts as small.
const SMALL: f64 = 0.25;

/// Scores as the logarithm of how far they fall short of the best: `t = −ln(best − score + s)`, standardised.
///
/// s is the lower quartile of the shortfalls. Near the best, where a search decides, the scale is almost linear; a failed training
/// far below is no farther than it has to be. No unit of the scores matters: `a + b · score` has the same targets for any b above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GapTargets {
    best: f64,
    small: f64,
    mean: f64,
    stddev: f64,
}

impl GapTargets {
    /// The scale of these scores, and the scores on it.
    pub(super) fn of(scores: &[f64]) -> (Self, Vec<f64>) {
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let gaps: Vec<f64> = scores.iter().map(|score| best - score).collect();
        let widest = gaps.iter().copied().fold(0.0, f64::max);
        // A quarter of equal best scores leaves no quartile; a thousandth of the range then stands for it.
        let quartile = quantile(&gaps, SMALL).unwrap_or_default();
        let small = [quartile, widest * 1e-3, 1.0].into_iter().find(|&gap| gap > 0.0).expect("one is above 0");
        let logarithms: Vec<f64> = scores.iter().map(|score| -(best - score + small).ln()).collect();
        let count = logarithms.len() as f64;
        let mean = logarithms.iter().sum::<f64>() / count;
        let stddev = (logarithms.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let stddev = if stddev > 0.0 { stddev } else { 1.0 };
        let targets = logarithms.iter().map(|value| (value - mean) / stddev).collect();
        (Self { best, small, mean, stddev }, targets)
    }

    /// The score at a target.
    pub(super) fn score(&self, target: f64) -> f64 {
        self.link().outcome(target)
    }

    fn link(&self) -> Link {
        Link::LogShortfall { limit: self.best + self.small, center: self.mean, scale: self.stddev }
    }

    /// Beliefs about targets, and about scores. Scores are skewed on their scale, so their mean is given as the median and their
    /// standard deviation as half the distance between the points one latent standard deviation away. Noise belongs to a score,
    /// but not to the latent belief about what it scatters around. Intervals of observed scores are `widening` times as wide.
    pub(super) fn posterior(&self, latent: Gaussians, noise_variance: f64, widening: f64) -> Result<Posterior, SurrogateError> {
        let mean = latent.mean.iter().map(|&target| self.score(target)).collect();
        let spread = latent.mean.iter().zip(&latent.variance).map(|(target, variance)| {
            let stddev = (variance + noise_variance).sqrt();
            (self.score(target + stddev) - self.score(target - stddev)) / 2.0
        });
        let spread = spread.collect();
        let stddev = latent.variance.iter().map(|variance| variance.sqrt()).collect();
        let observed = latent.variance.iter().map(|variance| widening * (variance + noise_variance).sqrt()).collect();
        let posterior = Posterior::with_latent(mean, spread, latent.mean, stddev);
        let posterior = posterior.and_then(|posterior| posterior.with_predictive(self.link(), observed));
        posterior.map_err(|error| SurrogateError::Other(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_standardised_ordered_and_without_unit() {
        let scores = [90.0, 91.0, 10.0, 91.5, 88.0];
        let (scale, targets) = GapTargets::of(&scores);
        let mean = targets.iter().sum::<f64>() / 5.0;
        let square = targets.iter().map(|target| target * target).sum::<f64>() / 5.0;
        assert!(mean.abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
        for (score, target) in scores.iter().zip(&targets) {
            assert!((scale.score(*target) - score).abs() < 1e-9, "the inverse");
        }
        let (_, other) = GapTargets::of(&scores.map(|score| 0.01 * score - 3.0));
        assert!(targets.iter().zip(&other).all(|(left, right)| (left - right).abs() < 1e-9));
    }

    #[test]
    fn the_small_gap_is_the_lower_quartile() {
        let (scale, targets) = GapTargets::of(&[10.0, 9.0, 8.0, 6.0, 2.0]);
        assert_eq!(scale.small, 1.0);
        let raw = [1.0, 2.0, 3.0, 5.0, 9.0].map(|gap: f64| -gap.ln());
        let slope = (targets[0] - targets[1]) / (raw[0] - raw[1]);
        assert!(((targets[3] - targets[4]) / (raw[3] - raw[4]) - slope).abs() < 1e-12);
    }

    #[test]
    fn equal_scores_have_equal_targets() {
        let (_, targets) = GapTargets::of(&[0.5; 4]);
        assert_eq!(targets, [0.0; 4]);
        let (_, targets) = GapTargets::of(&[0.5, 0.5, 0.5, 0.1]);
        assert!(targets.iter().all(|target| target.is_finite()) && targets[0] > targets[3]);
    }

    #[test]
    fn noise_widens_scores_only() {
        let (scale, _) = GapTargets::of(&[1.0, 2.0, 4.0]);
        let latent = || Gaussians { mean: vec![0.3], variance: vec![0.25] };
        let (quiet, noisy) = (scale.posterior(latent(), 0.0, 1.0), scale.posterior(latent(), 1.0, 1.0));
        let (quiet, noisy) = (quiet.expect("finite"), noisy.expect("finite"));
        assert_eq!((quiet.latent_stddev(), noisy.latent_stddev()), (&[0.5][..], &[0.5][..]));
        assert_eq!(quiet.mean(), noisy.mean());
        assert!(noisy.stddev()[0] > quiet.stddev()[0]);
        let outcome = scale.score(0.3 + 1.25_f64.sqrt());
        assert!((noisy.standardised(0, outcome) - 1.0).abs() < 1e-12 && quiet.standardised(0, outcome) > 2.0);
        let wide = scale.posterior(latent(), 1.0, 2.0).expect("finite");
        assert!((wide.standardised(0, outcome) - 0.5).abs() < 1e-12);
        assert_eq!((wide.mean(), wide.stddev(), wide.latent_stddev()), (noisy.mean(), noisy.stddev(), noisy.latent_stddev()));
    }
}
