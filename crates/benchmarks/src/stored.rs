//! The stored form of a table: an npz archive, which NumPy and others read.

use crate::{BenchmarkError, Column, Table};
use bonas_core::Architecture;
use ndarray::{Array1, Array2};
use ndarray_npy::{NpzReader, NpzWriter, WriteNpzError};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Version of the form.
const VERSION: u32 = 1;

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
    let architectures = table.architectures();
    let width = architectures.first().map_or(0, |architecture| architecture.decisions().len());
    let decisions = architectures.iter().flat_map(|architecture| architecture.decisions()).copied().collect();
    let decisions: Array2<u8> = Array2::from_shape_vec((architectures.len(), width), decisions)
        .map_err(|_| failed(std::io::Error::other("architectures of one space have different numbers of decisions")))?;
    archive(path, |archive| {
        archive.add_array("meta", &meta)?;
        archive.add_array("decisions", &decisions)?;
        archive.add_array("values", table.matrix())
    })
}

/// Writes an npz archive, whole or not at all.
pub(crate) fn archive(
    path: &Path,
    fill: impl FnOnce(&mut NpzWriter<BufWriter<File>>) -> Result<(), WriteNpzError>,
) -> Result<(), BenchmarkError> {
    let failed = |source| BenchmarkError::Io { action: "write", path: path.into(), source };
    let partial = path.with_added_extension("part");
    let mut archive = NpzWriter::new(BufWriter::new(File::create(&partial).map_err(failed)?));
    let written = fill(&mut archive).and_then(|()| archive.finish().map(drop));
    written.map_err(|error| failed(std::io::Error::other(error.to_string())))?;
    std::fs::rename(&partial, path).map_err(failed)
}

pub(crate) fn read(path: &Path) -> Result<Table, BenchmarkError> {
    let file = File::open(path).map_err(|source| BenchmarkError::Io { action: "open", path: path.into(), source })?;
    let damaged = |reason: String| BenchmarkError::Damaged { path: path.into(), reason };
    let mut archive = NpzReader::new(file).map_err(|error| damaged(error.to_string()))?;
    let meta: Array1<u8> = archive.by_name("meta").map_err(|error| damaged(format!("meta: {error}")))?;
    let meta: Meta = serde_json::from_slice(&meta.to_vec()).map_err(|error| damaged(format!("meta: {error}")))?;
    if meta.version != VERSION {
        return Err(damaged(format!("its form is version {}, and this program reads version {VERSION}", meta.version)));
    }
    let decisions: Array2<u8> = archive.by_name("decisions").map_err(|error| damaged(format!("decisions: {error}")))?;
    let values: Array2<f64> = archive.by_name("values").map_err(|error| damaged(format!("values: {error}")))?;
    let shape = [meta.columns.len(), decisions.nrows()];
    if values.shape() != shape {
        return Err(damaged(format!("its values are {:?}, but there are {shape:?} columns and rows", values.shape())));
    }
    let architectures = decisions.rows().into_iter().map(|row| Architecture::new(row.to_vec()));
    Ok(Table::from_parts(meta.name, meta.space, architectures, meta.columns, values))
}
