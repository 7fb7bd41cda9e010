use crate::{Architecture, EvaluationError, Interrupt, Outcome, Progress, StudyRng};

/// What an evaluation is given besides its batch.
pub struct EvaluationContext<'a> {
    /// Number of the round, from 0.
    pub round: usize,
    /// Where to report how far the work is.
    pub progress: &'a dyn Progress,
    /// Whether the user wants to stop. Evaluators look at it at every step and return [`EvaluationError::Interrupted`].
    pub interrupt: &'a Interrupt,
}

/// Says how good architectures are: a batch in, one outcome each.
///
/// A batch is the unit because weight sharing trains its members together. The study calls it once a round with distinct
/// canonical architectures and records the outcomes in one transaction. Everything random comes from `rng`, so the same
/// batch with the same generator gives the same outcomes, in any process.
pub trait Evaluator {
    /// Evaluates the batch; outcome `i` belongs to `batch[i]`. Scores are maximised.
    ///
    /// # Errors
    /// Only when nothing can be said about the whole batch. A network that diverges is [`Outcome::Failed`].
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError>;

    /// Whether scores of different batches lie on one scale. Where they do not (weight sharing: what a member learns depends
    /// on its company), the best of all batches have to be evaluated together once more before a winner is named.
    fn comparable_across_batches(&self) -> bool {
        true
    }
}
