//! `bonas bench supernet` with networks that take a moment.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{bonas, folder, json, settings, succeed};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// `bonas bench supernet` of cells of NAS-Bench-201 on the small images, without its length.
fn bench(out: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["bench", "supernet", "--space", "nas-bench-201", "--device", "cpu", "--seed", "3", "--out"]);
    let settings: Vec<&str> =
        settings().filter(|setting| *setting != "--set" && !setting.starts_with("retrain.epochs=")).collect();
    command.arg(out).args(settings.iter().flat_map(|setting| ["--set", setting])).args(["--set", "retrain.batch_size=25"]);
    command.args(further);
    command
}

fn lines(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("trainings.jsonl")).expect("trainings");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("one training a line")).collect();
    lines
        .iter_mut()
        .for_each(|line| drop(line.as_object_mut().expect("an object").remove("seconds").expect("it took some time")));
    lines.sort_by_key(Value::to_string);
    lines
}

/// A summary without its times.
fn untimed(mut summary: Value) -> Value {
    fn remove(rows: &mut Value, key: &str) {
        for row in rows.as_array_mut().expect("rows") {
            assert!(row.as_object_mut().expect("an object").remove(key).expect("it took some time").is_f64());
        }
    }
    remove(&mut summary["groupings"], "seconds");
    remove(&mut summary["settings"], "seconds_per_candidate");
    summary
}

#[test]
fn sub_supernets_are_compared_with_training_alone_whatever_the_threads_and_cuts() {
    let folder = folder();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    let all = ["--architectures", "4", "--families", "1", "--k", "2,4", "--epochs", "0.5,1", "--alone-epochs", "1"];
    let summary = untimed(json(bench(&whole, &all).args(["--json", "--threads", "1"])));

    // A smaller course first, then a line that a crash has torn, then everything.
    let part = ["--architectures", "4", "--groups", "random", "--k", "2", "--epochs", "1", "--alone-epochs", "1"];
    let told = succeed(bench(&cut, &part).args(["--alone-seeds", "1"]));
    assert_contains(
        &told,
        &["nas-bench-201 on ", "random: 4 architectures, alone for 1 epoch with 1 seed:", "τ within", "supernet.csv"],
    );
    let path = cut.join("trainings.jsonl");
    let text = std::fs::read_to_string(&path).expect("trainings");
    assert_eq!(text.lines().count(), 4 + 2);
    std::fs::write(&path, &text[..text.len() - 20]).expect("written");
    assert_eq!(summary, untimed(json(bench(&cut, &all).args(["--json", "--threads", "2"]))));
    assert_eq!(lines(&whole), lines(&cut));

    assert_eq!(summary["alone_epochs"], 1);
    assert!(summary["validation_images"].as_u64().is_some_and(|images| images > 0) && summary["data"].is_string());
    let rows = summary["settings"].as_array().expect("settings");
    let named = |row: &Value| (row["grouping"].as_str().map(str::to_string), row["k"].as_u64(), row["epochs"].as_f64());
    let expected = ["random", "related"].into_iter().flat_map(|grouping| {
        let lengths = move |k| [0.5, 1.0].map(|epochs| (Some(grouping.to_string()), Some(k), Some(epochs)));
        [2, 4].into_iter().flat_map(lengths)
    });
    assert!(rows.iter().map(named).eq(expected), "{rows:?}");
    for row in rows {
        let pairs = row["pairs"].as_array().expect("pairs");
        let is_accuracy = |score: &Value| score.as_f64().is_some_and(|score| (0.0..=1.0).contains(&score));
        assert!(pairs.len() == 4 && pairs.iter().all(|pair| is_accuracy(&pair["alone"]) && is_accuracy(&pair["shared"])));
        assert!(row["kendall"].is_null() || row["kendall"]["value"].as_f64().is_some_and(|tau| (-1.0..=1.0).contains(&tau)));
    }
    let written = std::fs::read_to_string(whole.join("supernet.json")).expect("a summary");
    assert_eq!(untimed(serde_json::from_str(&written).expect("JSON")), summary);
    let csv = std::fs::read_to_string(whole.join("supernet.csv")).expect("a table");
    assert!(csv.lines().count() == 9 && csv.contains("\nrelated,4,0.5,1,0,"), "{csv}");

    let refused = |further: &[&str], parts: &[&str]| {
        refuses(bench(&cut, &["--k", "2", "--epochs", "1"]).args(further), FAILED, parts);
    };
    refused(&["--alone-epochs", "2"], &["retrain.epochs 1, but 2 was given", "choose another folder"]);
    refused(&["--alone-epochs", "1", "--set", "network.channels=3"], &["network.channels 2, but 3 was given"]);
}

#[test]
fn what_makes_no_sense_is_refused_before_the_first_training() {
    let folder = folder();
    let out = folder.path().join("bench");
    let refused = |further: &[&str], code: i32, parts: &[&str]| refuses(&mut bench(&out, further), code, parts);
    refused(&["--architectures", "3", "--k", "4"], FAILED, &["3 architectures cannot fill a group of 4", "--architectures"]);
    refused(&["--k", "2,2"], FAILED, &["group size '2' is named twice"]);
    refused(&["--k", "0"], FAILED, &["no candidate in a group"]);
    refused(&["--epochs", "0"], FAILED, &["supernet.epochs must be above 0"]);
    refused(&["--groups", "randon"], USAGE, &["random", "related"]);
    refused(&["--alone-seeds", "0"], USAGE, &["--alone-seeds"]);
    refused(&["--set", "evaluator=table", "--set", "table.path=t.csv"], FAILED, &["table.path is set"]);
    assert!(!out.exists(), "a folder without results");
}
