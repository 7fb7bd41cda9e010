//! Searches answered from tables, spaces of one's own, and the commands that bring tables in.

use crate::refusal::{FAILED, USAGE, assert_contains, failure, refuses, search_refuses};
use crate::small::{bonas, folder, history, json, resume, succeed};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string()
}

/// `bonas search --json` of the example space in its table, with further arguments.
fn chain(out: &Path, further: &[&str]) -> Command {
    chain_of(&example("my-chain.csv"), out, further)
}

/// The same in another table.
fn chain_of(table: &str, out: &Path, further: &[&str]) -> Command {
    let space = example("my-chain.toml");
    let layout = format!("table.layout={}", example("my-chain-layout.toml"));
    let mut command = bonas(&["search", "--json", "--evaluator", "table", "--space", &space, "--table", table]);
    command.args(["--set", &layout, "--set", "bonas.initial=6", "--set", "study.batch_size=6", "--set", "bonas.pool_size=27"]);
    command.args(["--set", "surrogate.gcn.epochs=20", "--out"]).arg(out).args(further);
    command
}

/// Column of the example table, by architecture.
fn column(place: usize) -> Vec<(String, f64)> {
    let text = std::fs::read_to_string(example("my-chain.csv")).expect("the example");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_string(), cells[place].parse().expect("a number"))
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn a_space_and_a_table_of_ones_own() {
    let folder = folder();
    let out = folder.path().join("run");
    let summary = json(&mut chain(&out, &["--queries", "27"]));
    let (best, percent) = column(1).into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("rows");
    let table = &summary["table"];
    assert_eq!(summary["best_architecture"].as_str(), Some(best.as_str()));
    assert_eq!(
        (table["rank"].as_u64(), table["regret"].as_f64(), table["architectures"].as_u64()),
        (Some(1), Some(0.0), Some(27))
    );
    assert_eq!(table["score"].as_f64(), Some(percent / 100.0));
    let test = column(2).into_iter().find(|(text, _)| *text == best).expect("the winner").1;
    assert_eq!(summary["test_accuracy"].as_f64(), Some(test / 100.0));
    assert!(history(&out).iter().all(|trial| !trial.to_string().contains("test")), "a trial knows a test value");
    let report = std::fs::read_to_string(out.join("report.html")).expect("report");
    assert_contains(&report, &["The winner in the table", "27 architectures", "my-chain"]);
    assert_eq!(json(&mut resume(&out))["table"], summary["table"]);
    // A table search writes no genotype down, and its folder names its winner all the same.
    let folder_is = |command: &mut Command| succeed(command.arg(&out));
    let best = summary["best_architecture"].as_str().expect("a text");
    let drawn = succeed(&mut bonas(&["draw", "--space", &example("my-chain.toml"), best]));
    assert_eq!(folder_is(&mut bonas(&["draw"])), drawn);
}

#[test]
fn a_table_of_a_part_of_the_space() {
    let folder = folder();
    let part = folder.path().join("part.csv");
    let text = std::fs::read_to_string(example("my-chain.csv")).expect("the example");
    let lines: Vec<&str> = text.lines().step_by(2).collect();
    std::fs::write(&part, lines.join("\n")).expect("written");
    let known = lines.len() - 1;
    let failures = |name: &str, only_rows: bool| {
        let (out, setting) = (folder.path().join(name), format!("table.only_rows={only_rows}"));
        json(&mut chain_of(&part.display().to_string(), &out, &["--queries", "27", "--set", &setting]));
        let trials = history(&out);
        (trials.len(), trials.iter().filter(|trial| trial["outcome"]["Failed"].is_object()).count())
    };
    assert_eq!(failures("whole", false), (27, 27 - known), "what the table does not have is a failed trial");
    assert_eq!(failures("part", true), (known, 0), "nothing else is asked for");
}

