use crate::refusal::{FAILED, assert_contains, failure};
use crate::small::{bonas, folder, history, resume, search, succeed};

const WILD: [&str; 4] = ["--set", "supernet.optimizer.learning_rate=1e30", "--set", "supernet.optimizer.clip_norm=1e30"];

#[test]
fn networks_that_diverge_are_recorded_with_reasons_and_none_wins() {
    let folder = folder();
    let out = folder.path().join("run");
    // The study goes through all its rounds before it says that nobody won.
    let message = failure(&mut search(&out, &WILD), FAILED);
    assert_contains(&message, &["round 3: best none, 3 failed", "none of the 9 architectures could be measured", "bonas show"]);

    let trials = history(&out);
    assert_eq!(trials.len(), 9);
    for trial in &trials {
        let reason = trial["outcome"]["Failed"]["reason"].as_str().expect("a reason, never a number");
        assert!(reason.contains("not finite"), "{reason}");
    }
    let shown = succeed(bonas(&["show"]).arg(&out));
    assert_contains(&shown, &["9 trials, 9 of them failed", "trial 0 failed", "trial 8 failed", "not finite"]);
    let report = succeed(bonas(&["report"]).arg(&out));
    let html = std::fs::read_to_string(report.trim_end()).expect("the report that was named");
    assert_contains(&html, &["not finite"]);
    // Nothing changes by trying again.
    assert_contains(&failure(&mut resume(&out), FAILED), &["none of the 9 architectures could be measured"]);
    assert_eq!(history(&out), trials);
}

#[test]
fn every_strategy_outlives_failures() {
    let folder = folder();
    for strategy in ["random", "regularized-evolution", "local-search", "reinforce"] {
        let out = folder.path().join(strategy);
        let message = failure(&mut search(&out, &[&WILD[..], &["--strategy", strategy]].concat()), FAILED);
        assert_contains(&message, &["none of the 9 architectures could be measured"]);
    }
}

#[test]
fn a_winner_that_diverges_in_its_training_is_an_error_with_its_remedy() {
    let folder = folder();
    let out = folder.path().join("run");
    let wild = ["--set", "retrain.optimizer.learning_rate=1e30", "--set", "retrain.optimizer.clip_norm=1e30"];
    let message = failure(&mut search(&out, &wild), FAILED);
    assert_contains(&message, &["round 3: best 0.", "training diverged", "learning_rate"]);
    assert_eq!(history(&out).len(), 9, "the search is not lost");
    assert!(!out.join("best/metrics.json").exists(), "no metrics of a network that was not trained");
}
