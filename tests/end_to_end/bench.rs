//! `bonas bench search` on the small table of the examples.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{bonas, folder, history, json, succeed};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string()
}

/// Settings with which a search of the example takes a moment.
fn settings() -> [String; 4] {
    let layout = format!("table.layout={}", example("my-chain-layout.toml"));
    [layout, "bonas.initial=4".into(), "bonas.pool_size=27".into(), "surrogate.gcn.epochs=5".into()]
}

/// `bonas bench surrogate --json` with further arguments.
fn surrogates(out: &Path, surrogates: &str, further: &[&str]) -> Command {
    let mut command =
        bonas(&["bench", "surrogate", "--json", "--space", &example("my-chain.toml"), "--table", &example("my-chain.csv")]);
    command.args(settings().iter().flat_map(|setting| ["--set", setting])).args(["--surrogate", surrogates, "--out"]).arg(out);
    command.args(further);
    command
}

/// `bonas bench search --json` of so many seeds, with further arguments.
fn bench(out: &Path, strategies: &str, seeds: &str, further: &[&str]) -> Command {
    let mut command =
        bonas(&["bench", "search", "--json", "--space", &example("my-chain.toml"), "--table", &example("my-chain.csv")]);
    command.args(settings().iter().flat_map(|setting| ["--set", setting])).args(["--strategy", strategies, "--out"]).arg(out);
    command.args(["--seeds", seeds, "--queries", "12", "--batch", "3"]).args(further);
    command
}

/// Every recorded search by strategy and seed, without its times.
fn searches(out: &Path) -> BTreeMap<(String, u64), Value> {
    let text = std::fs::read_to_string(out.join("searches.jsonl")).expect("searches");
    let search = |line: &str| {
        let mut search: Value = serde_json::from_str(line).expect("one search a line");
        search.as_object_mut().expect("an object").remove("seconds").expect("it took some time");
        ((search["strategy"].as_str().expect("a name").to_string(), search["seed"].as_u64().expect("a seed")), search)
    };
    text.lines().map(search).collect()
}

/// A summary without its times.
fn untimed(mut summary: Value) -> Value {
    for strategy in summary["strategies"].as_array_mut().expect("strategies") {
        strategy.as_object_mut().expect("an object").remove("seconds").expect("it took some time");
    }
    summary
}

#[test]
fn results_depend_on_neither_threads_nor_processes_nor_cuts() {
    let folder = folder();
    let out = |name: &str| folder.path().join(name);
    let (one, two, cut) = (out("one"), out("two"), out("cut"));
    let all = "random,regularized-evolution,bonas";
    let summary = untimed(json(&mut bench(&one, all, "4", &["--threads", "1"])));
    assert_eq!(summary, untimed(json(&mut bench(&two, all, "4", &["--threads", "2"]))));
    assert_eq!(searches(&one), searches(&two));
    assert_eq!(searches(&one).len(), 12);

    // Two seeds and one strategy less, then a line that a crash has torn, then everything.
    json(&mut bench(&cut, "random,bonas", "2", &[]));
    let path = cut.join("searches.jsonl");
    let text = std::fs::read_to_string(&path).expect("searches");
    std::fs::write(&path, &text[..text.len() - 20]).expect("written");
    assert_eq!(summary, untimed(json(&mut bench(&cut, all, "4", &[]))));
    assert_eq!(searches(&one), searches(&cut));
}

