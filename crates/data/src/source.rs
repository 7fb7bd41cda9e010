use crate::detect::{IDX_TEST, IDX_TRAIN, Layout, detect, plain_or_gzipped};
use crate::digest::digest;
use crate::formats::{Decoding, Part, idx_set, read, read_cifar, read_idx, read_image_folder};
use crate::manifest::{Described, ManifestFile};
use crate::pack::Pack;
use crate::{DataConfig, DataError, ImageSet, Normalization, embedded, stratified_split};
use bonas_core::{SeedStream, StudyRng};
use std::path::Path;
use std::sync::Arc;

/// What a search may see: training and validation images. There is no way from here to the test images.
#[derive(Clone, Debug)]
pub struct SearchData {
    /// Name of the data set, for people.
    pub name: String,
    /// Images that train networks.
    pub train: Arc<ImageSet>,
    /// Images that score candidates.
    pub validation: Arc<ImageSet>,
    /// Measured on `train`.
    pub normalization: Normalization,
    /// SHA-256 of all images before the split.
    pub digest: String,
}

/// What only the final report may see.
#[derive(Clone, Debug)]
pub struct TestSet {
    /// The test images.
    pub images: Arc<ImageSet>,
}

impl TestSet {
    /// Checks that a network trained on these images can be tested on this set.
    ///
    /// # Errors
    /// When the shapes or the classes differ.
    pub fn check_fits(&self, train: &ImageSet) -> Result<(), DataError> {
        if self.images.shape() == train.shape() && self.images.class_names() == train.class_names() {
            return Ok(());
        }
        let describe = |images: &ImageSet| format!("{}: {}", images.describe(), images.class_names().join(", "));
        Err(DataError::TestMismatch { test: describe(&self.images), train: describe(train) })
    }
}

/// Opens the images that a [`DataConfig`] names.
#[derive(Clone, Copy, Debug)]
pub struct DataSource;

const VALIDATION: [&str; 2] = ["validation", "data.validation_fraction"];
const TEST: [&str; 2] = ["test", "data.test_fraction"];

impl DataSource {
    /// Reads the training images and cuts the validation part from them, stratified, by seed. Test files are not opened.
    ///
    /// # Errors
    /// When nothing is found, a file is damaged, a class is empty, or a part of the split would miss a class.
    pub fn open(config: &DataConfig, seed: u64) -> Result<SearchData, DataError> {
        config.validate()?;
        let all = training_images(config, seed)?;
        let (train, validation) = stratified_split(&all, config.validation_fraction, VALIDATION, &mut rng(seed, VALIDATION))?;
        let train = all.select(&train);
        Ok(SearchData {
            name: name(config)?,
            normalization: Normalization::of(&train),
            validation: Arc::new(all.select(&validation)),
            train: Arc::new(train),
            digest: digest(&all),
        })
    }

    /// Checks that there are test images and that they fit, and forgets them: nobody wants to learn after hours of search
    /// that there is nothing to test on.
    ///
    /// # Errors
    /// As [`open_test`](Self::open_test) and [`TestSet::check_fits`].
    pub fn check_test(config: &DataConfig, seed: u64, train: &ImageSet) -> Result<(), DataError> {
        Self::open_test(config, seed)?.check_fits(train)
    }

    /// Reads the test images, for the one measurement after everything else.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when there are no test images. Whether they fit the training images is for
    /// [`TestSet::check_fits`].
    pub fn open_test(config: &DataConfig, seed: u64) -> Result<TestSet, DataError> {
        config.validate()?;
        let path = config.test_path.as_deref().or(config.location()).unwrap_or(Path::new(embedded::FOLDER));
        let images = test_images(config, seed)?.with_every_class("test", path)?.first_of_each_class(config.limit_per_class);
        Ok(TestSet { images: Arc::new(images) })
    }
}

fn rng(seed: u64, [part, _]: [&str; 2]) -> StudyRng {
    SeedStream::new(seed).rng(&format!("split {part}"), 0)
}

fn name(config: &DataConfig) -> Result<String, DataError> {
    let Some(path) = config.location() else { return Ok(embedded::manifest()?.name) };
    let stem = if path.is_file() { path.file_stem() } else { path.file_name() };
    Ok(stem.map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into_owned()))
}

