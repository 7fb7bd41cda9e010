use crate::{Architecture, CompletedTrial, Prediction, StrategyError, StudyRng};

/// An architecture that a strategy wants evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What to evaluate.
    pub architecture: Architecture,
    /// What the strategy's surrogate expects, if it has one.
    pub prediction: Option<Prediction>,
    /// How the strategy came by it, such as `random` or `mutation`; shown to people.
    pub origin: String,
}

/// Says what to try next.
///
/// `ask` takes `&self`: everything a strategy remembers comes through [`tell`](Self::tell), so a study is resumed by
/// replaying its recorded trials and no strategy has checkpoint code.
pub trait SearchStrategy {
    /// Proposes at most `count` architectures, distinct in their canonical form.
    ///
    /// A proposal that the history already holds is answered from it and not charged. An empty answer means that the
    /// strategy knows nothing new to try, and ends the study.
    ///
    /// # Errors
    /// When a surrogate or acquisition fails.
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError>;

    /// Learns from trials in the order they were recorded: once per round while a study runs, and once per recorded round
    /// when it is resumed. Canonical forms only.
    fn tell(&mut self, completed: &[CompletedTrial]);

    /// At most `count` of the architectures it was told of that it holds for the best, the best first, where it knows better than their
    /// scores: when scores are noisy, or not all on one scale. `None` leaves it to the scores.
    ///
    /// # Errors
    /// When a surrogate fails.
    fn best_told(&self, count: usize, rng: &mut StudyRng) -> Result<Option<Vec<Architecture>>, StrategyError> {
        let _ = (count, rng);
        Ok(None)
    }
}
