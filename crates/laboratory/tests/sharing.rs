//! Weight sharing against training from scratch, with evaluators that compute instead of training.

use bonas_core::{
    Architecture, BoxError, EvaluationContext, EvaluationError, Evaluator, Interrupt, Measurement, Outcome, Progress, Silent,
    StudyRng,
};
use bonas_laboratory::{
    Epochs, Grouping, Journal, LaboratoryError, Settings, SharingCourse, SharingRow, SharingSummary, TrainingKey, TrainingRecord,
    Watch, run_trainings,
};
use bonas_spaces::SpaceName;
use rand::RngExt;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;

/// What an architecture is worth: a number that no other of the space has.
fn worth(architecture: &Architecture) -> f64 {
    architecture.decisions().iter().fold(0.0, |sum, &decision| 5.0 * sum + f64::from(decision)) / 15_625.0
}

/// Worth and noise of the generator; of a group, an offset of the generator too.
struct Formula {
    noise: f64,
    offset: f64,
}

impl Evaluator for Formula {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        if context.interrupt.is_requested() {
            return Err(EvaluationError::Interrupted);
        }
        let offset = self.offset * rng.random_range(-1.0..1.0);
        let mut score = |architecture| worth(architecture) + offset + self.noise * rng.random_range(-1.0..1.0);
        Ok(batch.iter().map(|architecture| Outcome::Measured(Measurement::new(score(architecture)).expect("finite"))).collect())
    }
}

fn course(architectures: usize, sizes: &[usize], epochs: &[f64], alone_noise: f64) -> SharingCourse {
    SharingCourse {
        space: SpaceName::NasBench201.build(),
        groupings: Grouping::ALL.to_vec(),
        architectures,
        families: 2,
        sizes: sizes.to_vec(),
        epochs: epochs.iter().copied().map(Epochs).collect(),
        seeds: 1..3,
        seed: 7,
        alone: Box::new(move || -> Result<Box<dyn Evaluator>, BoxError> {
            Ok(Box::new(Formula { noise: alone_noise, offset: 0.0 }))
        }),
        // The longer, the less noise; the offset of a group never goes.
        shared: Box::new(|epochs| -> Result<Box<dyn Evaluator>, BoxError> {
            Ok(Box::new(Formula { noise: if epochs.0 < 2.0 { 0.5 } else { 0.0 }, offset: 0.5 }))
        }),
    }
}

fn done(course: &SharingCourse, folder: &Path, threads: usize) -> BTreeMap<TrainingKey, TrainingRecord> {
    let mut journal = Journal::open(folder, &Settings::default()).expect("opened");
    let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
    assert!(run_trainings(course, &mut journal, NonZero::new(threads).expect("some"), &watch).expect("done"));
    journal.records().iter().map(|(key, record)| (key.clone(), record.clone().untimed())).collect()
}

fn fresh(course: &SharingCourse) -> BTreeMap<TrainingKey, TrainingRecord> {
    done(course, tempfile::tempdir().expect("a folder").path(), 2)
}

#[test]
fn threads_cuts_and_smaller_courses_before_change_nothing() {
    let large = course(8, &[4, 2], &[0.5, 2.0], 0.1);
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let whole = done(&large, folders[0].path(), 1);
    assert_eq!(whole, done(&large, folders[1].path(), 3));
    // 8 random ones and 2 families of 4, each with 2 seeds; groups of 4 and of 2 of both, each with 2 lengths.
    assert_eq!(large.trainings().expect("sensible"), (32, 2 * (2 + 4) * 2));
    assert_eq!(whole.len(), 32 + 24);
    done(&course(4, &[2], &[2.0], 0.1), folders[2].path(), 1);
    let path = folders[2].path().join("trainings.jsonl");
    let text = std::fs::read(&path).expect("lines");
    std::fs::write(&path, &text[..text.len() - 7]).expect("written");
    let begun = text.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(begun, 8 + 8 + 2 + 2, "the small course is a part of the large one");
    assert_eq!(whole, done(&large, folders[2].path(), 2));
    assert_eq!(std::fs::read_to_string(&path).expect("lines").lines().count(), whole.len(), "nothing is done twice");
}

#[test]
fn an_interrupt_loses_the_running_training_alone() {
    struct After(Interrupt);
    impl Progress for After {
        fn begin(&self, phase: &str, steps: u64) {
            assert_eq!((phase, steps), ("trainings", 56));
        }
        fn advance(&self, _steps: u64, _message: &str) {
            self.0.request();
        }
    }
    let (course, folder) = (course(8, &[4, 2], &[0.5, 2.0], 0.1), tempfile::tempdir().expect("a folder"));
    let mut journal = Journal::<TrainingRecord>::open(folder.path(), &Settings::default()).expect("opened");
    let interrupt = Interrupt::default();
    let watch = Watch { progress: &After(interrupt.clone()), interrupt: &interrupt };
    assert!(!run_trainings(&course, &mut journal, NonZero::<usize>::MIN, &watch).expect("stopped"));
    assert_eq!(journal.records().len(), 1);
    assert!(matches!(SharingSummary::new(&course, journal.records()), Err(LaboratoryError::UnfinishedTraining(_))));
    drop(journal);
    assert_eq!(done(&course, folder.path(), 2), fresh(&course));
}