fn training_images(config: &DataConfig, seed: u64) -> Result<ImageSet, DataError> {
    let Some(path) = config.location() else {
        return Ok(embedded::train()?.first_of_each_class(config.limit_per_class));
    };
    let images = match detect(path)? {
        Layout::Manifest(path) => described(&path, Part::Train, config)?,
        Layout::Pack(path) => Pack::at(&path)?.read(Part::Train, decoding(config))?,
        Layout::Idx(folder) => idx_files(&folder, IDX_TRAIN)?,
        Layout::Cifar { train, .. } => read_cifar(&train)?,
        Layout::Images { train, test } => {
            let all = read_image_folder(&train, decoding(config))?.with_every_class("training", &train)?;
            match test.as_ref().or(config.test_path.as_ref()) {
                Some(_) => all,
                None => all.select(&cut_for_test(&all, config, seed)?.0),
            }
        }
    };
    Ok(images.with_every_class("training", path)?.first_of_each_class(config.limit_per_class))
}

fn test_images(config: &DataConfig, seed: u64) -> Result<ImageSet, DataError> {
    let Some(path) = config.location() else { return embedded::test() };
    let missing = |expected| Err(DataError::NoTest { path: path.to_path_buf(), expected });
    if let Some(path) = &config.test_path {
        return match detect(path)? {
            Layout::Cifar { train, test } => read_cifar(if test.is_empty() { &train } else { &test }),
            Layout::Images { train, test } => read_image_folder(test.as_ref().unwrap_or(&train), decoding(config)),
            Layout::Idx(folder) => idx_files(&folder, IDX_TEST),
            Layout::Manifest(path) => described(&path, Part::Test, config),
            Layout::Pack(path) => Pack::at(&path)?.read(Part::Test, decoding(config)),
        };
    }
    match detect(path)? {
        Layout::Manifest(path) => described(&path, Part::Test, config),
        Layout::Pack(path) => Pack::at(&path)?.read(Part::Test, decoding(config)),
        Layout::Idx(folder) => idx_files(&folder, IDX_TEST),
        Layout::Cifar { test, .. } if test.is_empty() => missing("*test*.bin beside the training file"),
        Layout::Cifar { test, .. } => read_cifar(&test),
        Layout::Images { test: Some(test), .. } => read_image_folder(&test, decoding(config)),
        Layout::Images { train, test: None } => {
            let all = read_image_folder(&train, decoding(config))?.with_every_class("training", &train)?;
            let (_, test) = cut_for_test(&all, config, seed)?;
            Ok(all.select(&test))
        }
    }
}

/// Cuts the test part of an image folder that has none: the same cut for the search and for the final test.
fn cut_for_test(all: &ImageSet, config: &DataConfig, seed: u64) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    stratified_split(all, config.test_fraction, TEST, &mut rng(seed, TEST))
}

fn decoding(config: &DataConfig) -> Decoding {
    Decoding { resize: config.resize.map(|side| (side, side)), channels: config.channels }
}

fn idx_files(folder: &Path, names: [&str; 2]) -> Result<ImageSet, DataError> {
    let file = |name: &str| {
        plain_or_gzipped(folder, name).ok_or_else(|| DataError::Unreadable {
            path: folder.join(name),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "there is neither this file nor one with .gz"),
        })
    };
    read_idx(&file(names[0])?, &file(names[1])?)
}

/// One part of what a manifest describes.
fn described(path: &Path, part: Part, config: &DataConfig) -> Result<ImageSet, DataError> {
    let text = read(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let manifest = match Described::parse(path, &String::from_utf8_lossy(&text))? {
        Described::Pack(manifest) => return Pack::described(manifest, folder).read(part, decoding(config)),
        Described::Idx(manifest) => manifest,
    };
    let idx = |images: &ManifestFile, labels: &ManifestFile, classes| {
        let ((images, image_bytes), (labels, label_bytes)) = (images.read(folder)?, labels.read(folder)?);
        idx_set((&images, &image_bytes), (&labels, &label_bytes), Some(classes))
    };
    match part {
        Part::Train => idx(&manifest.train_images, &manifest.train_labels, manifest.classes),
        Part::Test => idx(&manifest.test_images, &manifest.test_labels, manifest.classes),
    }
}

#[cfg(test)]
mod tests;
