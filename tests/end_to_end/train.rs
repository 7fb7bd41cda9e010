//! `bonas train`: one architecture, trained as the winner of a search is trained.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{bonas, folder, json, metrics, search, settings, succeed};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn train(arch: &str, out: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["train", "--arch", arch, "--out"]);
    command.arg(out).args(settings()).args(further);
    command
}

#[test]
fn it_repeats_what_the_search_did_with_its_winner() {
    let folder = folder();
    let (run, out) = (folder.path().join("run"), folder.path().join("trained"));
    let summary = json(&mut search(&run, &[]));
    let genotype = run.join("best/genotype.json").display().to_string();
    let trained = json(&mut train(&genotype, &out, &["--json"]));
    let mut recorded = metrics(&run);
    for time in ["seconds", "waiting_seconds"] {
        recorded[time] = trained[time].clone();
    }
    assert!(trained["waiting_seconds"].as_f64() < trained["seconds"].as_f64());
    assert_eq!(trained["beyond_common"], serde_json::json!([]));
    assert_eq!(trained, recorded);
    for file in ["genotype.json", "cell.svg"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(file)).expect("a file");
        assert_eq!(read(&out), read(&run.join("best")), "{file}");
    }
    assert!(weights(&out) == weights(&run.join("best")), "other weights");
    // Another seed is another training; text on the command line is as good as a file.
    let again = folder.path().join("again");
    let arch = summary["best_architecture"].as_str().expect("a text");
    let shown = succeed(&mut train(arch, &again, &["--seed", "2"]));
    assert_contains(&shown, &["test accuracy 0.", "on 300 images", "parameters"]);
    assert!(weights(&again) != weights(&out), "the same weights");
}

/// Header and numbers of a safetensors file. The header is JSON, whose keys have no order.
fn weights(folder: &Path) -> (Value, Vec<u8>) {
    let bytes = std::fs::read(folder.join("model.safetensors")).expect("weights");
    let (length, rest) = bytes.split_first_chunk::<8>().expect("a length");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (serde_json::from_slice(header).expect("JSON"), numbers.to_vec())
}

#[test]
fn wrong_use_is_refused_and_leaves_nothing() {
    let folder = folder();
    let out = folder.path().join("trained");
    let refuse = |arch: &str, further: &[&str], code, parts: &[&str]| {
        refuses(&mut train(arch, &out, further), code, parts);
        assert!(!out.exists(), "a folder without a training");
    };
    refuse("Genotype(normal=[('sep_conv', 0)])", &[], FAILED, &["the genotype of the command line"]);
    refuse("nowhere.json", &[], FAILED, &["'nowhere.json' is neither a genotype nor a file"]);
    let sample = succeed(&mut bonas(&["space", "sample", "bonas-darts"]));
    refuse(sample.trim(), &["--set", "retrain.epochs=0"], FAILED, &["retrain.epochs must be from 1"]);
    refuse(sample.trim(), &["--set", "retrain.epoch=1"], USAGE, &["Did you mean 'epochs'?"]);
    refuse(sample.trim(), &["--data", "nowhere"], FAILED, &["nowhere"]);
    std::fs::create_dir(&out).expect("created");
    refuses(&mut train(sample.trim(), &out, &[]), FAILED, &["exists already; choose another folder with --out"]);
}