#[test]
fn offsets_of_groups_spoil_the_order_of_all_and_none_within() {
    let course = course(12, &[4, 12], &[0.5, 2.0], 0.0);
    let records = fresh(&course);
    let summary = SharingSummary::new(&course, &records).expect("a summary");
    assert_eq!(summary.settings.len(), 8);
    for facts in &summary.groupings {
        assert_eq!(facts.ceiling.expect("two seeds").mean, 1.0, "without noise");
        assert_eq!((facts.stddev_seeds, facts.failed), (Some(0.0), 0));
        assert!(facts.stddev_architectures.is_some_and(|stddev| stddev > 0.0));
    }
    let mean = |row: &SharingRow| row.kendall_within.expect("defined").mean;
    for row in &summary.settings {
        let estimate = row.kendall.expect("defined");
        assert!(estimate.low <= estimate.value && estimate.value <= estimate.high, "{estimate:?}");
        assert_eq!(row.ceiling_within.expect("two seeds").mean, 1.0);
        let exact = row.epochs.0 == 2.0;
        assert_eq!((mean(row) - 1.0).abs() < 1e-12, exact, "{row:?}");
        // Two families have two sub-supernets of the largest size; the random ones meet in one.
        let alone = row.grouping == Grouping::Random && row.k == 12;
        assert_eq!((estimate.value - 1.0).abs() < 1e-12, exact && alone, "{row:?}");
        let scored: Vec<f64> = row.pairs.iter().map(|pair| pair.alone).collect();
        assert_eq!(scored.len(), if row.grouping == Grouping::Random { 12 } else { summary.groupings[1].architectures });
    }
    let csv = summary.to_csv().expect("rows");
    assert!(csv.starts_with("grouping,k,epochs,groups,failed,kendall,") && csv.contains("\nrelated,4,0.5,6,0,"), "{csv}");
    assert_eq!(csv.lines().count(), 9);
}

#[test]
fn failures_count_and_are_left_out() {
    /// Cannot train what is worth less than a half.
    struct Picky;
    impl Evaluator for Picky {
        fn evaluate(
            &mut self,
            batch: &[Architecture],
            _rng: &mut StudyRng,
            _context: &EvaluationContext<'_>,
        ) -> Result<Vec<Outcome>, EvaluationError> {
            let outcome = |architecture| match worth(architecture) {
                worth if worth < 0.5 => Outcome::Failed { reason: "diverged".into() },
                worth => Outcome::Measured(Measurement::new(worth).expect("finite")),
            };
            Ok(batch.iter().map(outcome).collect())
        }
    }
    let mut course = course(10, &[5], &[2.0], 0.0);
    course.groupings = vec![Grouping::Random];
    course.alone = Box::new(|| Ok(Box::new(Picky)));
    let records = fresh(&course);
    let failed = records.values().filter(|record| record.failures == ["diverged"]).count();
    let summary = SharingSummary::new(&course, &records).expect("a summary");
    let facts = &summary.groupings[0];
    assert!(failed > 0 && failed == 2 * facts.failed && facts.failed < 10, "{failed}");
    assert_eq!((summary.settings[0].pairs.len(), summary.settings[0].failed), (10 - facts.failed, 0));
    course.shared = Box::new(|_| Ok(Box::new(Picky)));
    let summary = SharingSummary::new(&course, &fresh(&course)).expect("a summary");
    assert_eq!(summary.settings[0].failed, summary.groupings[0].failed);
}

#[test]
fn courses_without_sense_are_refused() {
    let refused = |change: &dyn Fn(&mut SharingCourse)| {
        let mut course = course(8, &[2, 4], &[1.0], 0.1);
        change(&mut course);
        course.trainings().expect_err("refused").to_string()
    };
    assert!(refused(&|course| course.seeds = 1..1).contains("no seed"));
    assert!(refused(&|course| course.sizes = vec![2, 2]).contains("the group size '2' is named twice"));
    assert!(
        refused(&|course| course.epochs = vec![Epochs(1.0), Epochs(1.0)]).contains("the number of epochs '1' is named twice")
    );
    assert!(
        refused(&|course| course.sizes = vec![9]).contains("8 architectures cannot fill a group of 9: raise --architectures")
    );
    assert!(refused(&|course| course.sizes = vec![0]).contains("no candidate in a group"));
    assert!(refused(&|course| course.families = 0).contains("no family"));
    let error = refused(&|course| (course.space, course.architectures) = (SpaceName::NasBench201.build(), 20_000));
    assert!(error.contains("different architectures of nas-bench-201 were found, but 20000 are wanted"), "{error}");
}
