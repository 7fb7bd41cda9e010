use super::course::Training;
use super::{SharingCourse, TrainingKey, TrainingRecord};
use crate::parallel::in_parallel;
use crate::{Journal, LaboratoryError, Watch};
use bonas_core::{EvaluationContext, EvaluationError, Interrupt, SeedStream, Silent, StudyRng};
use std::num::NonZero;
use std::time::Instant;

/// Does every training of the course that the journal does not hold yet, `threads` at a time, and records each as it ends: a stop at
/// any moment loses the trainings that are running, and nothing else.
///
/// A training runs on one thread, and what is random in it depends on its key and the seed alone. Returns whether all are done; not
/// when interrupted.
///
/// # Errors
/// The first failure; trainings that run beside it are finished, no further one is begun. A network that diverges is no failure: it
/// has no score.
pub fn run_trainings(
    course: &SharingCourse,
    journal: &mut Journal<TrainingRecord>,
    threads: NonZero<usize>,
    watch: &Watch<'_>,
) -> Result<bool, LaboratoryError> {
    let mut missing = course.all_trainings()?;
    missing.retain(|training| !journal.holds(&training.key));
    in_parallel("trainings", missing, journal, threads, watch, |training| train(course, training, watch.interrupt))
}

/// `None` when it was interrupted.
fn train(course: &SharingCourse, training: Training, interrupt: &Interrupt) -> Result<Option<TrainingRecord>, LaboratoryError> {
    let Training { key, members } = training;
    let evaluator = match &key {
        TrainingKey::Alone { .. } => (course.alone)(),
        TrainingKey::Shared { epochs, .. } => (course.shared)(*epochs),
    };
    let mut evaluator = evaluator.map_err(|source| LaboratoryError::BuildEvaluator { key: Box::new(key.clone()), source })?;
    let context = EvaluationContext { round: 0, progress: &Silent, interrupt };
    let begin = Instant::now();
    match evaluator.evaluate(&members, &mut course.rng(&key), &context) {
        Ok(outcomes) => Ok(Some(TrainingRecord::new(key, outcomes, begin.elapsed().as_secs_f64()))),
        Err(EvaluationError::Interrupted) => Ok(None),
        Err(source) => Err(LaboratoryError::Training { key: Box::new(key), source: Box::new(source) }),
    }
}

impl SharingCourse {
    /// The generator of a training. That of a stand-alone training has a stream for each of its seeds.
    fn rng(&self, key: &TrainingKey) -> StudyRng {
        let streams = SeedStream::new(self.seed);
        match key {
            TrainingKey::Alone { architecture, seed } => streams.rng(&format!("alone: {architecture}"), *seed),
            TrainingKey::Shared { epochs, members } => {
                streams.rng(&format!("shared: {}; {epochs} epochs", members.join(", ")), 0)
            }
        }
    }
}
