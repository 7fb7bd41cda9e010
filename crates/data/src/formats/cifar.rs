use super::{numbered, read};
use crate::{DataError, ImageSet, ImageShape};
use std::path::{Path, PathBuf};

const SHAPE: ImageShape = ImageShape { channels: 3, height: 32, width: 32 };
const CIFAR_10: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const CIFAR_100_CLASSES: usize = 100;

/// The two binary layouts: one label byte (CIFAR-10), or a coarse and a fine label byte (CIFAR-100), before 3,072 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Ten,
    Hundred,
}

impl Layout {
    fn record(self) -> usize {
        SHAPE.pixels() + self.label_bytes()
    }

    fn label_bytes(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    fn class_names(self) -> Vec<String> {
        match self {
            Self::Ten => CIFAR_10.map(String::from).to_vec(),
            Self::Hundred => numbered(CIFAR_100_CLASSES),
        }
    }

    /// The layout whose records fill the file. A file that both fill has CIFAR-10's label in every record, or is CIFAR-100's.
    fn of(path: &Path, bytes: &[u8]) -> Result<Self, DataError> {
        let fits = |layout: Self| !bytes.is_empty() && bytes.len().is_multiple_of(layout.record());
        match (fits(Self::Ten), fits(Self::Hundred)) {
            (true, false) => Ok(Self::Ten),
            (false, true) => Ok(Self::Hundred),
            (true, true) if bytes.chunks_exact(Self::Ten.record()).all(|record| usize::from(record[0]) < CIFAR_10.len()) => {
                Ok(Self::Ten)
            }
            (true, true) => Ok(Self::Hundred),
            (false, false) => Err(DataError::Damaged {
                path: path.to_path_buf(),
                place: format!("at byte {}", bytes.len() / Self::Ten.record() * Self::Ten.record()),
                expected: "whole records of 3,073 bytes (CIFAR-10) or 3,074 bytes (CIFAR-100)".into(),
                found: format!("{} bytes in all", bytes.len()),
                remedy: "Download it again",
            }),
        }
    }
}

/// Reads CIFAR-10 or CIFAR-100 binaries, one after another.
pub(crate) fn read_cifar(paths: &[PathBuf]) -> Result<ImageSet, DataError> {
    let mut first: Option<Layout> = None;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in paths {
        let bytes = read(path)?;
        let layout = Layout::of(path, &bytes)?;
        if *first.get_or_insert(layout) != layout {
            return Err(DataError::Damaged {
                path: path.clone(),
                place: "in its record size".into(),
                expected: format!("records of {} bytes, as in {}", first.unwrap_or(layout).record(), paths[0].display()),
                found: format!("records of {} bytes", layout.record()),
                remedy: "Keep CIFAR-10 and CIFAR-100 in folders of their own",
            });
        }
        append(path, &bytes, layout, &mut pixels, &mut labels)?;
    }
    let class_names = first.map(Layout::class_names).unwrap_or_default();
    ImageSet::new(pixels, SHAPE, labels, class_names)
}

fn append(path: &Path, bytes: &[u8], layout: Layout, pixels: &mut Vec<u8>, labels: &mut Vec<u32>) -> Result<(), DataError> {
    let classes = layout.class_names().len();
    for (index, record) in bytes.chunks_exact(layout.record()).enumerate() {
        let (label, image) = record.split_at(layout.label_bytes());
        // CIFAR-100's second byte is the fine label.
        let label = label[label.len() - 1];
        if usize::from(label) >= classes {
            return Err(DataError::Damaged {
                path: path.to_path_buf(),
                place: format!("at byte {} (record {index})", index * layout.record() + layout.label_bytes() - 1),
                expected: format!("a label below {classes}"),
                found: label.to_string(),
                remedy: "Download it again",
            });
        }
        labels.push(u32::from(label));
        pixels.extend_from_slice(image);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, records: &[&[u8]]) -> PathBuf {
        let path = folder.join(name);
        let bytes: Vec<u8> =
            records.iter().flat_map(|label| label.iter().copied().chain(std::iter::repeat_n(7, SHAPE.pixels()))).collect();
        std::fs::write(&path, bytes).expect("written");
        path
    }

    #[test]
    fn both_layouts_are_told_apart_by_their_size() {
        let folder = tempfile::tempdir().expect("folder");
        let ten = read_cifar(&[file(folder.path(), "a.bin", &[&[3], &[9]]), file(folder.path(), "b.bin", &[&[0]])]).expect("ten");
        assert_eq!((ten.labels(), ten.classes(), ten.len()), (&[3, 9, 0][..], 10, 3));
        let hundred = read_cifar(&[file(folder.path(), "c.bin", &[&[1, 99]])]).expect("hundred");
        assert_eq!((hundred.labels(), hundred.classes()), (&[99][..], 100));
    }

    #[test]
    fn damage_is_named_with_its_record() {
        let folder = tempfile::tempdir().expect("folder");
        let label = read_cifar(&[file(folder.path(), "a.bin", &[&[3], &[10]])]).expect_err("label 10").to_string();
        assert!(label.contains("at byte 3073 (record 1): expected a label below 10, found 10"), "{label}");
        let path = file(folder.path(), "b.bin", &[&[3], &[4]]);
        std::fs::write(&path, &std::fs::read(&path).expect("read")[..4000]).expect("cut");
        let cut = read_cifar(&[path]).expect_err("cut").to_string();
        assert!(cut.contains("at byte 3073: expected whole records") && cut.contains("found 4000 bytes"), "{cut}");
        let empty = read_cifar(&[file(folder.path(), "empty.bin", &[])]).expect_err("empty").to_string();
        assert!(empty.contains("empty.bin is damaged at byte 0") && empty.contains("found 0 bytes"), "{empty}");
        let two = [file(folder.path(), "ten.bin", &[&[3]]), file(folder.path(), "hundred.bin", &[&[1, 3]])];
        let mixed = read_cifar(&two).expect_err("two data sets").to_string();
        assert!(mixed.contains("hundred.bin is damaged in its record size: expected records of 3073 bytes, as in"), "{mixed}");
    }
}
