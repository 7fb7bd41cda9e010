use crate::array::Array;
use crate::error::ExportError;
use std::collections::BTreeMap;
use std::path::Path;

/// Tensors by name, in an order: what a PyTorch module calls its `state_dict`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict {
    /// Names, of which none is there twice, and tensors.
    pub tensors: Vec<(String, Entry)>,
}

/// A tensor of a [`StateDict`].
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// 32-bit floats.
    Floats(Array),
    /// A 64-bit integer without a dimension, such as `num_batches_tracked`.
    Integer(i64),
}

impl StateDict {
    /// Adds a tensor.
    pub fn push(&mut self, name: impl Into<String>, entry: Entry) {
        self.tensors.push((name.into(), entry));
    }

    /// Reads a file of PyTorch (`.pt`, `.pth`, `.tar`) or of safetensors, whichever it is. Of a checkpoint that has its weights under
    /// `state_dict`, or a network that was wrapped (`module.`), names are those of the network. Tensors of other types than floats are
    /// left out: no weight has another.
    ///
    /// # Errors
    /// When it cannot be read, or has floats of another size than 32 or 64 bits.
    pub fn read(path: &Path) -> Result<Self, ExportError> {
        let failed = |reason: String| ExportError::Unreadable { path: path.to_path_buf(), reason };
        let is_safetensors = path.extension().is_some_and(|extension| extension == "safetensors");
        let read = if is_safetensors { crate::safetensors::read(path) } else { crate::torch::read(path) };
        let mut arrays = read.map_err(failed)?;
        if arrays.keys().any(|name| name.starts_with(CHECKPOINT)) {
            arrays.retain(|name, _| name.starts_with(CHECKPOINT));
            arrays = without(arrays, CHECKPOINT);
        }
        if arrays.keys().all(|name| name.starts_with(WRAPPED)) {
            arrays = without(arrays, WRAPPED);
        }
        Ok(Self { tensors: arrays.into_iter().map(|(name, array)| (name, Entry::Floats(array))).collect() })
    }
}

/// Where a checkpoint of a training has its weights.
const CHECKPOINT: &str = "state_dict.";
/// What `DataParallel` puts before every name.
const WRAPPED: &str = "module.";

fn without(arrays: BTreeMap<String, Array>, prefix: &str) -> BTreeMap<String, Array> {
    let short = |name: String| name.strip_prefix(prefix).map_or(name.clone(), str::to_string);
    arrays.into_iter().map(|(name, array)| (short(name), array)).collect()
}

impl Entry {
    /// The numbers, little-endian.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Floats(array) => array.values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Integer(value) => value.to_le_bytes().to_vec(),
        }
    }
}
