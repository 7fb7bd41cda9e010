use crate::small::{bonas, json, refusal, search};
use std::path::{Path, PathBuf};

const USAGE: i32 = 2;
const FAILED: i32 = 1;

/// Refuses a search, and checks that it leaves no run folder behind.
fn search_refusal(further: &[&str], code: i32) -> String {
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("run");
    let message = refusal(&mut search(&out, further), code);
    assert!(!out.exists(), "a run folder without a run");
    assert_eq!(message.trim_end().lines().filter(|line| line.starts_with("error: ")).count(), 1, "one error: {message}");
    message
}

fn data_refusal(path: &Path) -> String {
    search_refusal(&["--data", &path.display().to_string(), "--set", "data.limit_per_class=1000"], FAILED)
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    std::fs::write(&path, bytes).expect("written");
    path
}

fn assert_contains(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "'{part}' is missing in: {message}");
    }
}

#[test]
fn configurations_are_checked() {
    let folder = tempfile::tempdir().expect("folder");
    let config = |text: &str| file(folder.path(), "mine.toml", text.as_bytes()).display().to_string();
    let missing = folder.path().join("missing.toml").display().to_string();
    assert_contains(&search_refusal(&["--config", &missing], FAILED), &["cannot read the configuration", "missing.toml"]);
    let unknown = config("[study]\nsead = 3\n");
    assert_contains(&search_refusal(&["--config", &unknown], FAILED), &["mine.toml", "line 2, column 1", "Did you mean 'seed'?"]);
    let wrong = config("space = \"dart\"\n");
    assert_contains(&search_refusal(&["--config", &wrong], FAILED), &["mine.toml", "line 1", "Did you mean 'darts'?"]);
    let broken = config("[study\n");
    assert_contains(&search_refusal(&["--config", &broken], FAILED), &["mine.toml", "line 1"]);
    let endless = config("[study]\nseed = 1\n");
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("run").display().to_string();
    assert_contains(&refusal(&mut bonas(&["search", "--config", &endless, "--out", &out]), FAILED), &["budget"]);
}

#[test]
fn settings_of_the_command_line_are_checked() {
    assert_contains(&search_refusal(&["--set", "supernet.epoch=3"], USAGE), &["supernet.epoch", "Did you mean 'epochs'?"]);
    assert_contains(&search_refusal(&["--set", "supernet"], USAGE), &["key=value"]);
    assert_contains(&search_refusal(&["--set", "study.seed=often"], USAGE), &["study.seed"]);
    assert_contains(&search_refusal(&["--space", "dart"], USAGE), &["did you mean 'darts'"]);
    assert_contains(&search_refusal(&["--strategy", "guess"], USAGE), &["possible values"]);
    assert_contains(&search_refusal(&["--device", "cuda:0"], USAGE), &["no cuda backend"]);
    assert_contains(&search_refusal(&["--set", "study.batch_size=0"], FAILED), &["study.batch_size", "0"]);
    assert_contains(&search_refusal(&["--set", "retrain.epochs=0"], FAILED), &["retrain.epochs must be at least 1"]);
    assert_contains(&search_refusal(&["--set", "supernet.optimizer.learning_rate=nan"], FAILED), &["learning_rate", "NaN"]);
    assert_contains(&search_refusal(&["--set", "surrogate.layers=0"], FAILED), &["layers"]);
    assert_contains(&search_refusal(&["--set", "data.validation_fraction=1.5"], FAILED), &["data.validation_fraction"]);
}

#[test]
fn damaged_images_are_named() {
    let folder = tempfile::tempdir().expect("folder");
    let at = |name: &str| folder.path().join(name);
    assert_contains(&data_refusal(&at("nowhere")), &["cannot read", "nowhere"]);
    std::fs::create_dir(at("empty")).expect("folder");
    assert_contains(&data_refusal(&at("empty")), &["no images found", "a folder per class"]);

    let labels = [&[0, 0, 8, 1, 0, 0, 0, 2][..], &[0, 1]].concat();
    for (name, magic, pixels, says) in
        [("truncated", 3u8, 7, "is damaged at its end"), ("magic", 9, 8, "the magic number 0x0803")]
    {
        let images = [&[0, 0, 8, magic, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2][..], &vec![0; pixels]].concat();
        file(&at(name), "train-images-idx3-ubyte", &images);
        file(&at(name), "train-labels-idx1-ubyte", &labels);
        assert_contains(&data_refusal(&at(name)), &["train-images-idx3-ubyte", says, "Download it again"]);
    }
    file(&at("label"), "train.bin", &[&[10][..], &[0; 3072]].concat());
    assert_contains(&data_refusal(&at("label")), &["train.bin", "record 0", "a label below 10, found 10"]);
    file(&at("tiny"), "train.bin", &(0..10u8).flat_map(|label| [&[label][..], &[0; 3072]].concat()).collect::<Vec<u8>>());
    assert_contains(&data_refusal(&at("tiny")), &["validation part would have no image", "data.validation_fraction"]);
    std::fs::create_dir_all(at("classes/without")).expect("folder");
    std::fs::create_dir_all(at("classes/with")).expect("folder");
    image::RgbImage::new(4, 4).save(at("classes/with/1.png")).expect("written");
    assert_contains(&data_refusal(&at("classes")), &["class 'without' has no training image"]);
}

#[test]
fn genotypes_are_parsed_never_guessed() {
    let draw = |text: &str| refusal(&mut bonas(&["draw", text]), FAILED);
    assert_contains(&draw("Genotype(normal=[('sep_conv_3x4', 0)])"), &["at byte", "did you mean 'sep_conv_3x3'"]);
    assert_contains(&draw("__import__('os')"), &["at byte 0", "expected"]);
    assert_contains(&draw("{\"normal\": 3}"), &["expected"]);
}

#[test]
fn runs_are_protected() {
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("run");
    let images = folder.path().join("images");
    let record = |label: u8, pixel: u8| [&[label][..], &[pixel; 3072]].concat();
    let records = |pixel: u8| (0..200u8).flat_map(|index| record(index % 10, index.wrapping_mul(pixel))).collect::<Vec<u8>>();
    file(&images, "train.bin", &records(3));
    file(&images, "test.bin", &records(5));
    let data = images.display().to_string();
    json(&mut search(&out, &["--data", &data, "--queries", "3"]));

    assert_contains(&refusal(&mut search(&out, &[]), FAILED), &["exists already", "--out", "bonas resume"]);
    assert_contains(&refusal(bonas(&["resume"]).arg(folder.path()), FAILED), &["is not a run folder", "study.db"]);
    assert_contains(&refusal(bonas(&["show"]).arg(folder.path().join("none")), FAILED), &["is not a run folder"]);

    file(&images, "train.bin", &records(7));
    assert_contains(&refusal(bonas(&["resume"]).arg(&out), FAILED), &["images of this run have changed"]);

    let database = out.join("study.db");
    let mut bytes = std::fs::read(&database).expect("database");
    bytes[60..64].copy_from_slice(&999u32.to_be_bytes());
    std::fs::write(&database, &bytes).expect("written");
    assert_contains(&refusal(bonas(&["show"]).arg(&out), FAILED), &["study.db", "999"]);
    std::fs::write(&database, "not a database, but long enough to be looked at as one by somebody who hopes for the best")
        .expect("written");
    assert_contains(&refusal(bonas(&["show"]).arg(&out), FAILED), &["study.db"]);

    let below_a_file = file(folder.path(), "file", b"").join("run");
    assert_contains(&refusal(&mut search(&below_a_file, &[]), FAILED), &["cannot create the folder"]);
}
