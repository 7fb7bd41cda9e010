//! Limits, and the front of several objectives, on the small table of the examples with latencies of our own.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{self, bonas, folder, history, json, resume, succeed};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string()
}

/// Milliseconds of an architecture: more for better ones, so that there is a front. The phone takes longer than the tablet.
fn milliseconds(accuracy: f64, place: usize) -> f64 {
    (accuracy - 60.0) / 2.0 + (place % 4) as f64
}

/// A table of latencies beside the example's, and its layout.
fn latencies(folder: &Path) -> (PathBuf, PathBuf) {
    let table = std::fs::read_to_string(example("my-chain.csv")).expect("the example");
    let mut text = "arch,tablet,phone\n".to_string();
    for (place, line) in table.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let tablet = milliseconds(cells[1].parse().expect("a number"), place);
        text += &format!("{},{tablet},{}\n", cells[0], 2.0 * tablet);
    }
    let space = example("my-chain.toml");
    let mut layout = format!("name = 'latencies'\nspaces = ['{space}']\narchitecture = ['arch']\n");
    for device in ["tablet", "phone"] {
        layout += &format!(
            "[[columns]]\ncolumn = '{device}'\ntask = '{device}'\nmetric = 'latency'\nunit = 'milliseconds'\nlarger_is_better = false\n"
        );
    }
    let (csv, toml) = (folder.join("latencies.csv"), folder.join("latencies.toml"));
    std::fs::write(&csv, text).expect("written");
    std::fs::write(&toml, layout).expect("written");
    (csv, toml)
}

/// A command on the example with its latencies, `search` or `bench search`.
fn command(words: &[&str], folder: &Path, out: &Path, further: &[&str]) -> Command {
    let (csv, layout) = latencies(folder);
    let mut command = bonas(words);
    command
        .args(["--json", "--space", &example("my-chain.toml"), "--table", &example("my-chain.csv"), "--latency-table"])
        .arg(csv);
    let table_layout = format!("table.layout={}", example("my-chain-layout.toml"));
    let latency_layout = format!("latency.layout={}", layout.display());
    command.args(["--set", &table_layout, "--set", &latency_layout, "--set", "bonas.initial=4", "--queries", "12"]);
    command.arg("--out").arg(out).args(further);
    command
}

fn search(folder: &Path, out: &Path, further: &[&str]) -> Command {
    let mut command = command(&["search", "--evaluator", "table"], folder, out, further);
    command.args(["--set", "study.batch_size=3"]);
    command
}

#[test]
fn a_limit_and_an_option_about_two_devices_are_refused() {
    let folder = folder();
    let out = folder.path().join("run");
    let mut contradicting = search(folder.path(), &out, &["--max-latency", "tablet=9", "--latency-device", "phone"]);
    refuses(&mut contradicting, USAGE, &["--max-latency is about tablet, --latency-device about phone"]);
    json(&mut search(folder.path(), &out, &["--max-latency", "tablet=9", "--latency-device", "tablet"]));
}

fn latency(trial: &Value) -> f64 {
    trial["outcome"]["Measured"]["metrics"]["latency_ms"].as_f64().expect("a latency")
}

#[test]
fn no_strategy_queries_what_is_too_slow() {
    let folder = folder();
    for strategy in ["bonas", "random", "regularized-evolution", "local-search"] {
        let out = folder.path().join(strategy);
        json(&mut search(folder.path(), &out, &["--strategy", strategy, "--max-latency", "phone=24"]));
        let trials = history(&out);
        assert!(!trials.is_empty() && trials.iter().all(|trial| latency(trial) <= 24.0), "{strategy}: {trials:?}");
    }
    let out = folder.path().join("none");
    let nothing = ["no architecture of the space my-chain is within latency_ms ≤ 0.01", "raise the limits"];
    refuses(&mut search(folder.path(), &out, &["--max-latency", "phone=0.01"]), FAILED, &nothing);
    refuses(&mut search(folder.path(), &out, &["--max-latency", "20"]), FAILED, &["latency.device", "tablet", "phone"]);
    refuses(&mut search(folder.path(), &out, &[]), FAILED, &["nothing asks for latencies"]);
    refuses(&mut search(folder.path(), &out, &["--max-params", "5", "--max-latency", "phone=9"]), FAILED, &["parameters"]);
    assert!(!out.exists(), "nothing is left behind");
}

