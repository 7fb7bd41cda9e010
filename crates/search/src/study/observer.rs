use crate::{AskSeconds, Finalist, RoundRecord, TrialRecord};
use bonas_core::Proposal;

/// Who watches a study. Nothing an observer does can change the study. Every method does nothing by default.
pub trait StudyObserver {
    /// The study begins or resumes; `recorded` are the trials so far, `best` the best of them.
    fn study_started(&self, recorded: &[TrialRecord], best: Option<&TrialRecord>) {
        let _ = (recorded, best);
    }

    /// The strategy is about to be asked, which may take a while.
    fn round_started(&self, round: usize) {
        let _ = round;
    }

    /// The strategy has answered; this is where its time went.
    fn asked(&self, round: usize, seconds: &AskSeconds) {
        let _ = (round, seconds);
    }

    /// The strategy has answered, in canonical form; the evaluation is about to begin.
    fn proposed(&self, round: usize, proposals: &[Proposal]) {
        let _ = (round, proposals);
    }

    /// The round is recorded; `best` is the best trial of the whole study so far.
    fn round_finished(&self, round: &RoundRecord, trials: &[TrialRecord], best: Option<&TrialRecord>) {
        let _ = (round, trials, best);
    }

    /// The best of all rounds are about to be evaluated in one batch, to name the winner.
    fn finals_started(&self, trials: &[TrialRecord]) {
        let _ = trials;
    }

    /// They have been, and are recorded.
    fn finals_finished(&self, finalists: &[Finalist]) {
        let _ = finalists;
    }

    /// A finalist has been trained from scratch, and this is recorded.
    fn finalist_trained(&self, finalist: &Finalist) {
        let _ = finalist;
    }
}

/// Nobody watches.
impl StudyObserver for () {}
