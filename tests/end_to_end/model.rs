//! What a training leaves behind can be used: `bonas predict`, `bonas evaluate`, `bonas train --dry-run`.

use crate::refusal::{FAILED, USAGE, assert_contains, refuses};
use crate::small::{bonas, folder, json, run, search, settings, succeed, text};
use image::{GrayImage, Rgb, RgbImage};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const CLASSES: [&str; 3] = ["blue", "green", "red"];
const SIDE: u32 = 12;

/// A picture of a class: its colour with something of the others, and no two alike.
fn picture(class: usize, index: u32) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let noise = (x * 7 + y * 13 + index * 29 + class as u32 * 5) % 90;
        let mut color = [noise as u8; 3];
        color[2 - class] = (70 + noise + 9 * (index % 8)) as u8;
        Rgb(color)
    })
}

/// A folder per class; the pictures of the test are not those of the training.
fn data(root: &Path) -> PathBuf {
    let data = root.join("data");
    for (part, indices) in [("train", 0..30), ("test", 30..43)] {
        for (class, name) in CLASSES.iter().enumerate() {
            let folder = data.join(part).join(name);
            std::fs::create_dir_all(&folder).expect("folder");
            for index in indices.clone() {
                picture(class, index).save(folder.join(format!("{index:02}.png"))).expect("written");
            }
        }
    }
    data
}

fn genotype() -> String {
    succeed(&mut bonas(&["space", "sample", "bonas-darts"])).trim().to_string()
}

/// `bonas train --json` on these images; the folder of the network is `root/trained`.
fn trained(root: &Path, data: &Path) -> (PathBuf, Value) {
    let out = root.join("trained");
    let mut command = bonas(&["train", "--json", "--arch", &genotype(), "--set", "retrain.epochs=4", "--out"]);
    command.arg(&out).arg("--data").arg(data).args(["--set", "network.channels=2", "--set", "network.cells=3"]);
    command.args(["--set", "retrain.batch_size=10", "--set", "retrain.calibration_images=40"]);
    let metrics = json(&mut command);
    (out, metrics)
}

fn evaluate(model: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["evaluate"]);
    command.arg(model).args(further);
    command
}

fn predict(model: &Path, images: &[PathBuf]) -> Command {
    let mut command = bonas(&["predict"]);
    command.arg(model).args(images);
    command
}

#[test]
fn predictions_of_a_saved_network_are_those_that_were_measured() {
    let folder = folder();
    let data = data(folder.path());
    let (out, metrics) = trained(folder.path(), &data);
    // The training images are gone: what is predicted and measured comes from the file alone.
    let kept = folder.path().join("elsewhere");
    std::fs::rename(data.join("test"), &kept).expect("moved");
    std::fs::remove_dir_all(&data).expect("removed");
    let model = folder.path().join("copy.safetensors");
    std::fs::copy(out.join("model.safetensors"), &model).expect("copied");

    let images: Vec<PathBuf> = (0..3)
        .flat_map(|class| (30..43).map(move |index| (class, index)))
        .map(|(class, index): (usize, u32)| kept.join(CLASSES[class]).join(format!("{index}.png")))
        .collect();
    let predictions = json(predict(&model, &images).arg("--json"));
    let predictions = predictions["predictions"].as_array().expect("a list").clone();
    assert_eq!(predictions.len(), images.len());
    let mut confusion = vec![vec![0u64; 3]; 3];
    for (index, (prediction, image)) in predictions.iter().zip(&images).enumerate() {
        assert_eq!(prediction["image"], image.display().to_string());
        let classes = prediction["classes"].as_array().expect("a list");
        let probabilities: Vec<f64> = classes.iter().map(|class| class["probability"].as_f64().expect("a number")).collect();
        assert!(probabilities.is_sorted_by(|a, b| a >= b) && (probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let first = CLASSES.iter().position(|&name| classes[0]["class"] == name).expect("a class");
        confusion[index / 13][first] += 1;
    }
    let predicted = (0..3).filter(|&class| confusion.iter().any(|row| row[class] > 0)).count();
    assert!(predicted > 1, "a network that learned nothing would prove little: {confusion:?}");
    assert_eq!(serde_json::json!(confusion), metrics["confusion"], "image by image what the test measured");
    let correct: u64 = (0..3).map(|class| confusion[class][class]).sum();
    assert_eq!(metrics["test_accuracy"].as_f64(), Some(correct as f64 / 39.0));

    let kept_text = kept.display().to_string();
    let whole = json(&mut evaluate(&model, &["--data", &kept_text, "--split", "whole", "--json"]));
    for (ours, theirs) in [("accuracy", "test_accuracy"), ("images", "test_images"), ("confusion", "confusion")] {
        assert_eq!(whole[ours], metrics[theirs], "{ours}");
    }
    assert_eq!(whole["trained_on_this_data"], Value::Null);
    // Another size of batch may sum in another order.
    assert!((whole["loss"].as_f64().expect("a loss") - metrics["test_loss"].as_f64().expect("a loss")).abs() < 1e-6);
}

#[test]
fn a_run_is_a_model_and_its_test_is_repeated_exactly() {
    let folder = folder();
    let out = folder.path().join("run");
    json(&mut search(&out, &["--set", "study.budget.queries=3"]));
    let metrics = crate::small::metrics(&out);
    for model in [out.clone(), out.join("best"), out.join("best/model.safetensors")] {
        let evaluation = json(&mut evaluate(&model, &["--json"]));
        for (ours, theirs) in
            [("accuracy", "test_accuracy"), ("loss", "test_loss"), ("images", "test_images"), ("confusion", "confusion")]
        {
            assert_eq!(evaluation[ours], metrics[theirs], "{ours} of {}", model.display());
        }
        assert_eq!(evaluation["trained_on_this_data"], true);
        let sum = |key: &str| -> u64 {
            let classes = evaluation["per_class"].as_array().expect("a list");
            classes.iter().map(|class| class[key].as_u64().expect("a count")).sum()
        };
        assert_eq!(Some(sum("images")), metrics["test_images"].as_u64());
        assert_eq!(sum("images"), sum("correct") + sum("mistaken"));
    }
    let validation = json(&mut evaluate(&out, &["--split", "validation", "--json"]));
    assert_eq!(validation["accuracy"], metrics["validation_accuracy"]);
    let shown = succeed(&mut evaluate(&out, &[]));
    assert_contains(&shown, &["Ankle boot", "most often taken for", "accuracy 0.", "on 300 images"]);

    // A grey picture of another size, as PNG and JPEG, for a network of grey images.
    let pictures = ["a.png", "b.jpg"].map(|name| folder.path().join(name));
    for path in &pictures {
        GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * 5 + y) as u8])).save(path).expect("written");
    }
    let shown = succeed(predict(&out, &pictures).args(["--top", "2"]));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2 * (1 + 2), "{shown}");
    assert_eq!((lines[0], lines[3]), (&*pictures[0].display().to_string(), &*pictures[1].display().to_string()));
    assert!(lines[1].contains('%'), "{shown}");
    let five = json(predict(&out, &pictures[..1]).arg("--json"));
    assert_eq!(five["predictions"][0]["classes"].as_array().map(Vec::len), Some(5));
}

