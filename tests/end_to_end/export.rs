//! Networks that leave bonas and weights that come in: `bonas export`, `bonas import`, `bonas latency`.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{bonas, folder, json, run, search, succeed, text};
use bonas::export_formats::StateDict;
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// No node's operands are in the order in which networks sort them.
const GENOTYPE: &str = "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('max_pool_3x3', 0), \
    ('dil_conv_3x3', 3), ('dil_conv_5x5', 0), ('avg_pool_3x3', 2), ('skip_connect', 0)], normal_concat=range(2, 6), \
    reduce=[('skip_connect', 1), ('sep_conv_3x3', 0), ('max_pool_3x3', 1), ('dil_conv_3x3', 0), ('dil_conv_5x5', 1), \
    ('avg_pool_3x3', 0), ('sep_conv_5x5', 1), ('skip_connect', 0)], reduce_concat=range(2, 6))";
const SIDE: u32 = 8;

/// Pictures in folders of two classes.
fn data(root: &Path) -> PathBuf {
    let data = root.join("data");
    for (class, name) in ["cold", "warm"].iter().enumerate() {
        for part in ["train", "test"] {
            std::fs::create_dir_all(data.join(part).join(name)).expect("a folder");
            for index in 0..16u32 {
                let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| {
                    let noise = ((x * 7 + y * 13 + index * 29) % 90) as u8;
                    Rgb([noise + 90 * class as u8, noise, 180 - 90 * class as u8])
                });
                picture.save(data.join(part).join(name).join(format!("{index}.png"))).expect("written");
            }
        }
    }
    data
}

/// Folder of a network of this architecture.
fn trained(root: &Path, name: &str, arch: &str) -> PathBuf {
    let out = root.join(name);
    let mut command = bonas(&["train", "--json", "--arch", arch, "--set", "retrain.epochs=1", "--out"]);
    command.arg(&out).arg("--data").arg(data(root));
    for setting in ["network.channels=4", "network.cells=3", "network.stem_stride=1", "retrain.batch_size=8"] {
        command.args(["--set", setting]);
    }
    json(command.args(["--set", "retrain.calibration_images=16"]));
    out
}

fn export(model: &Path, format: &str, out: &Path) -> Command {
    let mut command = bonas(&["export", "--format", format]);
    command.arg(model).arg("--out").arg(out);
    command
}

fn logits(model: &Path, root: &Path) -> Value {
    let pictures = (0..16).map(|index| root.join(format!("data/test/warm/{index}.png")));
    let predicted = json(bonas(&["predict", "--json", "--logits"]).arg(model).args(pictures));
    let predictions = predicted["predictions"].as_array().expect("predictions");
    assert!(predictions.iter().all(|prediction| prediction["logits"].as_array().map(Vec::len) == Some(2)), "{predicted}");
    predictions.iter().map(|prediction| prediction["logits"].clone()).collect()
}

#[test]
fn weights_leave_and_return_unchanged() {
    let folder = folder();
    let root = folder.path();
    let model = trained(root, "trained", GENOTYPE);
    let expected = logits(&model, root);

    let copy = root.join("copy.safetensors");
    succeed(&mut export(&model, "safetensors", &copy));
    assert_eq!(logits(&copy, root), expected);

    let shown = succeed(bonas(&["evaluate", "--data"]).arg(root.join("data")).arg(&copy));
    assert_contains(&shown, &["cold", "warm"]);
    for name in ["public.pt", "public.safetensors"] {
        let (public, back) = (root.join(name), root.join(format!("{name}.back.safetensors")));
        succeed(&mut export(&model, "pytorch", &public));
        let state = StateDict::read(&public).expect("weights");
        assert!(state.tensors.iter().any(|(name, _)| name == "cells.0._ops.0.op.7.running_var"), "{name}");
        succeed(import(&public, &back).args(["--arch", GENOTYPE]));
        assert_eq!(logits(&back, root), relabelled(&model, root), "{name}");
    }
    let other = GENOTYPE.replacen("('sep_conv_3x3', 1), ('skip_connect', 0)", "('sep_conv_5x5', 1), ('skip_connect', 0)", 1);
    let lost = root.join("lost.safetensors");
    refuses(
        import(&root.join("public.pt"), &lost).args(["--arch", &other]),
        FAILED,
        &["the weights do not fit", "cells.0._ops.0.op.1.weight has [4, 1, 3, 3] instead of [4, 1, 5, 5]", "check the genotype"],
    );
    refuses(
        import(&root.join("data/test/warm/0.png"), &lost).args(["--arch", GENOTYPE]),
        FAILED,
        &["cannot read the weights in", "0.png", "not a file of PyTorch"],
    );
    refuses(
        import(&root.join("public.pt"), &lost).args(["--arch", GENOTYPE, "--classes", "a,b,c"]),
        FAILED,
        &["they have 2 classes, but 3 names are given"],
    );
    assert!(!lost.exists());
}

