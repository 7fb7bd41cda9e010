use super::{archive, is_zip, source, storage_width, stored};
use crate::ImportError;
use crate::import::input::Input;
use crate::import::origin::Origin;
use crate::import::pickle::{Filter, Limits, Unfiltered, Value, decode, half};
use crate::import::progress::Progress;
use crate::import::source::Source;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Bytes of all tensors together: tables hold few, or none.
const LARGEST: u64 = 1 << 28;

/// The object of a file of torch with the numbers of its tensors.
pub struct TorchFile {
    path: PathBuf,
    object: Value,
    storages: BTreeMap<String, Storage>,
}

struct Storage {
    class: String,
    bytes: Vec<u8>,
}

/// A storage that the pickle names: its class and length.
struct Named {
    class: String,
    bytes: u64,
}

#[derive(Default)]
struct Names(Vec<Value>);

impl Filter for Names {
    fn entries(&mut self, _: Option<&Value>, entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, ImportError> {
        Ok(entries)
    }

    fn persistent(&mut self, id: &Value) {
        self.0.push(id.clone());
    }
}

/// Reads a file of torch whole. Meant for small ones: tables go through their importers, which keep one row at a time.
///
/// # Errors
///
/// As [`crate::import::pickle::from_slice`]; [`ImportError::Damaged`] where tensors are missing, too.
pub fn read(path: &Path) -> Result<TorchFile, ImportError> {
    let source = source(path)?;
    let mut report = |_: Progress| {};
    let mut input = source.input(Progress { read: 0, total: 0 }, &mut report)?;
    let (limits, mut names) = (Limits::default(), Names::default());
    let object = decode(&mut input, None, &limits, &mut names)?;
    let named = distinct(&names.0).ok_or_else(|| input.origin().damaged(input.offset(), "names of storages", "others"))?;
    if named.values().try_fold(0u64, |sum, storage| sum.checked_add(storage.bytes)).is_none_or(|sum| sum > LARGEST) {
        return Err(input.origin().too_large(input.offset(), "an amount of tensors", LARGEST));
    }
    let storages = if is_zip(path)? {
        zipped(path, &source, named)?
    } else if named.is_empty() {
        BTreeMap::new()
    } else {
        appended(&mut input, named, &limits)?
    };
    Ok(TorchFile { path: path.to_path_buf(), object, storages })
}

fn distinct(ids: &[Value]) -> Option<BTreeMap<String, Named>> {
    ids.iter().map(name).collect()
}

/// The storages of the old format: they follow the object, after a list of their keys.
fn appended<R: BufRead>(
    input: &mut Input<R>,
    mut named: BTreeMap<String, Named>,
    limits: &Limits,
) -> Result<BTreeMap<String, Storage>, ImportError> {
    let keys = decode(input, None, limits, &mut Unfiltered)?;
    let keys = keys.items().map(|keys| keys.iter().map(|key| key.as_str().map(String::from)).collect::<Option<Vec<_>>>());
    let keys =
        keys.flatten().ok_or_else(|| input.origin().damaged(input.offset(), "a list of the keys of storages", "another list"))?;
    let mut storages = BTreeMap::new();
    for key in keys {
        let at = input.offset();
        let count = u64::from_le_bytes(input.array("the length of a tensor")?);
        let Some(Named { class, bytes }) = named.remove(&key) else {
            return Err(input.origin().damaged(at, "a storage that a tensor uses", format!("one named '{key}'")));
        };
        let width = storage_width(&class).unwrap_or(1) as u64;
        if count.checked_mul(width) != Some(bytes) {
            return Err(input.origin().damaged(at, format!("{bytes} bytes of a tensor"), format!("{count} numbers")));
        }
        let bytes = input.bytes(bytes, LARGEST, "a tensor")?;
        storages.insert(key, Storage { class, bytes });
    }
    Ok(storages)
}

fn zipped(path: &Path, pickle: &Source, named: BTreeMap<String, Named>) -> Result<BTreeMap<String, Storage>, ImportError> {
    let mut archive = archive(path)?;
    let folder = pickle.entry_name().strip_suffix("data.pkl").unwrap_or_default().to_string();
    let mut storages = BTreeMap::new();
    for (key, Named { class, bytes: expected }) in named {
        let entry = format!("{folder}data/{key}");
        let missing = |found: &str| Origin::file(path).damaged(0, format!("{entry} of {expected} bytes"), found);
        let (start, length) = stored(path, &mut archive, &entry)?.ok_or_else(|| missing("no such entry"))?;
        if length != expected {
            return Err(missing(&format!("{length} bytes")));
        }
        let bytes = Source::entry(path, entry, start, length)?.input_bytes(LARGEST)?;
        storages.insert(key, Storage { class, bytes });
    }
    Ok(storages)
}

/// What a persistent id says: `('storage', class, key, device, numbers)`.
fn name(id: &Value) -> Option<(String, Named)> {
    let items = id.items()?;
    let [tag, class, key, _, count, ..] = &*items else { return None };
    if tag.as_str() != Some("storage") {
        return None;
    }
    let class = class.class()?.as_str().rsplit('.').next()?.to_string();
    let bytes = u64::try_from(count.as_int()?).ok()?.checked_mul(storage_width(&class)? as u64)?;
    Some((key.as_str()?.into(), Named { class, bytes }))
}

impl TorchFile {
    /// What was saved. Tensors in it are objects of class `torch._utils._rebuild_tensor_v2`.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// The numbers of a tensor, the last dimension fastest.
    ///
    /// # Errors
    ///
    /// [`ImportError::Layout`] where the value is no tensor of this file.
    pub fn tensor(&self, tensor: &Value) -> Result<Vec<f64>, ImportError> {
        self.elements(tensor).ok_or_else(|| ImportError::Layout {
            path: self.path.clone(),
            table: "a file of torch",
            expected: "a tensor that lies within its storage".into(),
            found: tensor.outline(),
        })
    }

