//! Weights under the names of the public DARTS code, in both directions.

use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, StemKind};
use crate::darts::public_names;
use crate::error::SupernetError;
use crate::model_card::{CardGenotype, ModelCard};
use crate::network::{Network, TaskShape};
use crate::retrain::Trained;
use crate::step::device_error;
use bonas_core::StudyRng;
use bonas_export::{Array, Entry, StateDict, safetensors};
use bonas_spaces::DartsGenotype;
use burn::store::burn_pack::Tensor;
use burn::store::{ModuleSnapshot, bridge};
use burn::tensor::Device;
use rand::SeedableRng;
use std::collections::BTreeMap;

/// What the auxiliary classifier of a training is called in public weights. A finished network does without.
const AUXILIARY: &str = "auxiliary_head.";
/// How many names an error lists.
const LISTED: usize = 4;

impl Trained {
    /// Weights and statistics under the names of `NetworkCIFAR` or, with the stem for ImageNet, `NetworkImageNet`: the evaluation networks
    /// of the public DARTS code. A module of that class with the sizes of the card loads them, strictly.
    ///
    /// # Errors
    /// When the network is not one of DARTS, or the device fails.
    pub fn public_state(&self, card: &ModelCard) -> Result<StateDict, SupernetError> {
        let genotype = darts_genotype(card)?;
        let mut arrays = BTreeMap::new();
        for tensor in tensors(&self.network) {
            let (name, dims) = (tensor.name.clone(), tensor.shape.to_vec());
            let data = bridge::into_data(tensor).map_err(device_error("reading the weights"))?;
            let values = data.try_to_vec().map_err(device_error("reading the weights"))?;
            arrays.insert(name, Array { dims, values });
        }
        let (names, norms) = public_names(genotype, &card.network);
        let mut state = StateDict::default();
        for name in names {
            let array = arrays.remove(&name.ours).expect("every name is one of the network");
            state.push(name.theirs, Entry::Floats(if name.is_transposed { array.transposed() } else { array }));
        }
        for norm in norms {
            state.push(format!("{norm}.num_batches_tracked"), Entry::Integer(0));
        }
        Ok(state)
    }
}

fn darts_genotype(card: &ModelCard) -> Result<&DartsGenotype, SupernetError> {
    match &card.genotype {
        CardGenotype::Darts(genotype) => Ok(genotype),
        CardGenotype::Text(_) => Err(SupernetError::NoPublicLayout { genotype: card.genotype.to_string() }),
    }
}

fn tensors(network: &Network) -> Vec<Tensor> {
    match network {
        Network::Darts(network) => network.collect(None, None, false),
        Network::Graph(network) => network.collect(None, None, false),
    }
}

/// Sizes of a network of the public DARTS code, as its weights have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicSizes {
    /// Channels of the images.
    pub input_channels: usize,
    /// As [`NetworkConfig::channels`].
    pub channels: usize,
    /// As [`NetworkConfig::cells`].
    pub cells: usize,
    /// As [`NetworkConfig::stem`]: that of `NetworkCIFAR` or that of `NetworkImageNet`.
    pub stem: StemKind,
    /// As [`NetworkConfig::stem_multiplier`]; its default for a stem that has none.
    pub stem_multiplier: usize,
    /// Number of classes.
    pub classes: usize,
}

impl PublicSizes {
    /// Reads them off the weights of `NetworkCIFAR` or `NetworkImageNet`.
    ///
    /// # Errors
    /// Names what is missing or has another shape.
    pub fn of(state: &StateDict) -> Result<Self, SupernetError> {
        let wrong = |reason: String| SupernetError::PublicWeights { reason };
        let dims = |name: &str, rank: usize| {
            let array = floats(state, name).filter(|array| array.dims.len() == rank);
            array.map(|array| array.dims.clone()).ok_or_else(|| {
                wrong(format!(
                    "they have no {name} of {rank} dimensions, so they are neither of NetworkCIFAR nor of NetworkImageNet of the \
                     public DARTS code"
                ))
            })
        };
        let classes = dims("classifier.weight", 2)?[0];
        let number = |name: &str| name.strip_prefix("cells.")?.split('.').next()?.parse::<usize>().ok();
        let cells = state.tensors.iter().filter_map(|(name, _)| number(name)).max().map_or(0, |last| last.saturating_add(1));
        if floats(state, "stem0.0.weight").is_some() {
            let (input_channels, channels) = (dims("stem0.0.weight", 4)?[1], dims("stem1.1.weight", 4)?[0]);
            let NetworkConfig { stem_multiplier, .. } = NetworkConfig::default();
            return Ok(Self { input_channels, channels, cells, stem: StemKind::ImageNet, stem_multiplier, classes });
        }
        let stem = dims("stem.0.weight", 4)?;
        let first = dims("cells.0.preprocess1.op.1.weight", 4)?;
        let sizes = NetworkConfig { cells, ..NetworkConfig::default() };
        let channels = if sizes.is_reduction(0) { first[0] / 2 } else { first[0] };
        if channels == 0 || stem[0] % channels != 0 {
            return Err(wrong(format!(
                "stem.0.weight has {} filters, which is no multiple of the {channels} channels of the first cell",
                stem[0]
            )));
        }
        let stem_multiplier = stem[0] / channels;
        Ok(Self { input_channels: stem[1], channels, cells, stem: StemKind::Convolution, stem_multiplier, classes })
    }
}