#[test]
fn every_surrogate_by_its_name() {
    let folder = folder();
    let configuration = |run: &Path| std::fs::read_to_string(run.join("config.toml")).expect("configuration");
    for name in ["structure-gp", "gcn", "gcn-mean", "mlp", "lstm", "wl-gp", "linear", "path-ensemble", "ensemble"] {
        let search = |out: &Path| {
            let named = format!("surrogate.name={name}");
            let settings = ["--queries", "18", "--set", &named, "--set", "surrogate.ensemble.inner=linear"];
            json(chain(out, &settings).args(["--set", "surrogate.ensemble.bootstrap=true"]));
            history(out)
        };
        let run = folder.path().join(name);
        let trials = search(&run);
        assert!(trials[6]["prediction"]["mean"].is_f64(), "{name} predicts from the second round on: {}", trials[6]);
        assert!(configuration(&run).contains(&format!("name = \"{name}\"")));
        assert_eq!(trials, search(&folder.path().join(format!("{name} again"))), "{name}: same seed, same study");
    }
}

#[test]
fn an_imported_table_answers_as_its_csv_does() {
    let folder = folder();
    let (npz, run, again) = (folder.path().join("chain.npz"), folder.path().join("run"), folder.path().join("again"));
    let import = || {
        let (table, layout) = (example("my-chain.csv"), example("my-chain-layout.toml"));
        let mut command = bonas(&["data", "import", "csv", &table, "--layout", &layout, "--out"]);
        command.arg(&npz);
        command
    };
    let shown = succeed(&mut import());
    assert_contains(
        &shown,
        &["27 architectures of the space my-chain", "example accuracy, validation, mean: 27 values, best ", " %"],
    );
    assert_eq!(succeed(bonas(&["data", "check"]).arg(&npz)).lines().next(), shown.lines().next());
    refuses(&mut import(), FAILED, &["chain.npz exists already"]);
    refuses(&mut bonas(&["data", "import", "csv", "a.csv", "--out", "a.csv"]), USAGE, &["does not end in .npz"]);

    json(&mut chain(&run, &["--queries", "12"]));
    let space = example("my-chain.toml");
    let mut command = bonas(&["search", "--json", "--evaluator", "table", "--space", &space, "--queries", "12", "--table"]);
    command.arg(&npz).args(["--set", "bonas.initial=6", "--set", "study.batch_size=6", "--set", "bonas.pool_size=27"]);
    json(command.args(["--set", "surrogate.gcn.epochs=20", "--out"]).arg(&again));
    assert_eq!(history(&run), history(&again));
}

#[test]
fn budgets_in_hours_of_training() {
    let folder = folder();
    let out = folder.path().join("run");
    let text = bonas::ExperimentConfig::QUICK.replace("queries = 64", "cost_hours = 0.5");
    let config = folder.path().join("hours.toml");
    std::fs::write(&config, text).expect("written");
    let summary = json(chain(&out, &["--strategy", "random", "--config"]).arg(&config));
    let cost = |trial: &Value| trial["outcome"]["Measured"]["metrics"]["cost_seconds"].as_f64().expect("seconds");
    let trials = history(&out);
    let total = |count: usize| trials[..count].iter().map(cost).sum::<f64>();
    assert_eq!(summary["stop_reason"], "cost-budget", "{summary}");
    assert!(total(trials.len()) >= 1800.0 && total(trials.len() - 6) < 1800.0, "{} s", total(trials.len()));
}

#[test]
fn a_changed_space_or_table_is_noticed() {
    let folder = folder();
    let files = ["my-chain.toml", "my-chain.csv", "my-chain-layout.toml"].map(|file| {
        let copy = folder.path().join(file);
        std::fs::copy(example(file), &copy).expect("copied");
        copy
    });
    let [space, table, layout] = &files;
    let out = folder.path().join("run");
    let mut command = bonas(&["search", "--json", "--evaluator", "table", "--strategy", "random", "--queries", "9", "--space"]);
    command.arg(space).arg("--table").arg(table).arg("--set").arg(format!("table.layout={}", layout.display()));
    json(command.arg("--out").arg(&out));
    let changed = |path: &PathBuf, parts: &[&str]| {
        let before = std::fs::read_to_string(path).expect("a file");
        std::fs::write(path, before.replace("conv5", "conv9")).expect("written");
        refuses(&mut resume(&out), FAILED, parts);
        std::fs::write(path, before).expect("written");
    };
    changed(space, &["my-chain.toml has changed since this run began"]);
    changed(table, &["my-chain"]);
    json(&mut resume(&out));
}

