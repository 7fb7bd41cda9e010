use crate::{DataError, ImageSet};
use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of decoded images: the same for the same images, whatever files they came in. Of images on the disk, the labels and the lengths
/// of the files stand for the pixels, which would take hours to decode.
///
/// # Errors
/// When the length of a file cannot be read.
pub(crate) fn digest(images: &ImageSet) -> Result<String, DataError> {
    let mut hash = Sha256::new();
    let shape = images.shape();
    for size in [shape.channels, shape.height, shape.width, images.len(), images.classes()] {
        hash.update((size as u64).to_le_bytes());
    }
    images.class_names().iter().for_each(|name| hash.update([name.as_bytes(), b"\0"].concat()));
    images.labels().iter().for_each(|label| hash.update(label.to_le_bytes()));
    images.pixels().into_iter().for_each(|pixels| hash.update(pixels));
    for length in images.file_lengths().into_iter().flatten() {
        hash.update(length?.to_le_bytes());
    }
    Ok(hexadecimal(&hash.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
