//! The real tables, where `BONAS_SHARED_DATA` names the folder that holds them.

use crate::*;
use bonas_core::{Architecture, Evaluator, Interrupt, SeedStream, Silent};
use bonas_spaces::SpaceName;
use std::path::PathBuf;
use std::sync::Arc;

/// A file of the shared data; says so where there is none.
#[allow(clippy::print_stdout)]
fn shared(file: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BONAS_SHARED_DATA") else {
        println!("skipped: BONAS_SHARED_DATA is not set");
        return None;
    };
    Some(PathBuf::from(folder).join(file))
}

fn open(file: &str) -> Option<Table> {
    Some(Table::open(&shared(file)?, None).unwrap_or_else(|error| panic!("{error}")))
}

fn task(name: &str) -> TableConfig {
    TableConfig { task: Some(name.into()), ..TableConfig::default() }
}

/// The best score of the searched column, and the text of the architecture that has it.
fn best(table: &Table, config: &TableConfig) -> (f64, String) {
    let objective = Objective::find(table, config).unwrap_or_else(|error| panic!("{error}"));
    let score = |architecture: &Architecture| {
        table.value(architecture, objective.columns[0]).map(|value| objective.column().score(value))
    };
    let scored = table.architectures().filter_map(|architecture| Some((score(&architecture)?, architecture)));
    let (score, architecture) = scored.max_by(|a, b| a.0.total_cmp(&b.0)).expect("values");
    let space = table.space().to_string();
    let name = SpaceName::ALL.iter().find(|name| name.as_str() == space).expect("a space");
    (score, name.build().format(&architecture))
}

#[test]
fn nas_bench_201_has_the_published_optima() {
    let Some(table) = open("nas-bench-201/nb201.csv") else { return };
    assert_eq!((table.name(), table.space(), table.len()), ("NAS-Bench-201", "nas-bench-201", 15_625));
    for (name, percent) in [("cifar10-valid", 91.60667), ("cifar100", 73.49333), ("imagenet16-120", 46.73333)] {
        assert_eq!(best(&table, &task(name)).0, percent / 100.0, "{name}");
    }
    let few = TableConfig { epochs: Some(12), ..task("cifar10-valid") };
    assert_eq!(best(&table, &few).0, 84.892 / 100.0);
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let Some(table) = open("nas-bench-201/nb201.csv") else { return };
    let message = |config: &TableConfig| Objective::find(&table, config).expect_err("not there").to_string();
    assert_eq!(
        message(&TableConfig::default()),
        "the table NAS-Bench-201 has several answers to which task: cifar10-valid, cifar100, imagenet16-120; say which with table.task"
    );
    assert_eq!(
        message(&task("cifar10")),
        "the table NAS-Bench-201 has no task 'cifar10' on validation images; it has: cifar10-valid; cifar100; imagenet16-120"
    );
    let epochs = TableConfig { epochs: Some(50), ..task("cifar100") };
    assert!(message(&epochs).starts_with("the table NAS-Bench-201 has no mean after 50 epochs; it has: cifar100 accuracy, val"));
    let seed = TableConfig { run: RunChoice::Seed(777), ..task("cifar100") };
    assert!(message(&seed).contains("has no training with seed 777"), "{}", message(&seed));
}

#[test]
fn transnas_has_the_published_optima() {
    for (file, space, rows, optima) in [
        ("transnas101_micro_full.csv", "transnas-micro", 4_096, [0.4632, 0.5494, 0.5772, 0.5962, 0.2627, -0.5938, 0.9537]),
        ("transnas101_macro_full.csv", "transnas-macro", 3_256, [0.4796, 0.5748, 0.7688, 0.6435, 0.2966, -0.5628, 0.9702]),
    ] {
        let Some(table) = open(&format!("transnas-bench-101/{file}")) else { return };
        assert_eq!((table.space(), table.len()), (space, rows));
        let tasks = ["class_object", "class_scene", "autoencoder", "normal", "segmentsemantic", "room_layout", "jigsaw"];
        for (name, optimum) in tasks.into_iter().zip(optima) {
            let (score, _) = best(&table, &task(name));
            assert!((score - optimum).abs() < 1e-4, "{space} {name}: {score}");
        }
    }
}

#[test]
fn latencies_are_there_for_every_cell_and_no_search_may_maximise_them_by_mistake() {
    let Some(table) = open("nas-bench-201-latency/nb201_latency_ms.csv") else { return };
    assert_eq!((table.len(), table.columns().len()), (15_625, 27));
    assert!(table.columns().iter().all(|column| !column.larger_is_better && column.unit == Unit::Milliseconds));
    let error = Objective::find(&table, &TableConfig::default()).expect_err("no validation values").to_string();
    assert!(error.contains("values on validation images, which alone a search may see"), "{error}");
}

#[test]
fn a_stored_table_is_the_same_table() {
    let Some(table) = open("nas-bench-201/nb201.csv") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nb201.npz");
    table.save(&path).expect("written");
    let stored = Table::open(&path, None).expect("read");
    assert_eq!((stored.name(), stored.space(), stored.columns()), (table.name(), table.space(), table.columns()));
    assert!(stored.architectures().eq(table.architectures()));
    for (row, architecture) in table.architectures().enumerate().step_by(97) {
        for column in 0..table.columns().len() {
            assert_eq!(stored.value(&architecture, column), table.value(&architecture, column), "row {row}, column {column}");
        }
    }
}

#[test]
fn the_evaluator_answers_with_scores_and_failures() {
    let Some(table) = open("transnas-bench-101/transnas101_micro_full.csv") else { return };
    let space = SpaceName::TransNasMicro.build();
    let mut evaluator = TableEvaluator::new(Arc::new(table), &task("class_scene")).expect("a task");
    let architecture = space.parse("64-41414-0_00_000").expect("official");
    let mut rng = SeedStream::new(1).rng("evaluate", 0);
    let interrupt = Interrupt::default();
    let context = bonas_core::EvaluationContext { round: 0, progress: &Silent, interrupt: &interrupt };
    let outcomes = evaluator.evaluate(&[architecture], &mut rng, &context).expect("answered");
    let bonas_core::Outcome::Measured(measurement) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(measurement.score(), 14.15207 / 100.0);
    assert_eq!(measurement.metrics()[bonas_core::COST_SECONDS], 7066.0);
}

#[test]
fn the_report_alone_looks_at_test_values() {
    let Some(table) = open("nas-bench-201/nb201.csv") else { return };
    let config = task("cifar10-valid");
    let (_, text) = best(&table, &config);
    let architecture = SpaceName::NasBench201.build().parse(&text).expect("official");
    let report = TableReport::new(&table, &config, &architecture, &text).expect("a report");
    assert_eq!((report.rank, report.regret, report.architectures), (1, 0.0, 15_625));
    let test = report.headline().expect("test values");
    assert_eq!(
        (test.column.task.as_str(), test.column.epochs, test.value),
        ("cifar10-valid", Some(200), 91.52333_f64.min(test.value))
    );
}