#[test]
fn the_summary_is_written_in_every_form() {
    let folder = folder();
    let out = folder.path().join("bench");
    let config = folder.path().join("greedy.toml");
    let greedy = "strategy = 'bonas'\n[acquisition]\nname = 'ucb'\nexploration = 0.0\n";
    std::fs::write(&config, greedy).expect("written");
    let summary = json(&mut bench(&out, &format!("random,greedy={}", config.display()), "4", &[]));
    let strategies = summary["strategies"].as_array().expect("strategies");
    assert!(strategies.iter().map(|strategy| strategy["name"].as_str()).eq([Some("random"), Some("greedy")]));
    for strategy in strategies {
        let number = |key: &str| strategy[key].as_f64().unwrap_or_else(|| panic!("{key} of {strategy}"));
        let of_strategy: Vec<Value> = searches(&out)
            .into_iter()
            .filter(|((name, _), _)| strategy["name"] == name.as_str())
            .map(|(_, search)| search)
            .collect();
        let queries = of_strategy.iter().map(|search| search["queries_to_best"].as_f64().unwrap_or(13.0)).sum::<f64>() / 4.0;
        assert!((number("mean_queries") - queries).abs() < 1e-9);
        assert!((0.0..=1.0).contains(&number("hit_rate")) && (1.0..=13.0).contains(&number("median_queries")));
        assert!(strategy["regret"]["12"].as_f64().is_some_and(|regret| regret >= 0.0), "{strategy}");
        assert!(strategy["test_regret"]["12"].is_f64() && strategy["seconds"]["fit"].is_f64());
        let fitted = strategy["seconds"]["fit"].as_f64().is_some_and(|seconds| seconds > 0.0);
        assert_eq!(fitted, strategy["name"] == "greedy");
    }
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).expect("a summary")).expect("JSON");
    assert_eq!(written, summary);
    let csv = std::fs::read_to_string(out.join("summary.csv")).expect("a table");
    assert!(csv.lines().count() == 3 && csv.contains("\nexample,greedy,4,"), "{csv}");
    let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
    assert_contains(&page, &["<!DOCTYPE html>", "greedy", "27 architectures", "chart-regret-0"]);
}

#[test]
fn a_search_of_the_bench_is_the_search_of_its_seed() {
    let folder = folder();
    let (out, run): (PathBuf, PathBuf) = (folder.path().join("bench"), folder.path().join("run"));
    json(&mut bench(&out, "bonas", "4", &[]));
    let mut command = bonas(&["search", "--json", "--evaluator", "table", "--space", &example("my-chain.toml"), "--table"]);
    command.arg(example("my-chain.csv")).args(settings().iter().flat_map(|setting| ["--set", setting]));
    json(command.args(["--set", "study.batch_size=3", "--queries", "12", "--seed", "3", "--out"]).arg(&run));
    let (mut best, mut expected) = (f64::NEG_INFINITY, Vec::new());
    for (place, trial) in history(&run).iter().enumerate() {
        let score = trial["outcome"]["Measured"]["score"].as_f64().expect("a score");
        if score > best {
            best = score;
            expected.push((place as u64 + 1, score));
        }
    }
    let incumbents = searches(&out)[&("bonas".to_string(), 3)]["incumbents"].as_array().expect("incumbents").clone();
    let found = |incumbent: &Value| Some((incumbent["query"].as_u64()?, incumbent["score"].as_f64()?));
    assert_eq!(incumbents.iter().filter_map(found).collect::<Vec<_>>(), expected);
}

#[test]
fn surrogates_are_compared_whatever_the_threads_and_cuts() {
    let folder = folder();
    let out = |name: &str| folder.path().join(name);
    let (one, two) = (out("one"), out("two"));
    let config = folder.path().join("sharp.toml");
    std::fs::write(&config, "strategy = 'nas-bowl'\n[surrogate.wl_gp]\nmax_iterations = 1\n").expect("written");
    let all = format!("structure-gp,gcn,sharp={}", config.display());
    let sizes = ["--train", "8,16", "--splits", "3", "--protocol", "anchors"];
    let summary = untimed_fits(json(surrogates(&one, &all, &sizes).args(["--threads", "1"])));
    // One size and one surrogate less, then a line that a crash has torn, then everything.
    json(&mut surrogates(&two, "gcn", &["--train", "8", "--splits", "2", "--protocol", "anchors"]));
    let path = two.join("fits.jsonl");
    let text = std::fs::read_to_string(&path).expect("fits");
    std::fs::write(&path, &text[..text.len() - 20]).expect("written");
    assert_eq!(summary, untimed_fits(json(surrogates(&two, &all, &sizes).args(["--threads", "2"]))));
    let rows = summary["surrogates"].as_array().expect("surrogates");
    assert_eq!(rows.len(), 6);
    for row in rows {
        let mean = |value: &Value| value["mean"].as_f64().unwrap_or_else(|| panic!("a mean in {row}"));
        assert!((-1.0..=1.0).contains(&mean(&row["kendall"])) && mean(&row["mae"]) > 0.0 && row["ranked"] == 27);
        assert!((0.0..=1.0).contains(&mean(&row["coverage"]["80"])));
        assert_eq!(row["predicts_ranks"], row["name"] != "structure-gp");
    }
    let csv = std::fs::read_to_string(one.join("fits.csv")).expect("a table");
    assert!(csv.lines().count() == 7 && csv.contains("\nexample,sharp,16,27,ranks,"), "{csv}");
    let other = ["--train", "8", "--splits", "2", "--protocol", "paper"];
    refuses(&mut surrogates(&two, "gcn", &other), FAILED, &["protocol anchors, but paper was given", "choose another folder"]);
    let other = ["--train", "8", "--set", "surrogate.gcn.width=7", "--protocol", "anchors"];
    refuses(&mut surrogates(&two, "gcn", &other), FAILED, &["gcn: surrogate.gcn.width", "7 was given"]);
    refuses(&mut surrogates(&two, "gnc", &[]), USAGE, &["there are", "wl-gp", "NAME=FILE"]);
    refuses(&mut surrogates(&out("new"), "linear", &["--train", "27"]), FAILED, &["the table has 27 scores, but 29 are needed"]);
}

