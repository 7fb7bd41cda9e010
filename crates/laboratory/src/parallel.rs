use crate::{Journal, LaboratoryError, Record};
use bonas_core::{Interrupt, Progress};
use std::num::NonZero;
use std::sync::Mutex;

/// Who watches the work, and who may stop it.
pub struct Watch<'a> {
    /// Sees one step for every finished piece of work.
    pub progress: &'a dyn Progress,
    /// Stops running searches at their next round, and everything else at its end; what is unfinished is lost, what is finished is
    /// not.
    pub interrupt: &'a Interrupt,
}

/// Does all of `missing`, `threads` at a time, and records each piece as it ends; `work` returns `None` when it was interrupted.
///
/// A piece runs on one thread, with whatever it computes in parallel inside: neither its result nor its time depends on how many run
/// beside it, as long as there is a core for each. Returns whether all are done; not when interrupted.
pub(crate) fn in_parallel<T: Send, R: Record>(
    phase: &str,
    missing: Vec<T>,
    journal: &mut Journal<R>,
    threads: NonZero<usize>,
    watch: &Watch<'_>,
    work: impl Fn(T) -> Result<Option<R>, LaboratoryError> + Sync,
) -> Result<bool, LaboratoryError>
where
    R::Key: Send,
{
    watch.progress.begin(phase, missing.len() as u64);
    let (queue, journal, failure) = (Mutex::new(missing.into_iter()), Mutex::new(journal), Mutex::new(None));
    let failed = |error| {
        if let Ok(mut first) = failure.lock() {
            first.get_or_insert(error);
        }
    };
    let next = || {
        let stop = watch.interrupt.is_requested() || failure.lock().is_ok_and(|failure| failure.is_some());
        if stop { None } else { queue.lock().ok()?.next() }
    };
    let one_after_another = || {
        while let Some(piece) = next() {
            let (key, recorded) = match work(piece) {
                Ok(Some(record)) => {
                    (record.key().to_string(), journal.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(record))
                }
                Ok(None) => return,
                Err(error) => return failed(error),
            };
            if let Err(error) = recorded {
                return failed(error);
            }
            watch.progress.advance(1, &key);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool.install(one_after_another),
                Err(error) => failed(LaboratoryError::Threads(error)),
            });
        }
    });
    match failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Some(error) => Err(error),
        None => Ok(!watch.interrupt.is_requested()),
    }
}
