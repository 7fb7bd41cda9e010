//! Searches that begin with what another run has taught, and what is refused to them.

use crate::refusal::assert_contains;
use crate::small::{self, folder, succeed};
use bonas::core::Prediction;
use bonas::search::StudyReader;
use bonas::{Experiment, ExperimentConfig, Override, RunFolder, Watch, load_config};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Searches the example table of configs/spaces, with further settings.
fn config(settings: &[(&str, &str)]) -> ExperimentConfig {
    let example = |file: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string();
    let common = [
        ("space", example("my-chain.toml")),
        ("evaluator", "table".into()),
        ("table.path", example("my-chain.csv")),
        ("table.layout", example("my-chain-layout.toml")),
    ];
    let mut overrides: Vec<Override> = common.into_iter().map(|(key, value)| Override::new(key, value)).collect();
    overrides.extend(
        [("study.batch_size", 4), ("study.budget.queries", 16), ("bonas.initial", 4)].map(|(key, n)| Override::new(key, n)),
    );
    overrides.extend(settings.iter().map(|&(key, value)| Override::new(key, value)));
    load_config(None, &overrides).expect("valid")
}

fn start(config: ExperimentConfig, run: &Path) -> Result<Experiment, bonas::BonasError> {
    Experiment::start(config, RunFolder::create(run).expect("a new folder"))
}

/// The architectures of a run, in their order.
fn history(run: &Path) -> Vec<String> {
    let reader = StudyReader::open(&run.join("study.db")).expect("a study");
    reader.trials().expect("trials").into_iter().map(|trial| trial.text).collect()
}

/// The architectures of a run and what was expected of them.
fn predictions(run: &Path) -> Vec<(String, Option<Prediction>)> {
    let reader = StudyReader::open(&run.join("study.db")).expect("a study");
    reader.trials().expect("trials").into_iter().map(|trial| (trial.text, trial.prediction)).collect()
}

#[test]
fn a_run_teaches_another_which_then_needs_it_no_more() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let source = path("source").display().to_string();
    for (name, settings) in [("source", &[][..]), ("informed", &[("knowledge.transfer_from", source.as_str())])] {
        start(config(settings), &path(name)).expect("starts").run(&Watch::default()).expect("runs");
    }
    let (alone, informed) = (history(&path("source")), history(&path("informed")));
    assert_eq!(alone[..4], informed[..4], "the first round is drawn before anything is learned");
    assert_ne!(alone, informed);

    drop(start(config(&[("knowledge.transfer_from", source.as_str())]), &path("stopped")).expect("starts"));
    std::fs::rename(path("source"), path("gone")).expect("renamed");
    let stopped = RunFolder::open(&path("stopped")).expect("a run");
    Experiment::resume(stopped).expect("resumes").run(&Watch::default()).expect("runs");
    assert_eq!(history(&path("stopped")), informed);

    let reader = StudyReader::open(&path("stopped").join("study.db")).expect("a study");
    let record = reader.study_record().expect("a record");
    assert_eq!(record.details["transfer.sha256"].len(), 64);
    let written = std::fs::read_to_string(path("stopped").join("config.toml")).expect("written");
    assert_contains(&written, &["[knowledge]", &source]);
}

/// The settings of a search that learns from these runs.
fn learning_from(runs: &[&Path]) -> ExperimentConfig {
    let runs: Vec<String> = runs.iter().map(|run| run.display().to_string()).collect();
    let mut all = config(&[]);
    all.knowledge = load_config(None, &[Override::new("knowledge.transfer_from", runs)]).expect("valid").knowledge;
    all
}

#[test]
fn several_runs_teach_and_a_resumed_run_remembers_which_taught_what() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    for (name, seed) in [("one", 1), ("two", 2)] {
        let mut source = config(&[]);
        source.study.seed = seed;
        start(source, &path(name)).expect("starts").run(&Watch::default()).expect("runs");
    }
    let (one, two) = (path("one"), path("two"));
    for (name, runs) in [("first", vec![one.as_path()]), ("second", vec![&two]), ("both", vec![&one, &two])] {
        start(learning_from(&runs), &path(name)).expect("starts").run(&Watch::default()).expect("runs");
    }
    let expected = |name: &str| predictions(&path(name));
    assert!(expected("both") != expected("first") && expected("both") != expected("second"), "each of the two counts");

    drop(start(learning_from(&[&one, &two]), &path("stopped")).expect("starts"));
    [one, two].iter().for_each(|run| std::fs::remove_dir_all(run).expect("removed"));
    let stopped = RunFolder::open(&path("stopped")).expect("a run");
    Experiment::resume(stopped).expect("resumes").run(&Watch::default()).expect("runs");
    assert_eq!(expected("stopped"), expected("both"));
    let record = StudyReader::open(&path("both").join("study.db")).expect("a study").study_record().expect("a record");
    let digests: Vec<&str> = record.details["transfer.sha256"].split(',').collect();
    assert!(digests.len() == 2 && digests[0] != digests[1] && digests.iter().all(|digest| digest.len() == 64), "{digests:?}");
}

