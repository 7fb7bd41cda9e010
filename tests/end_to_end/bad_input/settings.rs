use crate::refusal::{FAILED, USAGE, refuses, search_refuses};
use crate::small::bonas;

fn setting_is_refused(setting: &str, code: i32, parts: &[&str]) {
    search_refuses(&["--set", setting], code, parts);
}

#[test]
fn unknown_command() {
    refuses(&mut bonas(&["serch"]), USAGE, &["unrecognized subcommand 'serch'", "'search'"]);
}

#[test]
fn unknown_option() {
    search_refuses(&["--querys", "3"], USAGE, &["unexpected argument '--querys'", "'--queries'"]);
}

#[test]
fn unknown_key() {
    setting_is_refused("supernet.epoch=3", USAGE, &["supernet.epoch=3", "Did you mean 'epochs'?"]);
}

#[test]
fn unknown_table() {
    setting_is_refused("retrian.epochs=3", USAGE, &["retrian.epochs=3", "Did you mean 'retrain'?"]);
}

#[test]
fn not_a_setting() {
    setting_is_refused("supernet", USAGE, &["'supernet' is not of the form key=value"]);
    setting_is_refused("study..seed=1", USAGE, &["'study..seed' is not a key"]);
    setting_is_refused("space.name=darts", USAGE, &["'space' is a value, not a table"]);
}

#[test]
fn wrong_type() {
    setting_is_refused("study.seed=often", USAGE, &["study.seed", "often", "invalid type"]);
    setting_is_refused("study=5", USAGE, &["study=5", "invalid type"]);
    setting_is_refused("study.budget.queries=-3", USAGE, &["study.budget.queries=-3", "invalid value"]);
    search_refuses(&["--seed", "soon"], USAGE, &["--seed", "soon"]);
}

#[test]
fn unknown_names() {
    search_refuses(&["--space", "dart"], USAGE, &["unknown space 'dart'", "did you mean 'darts'", "bonas-darts"]);
    search_refuses(&["--strategy", "rndom"], USAGE, &["'random'", "regularized-evolution"]);
    search_refuses(&["--evaluator", "guess"], USAGE, &["possible values", "stand-alone"]);
    refuses(&mut bonas(&["space", "sample", "dart"]), USAGE, &["did you mean 'darts'"]);
}

#[test]
fn device_that_was_not_compiled_in() {
    if !cfg!(feature = "metal") {
        search_refuses(&["--device", "metal"], USAGE, &["no metal backend", "--features metal", "--device cpu"]);
    }
    search_refuses(&["--device", "abacus"], USAGE, &["'abacus' is not a device", "`cpu`"]);
}

#[test]
fn zero_where_something_is_needed() {
    for key in [
        "study.batch_size",
        "study.budget.queries",
        "network.channels",
        "network.cells",
        "supernet.epochs",
        "supernet.batch_size",
        "supernet.calibration_images",
        "retrain.epochs",
        "retrain.batch_size",
        "data.limit_per_class",
        "data.validation_fraction",
        "study.budget.minutes",
        "bonas.pool_size",
        "bonas.initial",
        "surrogate.structure_gp.max_observations",
        "supernet.optimizer.learning_rate",
        "retrain.optimizer.clip_norm",
        "finals.epochs",
    ] {
        setting_is_refused(&format!("{key}=0"), FAILED, &[key, "must be", "but is 0"]);
    }
    for key in ["surrogate.gcn.layers", "surrogate.gcn.epochs"] {
        let setting = format!("{key}=0");
        let chosen = ["--set", "surrogate.name=gcn", "--set", &setting];
        search_refuses(&chosen, FAILED, &[key, "must be", "but is 0"]);
    }
}

#[test]
fn numbers_that_are_none_and_numbers_below_zero() {
    for value in ["nan", "inf", "-0.1"] {
        for key in ["supernet.optimizer.learning_rate", "retrain.optimizer.weight_decay", "supernet.warmup_epochs"] {
            setting_is_refused(&format!("{key}={value}"), FAILED, &[key, "must be", "but is"]);
        }
        setting_is_refused(&format!("acquisition.exploration={value}"), FAILED, &["but is"]);
        setting_is_refused(&format!("data.test_fraction={value}"), FAILED, &["data.test_fraction", "above 0 and below 1"]);
    }
}

#[test]
fn surrogates() {
    setting_is_refused("surrogate.name=gnc", USAGE, &["unknown variant `gnc`", "Did you mean 'gcn'?"]);
    setting_is_refused("surrogate.mode=paper", USAGE, &["surrogate.mode=", "unknown field `mode`", "`gcn`"]);
    setting_is_refused("surrogate.gcn.layer=3", USAGE, &["Did you mean 'layers'?"]);
    let linear = ["--set", "surrogate.name=linear", "--set", "surrogate.linear.evidence.tolerance=0"];
    search_refuses(&linear, FAILED, &["surrogate.linear.evidence.tolerance must be finite and above 0, but is 0"]);
}

#[test]
fn settings_of_a_strategy_that_is_chosen() {
    let evolution = ["--strategy", "regularized-evolution", "--set"];
    let zero = ["regularized_evolution.tournament_size=0"];
    let parts = ["regularized_evolution.tournament_size must be in [1, ", "but is 0"];
    search_refuses(&[&evolution[..], &zero].concat(), FAILED, &parts);
    for (strategy, setting, parts) in [
        ("local-search", "local_search.initial=0", ["local_search.initial must be in [1, ", "but is 0"]),
        ("reinforce", "reinforce.learning_rate=0", ["reinforce.learning_rate must be in [0.000001, 100]", "but is 0"]),
        ("npenas", "npenas.parents=0", ["npenas.parents must be in [1, ", "but is 0"]),
        ("bananas", "bananas.max_mutations=101", ["bananas.max_mutations must be in [1, 100]", "but is 101"]),
        ("bonas", "bonas.exhaustive_up_to=10000001", ["bonas.exhaustive_up_to must be in [0, ", "but is 10000001"]),
        ("bonas", "bonas.neighbors_of_best=100001", ["bonas.neighbors_of_best must be in [0, ", "but is 100001"]),
        ("bonas", "bonas.batch=best", ["unknown variant `best`", "`spread`"]),
    ] {
        let code = if setting.contains("batch") { USAGE } else { FAILED };
        search_refuses(&["--strategy", strategy, "--set", setting], code, &parts);
    }
}

#[test]
fn numbers_beyond_reason() {
    for setting in [
        "supernet.epochs=1e300",
        "finals.epochs=1e300",
        "supernet.warmup_epochs=1e300",
        "retrain.epochs=9223372036854775807",
        "network.channels=1000000000",
        "network.cells=1000000000",
        "supernet.batch_size=9223372036854775807",
    ] {
        let key = setting.split('=').next().expect("a key");
        setting_is_refused(setting, FAILED, &[key, "must be", "but is"]);
    }
}

#[test]
fn one_setting_given_in_two_ways() {
    let both = ["--seed", "3", "--set", "study.seed=4"];
    search_refuses(&both, USAGE, &["study.seed=4", "an option of its own says 3 already"]);
}
