use crate::parallel::in_parallel;
use crate::search::search;
use crate::{Course, Journal, LaboratoryError, SearchRecord, Watch};
use std::num::NonZero;

/// Does every search of the course that the journal does not hold yet, `threads` at a time, and records each as it ends.
///
/// A search runs on one thread: neither its result nor its time depends on how many run beside it, as long as there is a core for
/// each. Returns whether all are done; not when interrupted.
///
/// # Errors
/// The first failure; searches that run beside it are finished, no further one is begun.
pub fn run(
    course: &Course,
    journal: &mut Journal<SearchRecord>,
    threads: NonZero<usize>,
    watch: &Watch<'_>,
) -> Result<bool, LaboratoryError> {
    course.validate()?;
    let missing: Vec<_> =
        course.searches().filter(|(contestant, task, seed)| !journal.holds(&contestant.key(task, *seed))).collect();
    in_parallel("searches", missing, journal, threads, watch, |(contestant, task, seed)| {
        search(course, contestant, task, seed, watch.interrupt)
    })
}
