//! Files that `torch.save` wrote, in its old format and in the archives of torch 1.6 and later.

mod tensors;

pub use tensors::{TorchFile, read};

use super::input::Input;
use super::origin::Origin;
use super::pickle::{Limits, Unfiltered, Value, decode};
use super::source::{Source, open};
use crate::ImportError;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

const ZIP: [u8; 4] = *b"PK\x03\x04";
/// 0x1950a86a20f9469cfc6c, little endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const PROTOCOL: i64 = 1001;

/// Bytes per number of a storage class of torch.
pub(crate) fn storage_width(class: &str) -> Option<usize> {
    Some(match class {
        "DoubleStorage" | "LongStorage" => 8,
        "FloatStorage" | "IntStorage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "ByteStorage" | "CharStorage" | "BoolStorage" => 1,
        _ => return None,
    })
}

/// Where the pickle of a file lies.
///
/// # Errors
///
/// [`ImportError::Damaged`] where the file is neither of torch's formats.
pub(crate) fn source(path: &Path) -> Result<Source, ImportError> {
    if is_zip(path)? {
        return zipped(path);
    }
    Source::from(path, legacy_start(path)?)
}

fn is_zip(path: &Path) -> Result<bool, ImportError> {
    let mut head = [0; 4];
    match open(path)?.read_exact(&mut head) {
        Ok(()) => Ok(head == ZIP),
        Err(error) => Err(Origin::file(path).io(0, "a file of torch", error)),
    }
}

fn zipped(path: &Path) -> Result<Source, ImportError> {
    let mut archive = archive(path)?;
    let mut names = archive.file_names().filter_map(Result::ok);
    let name = names.find(|name| *name == "data.pkl" || name.ends_with("/data.pkl")).map(|name| name.into_owned());
    drop(names);
    let Some(name) = name else {
        return Err(Origin::file(path).damaged(0, "an archive with data.pkl", "an archive without"));
    };
    let order = name.strip_suffix("data.pkl").unwrap_or_default().to_string() + "byteorder";
    if let Some((start, length)) = stored(path, &mut archive, &order)? {
        let found = Source::entry(path, order, start, length)?.input_bytes(16)?;
        if found != b"little" {
            return Err(Origin::file(path).damaged(start, "the byte order 'little'", format!("'{}'", found.escape_ascii())));
        }
    }
    match stored(path, &mut archive, &name)? {
        Some((start, length)) => Source::entry(path, name, start, length),
        None => Err(Origin::file(path).damaged(0, "an archive with data.pkl", "an archive without")),
    }
}

fn archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, ImportError> {
    ZipArchive::new(BufReader::new(open(path)?)).map_err(|error| zip_error(path, error))
}

fn zip_error(path: &Path, error: ZipError) -> ImportError {
    match error {
        ZipError::Io(source) => Origin::file(path).io(0, "a zip archive", source),
        other => Origin::file(path).damaged(0, "a zip archive", format!("'{other}'")),
    }
}

/// Where an entry's bytes begin, and how many they are; none where there is no such entry. torch never compresses.
fn stored(path: &Path, archive: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Option<(u64, u64)>, ImportError> {
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(zip_error(path, error)),
    };
    if entry.compression() != zip::CompressionMethod::Stored || entry.encrypted() {
        let found = format!("{name} compressed or encrypted");
        return Err(Origin::file(path).damaged(entry.header_start(), "an entry that is stored as it is", found));
    }
    let start = entry.data_start();
    let start = start.ok_or_else(|| Origin::file(path).damaged(entry.header_start(), "an entry with data", "none"))?;
    Ok(Some((start, entry.size())))
}

/// Reads what precedes the object in the old format: the magic number, the version and the sizes of C's numbers.
fn legacy_start(path: &Path) -> Result<u64, ImportError> {
    let mut input = Input::new(BufReader::new(open(path)?), 0, Origin::file(path));
    let limits = Limits::with_memory(1 << 20);
    let mut next = |expected: &str, right: &dyn Fn(&Value) -> bool| -> Result<u64, ImportError> {
        let start = input.offset();
        let value = decode(&mut input, None, &limits, &mut Unfiltered);
        match value {
            Ok(value) if right(&value) => Ok(input.offset()),
            Ok(value) => Err(input.origin().damaged(start, expected, value.outline())),
            Err(_) if start == 0 => Err(input.origin().damaged(0, expected, "something else")),
            Err(error) => Err(error),
        }
    };
    next("a zip archive or the magic number of torch", &|value| {
        matches!(value, Value::Long(_)) && value.as_bytes() == Some(&MAGIC)
    })?;
    next("version 1001 of torch's format", &|value| value.as_int() == Some(PROTOCOL))?;
    next("a file with little endian numbers", &|value| matches!(value.get("little_endian"), Some(Value::Bool(true))))
}