/// An import of pictures of 8×8, normalised by the numbers of [`relabelled`].
fn import(weights: &Path, out: &Path) -> Command {
    let mut command = bonas(&["import", "--size", "8", "--mean", "0.25,0.5,0.5", "--std", "0.5,0.25,1", "--out"]);
    command.arg(out).arg(weights);
    command
}

/// Logits of a model whose card says another normalisation, that of [`import`].
fn relabelled(model: &Path, root: &Path) -> Value {
    let path = root.join("relabelled.safetensors");
    rewritten(model, &path, |card| {
        card["normalization"] = serde_json::json!({ "mean": [0.25, 0.5, 0.5], "stddev": [0.5, 0.25, 1.0] });
    });
    logits(&path, root)
}

/// A copy of a model file with another card.
fn rewritten(model: &Path, path: &Path, change: impl Fn(&mut Value)) {
    let bytes = std::fs::read(model.join("model.safetensors")).expect("a model");
    let (length, rest) = bytes.split_first_chunk().expect("a length");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    let card = header["__metadata__"]["bonas.model"].as_str().expect("a card");
    let mut card: Value = serde_json::from_str(card).expect("JSON");
    change(&mut card);
    header["__metadata__"]["bonas.model"] = card.to_string().into();
    let header = header.to_string().into_bytes();
    let file = [&(header.len() as u64).to_le_bytes()[..], &header, numbers].concat();
    std::fs::write(path, file).expect("written");
}

