use crate::refusal::assert_contains;
use crate::small::{bonas, folder, history, json, metrics, network, object, resume, run, search, succeed, text, weights};
use serde_json::Value;
use std::path::Path;

#[test]
fn a_search_leaves_everything_that_it_promises() {
    let folder = folder();
    let out = folder.path().join("run");
    let output = run(&mut search(&out, &[]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary = object(&text(&output.stdout));
    check_summary(&summary, &out);
    check_progress(&text(&output.stderr));

    for file in ["config.toml", "study.db", "report.html"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    let genotype = out.join("best/genotype.json");
    let drawn = succeed(bonas(&["draw"]).arg(&genotype));
    assert_eq!(std::fs::read_to_string(out.join("best/cell.svg")).expect("picture").trim(), drawn.trim());
    check_metrics(&out, &summary);
    check_history(&out, &summary);
}

fn check_summary(summary: &Value, out: &Path) {
    assert_eq!(summary["run"].as_str(), Some(&*out.display().to_string()));
    assert_eq!(summary["stop_reason"], "query-budget");
    assert_eq!((summary["queries"].as_u64(), summary["rounds"].as_u64()), (Some(9), Some(3)));
    assert!(summary["seconds"].as_f64().expect("a number") > 0.0);
    for share in ["best_score", "test_accuracy"] {
        assert!((0.0..=1.0).contains(&summary[share].as_f64().expect("a number")), "{summary}");
    }
    assert!(summary["best_architecture"].as_str().expect("a text").starts_with("Genotype("));
    assert!(summary["parameters"].as_u64().expect("a count") > 0, "{summary}");
    assert!(Path::new(summary["report"].as_str().expect("a path")).is_file());
}

/// Progress is lines on stderr where stderr is no terminal: no bars, no control characters.
fn check_progress(stderr: &str) {
    assert_contains(stderr, &["searching bonas-darts with bonas", "round 1: 3 candidates in one batch", "round 3: best 0."]);
    assert!(!stderr.contains(['\r', '\u{1b}']), "{stderr:?}");
}

fn check_metrics(out: &Path, summary: &Value) {
    let metrics = metrics(out);
    assert_eq!(metrics["test_accuracy"], summary["test_accuracy"]);
    assert_eq!(metrics["architecture"], summary["best_architecture"]);
    assert_eq!((metrics["test_images"].as_u64(), metrics["history"].as_array().map(Vec::len)), (Some(300), Some(2)));
    let confusion: Vec<Vec<u64>> = serde_json::from_value(metrics["confusion"].clone()).expect("a matrix");
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(right as f64 / 300.0, metrics["test_accuracy"].as_f64().expect("a number"));
    let weights = std::fs::metadata(out.join("best/model.safetensors")).expect("weights").len();
    assert!(weights > 4 * metrics["parameters"].as_u64().expect("a count"), "every parameter is in the file");
}

fn check_history(out: &Path, summary: &Value) {
    let trials = history(out);
    assert_eq!(trials.len(), 9);
    for (id, trial) in trials.iter().enumerate() {
        assert_eq!((trial["id"].as_u64(), trial["round"].as_u64()), (Some(id as u64), Some(id as u64 / 3)));
        assert_eq!(trial["prediction"].is_null(), id < 3, "the surrogate speaks from the second round on: {trial}");
    }
    let score = |trial: &Value| trial["outcome"]["Measured"]["score"].as_f64().expect("measured");
    let best = trials.iter().map(score).fold(f64::MIN, f64::max);
    check_finals(&trials, summary, out);
    let shown = succeed(bonas(&["show", "--top", "3"]).arg(out));
    assert_contains(&shown, &["architecture", "9 trials, 0 of them failed", &format!("{best:.4}")]);
}

/// The four trials with the highest scores meet, the first two of them are trained from scratch, and the better of these is the winner.
fn check_finals(trials: &[Value], summary: &Value, out: &Path) {
    let score = |value: &Value| value["outcome"]["Measured"]["score"].as_f64().expect("measured");
    let alone = |value: &Value| value["trained"]["Measured"]["score"].as_f64();
    let finalists = json(bonas(&["show", "--json"]).arg(out))["finalists"].as_array().expect("a list").clone();
    assert_eq!((finalists.len(), summary["finalists"].as_u64()), (4, Some(4)));
    let mut scores: Vec<f64> = trials.iter().map(score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let searched: Vec<f64> = finalists.iter().map(|finalist| finalist["search_score"].as_f64().expect("a number")).collect();
    assert_eq!(searched, scores[..4]);
    let trained: Vec<&Value> = finalists.iter().filter(|finalist| alone(finalist).is_some()).collect();
    assert_eq!(trained.len(), 2, "{finalists:?}");
    let second = trained.iter().map(|finalist| score(finalist)).fold(f64::MAX, f64::min);
    assert!(finalists.iter().filter(|finalist| score(finalist) > second).count() < 2, "the first two: {finalists:?}");
    let winner = trials.iter().find(|trial| trial["text"] == summary["best_architecture"]).expect("a trial");
    let first = trained.iter().find(|finalist| finalist["trial"] == winner["id"]).expect("the winner was trained");
    assert_eq!(summary["final_score"].as_f64(), Some(score(first)));
    assert_eq!(summary["best_score"].as_f64(), Some(score(winner)));
    assert!(trained.iter().all(|finalist| alone(finalist) <= alone(first)), "{finalists:?}");
    let kept = out.join(format!("finalists/trial-{}.safetensors", winner["id"]));
    assert!(network(&kept) == weights(out), "the winner's network is that of the finalist");
}

#[test]
fn the_paper_takes_the_highest_score() {
    let folder = folder();
    let out = folder.path().join("run");
    let summary = json(&mut search(&out, &["--set", "finals.candidates=0"]));
    let score = |trial: &Value| trial["outcome"]["Measured"]["score"].as_f64().expect("measured");
    let best = history(&out).iter().map(score).fold(f64::MIN, f64::max);
    assert_eq!((summary["best_score"].as_f64(), summary["finalists"].as_u64()), (Some(best), Some(0)));
    assert!(summary["final_score"].is_null(), "{summary}");
}

#[test]
fn the_report_needs_no_network() {
    let folder = folder();
    let out = folder.path().join("run");
    json(&mut search(&out, &[]));
    std::fs::remove_file(out.join("report.html")).expect("removed");
    assert_eq!(succeed(bonas(&["report"]).arg(&out)).trim_end(), out.join("report.html").display().to_string());
    let report = std::fs::read_to_string(out.join("report.html")).expect("report");
    for attribute in [" src=", " href=", " srcset=", " action=", " poster=", "url("] {
        for (place, _) in report.match_indices(attribute) {
            let target = report[place + attribute.len()..].trim_start_matches(['"', '\'']);
            assert!(target.starts_with('#') || target.starts_with("data:"), "{attribute}{}", &target[..target.len().min(80)]);
        }
    }
    for request in ["@import", "fetch(", "XMLHttpRequest", "WebSocket", "import("] {
        assert!(!report.contains(request), "{request}");
    }
    assert_contains(&report, &["<svg", "Genotype(", "</html>"]);
}

#[test]
fn a_finished_run_is_not_repeated_and_lost_files_come_back() {
    let folder = folder();
    let out = folder.path().join("run");
    let summary = json(&mut search(&out, &[]));
    let metrics_before = std::fs::read(out.join("best/metrics.json")).expect("metrics");
    let again = json(&mut resume(&out));
    assert_eq!((&again["test_accuracy"], &again["queries"]), (&summary["test_accuracy"], &summary["queries"]));
    assert_eq!(std::fs::read(out.join("best/metrics.json")).expect("metrics"), metrics_before, "trained twice");

    let trained = weights(&out);
    std::fs::remove_dir_all(out.join("best")).expect("removed");
    json(&mut resume(&out));
    assert!(weights(&out) == trained, "another training");
}

#[test]
fn without_json_people_read_the_result() {
    let folder = folder();
    let out = folder.path().join("run");
    let mut command = search(&out, &[]);
    let without: Vec<_> = command.get_args().filter(|argument| *argument != "--json").map(ToOwned::to_owned).collect();
    command = bonas(&[]);
    let said = succeed(command.args(without));
    assert_contains(&said, &["best of 9 architectures in 3 rounds", "test accuracy", "on 300 images", "report.html", "best"]);
    assert!(!said.contains("round 1:"), "progress on stdout: {said}");
}

#[test]
fn help_and_lists_teach() {
    let help = succeed(&mut bonas(&["search", "--help"]));
    for option in ["--config", "--set", "--space", "--strategy", "--data", "--queries", "--seed", "--out", "--device", "--json"] {
        assert!(help.contains(option), "{option}");
    }
    assert_contains(&succeed(&mut bonas(&["space", "list"])), &["darts", "bonas-darts", "42134400"]);
    let sample = |seed| succeed(&mut bonas(&["space", "sample", "darts", "--count", "2", "--seed", seed]));
    assert_eq!(sample("9"), sample("9"));
    assert_ne!(sample("9"), sample("10"));
    for genotype in sample("9").lines() {
        assert_contains(&succeed(&mut bonas(&["draw", genotype, "--space", "darts"])), &["<svg"]);
        assert_contains(&succeed(&mut bonas(&["draw", genotype, "--format", "dot"])), &["digraph"]);
    }
    for shell in ["bash", "zsh", "fish"] {
        assert_contains(&succeed(&mut bonas(&["completions", shell])), &["bonas"]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["space", "sample", "darts", "--count", "20000"]] {
        let mut child = bonas(arguments).spawn().expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ended");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "");
    }
}
