use crate::formats::idx_set;
use crate::manifest::ManifestFile;
use crate::{DataError, ImageSet, Manifest};
use std::path::Path;

/// The name by which `data.path` calls the built-in data set.
pub(crate) const NAME: &str = "fashion-mnist-14k";
/// Stands for a folder in messages.
pub(crate) const FOLDER: &str = "datasets (built in)";
const MANIFEST: &str = include_str!("../../../datasets/fashion-mnist-14k.toml");
const TRAIN_IMAGES: &[u8] = include_bytes!("../../../datasets/fashion-mnist-14k/train-images-idx3-ubyte.gz");
const TRAIN_LABELS: &[u8] = include_bytes!("../../../datasets/fashion-mnist-14k/train-labels-idx1-ubyte.gz");
const TEST_IMAGES: &[u8] = include_bytes!("../../../datasets/fashion-mnist-14k/t10k-images-idx3-ubyte.gz");
const TEST_LABELS: &[u8] = include_bytes!("../../../datasets/fashion-mnist-14k/t10k-labels-idx1-ubyte.gz");

/// The manifest of the data set that is part of the binary.
pub(crate) fn manifest() -> Result<Manifest, DataError> {
    Manifest::parse(&Path::new(FOLDER).join("fashion-mnist-14k.toml"), MANIFEST)
}

pub(crate) fn train() -> Result<ImageSet, DataError> {
    let manifest = manifest()?;
    checked((&manifest.train_images, TRAIN_IMAGES), (&manifest.train_labels, TRAIN_LABELS), manifest.classes.clone())
}

pub(crate) fn test() -> Result<ImageSet, DataError> {
    let manifest = manifest()?;
    checked((&manifest.test_images, TEST_IMAGES), (&manifest.test_labels, TEST_LABELS), manifest.classes.clone())
}

fn checked(images: (&ManifestFile, &[u8]), labels: (&ManifestFile, &[u8]), classes: Vec<String>) -> Result<ImageSet, DataError> {
    let path = |file: &ManifestFile| Path::new(FOLDER).join(&file.path);
    let (images_path, labels_path) = (path(images.0), path(labels.0));
    images.0.check(&images_path, images.1)?;
    labels.0.check(&labels_path, labels.1)?;
    idx_set((&images_path, images.1), (&labels_path, labels.1), Some(classes))
}