#[test]
fn the_front_of_two_objectives_is_searched_shown_drawn_and_resumed() {
    let folder = folder();
    let objectives = ["--objective", "accuracy,latency", "--latency-device", "phone"];
    for (strategy, seed) in [("bonas", "1"), ("nsga2", "2"), ("random", "3")] {
        let run = |name: &str| {
            let out = folder.path().join(format!("{strategy}-{name}"));
            let mut command = search(folder.path(), &out, &objectives);
            json(command.args(["--strategy", strategy, "--seed", seed]));
            out
        };
        let out = run("first");
        let trials = history(&out);
        assert_eq!(trials, history(&run("second")), "same seed, same study");
        json(&mut resume(&out));
        assert_eq!(trials, history(&out), "a finished study stays as it is");
        let shown = json(bonas(&["show", "--json"]).arg(&out));
        let front: Vec<usize> =
            shown["front"].as_array().expect("a front").iter().map(|id| id.as_u64().expect("an id") as usize).collect();
        let point = |trial: &Value| (trial["outcome"]["Measured"]["score"].as_f64().expect("a score"), -latency(trial));
        let is_beaten =
            |own: (f64, f64)| trials.iter().map(point).any(|other| other.0 >= own.0 && other.1 >= own.1 && other != own);
        assert!(!front.is_empty());
        for (id, trial) in trials.iter().enumerate() {
            assert!(front.contains(&id) != is_beaten(point(trial)), "trial {id} of {strategy}");
        }
        let table = succeed(bonas(&["show"]).arg(&out));
        assert_contains(&table, &["Pareto front", "latency_ms", "place"]);
        let report = std::fs::read_to_string(out.join("report.html")).expect("report");
        assert_contains(&report, &["Score against cost", "latency on phone in ms", "chart-front-title"]);
    }
    let out = folder.path().join("bonas-first");
    refuses(bonas(&["train", "--dry-run", "--pick", "99"]).arg(&out), FAILED, &["so there is no 99"]);
    let wrong = folder.path().join("wrong");
    refuses(
        search(folder.path(), &wrong, &objectives).args(["--strategy", "local-search"]),
        FAILED,
        &["local-search does not search for 2 objectives at once"],
    );
    refuses(
        &mut search(folder.path(), &wrong, &["--objective", "latency,accuracy", "--latency-device", "phone"]),
        FAILED,
        &["first"],
    );
}

#[test]
fn each_network_of_a_front_can_be_trained_and_exported() {
    let folder = folder();
    let run = folder.path().join("run");
    json(&mut small::search(&run, &["--objective", "accuracy,params"]));
    let shown = json(bonas(&["show", "--json"]).arg(&run));
    let front = shown["front"].as_array().expect("a front");
    let table = succeed(bonas(&["show"]).arg(&run));
    for (place, id) in front.iter().enumerate() {
        let trial = &shown["trials"][id.as_u64().expect("an id") as usize];
        let pick = (place + 1).to_string();
        let trained = folder.path().join(&pick);
        let metrics = json(bonas(&["train", "--json", "--pick", &pick, "--out"]).arg(&trained).arg(&run));
        assert_eq!(metrics["architecture"], trial["text"], "network {pick}");
        assert_eq!(metrics["parameters"].as_f64(), trial["outcome"]["Measured"]["metrics"]["parameters"].as_f64());
        assert_contains(&table, &[&format!(" {} ", metrics["parameters"])]);
        let onnx = trained.join("network.onnx");
        succeed(bonas(&["export", "--format", "onnx", "--out"]).arg(&onnx).arg(&trained));
        assert!(onnx.is_file());
    }
}

#[test]
fn fronts_are_compared_by_hypervolume() {
    let folder = folder();
    let out = folder.path().join("bench");
    let bench = || {
        let mut command = command(
            &["bench", "search"],
            folder.path(),
            &out,
            &[
                "--objective",
                "accuracy,latency",
                "--latency-device",
                "tablet",
                "--strategy",
                "bonas,nsga2,random",
                "--batch",
                "3",
            ],
        );
        command.args(["--seeds", "3"]);
        json(&mut command)
    };
    let summary = bench();
    let best = summary["tasks"][0]["best_hypervolume"].as_f64().expect("a hypervolume");
    assert!(best > 0.0 && best <= 1.0);
    for strategy in summary["strategies"].as_array().expect("strategies") {
        let regret = strategy["hypervolume_regret"]["12"].as_f64().expect("a regret");
        assert!((-1e-12..best).contains(&regret), "{strategy}");
    }
    let comparisons = summary["comparisons"].as_array().expect("comparisons");
    assert_eq!(comparisons.iter().filter(|test| test["measure"] == "hypervolume").count(), 3);
    assert_eq!(bench()["strategies"], summary["strategies"], "what is finished is not done again");
    let csv = std::fs::read_to_string(out.join("summary.csv")).expect("a table");
    assert_contains(&csv, &["hypervolume_regret_12"]);
}
