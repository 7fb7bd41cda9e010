use crate::config::NetworkConfig;
use crate::cost::{Cost, cost};
use bonas_data::{DataConfig, ImageShape, Normalization};
use bonas_spaces::{DartsGenotype, SpaceName};
use serde::{Deserialize, Serialize};

/// What a file of weights says about itself, so that it can be used without anything else: which network the weights belong to,
/// which images it takes, and what its outputs mean. Kept as JSON in the metadata of the safetensors file, under
/// [`METADATA_KEY`](Self::METADATA_KEY).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// [`FORMAT`](Self::FORMAT) of the version that wrote it.
    pub format: u32,
    /// Version of bonas that wrote it.
    pub bonas: String,
    /// The space that the genotype was found in.
    pub space: SpaceName,
    /// The cells.
    pub genotype: DartsGenotype,
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Size and channels of the images it takes.
    pub input: ImageShape,
    /// What pixels are normalised by.
    pub normalization: Normalization,
    /// Name of every class, in the order of the outputs.
    pub classes: Vec<String>,
    /// Where its training images came from.
    pub training: TrainingImages,
}

/// How the images of a training were chosen, so that its parts can be found again and nobody measures a network on images that
/// trained it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingImages {
    /// Name of the data set.
    pub name: String,
    /// SHA-256 of the training and validation images.
    pub digest: String,
    /// Seed of the split.
    pub seed: u64,
    /// How the images were read and split, without the paths of the machine.
    pub data: DataConfig,
}

impl ModelCard {
    /// The version of the form of these files. A change that older versions would misread raises it.
    pub const FORMAT: u32 = 1;
    /// The key of the metadata that holds the card.
    pub const METADATA_KEY: &str = "bonas.model";

    /// What the network takes.
    pub fn cost(&self) -> Cost {
        cost(&self.genotype, &self.network, self.input, self.classes.len())
    }

    /// The card as JSON.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a card is made of tables with text keys, numbers and texts")
    }

    /// Reads a card and checks that a network can be built from it; else says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let not_a_card = |error: serde_json::Error| format!("its description cannot be read ({error}); the file was changed");
        let value: serde_json::Value = serde_json::from_str(text).map_err(not_a_card)?;
        match value["format"].as_u64() {
            Some(format) if format == u64::from(Self::FORMAT) => {}
            Some(format) => {
                let version = value["bonas"].as_str().unwrap_or("of another version");
                return Err(format!(
                    "it has format {format} (written by bonas {version}), this version reads format {}; use the version that \
                     wrote it, or train again with `bonas train`",
                    Self::FORMAT
                ));
            }
            None => return Err("its description names no format; the file was changed".into()),
        }
        let card: Self = serde_json::from_value(value).map_err(not_a_card)?;
        card.check().map_err(|reason| format!("its description is wrong: {reason}"))?;
        Ok(card)
    }

    fn check(&self) -> Result<(), String> {
        const MAX_SIDE: usize = 65_536;
        self.network.validate().map_err(|error| error.to_string())?;
        let space = self.space.build_darts().ok_or_else(|| format!("there are no networks of the space {}", self.space))?;
        space.architecture(&self.genotype).map_err(|error| error.to_string())?;
        let ImageShape { channels, height, width } = self.input;
        if ![1, 3].contains(&channels) || [height, width].iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
            return Err(format!("images of {channels}×{height}×{width} are none"));
        }
        let Normalization { mean, stddev } = &self.normalization;
        let is_sound =
            mean.iter().all(|mean| mean.is_finite()) && stddev.iter().all(|stddev| *stddev > 0.0 && stddev.is_finite());
        if [mean.len(), stddev.len()] != [channels; 2] || !is_sound {
            return Err(format!("its normalisation is not one of {channels} channels"));
        }
        if self.classes.is_empty() {
            return Err("it has no class".into());
        }
        Ok(())
    }
}
