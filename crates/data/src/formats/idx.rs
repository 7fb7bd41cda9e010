use super::{numbered, read};
use crate::{DataError, ImageSet, ImageShape};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

const IMAGES: u32 = 0x0803;
const LABELS: u32 = 0x0801;
const AGAIN: &str = "Download it again";

/// Reads images and labels in the format of the MNIST family, gzipped or not. `classes` are as many as the labels need.
pub(crate) fn read_idx(images: &Path, labels: &Path) -> Result<ImageSet, DataError> {
    idx_set((images, &read(images)?), (labels, &read(labels)?), None)
}

/// As [`read_idx`], from bytes; the paths are for messages. Without names, classes are numbered.
pub(crate) fn idx_set(
    (images_path, images): (&Path, &[u8]),
    (labels_path, labels): (&Path, &[u8]),
    class_names: Option<Vec<String>>,
) -> Result<ImageSet, DataError> {
    let images = Idx::<3>::parse(images_path, images, IMAGES)?;
    let labels = Idx::<1>::parse(labels_path, labels, LABELS)?;
    let ([count, height, width], [label_count]) = (images.sizes, labels.sizes);
    if label_count != count {
        return Err(DataError::Damaged {
            path: labels_path.to_path_buf(),
            place: "at byte 4".into(),
            expected: format!("{count} labels, as many as {} has images", images_path.display()),
            found: format!("{label_count} labels"),
            remedy: "Use two files of one data set",
        });
    }
    let largest = labels.bytes.iter().copied().max().map_or(0, usize::from);
    let class_names = class_names.unwrap_or_else(|| numbered(largest + 1));
    if let Some(index) = labels.bytes.iter().position(|&label| usize::from(label) >= class_names.len()) {
        return Err(DataError::Damaged {
            path: labels_path.to_path_buf(),
            place: format!("at byte {} (label {index})", 8 + index),
            expected: format!("a label below {}", class_names.len()),
            found: labels.bytes[index].to_string(),
            remedy: AGAIN,
        });
    }
    let shape = ImageShape { channels: 1, height, width };
    ImageSet::new(images.bytes, shape, labels.bytes.iter().map(|&label| u32::from(label)).collect(), class_names)
}

/// An IDX file of bytes with `N` dimensions: magic number, sizes (big endian), data.
struct Idx<const N: usize> {
    sizes: [usize; N],
    bytes: Vec<u8>,
}

impl<const N: usize> Idx<N> {
    fn parse(path: &Path, raw: &[u8], magic: u32) -> Result<Self, DataError> {
        let damaged = |place: &str, expected: String, found: String| DataError::Damaged {
            path: path.to_path_buf(),
            place: place.into(),
            expected,
            found,
            remedy: AGAIN,
        };
        let raw = decompressed(raw).map_err(|error| damaged("in its gzip stream", "gzipped data".into(), error.to_string()))?;
        let header = 4 * (1 + N);
        if raw.len() < header {
            return Err(damaged("at its end", format!("a header of {header} bytes"), format!("{} bytes", raw.len())));
        }
        let word = |place: usize| u32::from_be_bytes(std::array::from_fn(|byte| raw[4 * place + byte]));
        if word(0) != magic {
            return Err(damaged("at byte 0", format!("the magic number {magic:#06x}"), format!("{:#06x}", word(0))));
        }
        let sizes: [usize; N] = std::array::from_fn(|dimension| word(1 + dimension) as usize);
        if let Some(dimension) = sizes.iter().position(|&size| size == 0) {
            return Err(damaged(&format!("at byte {}", 4 * (1 + dimension)), "a size of at least 1".into(), "0".into()));
        }
        let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let expected = product.and_then(|data| data.checked_add(header));
        if expected != Some(raw.len()) {
            let expected = format!("{} bytes for sizes {sizes:?}", expected.map_or("too many".into(), |bytes| bytes.to_string()));
            return Err(damaged("at its end", expected, format!("{} bytes", raw.len())));
        }
        Ok(Self { sizes, bytes: raw[header..].to_vec() })
    }
}

fn decompressed(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(raw).read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(magic: u32, sizes: &[u32], data: &[u8]) -> Vec<u8> {
        let words = std::iter::once(magic).chain(sizes.iter().copied());
        words.flat_map(u32::to_be_bytes).chain(data.iter().copied()).collect()
    }

    fn set(images: &[u8], labels: &[u8], names: Option<Vec<String>>) -> Result<ImageSet, DataError> {
        idx_set((Path::new("images"), images), (Path::new("labels"), labels), names)
    }

    #[test]
    fn two_files_make_a_set() {
        let images = set(&idx(IMAGES, &[2, 1, 2], &[1, 2, 3, 4]), &idx(LABELS, &[2], &[1, 0]), None).expect("valid");
        assert_eq!((images.pixels(), images.labels(), images.classes()), (Some(&[1, 2, 3, 4][..]), &[1, 0][..], 2));
    }

    #[test]
    fn damage_is_named_with_file_place_and_remedy() {
        let good = idx(LABELS, &[2], &[1, 0]);
        let message = |images: &[u8], labels: &[u8]| set(images, labels, None).expect_err("damaged").to_string();
        let truncated = message(&idx(IMAGES, &[2, 1, 2], &[1, 2, 3]), &good);
        assert_eq!(
            truncated,
            "images is damaged at its end: expected 20 bytes for sizes [2, 1, 2], found 19 bytes. Download it again"
        );
        let magic = message(&idx(7, &[2, 1, 2], &[1, 2, 3, 4]), &good);
        assert_eq!(magic, "images is damaged at byte 0: expected the magic number 0x0803, found 0x0007. Download it again");
        let counts = message(&idx(IMAGES, &[1, 1, 2], &[1, 2]), &good);
        assert!(counts.starts_with("labels is damaged at byte 4: expected 1 labels"), "{counts}");
        let nothing = message(&idx(IMAGES, &[0, 1, 2], &[]), &good);
        assert!(nothing.contains("images is damaged at byte 4: expected a size of at least 1, found 0"), "{nothing}");
        assert!(message(&[0, 0], &good).contains("a header of 16 bytes"));
        assert!(message(&[0x1f, 0x8b, 0, 0], &good).contains("gzip stream"));
        assert!(message(&idx(IMAGES, &[u32::MAX, u32::MAX, u32::MAX], &[]), &good).contains("too many bytes"));
    }

    #[test]
    fn a_label_without_a_class_is_refused() {
        let error = set(&idx(IMAGES, &[1, 1, 1], &[0]), &idx(LABELS, &[1], &[2]), Some(vec!["a".into(), "b".into()]));
        let message = error.expect_err("label 2").to_string();
        assert_eq!(message, "labels is damaged at byte 8 (label 0): expected a label below 2, found 2. Download it again");
    }
}
