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
    // The folders of a search and of a training are as good as the file in them.
    for holder in [&run, &out] {
        let mut planned = bonas(&["train", "--dry-run", "--json", "--arch"]);
        assert_eq!(json(planned.arg(holder).args(settings()))["architecture"], summary["best_architecture"]);
    }
    // They bring their images and settings with them, which a file does not.
    let dry = |arch: &Path| json(bonas(&["train", "--dry-run", "--json", "--arch"]).arg(arch));
    let planned = json(bonas(&["train", "--dry-run", "--json", "--arch", &genotype]).args(settings()));
    assert_eq!((dry(&run), dry(&out)), (planned.clone(), planned.clone()));
    assert_ne!(dry(Path::new(&genotype)), planned);
    // Another seed is another training; text on the command line is as good as a file.
    let again = folder.path().join("again");
    let arch = summary["best_architecture"].as_str().expect("a text");
    let shown = succeed(&mut train(arch, &again, &["--seed", "2"]));
    assert_contains(&shown, &["test accuracy 0.", "on 300 images", "parameters"]);
    assert!(weights(&again) != weights(&out), "the same weights");
}

#[test]
fn a_baseline_is_trained_by_the_same_code_and_has_a_report() {
    let folder = folder();
    let out = folder.path().join("baseline");
    let mut unfinished = bonas(&["report"]);
    refuses(unfinished.arg(folder.path()), FAILED, &["is not a run folder"]);
    let trained = json(&mut train(
        "resnet-8",
        &out,
        &["--json", "--set", "retrain.auxiliary_weight=0.4", "--set", "retrain.drop_path=0.2"],
    ));
    let hardest = trained["hardest"].as_array().expect("images");
    assert_eq!(hardest.len(), 24);
    let report = std::fs::read_to_string(out.join("report.html")).expect("a report");
    assert_contains(
        &report,
        &["resnet-8", "test accuracy", "Epoch by epoch", "Confusion matrix", "Hardest images", "learning rate over epochs"],
    );
    assert_eq!(report.matches("data:image/png;base64,").count(), 24);
    // Rendered again, the same; while the training goes on, only what there is.
    assert_eq!(succeed(bonas(&["report"]).arg(&out)).trim_end(), out.join("report.html").display().to_string());
    assert_eq!(std::fs::read_to_string(out.join("report.html")).expect("again"), report);
    std::fs::remove_file(out.join("metrics.json")).expect("removed");
    succeed(bonas(&["report"]).arg(&out));
    let report = std::fs::read_to_string(out.join("report.html")).expect("a report");
    assert_contains(&report, &["A training under way", "2 of 2 epochs so far", "No test image was looked at."]);
    // The network can be used as any other.
    let evaluated = json(&mut bonas(&["evaluate", "--json", &out.display().to_string(), "--split", "test"]));
    assert_eq!(evaluated["accuracy"], trained["test_accuracy"]);
    refuses(&mut train("resnet-21", &folder.path().join("none"), &[]), FAILED, &["resnet-21"]);
}

/// The most memory that a process ever had, in bytes, when it has ended well.
#[cfg(target_os = "linux")]
fn peak_memory(command: &mut Command) -> u64 {
    let mut child = command.spawn().expect("the binary starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("waited").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kibibytes.unwrap_or(0) * 1_024);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(child.wait().expect("ended").success(), "{command:?}");
    peak
}

#[test]
#[cfg(target_os = "linux")]
fn the_memory_that_a_dry_run_tells_is_what_a_step_takes() {
    let folder = folder();
    let small = ["--set", "retrain.batch_size=1", "--set", "retrain.epochs=1", "--set", "retrain.calibration_images=1"];
    let large = ["--set", "retrain.batch_size=96", "--set", "retrain.epochs=1", "--set", "network.channels=16"];
    let large = [&large[..], &["--set", "network.stem_stride=1", "--set", "retrain.auxiliary_weight=0.4"]].concat();
    let arch = succeed(&mut bonas(&["space", "sample", "darts", "--seed", "4"]));
    // What the program and the images take by themselves.
    let base = peak_memory(&mut train(arch.trim(), &folder.path().join("small"), &small));
    let found = peak_memory(&mut train(arch.trim(), &folder.path().join("large"), &large)) - base;
    let mut plan = bonas(&["train", "--dry-run", "--json", "--arch", arch.trim()]);
    let plan = json(plan.args(settings()).args(&large));
    let part = |name: &str| plan["memory"][name].as_u64().expect("bytes");
    let told = part("feature_maps") + part("weights") + part("images");
    let ratio = told as f64 / found as f64;
    assert!((0.7..1.5).contains(&ratio), "{told} bytes were told, {found} were taken: {ratio}");
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
    refuse("nowhere.json", &[], FAILED, &["'nowhere.json' is neither a genotype, nor a file or folder"]);
    let no_run = folder.path().display().to_string();
    refuse(&no_run, &[], FAILED, &["has neither best/genotype.json (of a finished search) nor genotype.json", "bonas resume"]);
    let sample = succeed(&mut bonas(&["space", "sample", "bonas-darts"]));
    refuse(sample.trim(), &["--set", "retrain.epochs=0"], FAILED, &["retrain.epochs must be from 1"]);
    refuse(sample.trim(), &["--set", "retrain.epoch=1"], USAGE, &["Did you mean 'epochs'?"]);
    refuse(sample.trim(), &["--data", "nowhere"], FAILED, &["nowhere"]);
    std::fs::create_dir(&out).expect("created");
    refuses(&mut train(sample.trim(), &out, &[]), FAILED, &["exists already; choose another folder with --out"]);
}