#[test]
fn what_a_format_lacks_is_said_and_nothing_is_written() {
    let folder = folder();
    let root = folder.path();
    let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|";
    let model = trained(root, "trained", cell);
    let out = root.join("out.pt");
    refuses(&mut export(&model, "pytorch", &out), FAILED, &["only networks of DARTS", "nor_conv_3x3", "export it as ONNX"]);
    refuses(export(&model, "safetensors", &out).arg("--pixels"), USAGE, &["--pixels", "--format onnx"]);
    let own = model.join("model.safetensors");
    let before = std::fs::read(&own).expect("a model");
    refuses(&mut export(&model, "onnx", &own), FAILED, &["is the model file itself", "--out"]);
    assert!(std::fs::read(&own).expect("a model") == before);
    refuses(&mut export(&model, "onnx", &root.join("none/out.onnx")), FAILED, &["cannot write", "out.onnx"]);
    refuses(&mut export(&root.join("nowhere"), "onnx", &out), FAILED, &["no trained network at"]);
    assert!(!out.exists());

    let onnx = root.join("out.onnx");
    for further in [&[][..], &["--pixels"]] {
        assert_eq!(succeed(export(&model, "onnx", &onnx).args(further)).trim(), onnx.display().to_string());
        let bytes = std::fs::read(&onnx).expect("a file");
        let shown = String::from_utf8_lossy(&bytes);
        assert_contains(&shown, &["BatchNormalization", "logits", "images", "batch", r#"["cold","warm"]"#, cell]);
        assert_eq!(shown.contains("normalization.mean"), !further.is_empty());
    }
    let timed = json(bonas(&["latency", "--json", "--device", "cpu", "--batch", "4"]).arg(&model));
    assert!(timed["latency_ms"].as_f64() > Some(0.0) && timed["batch"] == 4, "{timed}");
}

#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_file_before() {
    let folder = folder();
    let root = folder.path();
    let model = trained(root, "trained", GENOTYPE);
    for (format, name) in
        [("onnx", "a.onnx"), ("safetensors", "a.safetensors"), ("pytorch", "a.pt"), ("pytorch", "b.safetensors")]
    {
        let out = root.join(name);
        succeed(&mut export(&model, format, &out));
        let before = std::fs::read(&out).expect("a file");
        let files = || std::fs::read_dir(root).expect("listed").count();
        let count = files();
        // No file may grow beyond 2 blocks of 512 bytes: what a full disk does, without filling one.
        let limited = format!(
            "trap '' XFSZ; ulimit -f 2; exec '{}' export --format {format} '{}' --out '{}'",
            assert_cmd::cargo::cargo_bin("bonas").display(),
            model.display(),
            out.display()
        );
        let parts = ["cannot write", name, "what was there before is untouched", "the room on its disk"];
        refuses(Command::new("sh").args(["-c", &limited]), FAILED, &parts);
        assert!(std::fs::read(&out).expect("a file") == before, "{name}");
        assert_eq!(files(), count, "no piece of {name}");
    }
}

#[test]
fn what_is_no_network_of_this_form_is_refused() {
    let folder = folder();
    let root = folder.path();
    let model = trained(root, "trained", GENOTYPE);
    let (checkpoint, out) = (root.join("trained/checkpoints/epoch-0001.checkpoint"), root.join("out"));
    assert!(checkpoint.is_file());
    // A checkpoint holds the state of a training, and belongs to its settings alone.
    refuses(&mut export(&checkpoint, "onnx", &out), FAILED, &["epoch-0001.checkpoint", "not a safetensors file"]);
    refuses(
        import(&checkpoint, &out).args(["--arch", GENOTYPE]),
        FAILED,
        &["cannot read the weights in", "epoch-0001.checkpoint", "not a file of PyTorch"],
    );

    // A model file whose card tells of other operations than its weights are of.
    let file = root.join("other.safetensors");
    rewritten(&model, &file, |card| {
        let text = card.to_string().replacen("sep_conv_5x5", "dil_conv_3x3", 1);
        *card = serde_json::from_str(&text).expect("JSON");
    });
    refuses(&mut export(&file, "onnx", &out), FAILED, &["cannot read the weights in", "other.safetensors"]);
    assert!(!out.exists());
}

/// Latencies that are measured before the search limit it, are recorded with it, and are the same when it is resumed.
#[test]
fn a_search_is_limited_by_measured_latencies() {
    let folder = folder();
    let out = folder.path().join("run");
    let settings = ["--space", "nas-bench-201", "--set", "latency.networks=12", "--set", "latency.batch=4"];
    let mut command = search(&out, &settings);
    let output = run(command.args(["--objective", "accuracy,latency", "--max-latency", "cpu=1000"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_contains(
        &text(&output.stderr),
        &["latencies of 4 image(s) on cpu: fitted to 9 measured networks, off by", "on 3 others"],
    );
    let latencies = |trials: Vec<Value>| -> Vec<f64> {
        trials.iter().map(|trial| trial["outcome"]["Measured"]["metrics"]["latency_ms"].as_f64().expect("a latency")).collect()
    };
    let found = latencies(crate::small::history(&out));
    assert!(found.iter().all(|latency| (0.0..=1000.0).contains(latency)), "{found:?}");
    assert!(found.iter().any(|latency| *latency != found[0]), "{found:?}");
    json(&mut crate::small::resume(&out));
    assert_eq!(latencies(crate::small::history(&out)), found);

    let none = folder.path().join("none");
    refuses(
        &mut search(&none, &[&settings[..], &["--max-latency", "cpu=0.000001"]].concat()),
        FAILED,
        &["no architecture of the space nas-bench-201 is within latency_ms", "raise the limits"],
    );
    let wrong = [&settings[..], &["--max-latency", "pixel3=5"]].concat();
    refuses(&mut search(&none, &wrong), FAILED, &["'pixel3' is not a device"]);
    refuses(
        search(&none, &settings).args(["--max-latency", "5", "--set", "latency.networks=3"]),
        FAILED,
        &["latency.networks must be from 8 to 10000"],
    );
    assert!(!none.exists());
}