fn floats<'a>(state: &'a StateDict, name: &str) -> Option<&'a Array> {
    state.tensors.iter().find_map(|(known, entry)| match entry {
        Entry::Floats(array) if known == name => Some(array),
        _ => None,
    })
}

/// A model file made of public weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The bytes of the file, for [`load_model`](crate::load_model).
    pub file: Vec<u8>,
    /// Names of tensors of the auxiliary classifier, which are left out.
    pub auxiliary: Vec<String>,
}

/// Makes a model file of weights under the names of the public DARTS code. The operands of the card's genotype must be in the order in
/// which the public network had them.
///
/// # Errors
/// When the card's network is not one of DARTS; when tensors are missing, too many, or of another shape, all by their names.
pub fn import_public(state: &StateDict, card: &ModelCard) -> Result<Imported, SupernetError> {
    let wrong = |reason: String| SupernetError::PublicWeights { reason };
    let genotype = darts_genotype(card)?;
    let task = TaskShape { channels: card.input.channels, classes: card.classes.len() };
    // Its weights are not used, but their shapes.
    let mut rng = StudyRng::seed_from_u64(0);
    let blueprint = Blueprint::Darts(genotype.clone());
    let (network, _) = Network::stand_alone(&blueprint, &card.network, task, &mut rng, &Device::flex());
    let shapes: BTreeMap<String, Vec<usize>> =
        tensors(&network).into_iter().map(|tensor| (tensor.name.clone(), tensor.shape.to_vec())).collect();

    let mut given: BTreeMap<&str, &Array> = BTreeMap::new();
    for (name, entry) in &state.tensors {
        if let Entry::Floats(array) = entry {
            given.insert(name, array);
        }
    }
    let (mut ours, mut missing, mut misshaped) = (StateDict::default(), Vec::new(), Vec::new());
    for name in public_names(genotype, &card.network).0 {
        let Some(array) = given.remove(name.theirs.as_str()) else {
            missing.push(name.theirs);
            continue;
        };
        let mut shape = shapes[&name.ours].clone();
        if name.is_transposed {
            shape.reverse();
        }
        if array.dims != shape {
            misshaped.push(format!("{} has {:?} instead of {shape:?}", name.theirs, array.dims));
            continue;
        }
        ours.push(name.ours, Entry::Floats(if name.is_transposed { array.transposed() } else { array.clone() }));
    }
    let (auxiliary, extra): (Vec<&str>, Vec<&str>) = given.into_keys().partition(|name| name.starts_with(AUXILIARY));
    if !missing.is_empty() {
        return Err(wrong(format!("of the network of this genotype, they lack {}", listed(&missing))));
    }
    if !extra.is_empty() {
        return Err(wrong(format!("the network of this genotype has no place for {}", listed(&extra))));
    }
    if !misshaped.is_empty() {
        return Err(wrong(listed(&misshaped)));
    }
    let metadata = [(ModelCard::METADATA_KEY.to_string(), card.to_json())];
    let file = safetensors::encode(&ours, &metadata).map_err(|error| wrong(error.to_string()))?;
    Ok(Imported { file, auxiliary: auxiliary.into_iter().map(str::to_string).collect() })
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(AsRef::as_ref).collect();
    match names.len().checked_sub(LISTED + 1) {
        None => shown.join(", "),
        Some(more) => format!("{} and {} more", shown.join(", "), more + 1),
    }
}

#[cfg(test)]
mod tests;
