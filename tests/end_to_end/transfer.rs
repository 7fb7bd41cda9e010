//! Searches that begin with what another run has taught, and what is refused to them.

use crate::refusal::assert_contains;
use crate::small::folder;
use bonas::search::StudyReader;
use bonas::{Experiment, ExperimentConfig, Override, RunFolder, Watch, load_config};
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
        (columns("flops"), vec!["no column 'flops'"]),
    ];
    for (place, (config, words)) in refused.into_iter().enumerate() {
        let error = start(config, &folder.path().join(place.to_string())).err().expect("refused").to_string();
        assert_contains(&error, &words);
    }
}