#[test]
fn wrong_tables_and_questions() {
    let folder = folder();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let (table, layout) = (example("my-chain.csv"), format!("table.layout={}", example("my-chain-layout.toml")));
    let space = example("my-chain.toml");
    search_refuses(&["--table", &table], FAILED, &["table.path is set, but the evaluator is supernet", "--evaluator table"]);
    search_refuses(&["--task", "example"], FAILED, &["table.task is set, but the evaluator is supernet"]);
    let hours = ["--set", "study.budget.cost_hours=1"];
    search_refuses(&hours, FAILED, &["cost_hours cannot be kept", "supernet counts no hours", "study.budget.minutes"]);
    let asks = |further: &[&str], parts: &[&str]| {
        search_refuses(&[&["--evaluator", "table"], further].concat(), FAILED, parts);
    };
    asks(&[], &["needs a table", "--table"]);
    asks(&["--table", "nowhere.csv"], &["nowhere.csv"]);
    asks(&["--table", "nowhere.npz"], &["cannot open", "nowhere.npz"]);
    asks(&["--table", &table], &["no known layout has this header", "arch, val_accuracy", "table.layout"]);
    asks(&["--table", &table, "--set", &layout], &["one of the space my-chain", "bonas-darts", "--space"]);
    asks(
        &["--table", &table, "--set", &layout, "--space", &space, "--task", "exmple"],
        &["no task 'exmple' on validation images; it has: example"],
    );
    let rows = std::fs::read_to_string(&table).expect("the example");
    let cell = write("cell.csv", &rows.replacen("conv3|conv3|conv3,", "conv3|conv3|conv3,much", 1));
    asks(&["--table", &cell, "--set", &layout, "--space", &space], &["cell.csv, line 2", "not a finite number"]);
    let unknown = write("unknown.csv", &rows.replacen("conv3|conv3|conv3,", "conv3|conv3|conv4,", 1));
    asks(&["--table", &unknown, "--set", &layout, "--space", &space], &["unknown.csv, line 2", "conv4"]);
    let stored = write("damaged.npz", "no archive");
    asks(&["--table", &stored], &["damaged.npz is not a table of bonas", "import it again"]);
    asks(&["--table", &stored, "--set", &layout], &["layouts describe CSV files", "damaged.npz is an imported table"]);
    let described = std::fs::read_to_string(example("my-chain-layout.toml")).expect("the example");
    let (timeless, _) = described.rsplit_once("[[columns]]").expect("the column of seconds");
    let timeless = write("timeless.toml", &timeless.replace("my-chain.toml", &space));
    let of_it = ["--table", &table, "--set", &format!("table.layout={timeless}"), "--space", &space];
    asks(&[&of_it[..], &hours].concat(), &["cost_hours cannot be kept", "no seconds of training", "study.budget.queries"]);
    let beyond = write("beyond.csv", &rows.replacen("conv3|conv3|conv3,", "conv3|conv3|conv3,1", 1));
    asks(&["--table", &beyond, "--set", &layout, "--space", &space], &["beyond.csv, line 2", "is no percentage", "0 and 100"]);
    search_refuses(&["--space", "nowhere.toml"], FAILED, &["nowhere.toml"]);
}

#[test]
fn spaces_are_shown_sampled_and_encoded() {
    let folder = folder();
    assert_contains(&succeed(&mut bonas(&["space", "show", "nas-bench-201"])), &["architectures: 15625", "nor_conv_3x3", "|"]);
    assert_contains(&succeed(&mut bonas(&["space", "show", &example("my-chain.toml")])), &["my-chain: ", "architectures: 27"]);
    assert_eq!(succeed(&mut bonas(&["space", "sample", "transnas-macro", "--count", "3"])).lines().count(), 3);
    let cell = succeed(&mut bonas(&["space", "sample", &example("my-cells.toml")]));
    assert_contains(&succeed(&mut bonas(&["draw", cell.trim(), "--space", &example("my-cells.toml")])), &["<svg"]);
    let npz = folder.path().join("cells.npz");
    succeed(bonas(&["space", "encode", "nas-bench-101", "--count", "5", "--out"]).arg(&npz));
    assert!(std::fs::read(&npz).expect("an archive").starts_with(b"PK"));
}

