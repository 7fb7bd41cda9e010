use crate::error::BonasError;
use crate::model::Model;
use crate::run_folder::write_whole;
use bonas_export::onnx::{OnnxOptions, encode};
use bonas_export::{safetensors, torch};
use bonas_supernet::{ModelCard, save_model};
use std::path::Path;

/// The forms in which a trained network leaves bonas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// A graph with its weights, for onnxruntime and most other runtimes
    Onnx,
    /// The model file of bonas: weights by name, with a description in its metadata
    Safetensors,
    /// The state_dict of NetworkCIFAR or NetworkImageNet, the evaluation networks of the public DARTS code; of networks of DARTS alone
    Pytorch,
}

/// What the graph of an exported network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ExportInput {
    /// Pixels that were normalised: (pixel / 255 − mean) / std, as training pipelines bring them.
    #[default]
    Normalized,
    /// Pixels in [0, 1]; the graph normalises them.
    Pixels,
}

impl Model {
    /// Writes the network in another form, whole or not at all; what is in the place of the file is replaced.
    ///
    /// # Errors
    /// When the format cannot hold the network, or the file cannot be written.
    pub fn export(&self, format: ExportFormat, input: ExportInput, path: &Path) -> Result<(), BonasError> {
        let same = path.canonicalize().is_ok_and(|path| self.path().canonicalize().is_ok_and(|own| own == path));
        if same {
            return Err(BonasError::OwnFile(path.to_path_buf()));
        }
        match format {
            ExportFormat::Onnx => {
                let program = self.trained.program(self.card().input)?;
                write_whole(path, &encode(&program, &onnx_options(self.card(), input))?)
            }
            ExportFormat::Safetensors => Ok(save_model(&self.trained, self.card(), path)?),
            ExportFormat::Pytorch => {
                let state = self.trained.public_state(self.card())?;
                let is_safetensors = path.extension().is_some_and(|extension| extension == "safetensors");
                let bytes = match is_safetensors {
                    true => safetensors::encode(&state, &properties(self.card()))?,
                    false => torch::encode(&state)?,
                };
                write_whole(path, &bytes)
            }
        }
    }
}

/// What every format says of the network. Lists are JSON.
fn properties(card: &ModelCard) -> Vec<(String, String)> {
    let json = |value: Result<String, serde_json::Error>| value.expect("plain data is JSON");
    let properties = [
        ("genotype", card.genotype.to_string()),
        ("network", json(serde_json::to_string(&card.network))),
        ("classes", json(serde_json::to_string(&card.classes))),
        ("mean", json(serde_json::to_string(&card.normalization.mean))),
        ("std", json(serde_json::to_string(&card.normalization.stddev))),
    ];
    properties.map(|(key, value)| (key.to_string(), value)).to_vec()
}

/// What an ONNX file says beside its graph.
fn onnx_options(card: &ModelCard, input: ExportInput) -> OnnxOptions {
    let (mean, stddev) = (&card.normalization.mean, &card.normalization.stddev);
    let normalized = input == ExportInput::Normalized;
    let kind = if card.input.channels == 3 { "RGB" } else { "grey" };
    let taken = match normalized {
        true => format!(
            "{kind} pixels in [0, 1], minus the mean {mean:?} of their channel, divided by its standard deviation {stddev:?}"
        ),
        false => format!("{kind} pixels in [0, 1]"),
    };
    let mut metadata = properties(card);
    metadata.push(("input".into(), taken.clone()));
    metadata.push(("normalized_by_graph".into(), (!normalized).to_string()));
    metadata.push((ModelCard::METADATA_KEY.into(), card.to_json()));
    OnnxOptions {
        name: "bonas".into(),
        version: card.bonas.clone(),
        description: format!("found and trained by bonas: {}", card.genotype),
        input: taken,
        metadata,
        normalization: (!normalized).then(|| (mean.clone(), stddev.clone())),
    }
}
