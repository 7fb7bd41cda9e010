//! Networks of every image space: searched by weight sharing, trained, saved, counted, used.

use crate::refusal::{FAILED, assert_contains, refuses};
use crate::small::{bonas, folder, json, run, search, settings, succeed};
use image::GrayImage;
use std::path::Path;

fn example(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string()
}

/// A search, its finals, the training of its winner and its report; then the winner by its file: trained again, counted, used.
fn from_search_to_prediction(space: &str) {
    let folder = folder();
    let (out, again) = (folder.path().join("run"), folder.path().join("again"));
    let small = [
        "--space",
        space,
        "--set",
        "study.budget.queries=6",
        "--set",
        "retrain.epochs=1",
        "--set",
        "data.limit_per_class=20",
        "--set",
        "network.channels=5",
    ];
    let summary = json(&mut search(&out, &small));
    let best = summary["best_architecture"].as_str().expect("a text").to_string();
    let report = std::fs::read_to_string(out.join("report.html")).expect("a report");
    assert_contains(&report, &["<svg", "Parameters"]);

    let genotype = out.join("best/genotype.json").display().to_string();
    let train = |further: &[&str]| {
        let mut command = bonas(&["train", "--json", "--arch", &genotype]);
        command.args(settings()).args(small).args(further);
        json(&mut command)
    };
    let planned = train(&["--dry-run"]);
    let trained = train(&["--out", &again.display().to_string()]);
    assert_eq!(trained["architecture"], best.as_str());
    assert_eq!(planned["parameters"], trained["parameters"], "counted as built");
    assert!(planned["multiply_adds"].as_u64() > Some(0), "{planned}");
    let weights = |folder: &Path| std::fs::metadata(folder.join("model.safetensors")).expect("weights").len();
    assert_eq!(weights(&again), weights(&out.join("best")));

    let picture = folder.path().join("picture.png");
    GrayImage::from_fn(28, 28, |x, y| image::Luma([(x * 9 % 251 + y) as u8])).save(&picture).expect("written");
    let predicted = json(bonas(&["predict", "--json", "--top", "10"]).arg(&out).arg(&picture));
    let classes = predicted["predictions"][0]["classes"].as_array().expect("classes");
    let sum: f64 = classes.iter().filter_map(|class| class["probability"].as_f64()).sum();
    assert!(classes.len() == 10 && (sum - 1.0).abs() < 1e-6, "{predicted}");
    let evaluated = json(bonas(&["evaluate", "--json"]).arg(&again));
    assert_eq!(evaluated["accuracy"], trained["test_accuracy"]);
}

#[test]
fn nas_bench_201() {
    from_search_to_prediction("nas-bench-201");
}

#[test]
fn nas_bench_101() {
    from_search_to_prediction("nas-bench-101");
}

#[test]
fn transnas_micro() {
    from_search_to_prediction("transnas-micro");
}

#[test]
fn transnas_macro() {
    from_search_to_prediction("transnas-macro");
}

#[test]
fn nas_bench_macro() {
    from_search_to_prediction("nas-bench-macro");
}

#[test]
fn a_chain_of_ones_own() {
    from_search_to_prediction(&example("my-chain.toml"));
}

#[test]
fn cells_of_ones_own() {
    from_search_to_prediction(&example("my-cells.toml"));
}

#[test]
fn every_candidate_of_another_space_trained_from_scratch() {
    let folder = folder();
    let out = folder.path().join("run");
    let summary =
        json(&mut search(&out, &["--space", "nas-bench-201", "--evaluator", "stand-alone", "--set", "study.budget.queries=3"]));
    assert!(summary["best_architecture"].as_str().is_some_and(|text| text.starts_with('|')), "{summary}");
}

#[test]
fn an_operation_without_a_network_is_named_before_anything_is_written() {
    let folder = folder();
    let space = folder.path().join("mine.toml");
    std::fs::write(&space, "name = \"mine\"\noperations = [\"conv3\", \"fourier\"]\n[[stages]]\nrepeat = 3").expect("written");
    let out = folder.path().join("run");
    let space = space.display().to_string();
    refuses(&mut search(&out, &["--space", &space]), FAILED, &["'fourier' is not in the library", "sep_conv_3x3"]);
    // The space itself is fine.
    let drawn = run(bonas(&["draw", "conv3|fourier|conv3", "--space"]).arg(&space));
    assert!(drawn.status.success());
    assert_contains(&succeed(&mut bonas(&["space", "count", &space])), &["architectures: 8"]);
}
