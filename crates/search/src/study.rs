//! The loop: ask, evaluate, record, tell.

mod budget;
mod config;
mod history;
mod observer;
#[cfg(test)]
mod tests;

pub use budget::{Budget, StopReason};
pub use config::StudyConfig;
pub use observer::StudyObserver;

use crate::ask_seconds::asking;
use crate::{PhaseSeconds, SearchError, Storage, StudyRecord, TrialRecord};
use bonas_core::{
    Architecture, CompletedTrial, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, Progress, Proposal,
    SearchSpace, SearchStrategy, SeedStream,
};
use history::History;
use std::ops::ControlFlow;
use std::time::Instant;

/// A search: a strategy, an evaluator and the database that remembers what they did.
///
/// A study over a database that holds trials resumes it: every recorded round is told to the (fresh) strategy, and the next
/// round draws from the streams of its own number. So a study that was cut short anywhere ends in the history it would
/// have had without the cut. Proposals are not recorded before their evaluation: the same question to the same strategy
/// gives the same proposals, so a cut round is simply asked again.
pub struct Study<'a> {
    /// What can be built.
    pub space: &'a dyn SearchSpace,
    /// What to try next; fresh, nothing told.
    pub strategy: &'a mut dyn SearchStrategy,
    /// How good it is.
    pub evaluator: &'a mut dyn Evaluator,
    /// Where it is recorded.
    pub storage: &'a mut Storage,
    /// Seed, batch size and budget.
    pub config: &'a StudyConfig,
    /// Who watches the rounds.
    pub observer: &'a dyn StudyObserver,
    /// Where evaluations report how far they are.
    pub progress: &'a dyn Progress,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq)]
pub struct StudySummary {
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Architectures evaluated, failures included, cached answers left out.
    pub queries: usize,
    /// Rounds recorded.
    pub rounds: usize,
    /// The measured trial with the highest score, the earliest of equals; `None` when nothing was measured.
    pub best: Option<TrialRecord>,
    /// Seconds of wall clock of all recorded rounds, those of earlier runs included.
    pub seconds: f64,
}

impl Study<'_> {
    /// Runs, or resumes, the study until its budget is spent, the strategy knows nothing new, or someone interrupts.
    ///
    /// # Errors
    /// When a setting is invalid, the database holds another study, or the strategy, the evaluator or the database fails.
    /// The rounds recorded until then stay recorded; running again resumes behind them.
    pub fn run(mut self) -> Result<StudySummary, SearchError> {
        self.config.validate()?;
        let mut history = self.replay()?;
        loop {
            if let Some(stop_reason) = self.stop_reason(&history) {
                return Ok(history.summary(stop_reason));
            }
            if let ControlFlow::Break(stop_reason) = self.round(&mut history)? {
                return Ok(history.summary(stop_reason));
            }
        }
    }

    fn round(&mut self, history: &mut History) -> Result<ControlFlow<StopReason>, SearchError> {
        let round = history.next_round();
        self.observer.round_started(round);
        let (proposals, asked) = asking(|| self.propose(round, history));
        let proposals = proposals?;
        self.observer.asked(round, &asked);
        if proposals.is_empty() {
            return Ok(ControlFlow::Break(StopReason::Exhausted));
        }
        self.observer.proposed(round, &proposals);
        let batch = history.unanswered(&proposals);
        let (outcomes, evaluate) = timed(|| self.evaluate(round, &batch));
        let Some(outcomes) = outcomes? else {
            return Ok(ControlFlow::Break(StopReason::Interrupted));
        };
        let trials = history.settle(self.space, proposals, batch, outcomes);
        let record = self.storage.record_round(round, PhaseSeconds { propose: asked.total, evaluate, record: 0.0 }, &trials)?;
        self.tell(&trials);
        history.append(record, trials.clone());
        self.observer.round_finished(&record, &trials, history.best());
        Ok(ControlFlow::Continue(()))
    }

    /// Asks the strategy; proposals come back in canonical form.
    fn propose(&self, round: usize, history: &History) -> Result<Vec<Proposal>, SearchError> {
        let asked = self.config.budget.queries_left(history.queries()).min(self.config.batch_size);
        let mut rng = SeedStream::new(self.config.seed).rng("ask", round as u64);
        let mut proposals = self.strategy.ask(asked, &mut rng).map_err(|source| SearchError::Strategy { round, source })?;
        if proposals.len() > asked {
            return Err(SearchError::TooManyProposals { round, asked, proposed: proposals.len() });
        }
        for proposal in &mut proposals {
            let valid = self.space.validate(&proposal.architecture);
            valid.map_err(|source| SearchError::ProposalOutside { round, source })?;
            proposal.architecture = self.space.canonical(&proposal.architecture);
        }
        Ok(proposals)
    }

    /// One outcome per member of the batch; `None` when the evaluation was interrupted.
    fn evaluate(&mut self, round: usize, batch: &[Architecture]) -> Result<Option<Vec<Outcome>>, SearchError> {
        if batch.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut rng = SeedStream::new(self.config.seed).rng("evaluate", round as u64);
        let context = EvaluationContext { round, progress: self.progress, interrupt: self.interrupt };
        match self.evaluator.evaluate(batch, &mut rng, &context) {
            Ok(outcomes) if outcomes.len() == batch.len() => Ok(Some(outcomes)),
            Ok(outcomes) => Err(SearchError::OutcomeCount { round, batch: batch.len(), outcomes: outcomes.len() }),
            Err(EvaluationError::Interrupted) => Ok(None),
            Err(source) => Err(SearchError::Evaluation { round, source }),
        }
    }

    fn tell(&mut self, trials: &[TrialRecord]) {
        let completed: Vec<CompletedTrial> = trials.iter().map(TrialRecord::completed).collect();
        self.strategy.tell(&completed);
    }

    fn stop_reason(&self, history: &History) -> Option<StopReason> {
        let spent = self.config.budget.spent(history.queries(), history.next_round(), history.seconds(), history.cost_seconds());
        let idle = || (history.idle_rounds() >= self.config.max_idle_rounds).then_some(StopReason::Exhausted);
        let interrupted = || self.interrupt.is_requested().then_some(StopReason::Interrupted);
        spent.or_else(idle).or_else(interrupted)
    }

    /// Tells the strategy every recorded round.
    fn replay(&mut self) -> Result<History, SearchError> {
        self.check_record(&self.storage.reader().study_record()?)?;
        let history = History::load(self.storage.reader(), self.space)?;
        for trials in history.trials_by_round() {
            self.tell(trials);
        }
        self.observer.study_started(history.trials(), history.best());
        Ok(history)
    }

    fn check_record(&self, record: &StudyRecord) -> Result<(), SearchError> {
        let differs = |what, stored: String, given: String| {
            let path = self.storage.reader().path().to_path_buf();
            Err(SearchError::OtherStudy { path, what, stored, given })
        };
        if record.space != self.space.name() {
            return differs("space", record.space.clone(), self.space.name().into());
        }
        if record.seed != self.config.seed {
            return differs("seed", record.seed.to_string(), self.config.seed.to_string());
        }
        Ok(())
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let clock = Instant::now();
    let result = work();
    (result, clock.elapsed().as_secs_f64())
}
