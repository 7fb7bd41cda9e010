use super::{FittedStructureGp, StructureGp};
use crate::Covariates;
use bonas_core::{CellGraph, Observations, SurrogateError};

/// What a finished study of another task teaches of an architecture: the mean that a [`StructureGp`] fitted to its trials expects, on its
/// latent scale. As a covariate it is the prior mean of the new task, up to a factor that the observations of the new task decide
/// (compare the hierarchical models of Golovin et al., *Google Vizier*, KDD 2017, section 3.3).
pub struct SourceBelief {
    fitted: FittedStructureGp,
}

impl SourceBelief {
    /// Learns from the trials of the other task.
    ///
    /// # Errors
    /// When there are fewer than two of them, or the surrogate cannot be fitted.
    pub fn fit(surrogate: &StructureGp, trials: &Observations) -> Result<Self, SurrogateError> {
        Ok(Self { fitted: surrogate.fit_shared(trials)? })
    }
}

impl Covariates for SourceBelief {
    fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError> {
        Ok(self.fitted.latent(graphs)?.mean.into_iter().map(|mean| vec![mean]).collect())
    }
}
