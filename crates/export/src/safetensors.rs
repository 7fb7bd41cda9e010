//! State dicts as [safetensors](https://github.com/huggingface/safetensors) files.

use crate::array::Array;
use crate::error::ExportError;
use crate::state_dict::{Entry, StateDict};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The bytes of a file of these tensors, with properties and their values.
///
/// # Errors
/// When a name is there twice.
pub fn encode(state: &StateDict, metadata: &[(String, String)]) -> Result<Vec<u8>, ExportError> {
    let failed =
        |error: safetensors::SafeTensorError| ExportError::Unwritable { format: "safetensors", reason: error.to_string() };
    let bytes: Vec<Vec<u8>> = state.tensors.iter().map(|(_, entry)| entry.bytes()).collect();
    let views = state.tensors.iter().zip(&bytes).map(|((name, entry), bytes)| {
        let (dtype, dims) = match entry {
            Entry::Floats(array) => (Dtype::F32, array.dims.clone()),
            Entry::Integer(_) => (Dtype::I64, Vec::new()),
        };
        TensorView::new(dtype, dims, bytes).map(|view| (name, view))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let metadata: HashMap<String, String> = metadata.iter().cloned().collect();
    safetensors::serialize(views, Some(metadata)).map_err(failed)
}

/// The floats of a file.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Array>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| format!("it is not a safetensors file ({error})"))?;
    let mut arrays = BTreeMap::new();
    for (name, view) in file.iter() {
        let values = match view.dtype() {
            Dtype::F32 => crate::floats::singles(view.data()),
            Dtype::F64 => crate::floats::doubles(view.data()),
            Dtype::F16 | Dtype::BF16 => return Err(crate::floats::too_short(name)),
            _ => continue,
        };
        arrays.insert(name.to_string(), Array { dims: view.shape().to_vec(), values });
    }
    Ok(arrays)
}
