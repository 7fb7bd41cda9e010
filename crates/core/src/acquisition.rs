use crate::{AcquisitionError, Posterior, StudyRng};

/// Turns beliefs into a wish list. It sees a posterior and nothing else.
pub trait Acquisition: Send {
    /// Scores every candidate of the posterior; larger is better. `incumbent` is the best observation on the posterior's
    /// latent scale. Deterministic acquisitions leave `rng` alone.
    ///
    /// # Errors
    /// When a score is not finite.
    fn score(&self, posterior: &Posterior, incumbent: f64, rng: &mut StudyRng) -> Result<Vec<f64>, AcquisitionError>;
}