#[test]
fn a_search_that_learns_from_another_needs_fewer_random_trials() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let begin = |knowledge: ExperimentConfig, name: &str| {
        let mut all = knowledge;
        all.bonas.initial = 12;
        start(all, &path(name)).expect("starts").run(&Watch::default()).expect("runs");
        predictions(&path(name)).iter().take_while(|(_, prediction)| prediction.is_none()).count()
    };
    assert_eq!(begin(config(&[]), "alone"), 12);
    let informed = learning_from(&[&path("alone")]);
    // Five are needed, which are two rounds of four.
    assert_eq!(begin(informed.clone(), "informed"), 8);
    let mut more = informed;
    more.knowledge.transfer_initial = 9;
    assert_eq!(begin(more.clone(), "more"), 12);
    more.knowledge.transfer_initial = 1;
    let refused = start(more, &path("refused")).err().expect("refused").to_string();
    assert_contains(&refused, &["knowledge.transfer_initial", "from 2", "1"]);
}

/// The trials that a run learns from, as it keeps them.
fn learned(run: &Path) -> Vec<Value> {
    let reader = StudyReader::open(&run.join("study.db")).expect("a study");
    reader.result("transfer").expect("readable").expect("recorded")
}

#[test]
fn the_rounds_of_sub_supernets_stay_apart_as_a_source_too() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    succeed(&mut small::search(&path("images"), &["--set", "finals.candidates=0"]));
    let source = path("images").display().to_string();
    let again = ["--set", "finals.candidates=0", "--set", "study.budget.queries=6", "--seed", "2", "--transfer-from", &source];
    succeed(&mut small::search(&path("again"), &again));
    let trials = learned(&path("again"));
    let rounds: BTreeSet<u64> = trials.iter().map(|trial| trial["round"].as_u64().expect("a round")).collect();
    assert!(trials.len() > 3 && rounds == BTreeSet::from([0, 1, 2]), "{trials:?}");

    start(config(&[]), &path("table")).expect("starts").run(&Watch::default()).expect("runs");
    drop(start(learning_from(&[&path("table")]), &path("informed")).expect("starts"));
    let trials = learned(&path("informed"));
    assert!(trials.len() == 16 && trials.iter().all(|trial| trial["round"].is_null()), "{trials:?}");
}

#[test]
fn what_cannot_be_transferred_or_known_is_refused() {
    let folder = folder();
    let source = folder.path().join("source");
    start(config(&[]), &source).expect("starts").run(&Watch::default()).expect("runs");
    let source = source.display().to_string();
    let columns = |name: &str| {
        let columns = Override::new("knowledge.columns", vec![name.to_string()]);
        let mut config = config(&[]);
        config.knowledge.columns = load_config(None, &[columns]).expect("valid").knowledge.columns;
        config
    };
    let other = folder.path().join("other.toml");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces/my-chain.toml");
    let text = std::fs::read_to_string(example).expect("the example");
    std::fs::write(&other, format!("{text}\n# another file\n")).expect("written");
    let other = other.display().to_string();
    let mut epochs = config(&[]);
    epochs.knowledge.transfer_epochs = Some(12);
    let refused = [
        (config(&[("knowledge.transfer_from", &source), ("strategy", "random")]), vec!["only the strategy bonas", "random"]),
        (config(&[("knowledge.transfer_from", &source), ("surrogate.name", "wl-gp")]), vec!["structure-gp", "wl-gp"]),
        (config(&[("knowledge.transfer_task", "example")]), vec!["knowledge.transfer_task", "--transfer-from"]),
        (epochs, vec!["knowledge.transfer_epochs", "bonas bench search"]),
        (columns("example accuracy, test, mean"), vec!["test images", "no search may see"]),
        (columns("example accuracy, validation, mean"), vec!["known after a training only"]),
        (columns("seconds"), vec!["known after a training only"]),
        (config(&[("knowledge.transfer_from", &source), ("space", &other)]), vec!["needs a run of the same space", "SHA-256"]),
        (learning_from(&[source.as_ref(), source.as_ref()]), vec!["knowledge.transfer_from", "named twice", &source]),
        (columns("flops"), vec!["no column 'flops'"]),
    ];
    for (place, (config, words)) in refused.into_iter().enumerate() {
        let error = start(config, &folder.path().join(place.to_string())).err().expect("refused").to_string();
        assert_contains(&error, &words);
    }
}
