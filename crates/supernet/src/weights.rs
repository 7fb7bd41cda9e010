use crate::blueprint::cost;
use crate::error::SupernetError;
use crate::model_card::ModelCard;
use crate::network::{Network, TaskShape};
use crate::retrain::Trained;
use bonas_core::StudyRng;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::Device;
use rand::SeedableRng;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path as FilePath;

/// The longest header that the safetensors format allows.
const MAX_HEADER: u64 = 100_000_000;
/// Bytes of the number before the header, its length.
const LENGTH_BYTES: u64 = 8;
/// Bytes of a weight.
const WEIGHT_BYTES: u64 = 4;

/// Writes weights, batch-norm statistics and the card as one safetensors file. The file is complete or not there: it is
/// written beside its place and renamed.
///
/// # Errors
/// When the file cannot be written.
pub fn save_model(trained: &Trained, card: &ModelCard, path: &FilePath) -> Result<(), SupernetError> {
    let partial = path.with_extension("safetensors.part");
    write_model(trained, card, path, &partial).map_err(|reason| {
        // What there is of it only fills the disk.
        let _ = std::fs::remove_file(&partial);
        let reason = format!("{reason} (what was there before is untouched); check its folder and the room on its disk");
        SupernetError::Weights { action: "write", path: path.to_path_buf(), reason }
    })
}

fn write_model(trained: &Trained, card: &ModelCard, path: &FilePath, partial: &FilePath) -> Result<(), String> {
    // The store writes files that only their owner may read; results are as readable as any other new file.
    let permissions = File::create(partial).and_then(|file| file.metadata()).map(|metadata| metadata.permissions());
    let permissions = permissions.map_err(|error| error.to_string())?;
    let mut store = SafetensorsStore::from_file(partial).overwrite(true).metadata(ModelCard::METADATA_KEY, card.to_json());
    // A variant of an enum would be part of every name.
    let saved = match &trained.network {
        Network::Darts(network) => network.save_into(&mut store),
        Network::Graph(network) => network.save_into(&mut store),
    };
    saved.map_err(|error| error.to_string())?;
    sort_properties(partial)?;
    std::fs::set_permissions(partial, permissions)
        .and_then(|()| std::fs::rename(partial, path))
        .map_err(|error| error.to_string())
}

/// The store writes the properties of a file in the order of a hash table, which is another in every process.
fn sort_properties(path: &FilePath) -> Result<(), String> {
    let mut bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    bonas_export::safetensors::sort_properties(&mut bytes).map_err(|error| error.to_string())?;
    std::fs::write(path, bytes).map_err(|error| error.to_string())
}

/// Reads what [`save_model`] wrote: the network with the batch-norm statistics it was measured with, and its card. Nothing else
/// is needed to use it.
///
/// # Errors
/// When the file cannot be read, was not written by bonas or by a version of another format, or is damaged.
pub fn load_model(path: &FilePath, device: &Device) -> Result<(Trained, ModelCard), SupernetError> {
    let failed = |reason: String| SupernetError::Weights { action: "read", path: path.to_path_buf(), reason };
    let (card, found) = read_card(path).map_err(failed)?;
    // Before anything of that size is built.
    let blueprint = card.blueprint().map_err(failed)?;
    let cost = cost(&blueprint, &card.network, card.input, card.classes.len());
    let expected = (cost.parameters + cost.statistics) * WEIGHT_BYTES;
    if found != expected {
        return Err(failed(format!(
            "the network it describes has {expected} bytes of weights, the file {found}; it is cut off or was changed, copy it again"
        )));
    }
    check_finite(path, found).map_err(failed)?;
    // The drawn weights are all replaced, so the seed does not matter.
    let mut rng = StudyRng::seed_from_u64(0);
    let task = TaskShape { channels: card.input.channels, classes: card.classes.len() };
    let (mut network, walk) = Network::stand_alone(&blueprint, &card.network, task, &mut rng, device);
    let mut store = SafetensorsStore::from_file(path);
    let loaded = match &mut network {
        Network::Darts(network) => network.load_from(&mut store),
        Network::Graph(network) => network.load_from(&mut store),
    };
    loaded.map_err(|error| failed(error.to_string()))?;
    let statistics = network.stored_statistics();
    Ok((Trained { network, path: walk, statistics, history: Vec::new(), seconds: 0.0, waiting_seconds: 0.0 }, card))
}

/// Refuses weights, the last so many bytes of a file, that are no numbers: whatever was done with them would only show that later.
fn check_finite(path: &FilePath, bytes: u64) -> Result<(), String> {
    let unreadable = |error: std::io::Error| error.to_string();
    let mut file = File::open(path).map_err(unreadable)?;
    file.seek(SeekFrom::End(-(bytes as i64))).map_err(unreadable)?;
    let mut weights = BufReader::new(file);
    let mut weight = [0; WEIGHT_BYTES as usize];
    for place in 0..bytes / WEIGHT_BYTES {
        weights.read_exact(&mut weight).map_err(unreadable)?;
        if !f32::from_le_bytes(weight).is_finite() {
            return Err(format!("weight {place} of its {} is not finite; it was changed, copy it again", bytes / WEIGHT_BYTES));
        }
    }
    Ok(())
}

/// The card of a file and the number of bytes behind its header.
///
/// A safetensors file begins with the length of its header (eight bytes, little endian) and the header, in JSON; see
/// <https://github.com/huggingface/safetensors>.
fn read_card(path: &FilePath) -> Result<(ModelCard, u64), String> {
    let not_safetensors = || "it is not a safetensors file; name a run folder, its best/ folder or the model.safetensors in it";
    let mut file = File::open(path).map_err(|error| format!("{error}; check the path and its permissions"))?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut length = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut length).map_err(|_| not_safetensors())?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length + LENGTH_BYTES > size {
        return Err(not_safetensors().into());
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(|error| error.to_string())?;
    let header: serde_json::Value = serde_json::from_slice(&header).map_err(|_| not_safetensors())?;
    let card = header["__metadata__"][ModelCard::METADATA_KEY].as_str().ok_or(
        "it holds weights, but not of which network: it was written by another program, or by bonas before it described its \
         models; train again with `bonas train`",
    )?;
    Ok((ModelCard::parse(card)?, size - length - LENGTH_BYTES))
}
