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

    /// The surrogate after it has observed exactly what it expects of `graph`: the belief narrows and no mean moves (the kriging
    /// believer of Ginsbourger, Le Riche and Carraro, 2010). A strategy uses it to choose several queries that differ.
    ///
    /// `None` from surrogates that cannot; this is the default.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior).
    fn believe(&self, graph: &CellGraph) -> Result<Option<Box<dyn FittedSurrogate>>, SurrogateError> {
        let _ = graph;
        Ok(None)
    }

    /// What an acquisition has to improve upon, on the *latent* scale of the posterior: the best observed target, or the best that
    /// is expected of anything observed.
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
