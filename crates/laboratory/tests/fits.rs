//! Fits to the small table of the examples, by a surrogate that needs no tensors.

use bonas_benchmarks::{Table, TableConfig};
use bonas_core::{
    BoxError, CellGraph, FittedSurrogate, Interrupt, Observations, Posterior, SearchSpace, Silent, StudyRng, Surrogate,
    SurrogateError,
};
use bonas_features::{GaussianTargets, LinearConfig, LinearSurrogate};
use bonas_laboratory::{
    FitCourse, FitKey, FitRecord, FitSummary, Journal, LaboratoryError, Protocol, Settings, SurrogateContestant, Task, Watch,
    run_fits,
};
use bonas_spaces::SpaceChoice;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces").join(file)
}

fn table() -> Arc<Table> {
    Arc::new(Table::open(&example("my-chain.csv"), Some(&example("my-chain-layout.toml"))).expect("a table"))
}

fn space() -> Arc<dyn SearchSpace> {
    SpaceChoice::File(example("my-chain.toml")).build().expect("a space")
}

fn linear(name: &str, targets: GaussianTargets) -> SurrogateContestant {
    let build = move || -> Result<Box<dyn Surrogate>, BoxError> {
        Ok(Box::new(LinearSurrogate::new(LinearConfig { targets, ..LinearConfig::default() })?))
    };
    SurrogateContestant { name: name.into(), predicts_ranks: targets == GaussianTargets::Ranks, build: Box::new(build) }
}

fn course(protocol: Protocol) -> FitCourse {
    FitCourse {
        space: space(),
        tasks: vec![Task { name: "example".into(), table: table(), config: TableConfig::default(), trade_off: None }],
        surrogates: vec![linear("ranks", GaussianTargets::Ranks), linear("scores", GaussianTargets::Scores)],
        train: vec![6, 17],
        splits: 1..6,
        protocol,
    }
}

fn done(course: &FitCourse, folder: &Path, threads: usize) -> BTreeMap<FitKey, FitRecord> {
    let mut journal = Journal::open(folder, &Settings::default()).expect("opened");
    let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
    assert!(run_fits(course, &mut journal, NonZero::new(threads).expect("some"), &watch).expect("done"));
    journal.records().iter().map(|(key, record)| (key.clone(), record.clone().untimed())).collect()
}

fn fresh(course: &FitCourse) -> BTreeMap<FitKey, FitRecord> {
    done(course, tempfile::tempdir().expect("a folder").path(), 2)
}

#[test]
fn threads_and_cuts_change_nothing() {
    let course = course(Protocol::Validation);
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let whole = done(&course, folders[0].path(), 1);
    assert_eq!((whole.len(), course.fits()), (20, 20));
    assert_eq!(whole, done(&course, folders[1].path(), 3));
    let text = std::fs::read(folders[1].path().join("fits.jsonl")).expect("lines");
    std::fs::write(folders[2].path().join("fits.jsonl"), &text[..text.len() / 2]).expect("written");
    assert_eq!(whole, done(&course, folders[2].path(), 2));
    let lines = std::fs::read_to_string(folders[2].path().join("fits.jsonl")).expect("lines");
    assert_eq!(lines.lines().count(), 20, "nothing is done twice");
}

#[test]
fn each_protocol_ranks_what_it_says() {
    let expected = [(Protocol::Validation, 27 - 17, 27 - 17), (Protocol::Anchors, 27, 27 - 17), (Protocol::Paper, 2, 2)];
    for (protocol, ranked, held_out) in expected {
        let course = course(protocol);
        let records = fresh(&course);
        let of_size = records.values().filter(|record| record.key.train == 17);
        assert!(of_size.clone().count() == 10 && of_size.clone().all(|fit| (fit.ranked, fit.held_out) == (ranked, held_out)));
        let summary = FitSummary::new(&course, &records).expect("a summary");
        assert_eq!(summary.tasks[0].ceiling.is_some(), protocol == Protocol::Anchors);
        assert!(summary.tasks[0].ceiling.is_none_or(|ceiling| ceiling > 0.8 && ceiling <= 1.0));
    }
}

