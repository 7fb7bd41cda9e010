use crate::blueprint::{Blueprint, cost};
use crate::config::NetworkConfig;
use crate::cost::Cost;
use crate::network_space::NetworkSpace;
use bonas_core::Architecture;
use bonas_data::{DataConfig, ImageShape, Normalization};
use bonas_spaces::{DartsGenotype, SpaceDescription, SpaceName, TypedSpace};
use serde::{Deserialize, Serialize};
use std::fmt;

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
    pub space: CardSpace,
    /// The architecture.
    pub genotype: CardGenotype,
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

/// The space of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CardSpace {
    /// A space of bonas.
    Known(SpaceName),
    /// A space that its user described; the description makes the file independent of it.
    Described(Box<SpaceDescription>),
}

/// An architecture as a card writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CardGenotype {
    /// Cells of DARTS.
    Darts(DartsGenotype),
    /// The text form of any other space.
    Text(String),
}

impl CardSpace {
    /// What to write of a space.
    pub fn of(space: &NetworkSpace) -> Self {
        match space.typed() {
            TypedSpace::Custom(space) => Self::Described(Box::new(space.space_description().clone())),
            known => Self::Known(known.space().name().parse().expect("the spaces of bonas are known by their names")),
        }
    }

    fn build(&self) -> Result<NetworkSpace, String> {
        let space = match self {
            Self::Known(name) => name.build_typed(),
            Self::Described(description) => {
                let space = description.as_ref().clone().build().map_err(|error| error.to_string())?;
                TypedSpace::Custom(Box::new(space))
            }
        };
        NetworkSpace::new(space).map_err(|error| error.to_string())
    }
}

impl CardGenotype {
    /// What to write of an architecture.
    pub fn of(architecture: &Architecture, space: &NetworkSpace) -> Self {
        match space.typed() {
            TypedSpace::Darts(space) => Self::Darts(space.genotype(architecture)),
            _ => Self::Text(space.space().format(architecture)),
        }
    }

    /// The architecture in its space.
    ///
    /// # Errors
    /// With the reason, when it is none of the space.
    pub fn architecture(&self, space: &NetworkSpace) -> Result<Architecture, String> {
        let read = match (self, space.typed()) {
            (Self::Darts(genotype), TypedSpace::Darts(space)) => space.architecture(genotype),
            (Self::Darts(_), _) => {
                return Err(format!("cells of DARTS are no architecture of the space {}", space.space().name()));
            }
            (Self::Text(text), _) => space.space().parse(text),
        };
        read.map_err(|error| error.to_string())
    }
}

impl fmt::Display for CardGenotype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Darts(genotype) => genotype.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
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
    ///
    /// # Errors
    /// When the card describes no network; one that was read from a file does.
    pub fn cost(&self) -> Result<Cost, String> {
        Ok(cost(&self.blueprint()?, &self.network, self.input, self.classes.len()))
    }

    /// The network that the weights belong to, or why there is none.
    pub(crate) fn blueprint(&self) -> Result<Blueprint, String> {
        let space = self.space.build()?;
        let architecture = self.genotype.architecture(&space)?;
        Ok(space.blueprint(&architecture, &self.network, self.input))
    }

    /// The card as JSON.
    pub fn to_json(&self) -> String {
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

    /// Checks that a network can be built from the card; else says what is wrong.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(&self) -> Result<(), String> {
        const MAX_SIDE: usize = 65_536;
        self.network.validate().map_err(|error| error.to_string())?;
        let space = self.space.build()?;
        space.check(&self.network).map_err(|error| error.to_string())?;
        self.genotype.architecture(&space)?;
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
