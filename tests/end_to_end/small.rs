//! A search that takes about a second, and how to run it and look at it.

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Settings of the small experiment: three rounds of three candidates on 300 images.
const SETTINGS: [&str; 17] = [
    "data.limit_per_class=30",
    "study.batch_size=3",
    "study.budget.queries=9",
    "bonas.initial=3",
    "bonas.pool_size=60",
    "surrogate.gcn.epochs=5",
    "network.channels=2",
    "network.cells=3",
    "supernet.epochs=1.0",
    "supernet.batch_size=25",
    "supernet.warmup_batch_size=25",
    "supernet.calibration_images=50",
    "finals.candidates=4",
    "finals.epochs=1.0",
    "finals.trained=2",
    "retrain.epochs=2",
    "retrain.calibration_images=50",
];

/// The binary with these arguments; every output is captured.
pub(crate) fn bonas(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("bonas"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

/// The settings of the small experiment as arguments.
pub(crate) fn settings() -> impl Iterator<Item = &'static str> {
    SETTINGS.into_iter().flat_map(|setting| ["--set", setting])
}

/// `bonas search --json` of the small experiment into `out`, with further arguments. They come last: of two values of one
/// setting, the later counts.
pub(crate) fn search(out: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["search", "--json", "--out"]);
    command.arg(out).args(settings()).args(further);
    command
}

/// `bonas resume --json` of a run.
pub(crate) fn resume(run: &Path) -> Command {
    let mut command = bonas(&["resume", "--json"]);
    command.arg(run);
    command
}

/// A folder that is removed after the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the binary starts")
}

/// Runs a command that must succeed and returns its stdout.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}\n{}", text(&output.stderr));
    text(&output.stdout)
}

/// The one JSON object on the stdout of a command that must succeed.
pub(crate) fn json(command: &mut Command) -> Value {
    object(&succeed(command))
}

/// A text that must be one JSON object on one line.
pub(crate) fn object(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "one line of JSON and nothing else: {text}");
    let value: Value = serde_json::from_str(text).expect("stdout is JSON");
    assert!(value.is_object(), "{value}");
    value
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All trials of a run, as recorded: everything but times.
pub(crate) fn history(run: &Path) -> Vec<Value> {
    let shown = json(bonas(&["show", "--json"]).arg(run));
    shown["trials"].as_array().expect("a list of trials").clone()
}

/// What the winner achieved, without the time it took.
pub(crate) fn metrics(run: &Path) -> Value {
    let text = std::fs::read_to_string(run.join("best/metrics.json")).expect("metrics");
    let mut metrics: Value = serde_json::from_str(&text).expect("JSON");
    for time in ["seconds", "waiting_seconds"] {
        metrics.as_object_mut().expect("an object").remove(time).expect("it took some time");
    }
    metrics
}

/// Checks that two runs of one experiment came to the same trials, the same final metrics and the same weights.
pub(crate) fn assert_same(run: &Path, other: &Path) {
    let (trials, others) = (history(run), history(other));
    assert_eq!(trials.len(), others.len(), "trials");
    for (trial, other) in trials.iter().zip(&others) {
        assert_eq!(trial, other, "trial by trial");
    }
    assert_eq!(metrics(run), metrics(other), "final metrics");
    assert!(weights(run) == weights(other), "the weights differ");
}

/// The tensors of the trained network: what the header says of them, and their numbers.
pub(crate) fn weights(run: &Path) -> (Value, Vec<u8>) {
    network(&run.join("best/model.safetensors"))
}

/// The same of a file.
pub(crate) fn network(file: &Path) -> (Value, Vec<u8>) {
    let bytes = std::fs::read(file).expect("weights");
    let (length, rest) = bytes.split_first_chunk().expect("the length of the header");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    // Parsed, since the entries of its metadata come in any order.
    (serde_json::from_slice(header).expect("a header in JSON"), numbers.to_vec())
}