#[test]
fn what_is_no_model_or_no_picture_is_refused() {
    let folder = folder();
    let data = data(folder.path());
    let (out, _) = trained(folder.path(), &data);
    let picture = data.join("test/red/30.png");
    let one = std::slice::from_ref(&picture);
    let missing = folder.path().join("nowhere");
    refuses(&mut predict(&missing, one), FAILED, &["no trained network at", "nowhere", "bonas resume"]);
    refuses(&mut evaluate(&data, &[]), FAILED, &["no trained network at", "best/model.safetensors"]);
    refuses(&mut predict(&picture, one), FAILED, &["30.png", "not a safetensors file"]);
    refuses(&mut predict(&out, &[]), USAGE, &["<IMAGE>"]);
    refuses(predict(&out, one).args(["--top", "0"]), USAGE, &["--top"]);
    refuses(&mut predict(&out, &[picture.clone(), missing.clone()]), FAILED, &["cannot read", "nowhere"]);
    let broken = folder.path().join("broken.png");
    std::fs::write(&broken, &std::fs::read(&picture).expect("read")[..60]).expect("cut");
    refuses(&mut predict(&out, &[broken]), FAILED, &["cannot decode the image", "broken.png", "repair or remove it"]);
    refuses(&mut evaluate(&out, &[]), FAILED, &["1×28×28", "3×12×12", "3 classes: blue, green, red"]);

    // Written by a version that calls the form of its files otherwise.
    let model = out.join("model.safetensors");
    let bytes = std::fs::read(&model).expect("read");
    let (old, new) = (br#"\"format\":1"#, br#"\"format\":7"#);
    let at = bytes.windows(old.len()).position(|window| window == old).expect("a format");
    let other = [&bytes[..at], new, &bytes[at + old.len()..]].concat();
    std::fs::write(&model, other).expect("written");
    refuses(
        &mut predict(&out, one),
        FAILED,
        &["model.safetensors", "it has format 7", "this version reads format 1", "bonas train"],
    );
}

#[test]
fn images_of_another_training_are_told() {
    let folder = folder();
    let data = data(folder.path());
    let (out, _) = trained(folder.path(), &data);
    let data_text = data.display().to_string();
    let output = run(&mut evaluate(&out, &["--data", &data_text, "--json"]));
    assert!(!text(&output.stderr).contains("warning"), "{}", text(&output.stderr));
    self::picture(0, 99).save(data.join("train/blue/99.png")).expect("written");
    let output = run(&mut evaluate(&out, &["--data", &data_text, "--json"]));
    assert_contains(&text(&output.stderr), &["warning: the training images beside these are not those of the network (data)"]);
    assert_contains(&text(&output.stdout), &[r#""trained_on_this_data":false"#]);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let folder = folder();
    let out = folder.path().join("trained");
    let arch = genotype();
    let mut command = bonas(&["train", "--json", "--arch", &arch, "--out"]);
    command.arg(&out).args(settings());
    let planned = json(bonas(&["train", "--dry-run", "--json", "--arch", &arch, "--out"]).arg(&out).args(settings()));
    assert!(!out.exists(), "a dry run writes nothing");
    let metrics = json(&mut command);
    assert_eq!(planned["parameters"], metrics["parameters"]);
    // 300 training images but a sixth for validation, in batches of 64, twice.
    let counts = ["train_images", "validation_images", "epochs", "batch_size", "steps"].map(|key| planned[key].as_u64());
    assert_eq!(counts, [250, 50, 2, 64, 6].map(Some));
    let schedule = planned["schedule"].as_array().expect("a list");
    assert_eq!(schedule[0], serde_json::json!({ "step": 1, "learning_rate": 0.05 }));
    assert_eq!(schedule.last().expect("a step")["step"], 6);
    let last = metrics["history"][1]["learning_rate"].as_f64();
    assert_eq!(schedule.last().expect("a step")["learning_rate"].as_f64(), last);
    refuses(&mut bonas(&["train", "--arch", &arch]), USAGE, &["--out"]);
}

#[test]
fn a_dry_run_counts_the_published_network() {
    let folder = folder();
    let record = |label: u8| [&[label][..], &[60 + 10 * label; 3072]].concat();
    for (name, count) in [("data_batch_1.bin", 4), ("test_batch.bin", 1)] {
        let records: Vec<u8> = (0..10 * count).flat_map(|index| record((index % 10) as u8)).collect();
        std::fs::write(folder.path().join(name), records).expect("written");
    }
    let genotype = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
        ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
        reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), \
        ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";
    let mut command = bonas(&["train", "--dry-run", "--arch", genotype, "--data"]);
    command.arg(folder.path());
    for setting in ["network.channels=36", "network.cells=20", "network.stem_stride=1", "data.validation_fraction=0.25"] {
        command.args(["--set", setting]);
    }
    let shown = succeed(&mut command);
    assert_contains(&shown, &["parameters: 3349342 (there is no auxiliary head)", "multiply-adds per image:", "cosine"]);

    // The recipe brings the sizes, the head and the schedule with it.
    let with_recipe = |recipe: &str, further: &[&str]| {
        let mut command = bonas(&["train", "--dry-run", "--arch", genotype, "--recipe", recipe, "--data"]);
        command.arg(folder.path()).args(["--set", "data.validation_fraction=0.25"]).args(further);
        command
    };
    let plan = json(&mut with_recipe("darts-cifar", &["--json"]));
    assert_eq!((&plan["parameters"], &plan["auxiliary_parameters"]), (&3_349_342.into(), &476_426.into()));
    assert_eq!(
        (&plan["epochs"], &plan["recipe"]["drop_path"], &plan["augment"]["cutout"]),
        (&600.into(), &0.2.into(), &16.into())
    );
    let memory = plan["memory"]["feature_maps"].as_u64().expect("bytes");
    assert!((1 << 30..1 << 33).contains(&memory), "a batch of 30 images has {memory} bytes of feature maps");
    let plan = json(&mut with_recipe("darts-imagenet", &["--json"]));
    // With 10 classes instead of 1,000, the classifier has 990 · 769 parameters less.
    assert_eq!(plan["parameters"].as_u64(), Some(4_718_752 - 990 * 769));
    let rates: Vec<f64> =
        plan["schedule"].as_array().expect("rates").iter().map(|rate| rate["learning_rate"].as_f64().expect("a rate")).collect();
    assert!((rates[0] - 0.1).abs() < 1e-12 && (rates[4] - 0.1 * 0.97f64.powi(249)).abs() < 1e-12, "{rates:?}");
    let shown = succeed(&mut with_recipe("darts-imagenet", &["--set", "retrain.schedule.warmup_epochs=5"]));
    assert_contains(
        &shown,
        &["MiB", "is multiplied by 0.97 after every epoch behind a warm-up of 5 epochs", "auxiliary loss × 0.4"],
    );
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, "[retrain]\nepoch = 3").expect("written");
    refuses(&mut with_recipe(&mine.display().to_string(), &[]), FAILED, &["mine.toml: line 2", "Did you mean 'epochs'?"]);
    refuses(&mut with_recipe("darts-cifr", &[]), USAGE, &["no such recipe", "Did you mean 'darts-cifar'?"]);
}
