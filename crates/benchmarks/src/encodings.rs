use crate::BenchmarkError;
use crate::stored::archive;
use bonas_spaces::{Encoding, Encodings};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Meta<'a> {
    space: &'a str,
    architectures: &'a [String],
    vocabulary: &'a [String],
    paths: &'a [Vec<String>],
    paths_cut_at: Option<usize>,
}

/// Writes encodings as an npz archive: `adjacency`, `operations` and `paths` as bytes, and `meta`, JSON in UTF-8 that says what the axes
/// are. `texts` are the architectures in the text form of the space.
///
/// # Errors
/// When the file cannot be written; then there is none.
pub fn write_encodings(encodings: &Encodings, space: &str, texts: &[String], path: &Path) -> Result<(), BenchmarkError> {
    let failed = |error: std::io::Error| BenchmarkError::Io { action: "write", path: path.into(), source: error };
    let array = |encoding: &Encoding| {
        let shaped = ArrayD::from_shape_vec(IxDyn(&encoding.shape), encoding.values.clone());
        shaped.map_err(|error| failed(std::io::Error::other(error)))
    };
    let meta = Meta {
        space,
        architectures: texts,
        vocabulary: &encodings.vocabulary,
        paths: &encodings.paths,
        paths_cut_at: encodings.paths_cut_at,
    };
    let meta = serde_json::to_vec(&meta).map_err(|error| failed(error.into()))?;
    let meta = ArrayD::from_shape_vec(IxDyn(&[meta.len()]), meta).map_err(|error| failed(std::io::Error::other(error)))?;
    let (adjacency, operations) = (array(&encodings.adjacency)?, array(&encodings.operations)?);
    let paths = array(&encodings.path_presence)?;
    archive(path, |archive| {
        archive.add_array("meta", &meta)?;
        archive.add_array("adjacency", &adjacency)?;
        archive.add_array("operations", &operations)?;
        archive.add_array("paths", &paths)
    })
}
