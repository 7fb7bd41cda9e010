use crate::detect::{IDX_TEST, IDX_TRAIN, Layout, detect, plain_or_gzipped};
use crate::digest::digest;
use crate::formats::{Decoding, Part, idx_set, list_image_folder, read, read_cifar, read_idx};
use crate::manifest::{Described, ManifestFile};
use crate::pack::Pack;
use crate::{AugmentConfig, DataConfig, DataError, ImageSet, Normalization, embedded, evaluation_subset, stratified_split};
use bonas_core::{SeedStream, StudyRng};
use std::path::{Path, PathBuf};
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

impl SearchData {
    /// The settings that open these images again, equal to the last byte of their digest, whatever they are opened for.
    pub fn opened_by(&self, config: &DataConfig) -> DataConfig {
        let memory_mib = if self.train.is_on_disk() { 0 } else { config.memory_mib };
        DataConfig { memory_mib, ..config.clone() }
    }
}

/// What only the final report may see.
#[derive(Clone, Debug)]
pub struct TestSet {
    /// The test images.
    pub images: Arc<ImageSet>,
    /// Where they lie.
    path: PathBuf,
}

impl TestSet {
    /// Checks that a network trained on these images can be tested on this set.
    ///
    /// # Errors
    /// When the shapes or the classes differ; a class that nothing trains is named with its place.
    pub fn check_fits(&self, train: &ImageSet) -> Result<(), DataError> {
        let names = train.class_names();
        if let Some(class) = self.images.class_names().iter().find(|class| !names.contains(class)) {
            let folder = self.path.join(class);
            return Err(DataError::UnknownClass {
                class: class.clone(),
                path: if folder.is_dir() { folder } else { self.path.clone() },
                known: some_of(names),
            });
        }
        if self.images.shape() == train.shape() && self.images.class_names() == names {
            return Ok(());
        }
        let describe = |images: &ImageSet| format!("{}: {}", images.describe(), some_of(images.class_names()));
        Err(DataError::TestMismatch { test: describe(&self.images), train: describe(train) })
    }
}

/// The first names of a list that may be long.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 20;
    match names.len() <= SHOWN {
        true => names.join(", "),
        false => format!("{}, … ({} in all)", names[..SHOWN].join(", "), names.len()),
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
    /// The images of a folder that is larger than [`DataConfig::memory_mib`] stay on the disk.
    ///
    /// # Errors
    /// When nothing is found, a file is damaged, a class is empty, or a part of the split would miss a class.
    pub fn open(config: &DataConfig, seed: u64) -> Result<SearchData, DataError> {
        config.validate()?;
        let all = training_images(config, seed)?;
        let (train, validation) = stratified_split(&all, config.validation_fraction, VALIDATION, &mut rng(seed, VALIDATION))?;
        let train = all.select(&train);
        let measured = match train.is_on_disk() {
            true => evaluation_subset(&train, config.normalization_images, &mut rng(seed, ["normalization", ""])),
            false => (0..train.len()).collect(),
        };
        Ok(SearchData {
            name: name(config)?,
            normalization: Normalization::of_some(&train, &measured)?,
            validation: Arc::new(all.select(&validation)),
            train: Arc::new(train),
            digest: digest(&all)?,
        })
    }

    /// As [`open`](Self::open), for a training with these augmentations: the images of a folder stay on the disk where they are needed in the
    /// size that they have there.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when an augmentation does not fit the images.
    pub fn open_to_train(config: &DataConfig, augment: &AugmentConfig, seed: u64) -> Result<SearchData, DataError> {
        let data = match augment.takes_whole_pictures() {
            true => Self::open(&DataConfig { memory_mib: 0, ..config.clone() }, seed)?,
            false => Self::open(config, seed)?,
        };
        augment.validate(data.train.shape())?;
        Ok(data)
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
        let (images, folder) = test_images(config, seed)?;
        let images = images.with_every_class("test", path)?.first_of_each_class(config.limit_per_class);
        let path = folder.unwrap_or_else(|| path.to_path_buf());
        Ok(TestSet { images: Arc::new(images.within(memory(config))?), path })
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
            let all = list_image_folder(&train, decoding(config))?
                .with_every_class("training", &train)?
                .with_several_classes(&train)?;
            match test.as_ref().or(config.test_path.as_ref()) {
                Some(_) => all,
                None => all.select(&cut_for_test(&all, config, seed)?.0),
            }
        }
    };
    images
        .with_every_class("training", path)?
        .with_several_classes(path)?
        .first_of_each_class(config.limit_per_class)
        .within(memory(config))
}

/// Bytes that images may take in memory.
fn memory(config: &DataConfig) -> u64 {
    config.memory_mib.saturating_mul(1 << 20)
}

/// The test images and, for an image folder that has some, their folder.
fn test_images(config: &DataConfig, seed: u64) -> Result<(ImageSet, Option<PathBuf>), DataError> {
    let Some(path) = config.location() else { return Ok((embedded::test()?, None)) };
    let (layout, is_named) = match &config.test_path {
        Some(path) => (detect(path)?, true),
        None => (detect(path)?, false),
    };
    let missing = |expected| Err(DataError::NoTest { path: path.to_path_buf(), expected });
    let images = match layout {
        Layout::Manifest(path) => described(&path, Part::Test, config)?,
        Layout::Pack(path) => Pack::at(&path)?.read(Part::Test, decoding(config))?,
        Layout::Idx(folder) => idx_files(&folder, IDX_TEST)?,
        Layout::Cifar { train, test } if is_named => read_cifar(if test.is_empty() { &train } else { &test })?,
        Layout::Cifar { test, .. } if test.is_empty() => return missing("*test*.bin beside the training file"),
        Layout::Cifar { test, .. } => read_cifar(&test)?,
        Layout::Images { train, test } if is_named || test.is_some() => {
            let folder = test.unwrap_or(train);
            return Ok((list_image_folder(&folder, decoding(config))?, Some(folder)));
        }
        Layout::Images { train, .. } => {
            let all = list_image_folder(&train, decoding(config))?
                .with_every_class("training", &train)?
                .with_several_classes(&train)?;
            let (_, test) = cut_for_test(&all, config, seed)?;
            all.select(&test)
        }
    };
    Ok((images, None))
}

/// Cuts the test part of an image folder that has none: the same cut for the search and for the final test.
fn cut_for_test(all: &ImageSet, config: &DataConfig, seed: u64) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    stratified_split(all, config.test_fraction, TEST, &mut rng(seed, TEST))
}

fn decoding(config: &DataConfig) -> Decoding {
    Decoding { resize: config.resize.map(|side| (side, side)), shorter_side: config.shorter_side, channels: config.channels }
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
