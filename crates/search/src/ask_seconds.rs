//! Where the time of a proposal goes.
//!
//! A strategy's `ask` takes `&self` and answers with proposals alone, so that nothing it does depends on a clock. Its long steps
//! are therefore timed from outside, on the thread that asks: a strategy wraps them in [`fitting`] and [`scoring`], and the study
//! takes the sums after each answer.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::time::Instant;

/// Seconds of wall clock that a strategy spent in the long steps of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AskSeconds {
    /// Fitting surrogates.
    pub fit: f64,
    /// Asking surrogates and acquisitions about candidates.
    pub score: f64,
    /// The whole answer, `fit` and `score` included.
    pub total: f64,
}

impl AskSeconds {
    /// What is neither fit nor score: drawing, breeding and choosing candidates.
    pub fn propose(&self) -> f64 {
        (self.total - self.fit - self.score).max(0.0)
    }
}

thread_local! {
    static SPENT: Cell<AskSeconds> = const { Cell::new(AskSeconds { fit: 0.0, score: 0.0, total: 0.0 }) };
}

/// Does `work`, which fits a surrogate, and counts its time.
pub(crate) fn fitting<T>(work: impl FnOnce() -> T) -> T {
    counted(work, |spent, seconds| spent.fit += seconds)
}

/// Does `work`, which scores candidates, and counts its time.
pub(crate) fn scoring<T>(work: impl FnOnce() -> T) -> T {
    counted(work, |spent, seconds| spent.score += seconds)
}

/// Does `work`, which asks a strategy, and says where its time went.
pub(crate) fn asking<T>(work: impl FnOnce() -> T) -> (T, AskSeconds) {
    SPENT.set(AskSeconds::default());
    let answer = counted(work, |spent, seconds| spent.total += seconds);
    (answer, SPENT.get())
}

fn counted<T>(work: impl FnOnce() -> T, count: impl FnOnce(&mut AskSeconds, f64)) -> T {
    let clock = Instant::now();
    let result = work();
    let mut spent = SPENT.get();
    count(&mut spent, clock.elapsed().as_secs_f64());
    SPENT.set(spent);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;
    use std::time::Duration;

    #[test]
    fn steps_are_counted_apart_and_every_answer_begins_anew() {
        let nap = || sleep(Duration::from_millis(10));
        fitting(nap);
        let ((), spent) = asking(|| {
            nap();
            fitting(nap);
            scoring(nap);
            scoring(nap);
        });
        assert!(spent.fit >= 0.01 && spent.score >= 0.02 && spent.propose() >= 0.0099, "{spent:?}");
        assert!(spent.fit < spent.score && (spent.fit + spent.score + spent.propose() - spent.total).abs() < 1e-9, "{spent:?}");
        let ((), idle) = asking(|| ());
        assert_eq!((idle.fit, idle.score), (0.0, 0.0));
    }
}
