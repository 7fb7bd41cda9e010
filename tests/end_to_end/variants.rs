//! Every part that a configuration can name runs from end to end.

use crate::small::{folder, history, json, search};
use serde_json::Value;

fn runs(further: &[&str]) -> (Value, Vec<Value>) {
    let folder = folder();
    let out = folder.path().join("run");
    let summary = json(&mut search(&out, further));
    assert!(summary["best_score"].is_f64() && summary["test_accuracy"].is_f64(), "{further:?}: {summary}");
    (summary, history(&out))
}

fn origins(trials: &[Value]) -> Vec<&str> {
    trials.iter().map(|trial| trial["origin"].as_str().expect("a text")).collect()
}

#[test]
fn random_search_in_the_large_space() {
    let (summary, trials) = runs(&["--strategy", "random", "--space", "darts"]);
    assert!(origins(&trials).iter().all(|&origin| origin == "random"), "{trials:?}");
    let best = summary["best_architecture"].as_str().expect("a text");
    let (normal, reduce) = best.split_once("normal_concat").expect("a genotype of two cells");
    assert!(!reduce.contains(normal.trim_start_matches("Genotype(normal=")), "two cells of their own: {best}");
}

#[test]
fn regularized_evolution() {
    let evolution = ["--strategy", "regularized-evolution", "--set", "study.budget.queries=12"];
    let small = ["--set", "regularized_evolution.population_size=4", "--set", "regularized_evolution.tournament_size=2"];
    let (_, trials) = runs(&[&evolution[..], &small].concat());
    assert!(origins(&trials).iter().any(|&origin| origin != "random"), "mutants after the population is full: {trials:?}");
}

#[test]
fn strategies_without_a_model() {
    for (strategy, setting, origin) in [
        ("local-search", "local_search.initial=4", "neighbor"),
        ("local-search", "local_search.step=first", "random"),
        ("reinforce", "reinforce.entropy_weight=0.1", "policy"),
    ] {
        let (_, trials) = runs(&["--strategy", strategy, "--set", "study.budget.queries=12", "--set", setting]);
        assert!(origins(&trials).contains(&origin), "{strategy}: {trials:?}");
    }
}

#[test]
fn strategies_that_mutate_what_a_surrogate_judges() {
    for strategy in ["npenas", "bananas"] {
        let initial = format!("{strategy}.initial=8");
        let (_, trials) = runs(&["--strategy", strategy, "--set", "study.budget.queries=12", "--set", &initial]);
        let judged = trials.iter().filter(|trial| trial["prediction"]["mean"].is_f64()).collect::<Vec<_>>();
        assert!(!judged.is_empty() && judged.iter().all(|trial| trial["origin"] == "mutation"), "{strategy}: {trials:?}");
    }
}

#[test]
fn published_strategies_bring_their_own_surrogate_and_acquisition() {
    for strategy in ["bonas-paper", "nas-bowl"] {
        // Settings that would be refused if they were looked at.
        let others = ["--set", "surrogate.name=structure-gp", "--set", "surrogate.structure_gp.max_observations=0"];
        let chosen = ["--strategy", strategy, "--set", "acquisition.exploration=-1"];
        let (_, trials) = runs(&[&chosen[..], &others].concat());
        assert!(trials.iter().any(|trial| trial["prediction"]["mean"].is_f64()), "{strategy}: {trials:?}");
    }
}

#[test]
fn bonas_with_another_pool_batch_and_acquisition() {
    let settings = ["bonas.evolved_fraction=0", "bonas.neighbors_of_best=2", "bonas.batch=spread", "acquisition.name=thompson"];
    let settings: Vec<_> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let (_, trials) = runs(&settings);
    let origins = origins(&trials);
    assert!(origins.contains(&"pool-neighbor") || origins.contains(&"pool-random"), "{trials:?}");
    assert!(!origins.contains(&"pool-evolved"), "{trials:?}");
}

#[test]
fn the_method_as_published() {
    let (_, trials) = runs(&[
        "--set",
        "surrogate.name=gcn",
        "--set",
        "surrogate.gcn.mode=paper",
        "--set",
        "acquisition.name=ei",
        "--space",
        "darts",
    ]);
    assert!(trials[8]["prediction"]["stddev"].as_f64().expect("a number") > 0.0);
}

#[test]
fn stand_alone_training_of_every_candidate() {
    let (summary, trials) = runs(&["--evaluator", "stand-alone", "--set", "study.budget.queries=3", "--set", "retrain.epochs=1"]);
    assert_eq!((summary["rounds"].as_u64(), trials.len()), (Some(1), 3));
}

#[test]
fn budgets_of_rounds_and_of_time() {
    let text = bonas::ExperimentConfig::QUICK.replace("queries = 64", "rounds = 2");
    assert!(text.contains("rounds = 2"), "quick.toml has a budget of 64 queries");
    let file = folder();
    let config = file.path().join("rounds.toml");
    std::fs::write(&config, &text).expect("written");
    let rounds = config.display().to_string();
    let (summary, _) = runs(&["--config", &rounds, "--set", "study.budget.queries=1000"]);
    assert_eq!((summary["stop_reason"].as_str(), summary["rounds"].as_u64()), (Some("round-budget"), Some(2)));
    let (summary, trials) = runs(&["--set", "study.budget.queries=100000", "--set", "study.budget.minutes=0.001"]);
    assert_eq!(summary["stop_reason"], "time-budget");
    assert!(!trials.is_empty() && trials.len() < 1000);
}
