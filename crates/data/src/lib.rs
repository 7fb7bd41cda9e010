//! Image data sets: formats, manifests, stratified splits, augmentation and background loading.
//!
//! [`DataSource::open`] reads training images and cuts a validation part from them; it never opens a test file.
//! [`DataSource::open_test`] is the separate call of the final report. No tensors here: batches are host memory.

mod augment;
mod auto_augment;
mod batches;
mod color;
mod color_jitter;
mod config;
mod detect;
mod digest;
mod embedded;
mod error;
mod formats;
mod image_set;
mod manifest;
mod mixup;
mod normalization;
mod pack;
mod picture_files;
mod rand_augment;
mod random_resized_crop;
mod resampling;
mod source;
mod split;

pub use augment::AugmentConfig;
pub use auto_augment::AutoAugment;
pub use batches::{Batch, BatchResult, Mixed, TrainBatches, evaluation_batches, evaluation_subset};
pub use color_jitter::ColorJitter;
pub use config::DataConfig;
pub use error::DataError;
pub use formats::read_pictures;
pub use image_set::{ImageSet, ImageShape};
pub use manifest::{Manifest, ManifestFile, PackManifest};
pub use normalization::Normalization;
pub use rand_augment::RandAugment;
pub use random_resized_crop::RandomResizedCrop;
pub use source::{DataSource, SearchData, TestSet};
pub use split::stratified_split;
