use crate::search::search;
use crate::{Course, Journal, LaboratoryError};
use bonas_core::{Interrupt, Progress};
use std::num::NonZero;
use std::sync::Mutex;

/// Who watches a course, and who may stop it.
pub struct Watch<'a> {
    /// Sees one step for every finished search.
    pub progress: &'a dyn Progress,
    /// Stops running searches at their next round; they are lost, finished ones are not.
    pub interrupt: &'a Interrupt,
}

/// Does every search of the course that the journal does not hold yet, `threads` at a time, and records each as it ends.
///
/// A search runs on one thread, with whatever it computes in parallel inside: neither its result nor its time depends on how many
/// run beside it, as long as there is a core for each. Returns whether all are done; not when interrupted.
///
/// # Errors
/// The first failure; searches that run beside it are finished, no further one is begun.
pub fn run(course: &Course, journal: &mut Journal, threads: NonZero<usize>, watch: &Watch<'_>) -> Result<bool, LaboratoryError> {
    course.validate()?;
    let missing: Vec<_> =
        course.searches().filter(|(contestant, task, seed)| !journal.holds(&task.name, &contestant.name, *seed)).collect();
    watch.progress.begin("searches", missing.len() as u64);
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
    let work = || {
        while let Some((contestant, task, seed)) = next() {
            let recorded = match search(course, contestant, task, seed, watch.interrupt) {
                Ok(Some(record)) => journal.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(record),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            if let Err(error) = recorded {
                return failed(error);
            }
            watch.progress.advance(1, &format!("{} on {}, seed {seed}", contestant.name, task.name));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool.install(work),
                Err(error) => failed(LaboratoryError::Threads(error)),
            });
        }
    });
    match failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Some(error) => Err(error),
        None => Ok(!watch.interrupt.is_requested()),
    }
}
