//! State dicts as files of [PyTorch](https://pytorch.org), as `torch.save(model.state_dict(), FILE)` writes them.

mod pickle;

use crate::array::Array;
use crate::error::ExportError;
use crate::floats;
use crate::state_dict::StateDict;
use pytorch_reader::{DType, PytorchReader};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The folder in the archive; PyTorch takes the name of the file, and reads any.
const FOLDER: &str = "archive";
/// PyTorch maps storages into memory, so they begin at multiples of this.
const ALIGNMENT: u16 = 64;

/// The bytes of a file of these tensors.
///
/// # Errors
/// When the archive cannot be made.
pub fn encode(state: &StateDict) -> Result<Vec<u8>, ExportError> {
    write(state).map_err(|error| ExportError::Unwritable { format: "PyTorch", reason: error.to_string() })
}

fn write(state: &StateDict) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .with_alignment(ALIGNMENT)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| {
        archive.start_file(format!("{FOLDER}/{name}"), options)?;
        archive.write_all(bytes)?;
        zip::result::ZipResult::Ok(())
    };
    add("data.pkl", &pickle::state_dict(state))?;
    add("byteorder", b"little")?;
    for (number, (_, entry)) in state.tensors.iter().enumerate() {
        add(&format!("data/{number}"), &entry.bytes())?;
    }
    add("version", b"3\n")?;
    Ok(archive.finish()?.into_inner())
}

/// The floats of a file.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Array>, String> {
    let file = PytorchReader::new(path).map_err(|error| format!("it is not a file of PyTorch ({error})"))?;
    let mut arrays = BTreeMap::new();
    for (name, tensor) in file.tensors() {
        let convert = match tensor.dtype() {
            DType::F32 => floats::singles,
            DType::F64 => floats::doubles,
            DType::F16 | DType::BF16 => return Err(floats::too_short(name)),
            _ => continue,
        };
        let bytes = tensor.read().map_err(|error| format!("its tensor {name} cannot be read ({error})"))?;
        arrays.insert(name.clone(), Array { dims: tensor.shape().to_vec(), values: convert(&bytes) });
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests;
