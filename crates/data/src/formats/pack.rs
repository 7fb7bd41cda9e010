use super::numbered;
use super::picture::{Decoded, Decoding, decode};
use crate::{DataError, ImageSet, ImageShape};
use rayon::prelude::*;
use serde::Deserialize;
use std::path::Path;

const AGAIN: &str = "Download it again, with its index";

/// Which images of a pack are decoded; the others stay closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Train,
    Test,
}

/// A line of an index: where a picture lies in the pack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    split: Part,
    label: u32,
    file: String,
    offset: usize,
    length: usize,
}

/// Reads one part of a pack: PNG or JPEG files, one after another, and an index with the columns split (train or test), label, file,
/// offset and length. Without names, classes are numbered; decoding runs on all cores.
pub(crate) fn read_pack(
    (pack_path, pack): (&Path, &[u8]),
    (index_path, index): (&Path, &[u8]),
    class_names: Option<Vec<String>>,
    part: Part,
    decoding: Decoding,
) -> Result<ImageSet, DataError> {
    let entries = entries(index_path, index)?;
    let indexed = entries.last().map_or(0, |(_, last)| last.offset + last.length);
    if indexed != pack.len() {
        return Err(DataError::Damaged {
            path: pack_path.to_path_buf(),
            place: format!("at byte {}", indexed.min(pack.len())),
            expected: format!("{indexed} bytes in all, as {} says", index_path.display()),
            found: format!("{} bytes", pack.len()),
            remedy: AGAIN,
        });
    }
    let class_names = match class_names {
        Some(names) => names,
        None => numbered(entries.iter().map(|(_, entry)| entry.label as usize + 1).max().unwrap_or(0)),
    };
    if let Some((line, entry)) = entries.iter().find(|(_, entry)| entry.label as usize >= class_names.len()) {
        let expected = format!("a label below {}", class_names.len());
        return Err(damaged_line(index_path, *line, expected, entry.label.to_string()));
    }
    let wanted: Vec<&(u64, Entry)> = entries.iter().filter(|(_, entry)| entry.split == part).collect();
    let decoded: Vec<Decoded> = wanted
        .par_iter()
        .map(|(line, entry)| {
            decode(&pack[entry.offset..][..entry.length], decoding).map_err(|error| DataError::Damaged {
                path: pack_path.to_path_buf(),
                place: format!(
                    "at byte {} (picture '{}' of class {}, line {line} of its index)",
                    entry.offset, entry.file, entry.label
                ),
                expected: format!("{} bytes of a PNG or JPEG picture", entry.length),
                found: format!("another thing ({error})"),
                remedy: AGAIN,
            })
        })
        .collect::<Result<_, _>>()?;
    let (width, height) = decoded.first().map_or((0, 0), |first| first.size);
    if let Some(index) = decoded.iter().position(|picture| picture.size != (width, height)) {
        let (found_width, found_height) = decoded[index].size;
        return Err(DataError::Damaged {
            path: pack_path.to_path_buf(),
            place: format!("at byte {}", wanted[index].1.offset),
            expected: format!("a picture of {width}×{height} pixels, as the first"),
            found: format!("{found_width}×{found_height}"),
            remedy: "Set data.resize to bring all pictures to one size",
        });
    }
    let shape = ImageShape { channels: decoding.channels, height: height as usize, width: width as usize };
    let labels = wanted.iter().map(|(_, entry)| entry.label).collect();
    ImageSet::new(decoded.into_iter().flat_map(|picture| picture.pixels).collect(), shape, labels, class_names)
}

/// The lines of an index, each with its number. Their pictures follow one another without a gap.
fn entries(path: &Path, index: &[u8]) -> Result<Vec<(u64, Entry)>, DataError> {
    let mut entries = Vec::new();
    let mut end = 0;
    let mut reader = csv::Reader::from_reader(index);
    for entry in reader.deserialize() {
        let entry: Entry = entry.map_err(|error| DataError::Damaged {
            path: path.to_path_buf(),
            place: error.position().map_or("in a line".into(), |position| format!("in line {}", position.line())),
            expected: "split (train or test), label, file, offset and length".into(),
            found: format!("something else ({error})"),
            remedy: AGAIN,
        })?;
        let line = entries.len() as u64 + 2;
        if entry.offset != end {
            return Err(damaged_line(
                path,
                line,
                format!("offset {end}, where the picture before ends"),
                entry.offset.to_string(),
            ));
        }
        end = match entry.offset.checked_add(entry.length) {
            Some(end) if entry.length > 0 => end,
            _ => return Err(damaged_line(path, line, "a length of at least 1".into(), entry.length.to_string())),
        };
        entries.push((line, entry));
    }
    match entries.is_empty() {
        true => Err(damaged_line(path, 1, "pictures".into(), "none".into())),
        false => Ok(entries),
    }
}

