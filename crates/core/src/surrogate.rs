use crate::{CellGraph, Observations, Posterior, StudyRng, SurrogateError};

/// Learns to predict scores from graphs.
///
/// A fit starts afresh from all observations and the generator alone, so that a resumed study fits the same surrogate.
pub trait Surrogate: Send {
    /// Fits the observations.
    ///
    /// # Errors
    /// With too few observations or a fit that diverges; never a made-up number.
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError>;
}

/// A surrogate after its fit.
pub trait FittedSurrogate {
    /// What the surrogate believes about each graph, in their order.
    ///
    /// # Errors
    /// When a graph has another vocabulary than the observations had, or a number is not finite.
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError>;

    /// The best observed target, on the *latent* scale of the posterior: what an acquisition has to improve upon.
    fn incumbent(&self) -> f64;
}

/// Checks that graphs have the vocabulary that a surrogate was fitted on, as every [`FittedSurrogate`] must.
///
/// # Errors
/// [`SurrogateError::VocabularyMismatch`] with the first that has another.
pub fn check_vocabulary(graphs: &[CellGraph], fitted: usize) -> Result<(), SurrogateError> {
    match graphs.iter().find(|graph| graph.vocabulary() != fitted) {
        Some(graph) => Err(SurrogateError::VocabularyMismatch { given: graph.vocabulary(), fitted }),
        None => Ok(()),
    }
}
