use crate::{CellGraph, SurrogateError};
use thiserror::Error;

/// What a surrogate learns from: graphs of one vocabulary and their finite scores.
#[derive(Clone, Debug)]
pub struct Observations {
    graphs: Vec<CellGraph>,
    scores: Vec<f64>,
    groups: Option<Vec<usize>>,
}

/// Why graphs and scores do not make observations.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ObservationsError {
    /// The lists have different lengths.
    #[error("{graphs} graphs but {scores} scores")]
    LengthMismatch {
        /// Number of graphs.
        graphs: usize,
        /// Number of scores.
        scores: usize,
    },
    /// Not every observation has a group.
    #[error("{groups} groups for {scores} scores")]
    GroupCount {
        /// Number of groups that were given.
        groups: usize,
        /// Number of scores.
        scores: usize,
    },
    /// A score is NaN or infinite.
    #[error("score {index} is {score}, but must be finite")]
    NotFinite {
        /// Its place.
        index: usize,
        /// Its value.
        score: f64,
    },
    /// The graphs come from different spaces.
    #[error("graph {index} has another vocabulary than the first")]
    MixedVocabularies {
        /// Place of the graph that differs.
        index: usize,
    },
}

impl Observations {
    /// Checks and pairs graphs with their scores.
    ///
    /// # Errors
    /// When the lengths differ, a score is not finite, or vocabularies are mixed.
    pub fn new(graphs: Vec<CellGraph>, scores: Vec<f64>) -> Result<Self, ObservationsError> {
        if graphs.len() != scores.len() {
            return Err(ObservationsError::LengthMismatch { graphs: graphs.len(), scores: scores.len() });
        }
        if let Some((index, &score)) = scores.iter().enumerate().find(|(_, score)| !score.is_finite()) {
            return Err(ObservationsError::NotFinite { index, score });
        }
        if let Some(index) = graphs.iter().position(|graph| graph.vocabulary() != graphs[0].vocabulary()) {
            return Err(ObservationsError::MixedVocabularies { index });
        }
        Ok(Self { graphs, scores, groups: None })
    }

    /// The same, where scores are comparable within a group, and those of one group as a whole may be higher or lower than those of
    /// another: `groups` has the number of its group for every observation. Surrogates that know no groups take scores as they are.
    ///
    /// # Errors
    /// When the lengths differ.
    pub fn with_groups(self, groups: Vec<usize>) -> Result<Self, ObservationsError> {
        if groups.len() != self.scores.len() {
            return Err(ObservationsError::GroupCount { groups: groups.len(), scores: self.scores.len() });
        }
        Ok(Self { groups: Some(groups), ..self })
    }

    /// The group of every observation, where scores are comparable within groups only.
    pub fn groups(&self) -> Option<&[usize]> {
        self.groups.as_deref()
    }

    /// The graphs.
    pub fn graphs(&self) -> &[CellGraph] {
        &self.graphs
    }

    /// The scores, one per graph; larger is better.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Number of observations.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Checks that there are enough observations for a fit.
    ///
    /// # Errors
    /// [`SurrogateError::TooFewObservations`] with fewer than `needed`.
    pub fn at_least(&self, needed: usize) -> Result<(), SurrogateError> {
        if self.len() < needed {
            return Err(SurrogateError::TooFewObservations { needed, given: self.len() });
        }
        Ok(())
    }

    /// Whether there is no observation.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }
}
