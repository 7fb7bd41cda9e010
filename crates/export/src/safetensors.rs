//! State dicts as [safetensors](https://github.com/huggingface/safetensors) files.

use crate::array::Array;
use crate::error::ExportError;
use crate::state_dict::{Entry, StateDict};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Where a header has the properties.
const PROPERTIES: &str = "__metadata__";

/// Bytes of the number before the header, its length.
const LENGTH_BYTES: usize = 8;

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
    let mut file = safetensors::serialize(views, Some(metadata)).map_err(failed)?;
    sort_properties(&mut file)?;
    Ok(file)
}

/// Brings the header of a file into one order. The format's library writes properties in the order of a hash table, so that the same tensors were
/// other bytes in every process.
///
/// # Errors
/// When these are not the bytes of such a file.
pub fn sort_properties(file: &mut [u8]) -> Result<(), ExportError> {
    let unreadable =
        |reason: &dyn std::fmt::Display| ExportError::Unwritable { format: "safetensors", reason: reason.to_string() };
    let (length, rest) = file.split_first_chunk().ok_or_else(|| unreadable(&"it has no header"))?;
    let length = u64::from_le_bytes(*length) as usize;
    let header = rest.get(..length).ok_or_else(|| unreadable(&"its header is cut off"))?;
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).map_err(|error| unreadable(&error))?;
    let mut sorted = BTreeMap::new();
    for (name, value) in header {
        let value = match (name.as_str(), value) {
            (PROPERTIES, serde_json::Value::Object(properties)) => {
                let properties: BTreeMap<_, _> = properties.into_iter().collect();
                serde_json::to_string(&properties)
            }
            (_, value) => serde_json::to_string(&value),
        };
        sorted.insert(name, value.map_err(|error| unreadable(&error))?);
    }
    let entries = sorted.iter().map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())));
    let mut header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    if header.len() > length {
        return Err(unreadable(&"its header is longer in order"));
    }
    header.extend(std::iter::repeat_n(' ', length - header.len()));
    file[LENGTH_BYTES..LENGTH_BYTES + length].copy_from_slice(header.as_bytes());
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> StateDict {
        let array = |values: &[f32]| Entry::Floats(Array { dims: vec![values.len()], values: values.to_vec() });
        StateDict {
            tensors: vec![("b\"1".into(), array(&[1.0, 2.0])), ("a".into(), array(&[3.0])), ("n".into(), Entry::Integer(7))],
        }
    }

    #[test]
    fn properties_are_in_order_and_nothing_else_changes() {
        let properties: Vec<(String, String)> =
            (0..20).rev().map(|place| (format!("key {place:02}"), "a \"value\"\n".into())).collect();
        let file = encode(&state(), &properties).expect("written");
        let text = String::from_utf8_lossy(&file);
        let places: Vec<usize> = (0..20).map(|place| text.find(&format!("key {place:02}")).expect("a property")).collect();
        assert!(places.is_sorted(), "{places:?}");
        let read = SafeTensors::deserialize(&file).expect("a file");
        assert_eq!(crate::floats::singles(read.tensor("b\"1").expect("a tensor").data()), [1.0, 2.0]);
        assert_eq!(crate::floats::singles(read.tensor("a").expect("a tensor").data()), [3.0]);
        let (_, metadata) = SafeTensors::read_metadata(&file).expect("a header");
        assert_eq!(metadata.metadata().as_ref().map(|found| found["key 07"].as_str()), Some("a \"value\"\n"));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for bytes in [&b"short"[..], &[9, 0, 0, 0, 0, 0, 0, 0, b'{'], &[2, 0, 0, 0, 0, 0, 0, 0, b'{', b'{']] {
            assert!(sort_properties(&mut bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }
}
