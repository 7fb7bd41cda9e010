use crate::range::check_range;
use crate::{SearchError, Storage, StudyObserver, TrialRecord};
use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, Progress, SeedStream};
use serde::{Deserialize, Serialize};

/// Name under which the finalists are recorded.
const FINALISTS: &str = "finalists";

/// The last comparison of a study: the best of all rounds are evaluated once more, in one batch, which names the winner.
///
/// Scores of different sub-supernets are not on one scale: a candidate among its like trains more often on the weights it
/// needs, so a round's level says as much about its company as about its members. The paper (BONAS, NeurIPS 2020) compares them
/// all the same.
pub struct Finals<'a> {
    /// Evaluates the finalists.
    pub evaluator: &'a mut dyn Evaluator,
    /// Where the study is recorded, and its finalists will be.
    pub storage: &'a mut Storage,
    /// Seed of the study.
    pub seed: u64,
    /// Trials with the highest scores that take part.
    pub candidates: usize,
    /// Who watches.
    pub observer: &'a dyn StudyObserver,
    /// Where the evaluation reports how far it is.
    pub progress: &'a dyn Progress,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
}

/// A trial that took part in the last comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finalist {
    /// Identity of the trial.
    pub trial: usize,
    /// Its score in the batch of its round.
    pub search_score: f64,
    /// How it ended among the finalists.
    pub outcome: Outcome,
}

impl Finals<'_> {
    /// Evaluates the finalists together, best of the search first, and records them; what is recorded already is not
    /// repeated. `None` when interrupted.
    ///
    /// # Errors
    /// When the evaluator or the database fails.
    pub fn run(self) -> Result<Option<Vec<Finalist>>, SearchError> {
        check_range("finals.candidates", &self.candidates, 1..=1_000_000)?;
        if let Some(recorded) = self.storage.reader().finalists()? {
            return Ok(Some(recorded));
        }
        let trials = self.storage.reader().best_trials(self.candidates)?;
        self.observer.finals_started(&trials);
        let batch: Vec<Architecture> = trials.iter().map(|trial| trial.architecture.clone()).collect();
        let round = self.storage.reader().rounds()?.len();
        let mut rng = SeedStream::new(self.seed).rng("finals", 0);
        let context = EvaluationContext { round, progress: self.progress, interrupt: self.interrupt };
        let outcomes = match self.evaluator.evaluate(&batch, &mut rng, &context) {
            Err(EvaluationError::Interrupted) => return Ok(None),
            other => other.map_err(|source| SearchError::Evaluation { round, source })?,
        };
        if outcomes.len() != batch.len() {
            return Err(SearchError::OutcomeCount { round, batch: batch.len(), outcomes: outcomes.len() });
        }
        let finalists: Vec<Finalist> = trials.iter().zip(outcomes).filter_map(finalist).collect();
        self.storage.set_result(FINALISTS, &finalists)?;
        self.observer.finals_finished(&finalists);
        Ok(Some(finalists))
    }
}

fn finalist((trial, outcome): (&TrialRecord, Outcome)) -> Option<Finalist> {
    Some(Finalist { trial: trial.id, search_score: trial.score()?, outcome })
}

impl Finalist {
    /// The finalists, best first: by their last score, then by that of the search, then the earlier trial. Failures come last.
    pub fn ranking(finalists: &[Self]) -> Vec<&Self> {
        let mut ranking: Vec<&Self> = finalists.iter().collect();
        let score = |finalist: &Self| finalist.outcome.score().unwrap_or(f64::NEG_INFINITY);
        ranking.sort_by(|a, b| {
            score(b).total_cmp(&score(a)).then(b.search_score.total_cmp(&a.search_score)).then(a.trial.cmp(&b.trial))
        });
        ranking
    }

    /// The first of the [`ranking`](Self::ranking); `None` when all of them failed.
    pub fn winner(finalists: &[Self]) -> Option<&Self> {
        Self::ranking(finalists).into_iter().next().filter(|first| first.outcome.score().is_some())
    }
}

impl crate::StudyReader {
    /// The finalists, once they have been evaluated.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn finalists(&self) -> Result<Option<Vec<Finalist>>, SearchError> {
        self.result(FINALISTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PhaseSeconds, StudyRecord};
    use bonas_core::{Measurement, Silent, StudyRng};
    use std::path::Path;

    /// Scores by the order of the batch: the last comes first. Counts its batches.
    struct Reversed(usize);

    impl Evaluator for Reversed {
        fn evaluate(
            &mut self,
            batch: &[Architecture],
            _: &mut StudyRng,
            context: &EvaluationContext<'_>,
        ) -> Result<Vec<Outcome>, EvaluationError> {
            if context.interrupt.is_requested() {
                return Err(EvaluationError::Interrupted);
            }
            self.0 += 1;
            Ok((0..batch.len()).map(|place| measured(place as f64)).collect())
        }
    }

    fn measured(score: f64) -> Outcome {
        Outcome::Measured(Measurement::new(score).expect("finite"))
    }

    fn recorded(path: &Path) -> Storage {
        let mut storage = Storage::create(path, &StudyRecord::default()).expect("created");
        let trial = |id: usize| TrialRecord {
            id,
            round: 0,
            position: id - 1,
            architecture: Architecture::new([id as u8]),
            text: id.to_string(),
            outcome: if id == 2 { Outcome::Failed { reason: "diverged".into() } } else { measured(id as f64) },
            prediction: None,
            origin: "test".into(),
            cached: false,
        };
        storage.record_round(0, PhaseSeconds::default(), &(1..=5).map(trial).collect::<Vec<_>>()).expect("recorded");
        storage
    }

    fn run(storage: &mut Storage, evaluator: &mut Reversed, interrupt: &Interrupt) -> Option<Vec<Finalist>> {
        let finals = Finals { evaluator, storage, seed: 1, candidates: 3, observer: &(), progress: &Silent, interrupt };
        finals.run().expect("runs")
    }

    #[test]
    fn the_best_meet_once_and_the_last_scores_decide() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut storage = recorded(&folder.path().join("study.db"));
        let mut evaluator = Reversed(0);
        let interrupt = Interrupt::default();
        let finalists = run(&mut storage, &mut evaluator, &interrupt).expect("not interrupted");
        assert_eq!(finalists.iter().map(|finalist| finalist.trial).collect::<Vec<_>>(), [5, 4, 3]);
        assert_eq!(Finalist::winner(&finalists).map(|finalist| finalist.trial), Some(3));
        assert_eq!(run(&mut storage, &mut evaluator, &interrupt), Some(finalists));
        assert_eq!(evaluator.0, 1, "what is recorded is not repeated");
    }

    #[test]
    fn an_interrupted_comparison_records_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut storage = recorded(&folder.path().join("study.db"));
        let interrupt = Interrupt::default();
        interrupt.request();
        assert_eq!(run(&mut storage, &mut Reversed(0), &interrupt), None);
        assert_eq!(storage.reader().finalists().expect("readable"), None);
    }

    #[test]
    fn equals_are_decided_by_the_search_and_failures_never_win() {
        let finalist = |trial, search_score, outcome| Finalist { trial, search_score, outcome };
        let finalists = [
            finalist(1, 0.9, measured(0.5)),
            finalist(2, 0.7, measured(0.6)),
            finalist(3, 0.8, measured(0.6)),
            finalist(4, 0.95, Outcome::Failed { reason: "diverged".into() }),
        ];
        assert_eq!(Finalist::winner(&finalists).map(|finalist| finalist.trial), Some(3));
        assert_eq!(Finalist::winner(&finalists[3..]), None);
    }
}
