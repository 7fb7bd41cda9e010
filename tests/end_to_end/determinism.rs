use crate::small::{assert_same, bonas, folder, history, json, metrics, search};
use std::path::PathBuf;

#[test]
fn the_same_seed_gives_the_same_study_in_another_process() {
    let folder = folder();
    let study = |name: &str, seed: &str, threads: &str| -> PathBuf {
        let out = folder.path().join(name);
        json(search(&out, &["--seed", seed]).env("RAYON_NUM_THREADS", threads));
        out
    };
    let first = study("first", "5", "1");
    let second = study("second", "5", "1");
    assert_same(&first, &second);
    // The number of threads is not part of the experiment.
    assert_same(&first, &study("threads", "5", "3"));
    let configuration = |run: &PathBuf| std::fs::read_to_string(run.join("config.toml")).expect("configuration");
    assert_eq!(configuration(&first), configuration(&second));

    let other = study("other", "6", "1");
    assert_ne!(history(&first)[0], history(&other)[0], "another seed draws another first architecture");
    assert_ne!(metrics(&first), metrics(&other));
}

#[test]
fn the_recorded_configuration_repeats_the_run() {
    let folder = folder();
    let (out, again) = (folder.path().join("run"), folder.path().join("again"));
    json(&mut search(&out, &["--set", "surrogate.name=gcn", "--set", "surrogate.gcn.mode=paper", "--seed", "3"]));
    let config = out.join("config.toml").display().to_string();
    json(bonas(&["search", "--json", "--config", &config, "--out"]).arg(&again));
    assert_same(&out, &again);
}
