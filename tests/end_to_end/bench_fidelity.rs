//! `bonas bench search` that begins with cheap trainings of the searched task, which are charged.

use crate::refusal::{FAILED, refuses};
use crate::small::{bonas, folder, json};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Writes the example table with a further column of shorter trainings, and what describes it.
fn table(folder: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces");
    std::fs::copy(example.join("my-chain.toml"), folder.join("my-chain.toml")).expect("copied");
    let text = std::fs::read_to_string(example.join("my-chain.csv")).expect("the example");
    let row = |(place, line): (usize, &str)| {
        let score = line.split(',').nth(1).expect("a score");
        // A fifth lower, and a little off.
        let cheap = score.parse::<f64>().map(|score| format!("{:.2}", 0.8 * score + (place * 7 % 5) as f64 / 10.0));
        format!("{line},{}\n", cheap.unwrap_or("cheap".into()))
    };
    std::fs::write(folder.join("table.csv"), text.lines().enumerate().map(row).collect::<String>()).expect("written");
    let layout = std::fs::read_to_string(example.join("my-chain-layout.toml")).expect("the example");
    let (head, columns) = layout.split_once("[[columns]]").expect("columns");
    let column = |name: &str, epochs: u32| {
        format!(
            "[[columns]]\ncolumn = '{name}'\ntask = 'example'\nmetric = 'accuracy'\nsplit = 'validation'\nunit = 'percent'\nepochs = {epochs}\n"
        )
    };
    let rest = columns.split_once("[[columns]]").expect("more columns").1;
    let layout = format!("{head}{}{}[[columns]]{rest}", column("val_accuracy", 200), column("cheap", 20));
    std::fs::write(folder.join("layout.toml"), layout).expect("written");
}

fn bench(folder: &Path, strategies: &str, further: &[&str]) -> Command {
    let path = |name: &str| folder.join(name).display().to_string();
    let layout = format!("table.layout={}", path("layout.toml"));
    let mut command = bonas(&["bench", "search", "--json", "--space", &path("my-chain.toml"), "--table", &path("table.csv")]);
    command.args(["--set", &layout, "--set", "bonas.initial=3", "--queries", "9", "--batch", "3", "--seeds", "3"]);
    command.args(["--strategy", strategies, "--out", &path("bench")]).args(further);
    command
}

#[test]
fn cheap_trainings_are_charged_as_parts_of_queries() {
    let folder = folder();
    table(folder.path());
    let config = |name: &str, knowledge: &str| {
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, format!("[knowledge]\n{knowledge}\n")).expect("written");
        format!("{name}={}", path.display())
    };
    let cheap = config("cheap", "transfer_epochs = 20\ntransfer_queries = 12");
    json(&mut bench(folder.path(), &format!("bonas,{cheap}"), &[]));
    let text = std::fs::read_to_string(folder.path().join("bench/searches.jsonl")).expect("searches");
    let searches: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |name: &str| searches.iter().filter(|search| search["strategy"] == name).collect::<Vec<_>>();
    assert_eq!((of("bonas").len(), of("cheap").len()), (3, 3));
    for search in of("bonas") {
        assert!(search["charged"].is_null() && search["queries"] == 9 && search["incumbents"][0]["query"] == 1, "{search}");
    }
    // Twelve trainings of a tenth of the epochs are 1.2 queries, which are charged as two.
    for search in of("cheap") {
        assert!(search["charged"] == 2 && search["queries"] == 9 && search["incumbents"][0]["query"] == 3, "{search}");
    }
    let refused = |knowledge: &str, parts: &[&str]| {
        refuses(&mut bench(folder.path(), &config("wrong", knowledge), &[]), FAILED, parts);
    };
    refused("transfer_epochs = 200", &["would also be learned from"]);
    refused("transfer_epochs = 21", &["epochs"]);
    refused("transfer_epochs = 20\ntransfer_from = 'run'", &["knowledge.transfer_epochs", "names another source"]);
}
