use thiserror::Error;

/// Any error from below a contract, kept as the source of the contract's own error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a text or a list of decisions is not an architecture of a space.
#[derive(Debug, Error)]
pub enum SpaceError {
    /// The text does not follow the grammar.
    #[error("cannot read the architecture at byte {offset}: expected {expected}, found {found}")]
    Syntax {
        /// Where reading stopped.
        offset: usize,
        /// What the grammar allows there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The text names an operation that the space does not have.
    #[error(
        "unknown operation '{name}'{} in space {space}; {}t has: {}",
        offset.map(|offset| format!(" at byte {offset}")).unwrap_or_default(),
        nearest.as_ref().map_or("i".to_string(), |nearest| format!("did you mean '{nearest}'? I")),
        known.join(", ")
    )]
    UnknownOperation {
        /// The name that was read.
        name: String,
        /// Where it stands in a text, if it was read from one.
        offset: Option<usize>,
        /// The operation it may be a slip for.
        nearest: Option<String>,
        /// The space that was asked.
        space: String,
        /// The operations there are.
        known: Vec<String>,
    },
    /// The text is well formed, but describes something outside the space.
    #[error("not an architecture of space {space}: {reason}")]
    Outside {
        /// The space that was asked.
        space: String,
        /// Which rule is broken, where.
        reason: String,
    },
}

/// Why a surrogate could not be fitted or asked.
#[derive(Debug, Error)]
pub enum SurrogateError {
    /// There are too few observations to fit.
    #[error("the surrogate needs at least {needed} observations, but there are {given}")]
    TooFewObservations {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// A graph has another vocabulary than those the surrogate was fitted on.
    #[error("a graph has {given} operations, but the surrogate was fitted on {fitted}")]
    VocabularyMismatch {
        /// Vocabulary of the graph that was asked about.
        given: usize,
        /// Vocabulary of the training data.
        fitted: usize,
    },
    /// Fitting ended in numbers that are not finite.
    #[error("fitting the surrogate diverged: {0}")]
    Diverged(String),
    /// A setting lies outside its range.
    #[error("invalid surrogate setting: {0}")]
    Config(String),
    /// Something below failed.
    #[error("the surrogate failed")]
    Other(#[source] BoxError),
}

/// Why an acquisition could not score a posterior.
#[derive(Debug, Error)]
#[error("{acquisition} cannot score the posterior: {reason}")]
pub struct AcquisitionError {
    /// Name of the acquisition.
    pub acquisition: String,
    /// What was wrong.
    pub reason: String,
}

/// Why a strategy could not propose.
#[derive(Debug, Error)]
pub enum StrategyError {
    /// Its surrogate failed.
    #[error("the strategy could not fit or ask its surrogate")]
    Surrogate(#[from] SurrogateError),
    /// Its acquisition failed.
    #[error("the strategy could not score its candidates")]
    Acquisition(#[from] AcquisitionError),
    /// A setting lies outside its range.
    #[error("invalid strategy setting: {0}")]
    Config(String),
    /// Something below failed.
    #[error("the strategy failed")]
    Other(#[source] BoxError),
}

/// Why a whole batch could not be evaluated. One bad network is an [`Outcome::Failed`](crate::Outcome::Failed) instead.
#[derive(Debug, Error)]
pub enum EvaluationError {
    /// The user asked to stop; nothing of the batch is recorded.
    #[error("interrupted")]
    Interrupted,
    /// An architecture does not belong to the evaluator's space.
    #[error("an architecture cannot be evaluated")]
    Space(#[from] SpaceError),
    /// Something below failed (data, device, memory).
    #[error("the evaluation failed")]
    Other(#[source] BoxError),
}