fn damaged_line(path: &Path, line: u64, expected: String, found: String) -> DataError {
    DataError::Damaged { path: path.to_path_buf(), place: format!("in line {line}"), expected, found, remedy: AGAIN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    const PLAIN: Decoding = Decoding { resize: None, shorter_side: None, channels: 3 };

    fn picture(side: u32, color: [u8; 3]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::from_pixel(side, side, Rgb(color)).write_to(&mut bytes, ImageFormat::Png).expect("written");
        bytes.into_inner()
    }

    /// A pack of pictures of these splits and labels, of which the n-th has the color n, and its index.
    fn pack(entries: &[(&str, u32)]) -> (Vec<u8>, String) {
        let (mut pack, mut index) = (Vec::new(), "split,label,file,offset,length\n".to_string());
        for (place, (split, label)) in entries.iter().enumerate() {
            let picture = picture(2, [place as u8; 3]);
            index += &format!("{split},{label},{place:04},{},{}\n", pack.len(), picture.len());
            pack.extend(picture);
        }
        (pack, index)
    }

    fn open(pack: &[u8], index: &str, part: Part) -> Result<ImageSet, DataError> {
        read_pack((Path::new("a.pack"), pack), (Path::new("a_index.csv"), index.as_bytes()), None, part, PLAIN)
    }

    fn message(pack: &[u8], index: &str) -> String {
        open(pack, index, Part::Train).expect_err("damaged").to_string()
    }

    #[test]
    fn each_part_has_its_pictures_in_the_order_of_the_index() {
        let (pack, index) = pack(&[("train", 1), ("test", 2), ("train", 0), ("test", 0)]);
        let train = open(&pack, &index, Part::Train).expect("whole");
        assert_eq!((train.labels(), train.classes(), train.pixels()), (&[1, 0][..], 3, Some(&[[0; 12], [2; 12]].concat()[..])));
        let test = open(&pack, &index, Part::Test).expect("whole");
        assert_eq!((test.labels(), test.pixels()), (&[2, 0][..], Some(&[[1; 12], [3; 12]].concat()[..])));
    }

    #[test]
    fn the_pictures_of_the_other_part_stay_closed() {
        let (mut pack, index) = pack(&[("train", 0), ("test", 0)]);
        let end = pack.len();
        pack[end / 2..].fill(0);
        assert!(open(&pack, &index, Part::Train).is_ok());
        assert!(open(&pack, &index, Part::Test).is_err());
    }

    #[test]
    fn a_pack_that_was_cut_off_or_has_more_is_named_with_the_place() {
        let (pack, index) = pack(&[("train", 0), ("train", 1)]);
        let cut = message(&pack[..pack.len() - 5], &index);
        let (whole, length) = (pack.len(), pack.len() - 5);
        let expected = format!(
            "a.pack is damaged at byte {length}: expected {whole} bytes in all, as a_index.csv says, found {length} bytes"
        );
        assert_eq!(cut, format!("{expected}. Download it again, with its index"));
        let without_last_line = &index[..index.trim_end().rfind('\n').expect("lines") + 1];
        assert!(message(&pack, without_last_line).contains(&format!("found {whole} bytes")));
    }

    #[test]
    fn a_damaged_picture_is_named_with_its_place_and_line() {
        let (mut pack, index) = pack(&[("train", 0), ("train", 1)]);
        let second = pack.len() / 2;
        pack[second..second + 8].fill(0);
        let error = message(&pack, &index);
        assert!(
            error.starts_with(&format!("a.pack is damaged at byte {second} (picture '0001' of class 1, line 3 of its index)")),
            "{error}"
        );
    }

    #[test]
    fn a_damaged_index_is_named_with_its_line() {
        let (pack, index) = pack(&[("train", 0), ("train", 1)]);
        let start = |error: String| error.split(". Download").next().unwrap_or_default().to_string();
        assert_eq!(
            start(message(&pack, "split,label,file,offset,length\n")),
            "a_index.csv is damaged in line 1: expected pictures, found none"
        );
        let gap = index.replacen("train,1,0001,", "train,1,0001,9", 1);
        assert!(
            message(&pack, &gap).starts_with("a_index.csv is damaged in line 3: expected offset "),
            "{}",
            message(&pack, &gap)
        );
        for wrong in ["valid", "train,x", "train,-1"] {
            let line = message(&pack, &index.replacen("train,1", &format!("{wrong},1"), 1));
            assert!(line.starts_with("a_index.csv is damaged in line 3: expected split (train or test)"), "{line}");
        }
        let header = message(&pack, &index.replacen("offset", "begin", 1));
        assert!(header.starts_with("a_index.csv is damaged in line 2"), "{header}");
        let empty = message(&[], "split,label,file,offset,length\ntrain,0,0000,0,0\n");
        assert!(empty.starts_with("a_index.csv is damaged in line 2: expected a length of at least 1, found 0"), "{empty}");
        let huge = message(&[], &format!("split,label,file,offset,length\ntrain,0,0000,0,{}\n", usize::MAX));
        assert!(huge.contains("expected 18446744073709551615 bytes in all"), "{huge}");
    }

    #[test]
    fn labels_need_a_name_and_pictures_one_size() {
        let (mut pack, mut index) = pack(&[("train", 0), ("train", 2)]);
        let two = Some(vec!["cat".to_string(), "dog".to_string()]);
        let error =
            read_pack((Path::new("a.pack"), &pack), (Path::new("a_index.csv"), index.as_bytes()), two, Part::Train, PLAIN);
        let error = error.expect_err("label 2").to_string();
        assert!(error.starts_with("a_index.csv is damaged in line 3: expected a label below 2, found 2"), "{error}");
        let large = picture(3, [0; 3]);
        index += &format!("train,1,0002,{},{}\n", pack.len(), large.len());
        pack.extend(large);
        assert!(message(&pack, &index).contains("expected a picture of 2×2 pixels, as the first, found 3×3. Set data.resize"));
    }
}
