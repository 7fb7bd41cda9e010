//! `bonas bench search` that learns from other tasks of its table first.

use crate::refusal::{FAILED, USAGE, refuses};
use crate::small::{bonas, folder, json};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const TASKS: [&str; 3] = ["here", "there", "elsewhere"];

/// Writes the example table with three tasks, in which little of its scores is left.
fn table(folder: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces");
    std::fs::copy(example.join("my-chain.toml"), folder.join("my-chain.toml")).expect("copied");
    let text = std::fs::read_to_string(example.join("my-chain.csv")).expect("the example");
    let row = |(place, line): (usize, &str)| {
        let mut cells = line.split(',');
        let (architecture, score) = (cells.next().expect("an architecture"), cells.next().expect("a score"));
        let of_task = |task: usize| match score.parse::<f64>() {
            Ok(score) => format!("{:.2}", 20.0 + score / 10.0 - (place * (task + 3) % 11) as f64),
            Err(_) => TASKS[task].to_string(),
        };
        format!("{architecture},{},{},{}\n", of_task(0), of_task(1), of_task(2))
    };
    std::fs::write(folder.join("table.csv"), text.lines().enumerate().map(row).collect::<String>()).expect("written");
    let head = "name = 'three tasks (invented values)'\nspaces = ['my-chain.toml']\narchitecture = ['arch']\n";
    let columns = TASKS.map(|task| {
        format!(
            "[[columns]]\ncolumn = '{task}'\ntask = '{task}'\nmetric = 'accuracy'\nsplit = 'validation'\nunit = 'percent'\nepochs = 200\n"
        )
    });
    std::fs::write(folder.join("layout.toml"), format!("{head}{}", columns.concat())).expect("written");
}

fn bench(folder: &Path, out: &str, tasks: &str, further: &[&str]) -> Command {
    let path = |name: &str| folder.join(name).display().to_string();
    let layout = format!("table.layout={}", path("layout.toml"));
    let mut command = bonas(&["bench", "search", "--json", "--space", &path("my-chain.toml"), "--table", &path("table.csv")]);
    command.args(["--set", &layout, "--set", "bonas.initial=3", "--set", "knowledge.transfer_queries=9"]);
    command.args(["--queries", "9", "--batch", "3", "--seeds", "4", "--strategy", "bonas", "--task", tasks]);
    command.args(["--out", &path(out)]).args(further);
    command
}

/// What the searches of a task found, seed by seed.
fn incumbents(folder: &Path, out: &str, task: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(out).join("searches.jsonl")).expect("searches");
    let searches = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut of_task: Vec<Value> = searches.filter(|search| search["task"] == task).collect();
    of_task.sort_by_key(|search| search["seed"].as_u64());
    of_task.into_iter().map(|search| search["incumbents"].clone()).collect()
}

#[test]
fn of_several_tasks_each_learns_from_the_others() {
    let folder = folder();
    let folder = folder.path();
    table(folder);
    json(&mut bench(folder, "alone", "here,there", &[]));
    json(&mut bench(folder, "all", "here,there", &["--transfer-from-task", "here,there,elsewhere"]));
    json(&mut bench(folder, "others", "here", &["--transfer-from-task", "there,elsewhere"]));
    json(&mut bench(folder, "one", "here", &["--transfer-from-task", "there"]));
    let all = incumbents(folder, "all", "here");
    assert_eq!(all.len(), 4);
    assert_eq!(all, incumbents(folder, "others", "here"), "a task does not teach itself");
    assert_ne!(all, incumbents(folder, "alone", "here"));
    assert_ne!(all, incumbents(folder, "one", "here"));
    assert_ne!(incumbents(folder, "all", "there"), incumbents(folder, "alone", "there"));
}

#[test]
fn wrong_sources_are_refused() {
    let folder = folder();
    let folder = folder.path();
    table(folder);
    let refused = |sources: &[&str], code: i32, parts: &[&str]| {
        let arguments: Vec<&str> = sources.iter().flat_map(|&source| ["--transfer-from-task", source]).collect();
        refuses(&mut bench(folder, "refused", "here,there", &arguments), code, parts);
    };
    refused(&["here"], FAILED, &["here", "would also be learned from"]);
    refused(&["there,elsewhere,there"], FAILED, &["knowledge.transfer_task", "there", "named twice"]);
    refused(&["elsewhere,nowhere"], FAILED, &["nowhere"]);
    let both = &["--transfer-from-task", "elsewhere", "--transfer-from", "run"];
    refuses(&mut bench(folder, "refused", "here", both), USAGE, &["--transfer-from-task", "cannot be used"]);
}
