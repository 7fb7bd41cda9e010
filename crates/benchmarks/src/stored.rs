//! The stored form of a table: an npz archive, which NumPy and others read.

use crate::index::Index;
use crate::{BenchmarkError, Column, Table};
use ndarray::{Array, Array1, Array2, ArrayView2, Dimension};
use ndarray_npy::npy::header::Header;
use ndarray_npy::{NpzWriter, ReadNpyExt, ReadableElement, WriteNpzError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufReader, BufWriter, Read};
use std::path::Path;
use zip::ZipArchive;

/// Version of the form.
const VERSION: u32 = 1;
/// NumPy's headers of plain arrays have 128 bytes.
const LONGEST_HEADER: u32 = 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    version: u32,
    name: String,
    space: String,
    columns: Vec<Column>,
}

pub(crate) fn write(table: &Table, path: &Path) -> Result<(), BenchmarkError> {
    let failed = |source| BenchmarkError::Io { action: "write", path: path.into(), source };
    let meta =
        Meta { version: VERSION, name: table.name().into(), space: table.space().into(), columns: table.columns().to_vec() };
    let meta = Array1::from_vec(serde_json::to_vec(&meta).map_err(|error| failed(error.into()))?);
    let index = table.index();
    let decisions = ArrayView2::from_shape((index.len(), index.width()), index.decisions())
        .map_err(|error| failed(std::io::Error::other(error)))?;
    archive(path, |archive| {
        archive.add_array("meta", &meta)?;
        archive.add_array("decisions", &decisions)?;
        archive.add_array("values", table.matrix())
    })
}

/// Writes an npz archive, whole or not at all: until it is complete and on the disk it has another name, that of `path` and `.part`.
/// What an earlier attempt left under that name is replaced.
pub(crate) fn archive(
    path: &Path,
    fill: impl FnOnce(&mut NpzWriter<BufWriter<&File>>) -> Result<(), WriteNpzError>,
) -> Result<(), BenchmarkError> {
    let failed = |source| BenchmarkError::Io { action: "write", path: path.into(), source };
    let partial = path.with_added_extension("part");
    let file = own(&partial).map_err(failed)?;
    // The file stays locked until it has its name.
    let written = whole(&file, fill).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|source| {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&partial);
        failed(source)
    })
}

/// Opens a file that no other process is writing, and empties it.
fn own(path: &Path) -> Result<File, std::io::Error> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(std::io::Error::other(format!("another program is writing {}; wait for it", path.display())));
    }
    file.set_len(0)?;
    Ok(file)
}

fn whole(
    file: &File,
    fill: impl FnOnce(&mut NpzWriter<BufWriter<&File>>) -> Result<(), WriteNpzError>,
) -> Result<(), std::io::Error> {
    let mut archive = NpzWriter::new(BufWriter::new(file));
    let written = fill(&mut archive).and_then(|()| archive.finish());
    let buffered = written.map_err(|error| std::io::Error::other(error.to_string()))?;
    buffered.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

pub(crate) fn read(path: &Path) -> Result<Table, BenchmarkError> {
    let failed = |source| BenchmarkError::Io { action: "open", path: path.into(), source };
    let damaged = |reason: String| BenchmarkError::Damaged { path: path.into(), reason };
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(error.to_string()))?;
    let mut arrays = Arrays { archive, size };
    let meta: Array1<u8> = arrays.read("meta").map_err(damaged)?;
    let meta: Meta = serde_json::from_slice(&meta.to_vec()).map_err(|error| damaged(format!("meta: {error}")))?;
    if meta.version != VERSION {
        return Err(damaged(format!("its form is version {}, and this program reads version {VERSION}", meta.version)));
    }
    let decisions: Array2<u8> = arrays.read("decisions").map_err(damaged)?;
    let values: Array2<f64> = arrays.read("values").map_err(damaged)?;
    let shape = [meta.columns.len(), decisions.nrows()];
    if values.shape() != shape {
        return Err(damaged(format!("its values are {:?}, but there are {shape:?} columns and rows", values.shape())));
    }
    if decisions.ncols() == 0 && decisions.nrows() > 0 {
        return Err(damaged("its architectures have no decisions".into()));
    }
    let index = Index::new(decisions.ncols(), row_by_row(decisions));
    let index = index.map_err(|row| damaged(format!("the architecture of row {row} is that of an earlier row")))?;
    Ok(Table::from_parts(meta.name, meta.space, index, meta.columns, values))
}

fn row_by_row(decisions: Array2<u8>) -> Vec<u8> {
    match decisions.is_standard_layout() {
        true => decisions.into_raw_vec_and_offset().0,
        false => decisions.iter().copied().collect(),
    }
}

/// The arrays of an npz archive.
struct Arrays {
    archive: ZipArchive<BufReader<File>>,
    /// Bytes of the whole file.
    size: u64,
}

impl Arrays {
    /// Reads an array, whose header may claim no more than the file holds; else says what is wrong.
    fn read<A: ReadableElement, D: Dimension>(&mut self, name: &str) -> Result<Array<A, D>, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{name}: {error}");
        let entry = format!("{name}.npy");
        let claimed = {
            let mut entry = self.archive.by_name(&entry).map_err(|error| wrong(&error))?;
            if entry.compression() != zip::CompressionMethod::Stored {
                return Err(wrong(&"the array is compressed; save it without compression"));
            }
            claimed::<A>(&mut entry).map_err(|error| wrong(&error))?
        };
        if claimed.is_none_or(|claimed| claimed > self.size) {
            return Err(wrong(&"the array claims to be larger than the file"));
        }
        let entry = self.archive.by_name(&entry).map_err(|error| wrong(&error))?;
        Array::read_npy(entry).map_err(|error| wrong(&error))
    }
}

/// Bytes of the numbers that the header of an array announces; none if there are more than can be counted.
fn claimed<A>(reader: &mut impl Read) -> Result<Option<u64>, String> {
    let mut start = [0; 12];
    reader.read_exact(&mut start).map_err(|error| error.to_string())?;
    let length = match start[6] {
        1 => u32::from(u16::from_le_bytes([start[8], start[9]])),
        _ => u32::from_le_bytes([start[8], start[9], start[10], start[11]]),
    };
    if length > LONGEST_HEADER {
        return Err(format!("its header claims {length} bytes; there are at most {LONGEST_HEADER}"));
    }
    let header = Header::from_reader(&mut start.chain(reader)).map_err(|error| error.to_string())?;
    let bytes = header.shape.iter().try_fold(size_of::<A>(), |bytes, &size| bytes.checked_mul(size));
    Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()))
}
