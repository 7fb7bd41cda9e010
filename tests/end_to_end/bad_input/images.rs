use super::{cifar, file};
use crate::refusal::{FAILED, search_refuses};
use crate::small::folder;
use std::path::Path;

/// A search on these images is refused, with a message that names all `parts`.
fn is_refused(data: &Path, parts: &[&str]) {
    search_refuses(&["--data", &data.display().to_string(), "--set", "data.limit_per_class=1000"], FAILED, parts);
}

/// The bytes of an IDX file of `magic` and these sizes.
fn idx(magic: u8, sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
    [&[0, 0, 8, magic], &sizes[..], data].concat()
}

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

/// Training images and labels as files are refused.
fn idx_is_refused(images: &[u8], labels: &[u8], parts: &[&str]) {
    let folder = folder();
    file(folder.path(), IMAGES, images);
    file(folder.path(), LABELS, labels);
    is_refused(folder.path(), parts);
}

#[test]
fn missing_path() {
    let folder = folder();
    is_refused(&folder.path().join("nowhere"), &["cannot read", "nowhere", "check the path", "No such file"]);
}

#[test]
fn folder_without_images() {
    let folder = folder();
    let path = folder.path().display().to_string();
    is_refused(folder.path(), &["no images found at", &path, "IDX", "CIFAR", "a folder per class", "manifest"]);
}

