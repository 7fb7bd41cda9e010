use std::path::PathBuf;
use thiserror::Error;

/// Why images could not be read or split. Every message names the file, the place and what to do.
#[derive(Debug, Error)]
pub enum DataError {
    /// A setting lies outside its range.
    #[error("{key} must be {range}, but is {value}")]
    Config {
        /// Full name of the setting.
        key: &'static str,
        /// What is allowed.
        range: &'static str,
        /// What was given.
        value: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nothing at the path looks like images.
    #[error(
        "no images found at {}. Looked for: IDX files (train-images-idx3-ubyte, optionally .gz), CIFAR binaries (data_batch_*.bin, \
         or *train*.bin), a folder per class with PNG or JPEG files (optionally below train/ and test/), or a file: a pack of pictures (*.pack), \
         or a manifest (*.toml)",
        .0.display()
    )]
    NothingFound(PathBuf),
    /// Several formats fit.
    #[error("{} holds both {first} and {second}; name the file or folder that is meant", path.display())]
    Ambiguous {
        /// The folder.
        path: PathBuf,
        /// One format.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
    /// There are no test images.
    #[error("{} has no test images; add them ({expected}), or name them with data.test_path", path.display())]
    NoTest {
        /// Where they were looked for.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
    },
    /// A file does not follow its format.
    #[error("{} is damaged {place}: expected {expected}, found {found}. {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, such as `at byte 16`.
        place: String,
        /// What the format demands there.
        expected: String,
        /// What stands there.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A picture cannot be decoded.
    #[error("cannot decode the image {}; repair or remove it", path.display())]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: image::ImageError,
    },
    /// Pictures have different sizes.
    #[error(
        "{} is {found} pixels, but the first image is {expected}; set data.resize (such as --set data.resize=32) to bring all images to one \
         size",
        path.display()
    )]
    MixedSizes {
        /// The picture that differs.
        path: PathBuf,
        /// Its size.
        found: String,
        /// Size of the first picture.
        expected: String,
    },
    /// Pixels, labels and class names do not belong together.
    #[error("not an image set: {0}")]
    Inconsistent(String),
    /// A class has no image.
    #[error(
        "class '{class}' has no {part} image in {}; every class needs at least one. Add images of it or remove the class",
        path.display()
    )]
    EmptyClass {
        /// Name of the class.
        class: String,
        /// `training` or `test`.
        part: &'static str,
        /// Where its images were looked for.
        path: PathBuf,
    },
    /// There is nothing to tell apart.
    #[error(
        "all images in {} are of one class, '{class}'; a network learns to tell at least two apart. Name the folder that holds a folder \
         for each class", path.display()
    )]
    OneClass {
        /// Name of the class.
        class: String,
        /// Where the images are.
        path: PathBuf,
    },
    /// A part of the split would miss a class.
    #[error(
        "the {part} part would have no image of class '{class}': it has {images} images and {key} is {fraction}. \
         Change {key}, or add images"
    )]
    EmptySplit {
        /// Which part.
        part: &'static str,
        /// The class.
        class: String,
        /// Images of the class before the split.
        images: usize,
        /// The setting.
        key: &'static str,
        /// Its value.
        fraction: f64,
    },
    /// Test images are of a class that nothing trains.
    #[error(
        "class '{class}' of the test images in {} has no training images: those are of {known}. Rename or remove it, or add training \
         images of it", path.display()
    )]
    UnknownClass {
        /// Name of the class.
        class: String,
        /// Where its test images lie.
        path: PathBuf,
        /// The training classes.
        known: String,
    },
    /// Test images differ in kind from the training images.
    #[error(
        "the test images ({test}) do not fit the training images ({train}); test images need the same size, channels and \
         classes. Name those that fit with data.test_path"
    )]
    TestMismatch {
        /// Shape and classes of the test images.
        test: String,
        /// Shape and classes of the training images.
        train: String,
    },
    /// A manifest is not one.
    #[error("{} is not a data set manifest: {reason}; datasets/README.md shows one", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not the one its manifest describes.
    #[error("{} is not the file that its manifest describes: {what} is {found}, the manifest says {expected}. Download it again", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// `its size` or `its SHA-256`.
        what: &'static str,
        /// In the manifest.
        expected: String,
        /// On the disk.
        found: String,
    },
}