#[test]
fn files_come_from_a_mirror_and_are_verified() {
    let folder = folder();
    let (mirror, out) = (folder.path().join("mirror"), folder.path().join("tables"));
    std::fs::create_dir(&mirror).expect("created");
    std::fs::write(mirror.join("table.csv"), "arch\n").expect("written");
    let manifest = folder.path().join("mine.toml");
    let with = |digest: &str| {
        let text = format!(
            "name = 'mine'\ndescription = 'a table'\norigin = 'here'\nlicence = 'MIT'\n[[files]]\npath = 'table.csv'\n\
             urls = ['http://127.0.0.1:9/table.csv']\nmd5 = '{digest}'\n"
        );
        std::fs::write(&manifest, text).expect("written");
    };
    let pull = || {
        let mut command = bonas(&["data", "pull"]);
        command.arg(&manifest).arg("--mirror").arg(&mirror).arg("--out").arg(&out);
        command
    };
    with("00000000000000000000000000000000");
    let message = failure(&mut pull(), FAILED);
    assert_contains(&message, &["table.csv"]);
    assert!(!out.join("table.csv").exists(), "a wrong file under the final name");
    // The message says which digest was found.
    let mut digests = message.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 32);
    let digest = digests.find(|digest| digest.chars().any(|c| c != '0')).expect("the digest that was found").to_string();
    with(&digest);
    assert_contains(&succeed(&mut pull()), &["table.csv: 5 bytes"]);
    assert_eq!(std::fs::read_to_string(out.join("table.csv")).expect("a file"), "arch\n");
    assert_contains(&succeed(&mut bonas(&["data", "list"])), &["nas-bench-macro", "fashion-mnist", "cifar-10"]);
    refuses(&mut bonas(&["data", "pull", "cifar10"]), FAILED, &["cifar-10"]);
}

#[test]
#[allow(clippy::print_stdout)]
fn real_tables_by_the_words_of_the_readme() {
    let Some(data) = std::env::var_os("BONAS_SHARED_DATA").map(PathBuf::from) else {
        println!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let folder = folder();
    let macro_table = folder.path().join("macro.npz");
    let json_file = data.join("nas-bench-macro/nas-bench-macro_cifar10.json");
    succeed(bonas(&["data", "import", "nas-bench-macro"]).arg(&json_file).arg("--out").arg(&macro_table));
    let shared = |file: &str| data.join(file);
    let nb201 = shared("nas-bench-201/nb201.csv");
    let mut questions: Vec<(&str, PathBuf, Option<&str>)> = vec![
        ("nas-bench-macro", macro_table, None),
        ("nas-bench-101", shared("nas-bench-101-subset/ecnas_5V9E_4epoch.csv"), None),
    ];
    questions.extend(["cifar10-valid", "cifar100", "imagenet16-120"].map(|task| ("nas-bench-201", nb201.clone(), Some(task))));
    let tasks = ["class_scene", "class_object", "autoencoder", "normal", "jigsaw", "room_layout", "segmentsemantic"];
    for (space, file) in [("transnas-micro", "transnas101_micro_full.csv"), ("transnas-macro", "transnas101_macro_full.csv")] {
        questions.extend(tasks.map(|task| (space, shared("transnas-bench-101").join(file), Some(task))));
    }
    for (index, (space, table, task)) in questions.into_iter().enumerate() {
        let mut command = bonas(&["search", "--json", "--space", space, "--evaluator", "table", "--queries", "32", "--table"]);
        command.arg(&table).arg("--out").arg(folder.path().join(index.to_string()));
        command.args(["--set", "surrogate.gcn.epochs=10", "--set", "bonas.pool_size=200"]);
        let summary = json(command.args(task.into_iter().flat_map(|task| ["--task", task])));
        let report = &summary["table"];
        assert_eq!(summary["queries"].as_u64(), Some(32), "{space} {task:?}");
        assert!(report["regret"].as_f64().is_some_and(|regret| regret >= 0.0), "{space} {task:?} {report}");
        assert!(!report["test"].as_array().expect("a list").is_empty(), "{space} {task:?} has no test value: {report}");
    }
}
