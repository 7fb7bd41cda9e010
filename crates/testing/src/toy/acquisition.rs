use bonas_core::{Acquisition, AcquisitionError, Posterior, StudyRng};

/// Upper confidence bound with weight 0.5: mean + 0.5 stddev.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToyUcb;

impl Acquisition for ToyUcb {
    fn score(&self, posterior: &Posterior, _incumbent: f64, _rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError> {
        Ok(posterior.mean().iter().zip(posterior.stddev()).map(|(mean, stddev)| mean + 0.5 * stddev).collect())
    }
}