/// A summary of fits without its times.
fn untimed_fits(mut summary: Value) -> Value {
    for surrogate in summary["surrogates"].as_array_mut().expect("surrogates") {
        surrogate.as_object_mut().expect("an object").remove("seconds").expect("it took some time");
    }
    summary
}

#[test]
fn comparisons_are_ranked_together() {
    let folder = folder();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    json(&mut bench(&one, "random,regularized-evolution,bonas", "4", &[]));
    json(&mut bench(&other, "bonas,random", "3", &[]));
    let rank = |further: &[&str]| {
        let mut command = bonas(&["bench", "rank"]);
        command.arg(&one).arg(&other).args(further);
        command
    };
    let ranks = json(&mut rank(&["--json"]));
    assert_eq!((&ranks["seeds"], &ranks["left_out"]), (&value!([1, 2, 3]), &value!(["regularized-evolution"])));
    assert_eq!(ranks["tasks"].as_array().map(Vec::len), Some(2));
    let lines = succeed(&mut rank(&[]));
    assert_contains(&lines, &["mean ranks over 3 seeds", "2 tasks", "mean rank, ", "(Holm)", "left out: regularized-evolution"]);
    refuses(&mut rank(&["--strategy", "bonas,bananas"]), FAILED, &["no search of bananas", "--strategy"]);
    json(&mut bench(&folder.path().join("changed"), "bonas,random", "3", &["--set", "bonas.scoring_batch=7"]));
    let changed = folder.path().join("changed").display().to_string();
    refuses(&mut rank(&[&changed]), FAILED, &["bonas.scoring_batch", "1000", "7", &changed]);
    refuses(&mut bonas(&["bench", "rank", "nowhere"]), FAILED, &["cannot read", "nowhere"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = folder();
    let out = folder.path().join("bench");
    json(&mut bench(&out, "random", "4", &[]));
    let set = |further: &[&str]| {
        let mut command = bonas(&["bench", "search", "--space", &example("my-chain.toml"), "--table", &example("my-chain.csv")]);
        command.args(settings().iter().flat_map(|setting| ["--set", setting])).arg("--out").arg(&out).args(further);
        command
    };
    let other = ["--strategy", "random", "--seeds", "4", "--queries", "12", "--batch", "4"];
    refuses(&mut set(&other), FAILED, &["study.batch_size 3, but 4 was given", "choose another folder"]);
    let other = ["--strategy", "random", "--queries", "12", "--batch", "3", "--set", "bonas.scoring_batch=7"];
    refuses(&mut set(&other), FAILED, &["random: bonas.scoring_batch", "7 was given"]);
    refuses(&mut set(&["--strategy", "randon"]), USAGE, &["there are", "random", "NAME=FILE"]);
    refuses(&mut set(&["--strategy", "random,random"]), FAILED, &["'random' is named twice"]);
    refuses(&mut set(&["--strategy", "random", "--task", "exmple"]), FAILED, &["no task 'exmple'", "it has: example"]);
    refuses(&mut set(&["--strategy", "random", "--seeds", "0"]), FAILED, &["no seed"]);
    refuses(&mut set(&["--strategy", "random", "--set", "study.budget.minutes=1"]), FAILED, &["compared by queries alone"]);
    let config = folder.path().join("other.toml");
    std::fs::write(&config, "study.max_idle_rounds = 3\nstudy.budget.queries = 64\n").expect("written");
    let other = format!("random,other={}", config.display());
    refuses(&mut set(&["--strategy", &other]), FAILED, &["random and other cannot be compared", "'study'"]);
}
