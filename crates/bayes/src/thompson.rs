use crate::upper_confidence_bound::finite;
use bonas_core::{Acquisition, AcquisitionError, Posterior, StudyRng};
use rand::RngExt;
use std::f64::consts::TAU;

/// Independent Thompson sampling: the score of a candidate is one draw from its own posterior, on the latent scale.
///
/// C. White, W. Neiswanger, Y. Savani, *BANANAS*, AAAI 2021. Other than in Thompson
/// sampling proper, candidates are drawn one by one: what the posterior knows of their correlations is not used. The best of
/// a round therefore differ from each other more than those of a bound, which is why it suits batches. The draw of a candidate
/// is the next of the round's generator, so it depends on the place of the candidate. Where the surrogate's uncertainty
/// includes the noise of an observation, so do the draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThompsonSampling;

impl Acquisition for ThompsonSampling {
    fn score(&self, posterior: &Posterior, _incumbent: f64, rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        let candidates = posterior.latent_mean().iter().zip(posterior.latent_stddev());
        finite("thompson", candidates.map(|(mean, stddev)| mean + stddev * standard_normal(rng)).collect())
    }
}

/// A draw from N(0, 1) by Box and Muller (1958). The functions of `libm` are the same on every machine, and so is the draw.
fn standard_normal(rng: &mut StudyRng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    // `radius` lies in [0, 1), and the logarithm wants (0, 1].
    libm::sqrt(-2.0 * libm::log(1.0 - radius)) * libm::cos(TAU * angle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    #[test]
    fn contract() {
        bonas_testing::acquisition::check_random(&ThompsonSampling);
    }

    #[test]
    fn draws_have_the_moments_and_tails_of_a_normal_distribution() {
        let mut rng = SeedStream::new(4).rng("normal", 0);
        let draws: Vec<f64> = (0..100_000).map(|_| standard_normal(&mut rng)).collect();
        let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / draws.len() as f64;
        // Five standard errors of each moment.
        for (power, expected, tolerance) in [(1, 0.0, 0.016), (2, 1.0, 0.023), (3, 0.0, 0.062), (4, 3.0, 0.16)] {
            assert!((moment(power) - expected).abs() < tolerance, "moment {power}: {}", moment(power));
        }
        let beyond = draws.iter().filter(|draw| draw.abs() > 1.959_964).count() as f64 / draws.len() as f64;
        assert!((beyond - 0.05).abs() < 0.0035, "{beyond}");
    }

    #[test]
    fn the_draws_are_on_the_latent_scale() {
        let posterior = Posterior::with_latent(vec![0.5; 2], vec![0.3; 2], vec![7.0, -2.0], vec![0.0, 0.0]).expect("valid");
        let scores = ThompsonSampling.score(&posterior, 0.0, &mut SeedStream::new(0).rng("score", 0)).expect("finite");
        assert_eq!(scores, [7.0, -2.0]);
    }

    #[test]
    fn a_candidate_is_the_best_as_often_as_the_posterior_says() {
        let posterior = Posterior::gaussian(vec![0.0, 0.5], vec![0.6, 0.8]).expect("valid");
        let mut rng = SeedStream::new(1).rng("score", 0);
        let rounds = 20_000;
        let wins = |rng: &mut StudyRng| {
            let scores = ThompsonSampling.score(&posterior, 0.0, rng).expect("finite");
            scores[1] > scores[0]
        };
        let share = (0..rounds).filter(|_| wins(&mut rng)).count() as f64 / f64::from(rounds);
        // The difference is N(0.5, 1), and Φ(0.5) = 0.69146.
        assert!((share - 0.691_46).abs() < 0.016, "{share}");
    }
}
