//! One file per format: bytes in, an image set out.

mod cifar;
mod idx;
mod image_folder;
mod pack;
mod picture;

pub(crate) use cifar::read_cifar;
pub(crate) use idx::{idx_set, read_idx};
pub use image_folder::read_pictures;
pub(crate) use image_folder::{has_pictures, list_image_folder};
pub(crate) use pack::{Part, read_pack};
pub(crate) use picture::{Decoded, Decoding, decode_file, decode_whole, size_of};

use crate::DataError;
use std::path::Path;

/// The whole of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|source| DataError::Unreadable { path: path.to_path_buf(), source })
}

/// The names `0`, `1`, … for formats that do not name their classes.
fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}
