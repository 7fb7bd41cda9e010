//! Searches on images of one's own, in every format.

use crate::small::{bonas, folder, json, run as run_of, search, settings, succeed, text};
use std::path::Path;

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    std::fs::write(path, bytes).expect("written");
}

/// Two classes, of which one is dark and the other bright.
fn pixel(label: u8, index: usize) -> u8 {
    40 + 150 * label + (index % 16) as u8
}

fn is_searched(data: &Path, further: &[&str]) {
    let folder = folder();
    let data = data.display().to_string();
    let summary =
        json(&mut search(&folder.path().join("run"), &[&["--data", &data, "--set", "study.budget.queries=3"], further].concat()));
    assert!(summary["test_accuracy"].is_f64(), "{summary}");
}

/// Forty pictures of each of two classes, of two sizes.
fn write_pictures(images: &Path) {
    for (label, class) in ["dark", "light"].iter().enumerate() {
        for index in 0..40 {
            let color = image::Rgb([pixel(label as u8, index), 90, 30]);
            let path = images.join(class).join(format!("{index}.png"));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            image::RgbImage::from_pixel(12, 12 + index as u32 % 2, color).save(path).expect("written");
        }
    }
}

#[test]
fn a_folder_per_class() {
    let images = folder();
    write_pictures(images.path());
    is_searched(images.path(), &["--set", "data.resize=12"]);
}

#[test]
fn a_folder_that_stays_on_the_disk() {
    let (images, folder) = (folder(), folder());
    write_pictures(images.path());
    let (data, run) = (images.path().display().to_string(), folder.path().join("run"));
    let set = |run: &Path, further: &[&str]| {
        let data = ["--data", &data, "--set", "data.resize=12", "--set", "study.budget.queries=3"];
        json(&mut search(run, &[&data[..], further].concat()))
    };
    let in_memory = set(&folder.path().join("memory"), &[]);
    let on_disk = set(&run, &["--set", "data.memory_mib=0"]);
    assert_eq!(on_disk["test_accuracy"], in_memory["test_accuracy"], "the same images, the same search");
    let out = folder.path().join("trained");
    let mut train = bonas(&["train", "--arch", &run.join("best/genotype.json").display().to_string(), "--data", &data, "--out"]);
    train.arg(&out).args(settings()).args(["--set", "data.resize=12", "--set", "data.shorter_side=14"]);
    train.args(["--set", "augment.random_resized_crop={}", "--set", "augment.color_jitter={ contrast = 0.2 }"]);
    train.args([
        "--set",
        "augment.rand_augment={ magnitude = 5 }",
        "--set",
        "augment.mixup=0.2",
        "--set",
        "augment.auto_augment=imagenet",
    ]);
    let shown = succeed(&mut train);
    assert!(
        shown.contains(
            "trained with RandAugment (2 operations of magnitude 5) and AutoAugment (policy of ImageNet) and mixup (α = 0.2)"
        ),
        "{shown}"
    );
    let evaluation = json(bonas(&["evaluate", "--json", "--data", &data]).arg(&out));
    assert_eq!(evaluation["trained_on_this_data"], true);
    assert_eq!(evaluation["accuracy"], metrics_of(&out)["test_accuracy"], "the same view of the same images");
    let picture = images.path().join("light/7.png");
    let whole = std::fs::read(&picture).expect("read");
    std::fs::write(&picture, &whole[..whole.len() - 20]).expect("cut");
    let further = ["--data", &data, "--set", "data.resize=12", "--set", "data.memory_mib=0", "--set", "augment.mixup=0.2"];
    let output = run_of(&mut search(&folder.path().join("damaged"), &further));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let error = text(&output.stderr);
    assert!(error.contains(&format!("cannot decode the image {}; repair or remove it", picture.display())), "{error}");
}

fn metrics_of(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("metrics.json")).expect("metrics")).expect("JSON")
}

#[test]
fn cifar_binaries() {
    let images = folder();
    let record = |index: usize| {
        let label = (index % 10) as u8;
        [&[label][..], &[pixel(label % 2, index); 3072]].concat()
    };
    for (name, count) in [("data_batch_1.bin", 120), ("test_batch.bin", 40)] {
        write(&images.path().join(name), &(0..count).flat_map(record).collect::<Vec<u8>>());
    }
    is_searched(images.path(), &[]);
}

#[test]
fn idx_files() {
    let images = folder();
    for (part, count) in [("train", 60usize), ("t10k", 20)] {
        let sizes = [count as u32, 8, 8].map(u32::to_be_bytes).concat();
        let pixels: Vec<u8> = (0..count).flat_map(|index| [pixel((index % 2) as u8, index); 64]).collect();
        let labels: Vec<u8> = (0..count).map(|index| (index % 2) as u8).collect();
        write(&images.path().join(format!("{part}-images-idx3-ubyte")), &[&[0, 0, 8, 3], &sizes[..], &pixels].concat());
        write(&images.path().join(format!("{part}-labels-idx1-ubyte")), &[&[0, 0, 8, 1], &sizes[..4], &labels].concat());
    }
    is_searched(images.path(), &[]);
}
