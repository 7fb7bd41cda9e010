use crate::range::check_range;
use crate::{SearchError, Storage, StudyObserver, TrialRecord};
use bonas_core::{
    Architecture, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, Progress, SearchStrategy, SeedStream,
};
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
    /// The strategy of the study, which says what it holds for the best of its trials ([`SearchStrategy::best_told`]); where it leaves
    /// that to the scores, the highest take part.
    pub strategy: &'a dyn SearchStrategy,
    /// Trials that take part.
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
    /// How its training from scratch ended, if it came to that.
    #[serde(default)]
    pub trained: Option<Outcome>,
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
        let trials = self.chosen()?;
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
        self.storage.set_finalists(&finalists)?;
        self.observer.finals_finished(&finalists);
        Ok(Some(finalists))
    }

    /// Those that take part, the best first.
    fn chosen(&self) -> Result<Vec<TrialRecord>, SearchError> {
        let reader = self.storage.reader();
        let mut rng = SeedStream::new(self.seed).rng("finalists", 0);
        let round = reader.rounds()?.len();
        let told = self.strategy.best_told(self.candidates, &mut rng);
        let Some(told) = told.map_err(|source| SearchError::Strategy { round, source })? else {
            return reader.best_trials(self.candidates);
        };
        let trials = reader.trials()?;
        let measured = |architecture: &Architecture| {
            let same = |trial: &&TrialRecord| trial.architecture == *architecture && !trial.cached && trial.score().is_some();
            trials.iter().find(same).cloned()
        };
        Ok(told.iter().filter_map(measured).collect())
    }
}

fn finalist((trial, outcome): (&TrialRecord, Outcome)) -> Option<Finalist> {
    Some(Finalist { trial: trial.id, search_score: trial.score()?, outcome, trained: None })
}

impl Finalist {
    /// The finalists, best first: those trained from scratch by the scores of that, then the others by their score among the
    /// finalists, then by that of the search, then the earlier trial. Failures come last.
    pub fn ranking(finalists: &[Self]) -> Vec<&Self> {
        let mut ranking: Vec<&Self> = finalists.iter().collect();
        let alone = |finalist: &Self| match &finalist.trained {
            Some(outcome) => outcome.score().map_or((0, 0.0), |score| (2, score)),
            None => (1, 0.0),
        };
        let together = |finalist: &Self| finalist.outcome.score().unwrap_or(f64::NEG_INFINITY);
        ranking.sort_by(|a, b| {
            let (a_alone, b_alone) = (alone(a), alone(b));
            (b_alone.0.cmp(&a_alone.0))
                .then(b_alone.1.total_cmp(&a_alone.1))
                .then(together(b).total_cmp(&together(a)))
                .then(b.search_score.total_cmp(&a.search_score))
                .then(a.trial.cmp(&b.trial))
        });
        ranking
    }

    /// The next that is to be trained from scratch, until `wanted` have been with success; one that fails makes room for another.
    pub fn next_to_train(finalists: &[Self], wanted: usize) -> Option<usize> {
        let is_trained = |finalist: &&Self| finalist.trained.as_ref().is_some_and(|outcome| outcome.score().is_some());
        if finalists.iter().filter(is_trained).count() >= wanted {
            return None;
        }
        let waits = |finalist: &&Self| finalist.trained.is_none() && finalist.outcome.score().is_some();
        Self::ranking(finalists).into_iter().find(waits).map(|finalist| finalist.trial)
    }

    /// The first of the [`ranking`](Self::ranking); `None` when all of them failed.
    pub fn winner(finalists: &[Self]) -> Option<&Self> {
        Self::ranking(finalists).into_iter().next().filter(|first| first.score().is_some())
    }

    /// The score that places it: of its training from scratch, or else among the finalists.
    pub fn score(&self) -> Option<f64> {
        self.trained.as_ref().unwrap_or(&self.outcome).score()
    }
}

impl Storage {
    /// Records how far the finalists are, in place of what was recorded of them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_finalists(&mut self, finalists: &[Finalist]) -> Result<(), SearchError> {
        self.set_result(FINALISTS, finalists)
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
    use bonas_core::{CompletedTrial, Measurement, Proposal, Silent, StrategyError, StudyRng};
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

    /// Holds these for the best.
    struct Opinion(Option<Vec<u8>>);

    impl SearchStrategy for Opinion {
        fn ask(&self, _: usize, _: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
            Ok(Vec::new())
        }

        fn tell(&mut self, _: &[CompletedTrial]) {}

        fn best_told(&self, count: usize, _: &mut StudyRng) -> Result<Option<Vec<Architecture>>, StrategyError> {
            let architectures = |best: &Vec<u8>| best.iter().take(count).map(|&decision| Architecture::new([decision])).collect();
            Ok(self.0.as_ref().map(architectures))
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
        run_with(None, storage, evaluator, interrupt)
    }

    fn run_with(
        best: Option<Vec<u8>>,
        storage: &mut Storage,
        evaluator: &mut Reversed,
        interrupt: &Interrupt,
    ) -> Option<Vec<Finalist>> {
        let strategy = &Opinion(best);
        let finals = Finals { evaluator, storage, seed: 1, strategy, candidates: 3, observer: &(), progress: &Silent, interrupt };
        finals.run().expect("runs")
    }

    #[test]
    fn the_strategy_may_know_better_than_the_scores() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut storage = recorded(&folder.path().join("study.db"));
        let best = Some(vec![1, 2, 4, 3]);
        let finalists = run_with(best, &mut storage, &mut Reversed(0), &Interrupt::default()).expect("not interrupted");
        let trials: Vec<_> = finalists.iter().map(|finalist| finalist.trial).collect();
        assert_eq!(trials, [1, 4], "the second of its three has no score");
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
        let finalist = |trial, search_score, outcome| Finalist { trial, search_score, outcome, trained: None };
        let finalists = [
            finalist(1, 0.9, measured(0.5)),
            finalist(2, 0.7, measured(0.6)),
            finalist(3, 0.8, measured(0.6)),
            finalist(4, 0.95, Outcome::Failed { reason: "diverged".into() }),
        ];
        assert_eq!(Finalist::winner(&finalists).map(|finalist| finalist.trial), Some(3));
        assert_eq!(Finalist::winner(&finalists[3..]), None);
    }

    #[test]
    fn training_from_scratch_overrules_and_failures_make_room() {
        let failed = || Outcome::Failed { reason: "diverged".into() };
        let finalist = |trial, score| Finalist { trial, search_score: 0.5, outcome: measured(score), trained: None };
        let mut finalists =
            vec![finalist(1, 0.7), finalist(2, 0.9), finalist(3, 0.8), Finalist { outcome: failed(), ..finalist(4, 0.0) }];
        for (trial, trained, next) in [(2, measured(0.6), Some(3)), (3, failed(), Some(1)), (1, measured(0.65), None)] {
            assert_eq!(Finalist::next_to_train(&finalists, 2), Some(trial));
            finalists[trial - 1].trained = Some(trained);
            assert_eq!(Finalist::next_to_train(&finalists, 2), next);
        }
        let order: Vec<_> = Finalist::ranking(&finalists).iter().map(|finalist| finalist.trial).collect();
        assert_eq!(order, [1, 2, 4, 3], "trained ones, those that were not, and those whose training failed");
        assert_eq!(Finalist::next_to_train(&finalists, 3), None, "what failed is not trained");
        assert_eq!(Finalist::winner(&finalists).and_then(Finalist::score), Some(0.65));
    }
}
