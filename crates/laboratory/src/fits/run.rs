use super::FitCourse;
use super::fit::fit;
use super::scores::Population;
use super::{FitRecord, Protocol};
use crate::parallel::in_parallel;
use crate::{Journal, LaboratoryError, Watch};
use std::num::NonZero;

/// Does every fit of the course that the journal does not hold yet, `threads` at a time, and records each as it ends.
///
/// A fit runs on one thread. Returns whether all are done; not when interrupted.
///
/// # Errors
/// The first failure; fits that run beside it are finished, no further one is begun.
pub fn run_fits(
    course: &FitCourse,
    journal: &mut Journal<FitRecord>,
    threads: NonZero<usize>,
    watch: &Watch<'_>,
) -> Result<bool, LaboratoryError> {
    course.validate()?;
    let missing: Vec<_> = course.keys().filter(|(_, _, key)| !journal.holds(key)).collect();
    let with_test = course.protocol == Protocol::Anchors;
    let population = |task| Population::new(task, course.space.as_ref(), with_test);
    let populations = course.tasks.iter().map(population).collect::<Result<Vec<_>, _>>()?;
    in_parallel("fits", missing, journal, threads, watch, |(surrogate, task, key)| {
        fit(course, surrogate, &populations[task], key).map(Some)
    })
}
