//! Searches on images of one's own, in every format.

use crate::small::{folder, json, search};
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

#[test]
fn a_folder_per_class() {
    let images = folder();
    for (label, class) in ["dark", "light"].iter().enumerate() {
        for index in 0..40 {
            let color = image::Rgb([pixel(label as u8, index), 90, 30]);
            let path = images.path().join(class).join(format!("{index}.png"));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            image::RgbImage::from_pixel(12, 12 + index as u32 % 2, color).save(path).expect("written");
        }
    }
    is_searched(images.path(), &["--set", "data.resize=12"]);
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