#[test]
fn the_summary_is_what_the_fits_say() {
    let course = course(Protocol::Validation);
    let records = fresh(&course);
    let summary = FitSummary::new(&course, &records).expect("a summary");
    assert_eq!(summary.surrogates.len(), 4);
    for row in &summary.surrogates {
        let fits: Vec<_> = records.values().filter(|fit| (&fit.key.surrogate, fit.key.train) == (&row.name, row.train)).collect();
        assert_eq!(fits.len(), 5);
        let mean = |value: &dyn Fn(&FitRecord) -> f64| fits.iter().map(|fit| value(fit)).sum::<f64>() / 5.0;
        let calibration = |fit: &FitRecord| fit.calibration.expect("a regression has uncertainty");
        let close = |spread: Option<bonas_laboratory::Spread>, mean: f64| (spread.expect("measured").mean - mean).abs() < 1e-12;
        assert!(close(row.kendall, mean(&|fit| fit.kendall.expect("not constant"))));
        assert!(close(row.mae, mean(&|fit| fit.mae)));
        assert!(close(row.coverage[&80], mean(&|fit| calibration(fit).coverage_80)));
        assert!(close(row.negative_log_likelihood, mean(&|fit| calibration(fit).negative_log_likelihood.expect("possible"))));
        assert_eq!(row.predicts_ranks, row.name == "ranks");
    }
    let tau = |name: &str, train| {
        let row = summary.surrogates.iter().find(|row| row.name == name && row.train == train).expect("a row");
        row.kendall.expect("measured").mean
    };
    // The values of the example are sums over its operations: a linear model learns them.
    assert!(tau("scores", 17) > 0.8 && tau("scores", 17) > tau("scores", 6), "{} {}", tau("scores", 17), tau("scores", 6));
    let csv = summary.to_csv().expect("rows");
    assert!(csv.starts_with("task,name,train,ranked,scale,kendall,") && csv.contains("\nexample,scores,17,10,scores,"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
}

/// Believes the same of everything, without doubt.
struct Certain;

impl Surrogate for Certain {
    fn fit(&self, _observations: &Observations, _rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        Ok(Box::new(Certain))
    }
}

impl FittedSurrogate for Certain {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        Ok(Posterior::gaussian(vec![0.5; graphs.len()], vec![0.0; graphs.len()]).expect("valid"))
    }

    fn incumbent(&self) -> f64 {
        0.5
    }
}

#[test]
fn what_has_no_order_or_doubt_has_no_correlation_or_calibration() {
    let mut course = course(Protocol::Validation);
    let build = || -> Result<Box<dyn Surrogate>, BoxError> { Ok(Box::new(Certain)) };
    course.surrogates = vec![SurrogateContestant { name: "certain".into(), predicts_ranks: true, build: Box::new(build) }];
    let records = fresh(&course);
    for record in records.values() {
        assert_eq!((record.kendall, record.spearman, record.calibration), (None, None, None));
        assert!(record.mae > 0.0 && record.mae < 0.5, "ranks are in (0, 1)");
    }
    let row = &FitSummary::new(&course, &records).expect("a summary").surrogates[0];
    assert_eq!((row.kendall, row.coverage[&80], row.negative_log_likelihood), (None, None, None));
}

#[test]
fn courses_without_sense_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |change: &dyn Fn(&mut FitCourse)| {
        let mut course = course(Protocol::Anchors);
        change(&mut course);
        let mut journal = Journal::<FitRecord>::open(folder.path(), &Settings::default()).expect("opened");
        let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
        run_fits(&course, &mut journal, NonZero::<usize>::MIN, &watch).expect_err("refused").to_string()
    };
    assert!(refused(&|course| course.splits = 3..3).contains("no split"));
    assert!(refused(&|course| course.surrogates.clear()).contains("no surrogate"));
    assert!(refused(&|course| course.train = vec![6, 6]).contains("the size '6' is named twice"));
    let error = refused(&|course| course.train = vec![26]);
    assert!(error.contains("ranks on 26 of example, split 1: the table has 27 scores, but 28 are needed"), "{error}");
    let error = refused(&|course| course.train = vec![0]);
    assert_eq!(error, "ranks on 0 of example, split 1 failed");
    let summary = FitSummary::new(&course(Protocol::Validation), &BTreeMap::new());
    assert!(matches!(summary, Err(LaboratoryError::UnfinishedFit(_))));
}
