//! A search that takes seconds, and how to run it.

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Settings of the small experiment: three rounds of three candidates on 300 images.
const SETTINGS: [&str; 14] = [
    "data.limit_per_class=30",
    "study.batch_size=3",
    "study.budget.queries=9",
    "bonas.initial=3",
    "bonas.pool_size=60",
    "surrogate.epochs=5",
    "network.channels=2",
    "network.cells=3",
    "supernet.epochs=1.0",
    "supernet.batch_size=25",
    "supernet.warmup_batch_size=25",
    "supernet.calibration_images=50",
    "retrain.epochs=2",
    "retrain.calibration_images=50",
];

/// The binary with these arguments; every output is captured.
pub(crate) fn bonas(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("bonas"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

/// `bonas search` of the small experiment into `out`, with further arguments.
pub(crate) fn search(out: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["search", "--json", "--out"]);
    command.arg(out);
    for setting in SETTINGS {
        command.args(["--set", setting]);
    }
    command.args(further);
    command
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
    let out = succeed(command);
    assert_eq!(out.trim().lines().count(), 1, "one line of JSON and nothing else: {out}");
    serde_json::from_str(&out).expect("stdout is JSON")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All trials of a run, as recorded: everything but times.
pub(crate) fn history(run: &Path) -> Value {
    json(bonas(&["show", "--json"]).arg(run))["trials"].clone()
}

/// What the winner achieved, without the time it took.
pub(crate) fn metrics(run: &Path) -> Value {
    let text = std::fs::read_to_string(run.join("best/metrics.json")).expect("metrics");
    let mut metrics: Value = serde_json::from_str(&text).expect("JSON");
    metrics.as_object_mut().expect("an object").remove("seconds").expect("it took some time");
    metrics
}

/// Runs a command that must fail, and checks that it fails well: an exit code, one paragraph on stderr, nothing on stdout.
pub(crate) fn refusal(command: &mut Command, code: i32) -> String {
    let output = run(command);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command:?}\n{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert!(message.contains("error: "), "{message}");
    assert_eq!(text(&output.stdout), "", "data on stdout");
    message
}
