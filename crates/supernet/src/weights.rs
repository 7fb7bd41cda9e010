use crate::config::NetworkConfig;
use crate::error::SupernetError;
use crate::network::{Network, TaskShape};
use crate::retrain::Trained;
use bonas_core::StudyRng;
use bonas_spaces::DartsGenotype;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::Device;
use rand::SeedableRng;
use std::path::Path as FilePath;

/// Writes weights and batch-norm statistics as safetensors. The file is complete or not there: it is written beside its
/// place and renamed.
///
/// # Errors
/// When the file cannot be written.
pub fn save_weights(trained: &Trained, path: &FilePath) -> Result<(), SupernetError> {
    let failed = |reason: String| SupernetError::Weights { action: "write", path: path.to_path_buf(), reason };
    let partial = path.with_extension("safetensors.part");
    // The store writes files that only their owner may read; results are as readable as any other new file.
    let permissions = std::fs::File::create(&partial).and_then(|file| file.metadata()).map(|metadata| metadata.permissions());
    let permissions = permissions.map_err(|error| failed(error.to_string()))?;
    let mut store = SafetensorsStore::from_file(&partial).overwrite(true);
    trained.network.save_into(&mut store).map_err(|error| failed(error.to_string()))?;
    std::fs::set_permissions(&partial, permissions).map_err(|error| failed(error.to_string()))?;
    std::fs::rename(&partial, path).map_err(|error| failed(error.to_string()))
}

/// Reads what [`save_weights`] wrote into a network of the same genotype and sizes.
///
/// `channels` are those of the images, `classes` those of the labels.
///
/// # Errors
/// When the file cannot be read, or does not hold exactly the weights of this network.
pub fn load_weights(
    genotype: &DartsGenotype,
    config: &NetworkConfig,
    [channels, classes]: [usize; 2],
    path: &FilePath,
    device: &Device,
) -> Result<Trained, SupernetError> {
    let failed = |reason: String| SupernetError::Weights { action: "read", path: path.to_path_buf(), reason };
    // The drawn weights are all replaced, so the seed does not matter.
    let mut rng = StudyRng::seed_from_u64(0);
    let (mut network, walk) = Network::stand_alone(genotype, config, TaskShape { channels, classes }, &mut rng, device);
    let mut store = SafetensorsStore::from_file(path);
    network.load_from(&mut store).map_err(|error| failed(error.to_string()))?;
    let statistics = network.stored_statistics();
    Ok(Trained { network, path: walk, statistics, history: Vec::new() })
}