    fn elements(&self, tensor: &Value) -> Option<Vec<f64>> {
        let args = tensor.args()?;
        let args = args.items()?;
        let [storage, offset, size, stride, ..] = &*args else { return None };
        let storage = self.storages.get(&name(&storage.args()?)?.0)?;
        let whole = |value: &Value| usize::try_from(value.as_int()?).ok();
        let list = |value: &Value| value.items()?.iter().map(whole).collect::<Option<Vec<usize>>>();
        let (size, stride) = (list(size)?, list(stride)?);
        let count = size.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?;
        // Strides of zero repeat numbers: no more of them than the storage could hold in its narrowest type.
        if size.len() != stride.len() || count > storage.bytes.len() {
            return None;
        }
        let first = whole(offset)?;
        (0..count).map(|index| storage.number(place(index, first, &size, &stride)?)).collect()
    }
}

fn place(mut index: usize, first: usize, size: &[usize], stride: &[usize]) -> Option<usize> {
    let mut place = first;
    for (&size, &stride) in size.iter().zip(stride).rev() {
        place = place.checked_add((index % size).checked_mul(stride)?)?;
        index /= size;
    }
    Some(place)
}

impl Storage {
    fn number(&self, index: usize) -> Option<f64> {
        let width = storage_width(&self.class)?;
        let start = index.checked_mul(width)?;
        let raw = self.bytes.get(start..start.checked_add(width)?)?;
        let word = raw.iter().rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
        Some(match self.class.as_str() {
            "DoubleStorage" => f64::from_bits(word),
            "FloatStorage" => f32::from_bits(word as u32).into(),
            "HalfStorage" => half(word as u16),
            "BFloat16Storage" => f32::from_bits((word as u32) << 16).into(),
            "LongStorage" => word as i64 as f64,
            "IntStorage" => f64::from(word as u32 as i32),
            "ShortStorage" => f64::from(word as u16 as i16),
            "CharStorage" => f64::from(word as u8 as i8),
            _ => word as f64,
        })
    }
}