#[test]
fn folder_of_one_class() {
    let folder = folder();
    for index in 0..8 {
        let path = folder.path().join("cats").join(format!("{index}.png"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        image::RgbImage::from_pixel(8, 8, image::Rgb([index, 0, 0])).save(path).expect("written");
    }
    is_refused(folder.path(), &["of one class, 'cats'", "at least two", "a folder for each class"]);
}

#[test]
fn file_that_is_no_images() {
    let folder = folder();
    is_refused(&file(folder.path(), "notes.txt", b"hello"), &["no images found at", "notes.txt"]);
}

#[test]
fn idx_truncated() {
    let labels = idx(1, &[2], &[0, 1]);
    let parts = [IMAGES, "damaged at its end", "24 bytes", "found 23 bytes", "Download it again"];
    idx_is_refused(&idx(3, &[2, 2, 2], &[0; 7]), &labels, &parts);
    idx_is_refused(&[0, 0], &labels, &[IMAGES, "a header of 16 bytes", "found 2 bytes", "Download it again"]);
}

#[test]
fn idx_of_a_wrong_magic() {
    let labels = idx(1, &[2], &[0, 1]);
    let parts = [IMAGES, "at byte 0", "the magic number 0x0803", "Download it again"];
    idx_is_refused(&idx(9, &[2, 2, 2], &[0; 8]), &labels, &parts);
    idx_is_refused(&idx(3, &[2, 2, 2], &[0; 8]), &idx(3, &[2], &[0, 1]), &[LABELS, "the magic number 0x0801"]);
}

#[test]
fn idx_that_promises_more_than_memory_holds() {
    let images = idx(3, &[u32::MAX, u32::MAX, u32::MAX], &[]);
    idx_is_refused(&images, &idx(1, &[2], &[0, 1]), &[IMAGES, "damaged"]);
}

#[test]
fn idx_of_another_number_of_labels() {
    let parts = [LABELS, "expected 2 labels", "found 3 labels", "Use two files of one data set"];
    idx_is_refused(&idx(3, &[2, 2, 2], &[0; 8]), &idx(1, &[3], &[0, 1, 1]), &parts);
}

#[test]
fn idx_without_labels() {
    let folder = folder();
    file(folder.path(), IMAGES, &idx(3, &[2, 2, 2], &[0; 8]));
    is_refused(folder.path(), &[LABELS, "neither this file nor one with .gz"]);
}

#[test]
fn idx_in_a_broken_gzip_stream() {
    let folder = folder();
    file(folder.path(), &format!("{IMAGES}.gz"), &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 99]);
    file(folder.path(), LABELS, &idx(1, &[2], &[0, 1]));
    is_refused(folder.path(), &["train-images-idx3-ubyte.gz", "gzip", "Download it again"]);
}

#[test]
fn class_without_an_image_in_idx() {
    idx_is_refused(&idx(3, &[2, 2, 2], &[0; 8]), &idx(1, &[2], &[0, 2]), &["class '1' has no training image", "Add images"]);
}

#[test]
fn cifar_label_out_of_range() {
    let folder = folder();
    file(folder.path(), "data_batch_1.bin", &[cifar(3, 0), cifar(10, 0)].concat());
    is_refused(folder.path(), &["data_batch_1.bin", "record 1", "a label below 10, found 10"]);
}

#[test]
fn cifar_truncated() {
    let folder = folder();
    let bytes = [cifar(3, 0), cifar(4, 0)].concat();
    file(folder.path(), "data_batch_1.bin", &bytes[..bytes.len() - 5]);
    let parts = ["data_batch_1.bin", "damaged at byte 3073", "whole records", "6141 bytes", "Download it again"];
    is_refused(folder.path(), &parts);
}

#[test]
fn folder_of_a_class_without_images() {
    let folder = folder();
    std::fs::create_dir_all(folder.path().join("without")).expect("folder");
    std::fs::create_dir_all(folder.path().join("with")).expect("folder");
    image::RgbImage::new(4, 4).save(folder.path().join("with/1.png")).expect("written");
    is_refused(folder.path(), &["class 'without' has no training image", "Add images of it or remove the class"]);
}

#[test]
fn picture_that_cannot_be_decoded() {
    let folder = folder();
    file(folder.path(), "a/broken.png", b"no picture");
    is_refused(folder.path(), &["cannot decode the image", "a/broken.png", "repair or remove it"]);
    file(folder.path(), "a/broken.png", b"");
    is_refused(folder.path(), &["cannot decode the image", "a/broken.png", "repair or remove it"]);
}

#[test]
fn pictures_of_several_sizes() {
    let folder = folder();
    for class in ["a", "b"] {
        std::fs::create_dir_all(folder.path().join(class)).expect("folder");
        for number in 1..=10 {
            let height = if class == "a" && number == 2 { 5 } else { 4 };
            image::RgbImage::new(4, height).save(folder.path().join(format!("{class}/{number}.png"))).expect("written");
        }
    }
    is_refused(folder.path(), &["a/2.png is 4×5", "the first image is 4×4", "set data.resize"]);
}

#[test]
fn validation_split_that_would_be_empty() {
    let folder = folder();
    let records: Vec<u8> = (0..10).flat_map(|label| cifar(label, 0)).collect();
    file(folder.path(), "data_batch_1.bin", &records);
    is_refused(folder.path(), &["validation part would have no image", "1 images", "Change data.validation_fraction"]);
    search_refuses(&["--set", "data.validation_fraction=0.001"], FAILED, &["validation part would have no image", "0.001"]);
}

#[test]
fn test_images_that_are_missing_are_missed_before_the_search() {
    let folder = folder();
    let records: Vec<u8> = (0..100).flat_map(|record| cifar(record % 10, record)).collect();
    file(folder.path(), "data_batch_1.bin", &records);
    is_refused(folder.path(), &["has no test images", "data.test_path"]);
}

#[test]
fn test_images_of_other_classes() {
    let (training, test) = (folder(), folder());
    for (folder, classes) in [(&training, ["cat", "dog"]), (&test, ["cat", "cow"])] {
        for class in classes {
            std::fs::create_dir_all(folder.path().join(class)).expect("folder");
            for index in 0..9 {
                image::RgbImage::new(8, 8).save(folder.path().join(format!("{class}/{index}.png"))).expect("written");
            }
        }
    }
    let (data, test) = (training.path().display().to_string(), format!("data.test_path={}", test.path().display()));
    search_refuses(&["--data", &data, "--set", &test], FAILED, &["class 'cow'", "cat, dog"]);
}

#[test]
fn validation_folder_with_a_class_that_training_lacks() {
    let folder = folder();
    for class in ["train/cat", "train/dog", "val/cat", "val/cow", "val/dog"] {
        std::fs::create_dir_all(folder.path().join(class)).expect("folder");
        for index in 0..9 {
            image::RgbImage::new(8, 8).save(folder.path().join(format!("{class}/{index}.png"))).expect("written");
        }
    }
    is_refused(folder.path(), &["class 'cow'", "cat, dog"]);
}

#[test]
fn training_split_that_would_be_empty() {
    search_refuses(&["--set", "data.validation_fraction=0.999"], FAILED, &["would have no image", "0.999"]);
}

#[test]
fn manifest_that_describes_nothing() {
    let folder = folder();
    is_refused(&file(folder.path(), "mine.toml", b"name = \"mine\"\n"), &["mine.toml", "missing field"]);
    is_refused(&file(folder.path(), "mine.toml", b"name = \n"), &["mine.toml", "is not a data set manifest"]);
}
