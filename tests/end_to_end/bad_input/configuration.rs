use super::file;
use crate::refusal::{FAILED, refuses, search_refuses};
use crate::small::{bonas, folder};

/// A search by a configuration file of this text is refused, and the message names the file and all `parts`.
fn is_refused(text: &str, parts: &[&str]) {
    let folder = folder();
    let config = file(folder.path(), "mine.toml", text.as_bytes()).display().to_string();
    search_refuses(&["--config", &config], FAILED, &[&["mine.toml"], parts].concat());
}

#[test]
fn missing_file() {
    let folder = folder();
    let missing = folder.path().join("missing.toml").display().to_string();
    search_refuses(&["--config", &missing], FAILED, &["cannot read the configuration", "missing.toml", "No such file"]);
}

#[test]
fn folder_instead_of_a_file() {
    let folder = folder();
    let path = folder.path().display().to_string();
    search_refuses(&["--config", &path], FAILED, &["cannot read the configuration", &path]);
}

#[test]
fn not_toml() {
    is_refused("space = \"darts\"\n[study\n", &["line 2"]);
}

#[test]
fn not_text() {
    let folder = folder();
    let config = file(folder.path(), "mine.toml", &[0xff, 0xfe, 0]).display().to_string();
    search_refuses(&["--config", &config], FAILED, &["cannot read the configuration", "mine.toml", "UTF-8"]);
}

#[test]
fn unknown_key() {
    is_refused("# mine\n[study]\nsead = 3\n", &["line 3, column 1", "unknown field `sead`", "Did you mean 'seed'?"]);
}

#[test]
fn unknown_key_at_the_top() {
    is_refused("starategy = \"bonas\"\n", &["line 1, column 1", "Did you mean 'strategy'?"]);
}

#[test]
fn unknown_key_in_a_table_of_a_table() {
    is_refused("[supernet.optimizer]\n\nlearning_rat = 0.1\n", &["line 3, column 1", "Did you mean 'learning_rate'?"]);
}

#[test]
fn unknown_table() {
    is_refused("[study]\nseed = 1\n[supernets]\nepochs = 1\n", &["line 3", "Did you mean 'supernet'?"]);
}

#[test]
fn wrong_type() {
    is_refused("[study]\nseed = \"often\"\n", &["line 2, column 8", "invalid type", "often"]);
}

#[test]
fn unknown_space() {
    is_refused("space = \"dart\"\n", &["line 1", "did you mean 'darts'?"]);
}

#[test]
fn unknown_strategy() {
    is_refused("strategy = \"regularised-evolution\"\n", &["line 1", "Did you mean 'regularized-evolution'?"]);
}

#[test]
fn unknown_device() {
    is_refused("device = \"cuda:x\"\n", &["line 1", "'cuda:x' is not a device", "`cuda:0`"]);
    is_refused("device = \"auto,cpu\"\n", &["line 1", "`auto` chooses one device"]);
}

#[test]
fn no_budget() {
    let folder = folder();
    let config = file(folder.path(), "mine.toml", b"[study]\nseed = 1\n").display().to_string();
    let out = folder.path().join("run");
    let parts = ["no budget", "study.budget.queries", "study.budget.rounds", "study.budget.minutes"];
    refuses(bonas(&["search", "--config", &config, "--out"]).arg(&out), FAILED, &parts);
    assert!(!out.exists());
}
