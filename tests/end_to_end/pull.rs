//! An archive that is pulled is a folder of images that can be searched.

use crate::refusal::{FAILED, assert_contains, refuses};
use crate::small::{bonas, folder, succeed};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::path::Path;
use tar::{Builder, Header};

/// Images of the ten classes of CIFAR-10, in its binary form.
fn batch(images: usize) -> Vec<u8> {
    (0..images).flat_map(|image| std::iter::once((image % 10) as u8).chain(std::iter::repeat_n(image as u8, 3072))).collect()
}

/// A manifest, and the archive that it describes in a folder whose name needs care.
fn publish(folder: &Path) -> (String, String) {
    let mirror = folder.join("mirror #1");
    fs::create_dir(&mirror).expect("made");
    let file = fs::File::create(mirror.join("cifar 10.tar.gz")).expect("writable");
    let mut builder = Builder::new(GzEncoder::new(file, Compression::fast()));
    for (name, bytes) in [("data_batch_1.bin", batch(200)), ("readme.html", vec![7; 9]), ("test_batch.bin", batch(40))] {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("batches/{name}"), bytes.as_slice()).expect("written");
    }
    builder.into_inner().expect("ended").finish().expect("ended");
    let manifest = folder.join("small.toml");
    let text = format!(
        "name = 'small'\ndescription = 'd'\norigin = 'o'\nlicence = 'l'\n[[files]]\npath = 'cifar 10.tar.gz'\nurls = \
         ['http://127.0.0.1:1/none']\n[files.unpack]\ninto = 'images'\nfrom = 'batches'\nmembers = [{{ path = \
         'data_batch_1.bin', bytes = {} }}, {{ path = 'test_batch.bin', bytes = {} }}]\n",
        200 * 3073,
        40 * 3073
    );
    fs::write(&manifest, text).expect("written");
    (manifest.display().to_string(), mirror.display().to_string())
}

#[test]
fn a_pulled_archive_is_unpacked_into_images_that_are_read() {
    let folder = folder();
    let (manifest, mirror) = publish(folder.path());
    let out = folder.path().join("out");
    let pull = || {
        let mut command = bonas(&["data", "pull", &manifest, "--mirror", &mirror, "--out"]);
        command.arg(&out);
        command
    };
    assert_contains(&succeed(&mut pull()), &["cifar 10.tar.gz: ", "images: 2 files, 737520 bytes, unpacked"]);
    let checked = succeed(bonas(&["data", "check"]).arg(out.join("images")));
    assert_contains(&checked, &["training: ", "images, 3×32×32, 10 classes", "test images: there"]);
    fs::remove_file(out.join("cifar 10.tar.gz")).expect("removable");
    assert_contains(&succeed(&mut pull()), &["images: 2 files, 737520 bytes, there already"]);
    assert!(!out.join("cifar 10.tar.gz").exists(), "brought again for nothing");
}

#[test]
fn a_damaged_archive_leaves_no_images() {
    let folder = folder();
    let (manifest, mirror) = publish(folder.path());
    let archive = Path::new(&mirror).join("cifar 10.tar.gz");
    let whole = fs::read(&archive).expect("there");
    fs::write(&archive, &whole[..whole.len() - 10]).expect("cut");
    let out = folder.path().join("out");
    let output = bonas(&["data", "pull", &manifest, "--mirror", &mirror, "--out"]).arg(&out).output().expect("starts");
    assert_eq!(output.status.code(), Some(FAILED));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_contains(&error, &["cifar 10.tar.gz cannot be unpacked", "bring it again"]);
    let names: Vec<_> = fs::read_dir(&out).expect("there").map(|entry| entry.expect("there").file_name()).collect();
    assert_eq!(names, ["cifar 10.tar.gz"]);
}

#[test]
fn files_for_people_only_are_told_with_their_page() {
    let folder = folder();
    let mut command = bonas(&["data", "pull", "imagenet16", "--out"]);
    let error = crate::refusal::failure(command.arg(folder.path()), FAILED);
    assert_contains(&error, &["train_data_batch_1", "https://drive.google.com/", "--mirror"]);
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 0);
    refuses(&mut bonas(&["data", "pull", "imagenet17"]), FAILED, &["did you mean 'imagenet16'?"]);
}
