use crate::error::BonasError;
use crate::run_folder::write_whole;
use bonas_core::{SearchSpace, SpaceError};
use bonas_data::{DataConfig, ImageShape, Normalization};
use bonas_export::StateDict;
use bonas_spaces::{DartsGenotype, DartsSpace, SpaceName};
use bonas_supernet::{CardGenotype, CardSpace, ModelCard, NetworkConfig, PublicSizes, StemKind, TrainingImages, import_public};
use std::path::Path;

/// What weights of the public DARTS code do not say of their network.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportDescription {
    /// The genotype, in the form of the public code, its operands in the order in which the network was built.
    pub genotype: String,
    /// Height and width of the images.
    pub size: [usize; 2],
    /// Stride of the stem of `NetworkCIFAR`: 1 in the public code. The stem of `NetworkImageNet` has none to choose.
    pub stem_stride: Option<usize>,
    /// What pixels in [0, 1] are normalised by; one number per channel.
    pub normalization: Normalization,
    /// Names of the classes, in the order of the outputs; numbers from 0 where there are none.
    pub classes: Option<Vec<String>>,
}

/// Makes a model file of weights that the public DARTS code trained (`NetworkCIFAR` or `NetworkImageNet`), as a `.pt` or a `.safetensors` file, and returns the
/// names of what was left out: the auxiliary classifier, which only a training uses.
///
/// # Errors
/// When the weights or the genotype cannot be read, do not fit together, or the file cannot be written.
pub fn import_weights(weights: &Path, description: &ImportDescription, out: &Path) -> Result<Vec<String>, BonasError> {
    let wrong = BonasError::ImportDescription;
    let state = StateDict::read(weights)?;
    let sizes = PublicSizes::of(&state)?;
    let (space, genotype) = read_genotype(&description.genotype)?;
    if sizes.stem == StemKind::ImageNet && description.stem_stride.is_some() {
        return Err(wrong("the stem of NetworkImageNet has strides of its own; give none".into()));
    }
    let network = NetworkConfig {
        channels: sizes.channels,
        cells: sizes.cells,
        stem_multiplier: sizes.stem_multiplier,
        stem: sizes.stem,
        stem_stride: description.stem_stride.unwrap_or(1),
    };
    network.validate()?;
    let classes = match &description.classes {
        None => (0..sizes.classes).map(|class| class.to_string()).collect(),
        Some(classes) if classes.len() == sizes.classes => classes.clone(),
        Some(classes) => {
            return Err(wrong(format!("they have {} classes, but {} names are given", sizes.classes, classes.len())));
        }
    };
    let Normalization { mean, stddev } = &description.normalization;
    let channels = sizes.input_channels;
    if [mean.len(), stddev.len()] != [channels; 2] || !stddev.iter().all(|stddev| *stddev > 0.0 && stddev.is_finite()) {
        return Err(wrong(format!(
            "its images have {channels} channels; give a mean and a positive standard deviation for each"
        )));
    }
    let [height, width] = description.size;
    let card = ModelCard {
        format: ModelCard::FORMAT,
        bonas: env!("CARGO_PKG_VERSION").into(),
        space: CardSpace::Known(space),
        genotype: CardGenotype::Darts(genotype),
        network,
        input: ImageShape { channels, height, width },
        normalization: description.normalization.clone(),
        classes,
        training: TrainingImages {
            name: weights.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            digest: String::new(),
            seed: 0,
            data: DataConfig { channels, ..DataConfig::default() },
        },
    };
    card.check().map_err(wrong)?;
    let imported = import_public(&state, &card)?;
    write_whole(out, &imported.file)?;
    Ok(imported.auxiliary)
}

/// The genotype with its operands in the order of the text, and a space that keeps that order.
fn read_genotype(text: &str) -> Result<(SpaceName, DartsGenotype), BonasError> {
    let read = |space: DartsSpace| -> Result<DartsGenotype, SpaceError> {
        let genotype = space.parse_genotype(text)?;
        let kept = space.genotype(&space.architecture(&genotype)?);
        let reason = "both cells are the same, but list their operands in different orders";
        match kept == genotype {
            true => Ok(genotype),
            false => Err(SpaceError::Outside { space: space.name().into(), reason: reason.into() }),
        }
    };
    match read(DartsSpace::darts()) {
        Ok(genotype) => Ok((SpaceName::Darts, genotype)),
        Err(error) => match read(DartsSpace::bonas()) {
            Ok(genotype) => Ok((SpaceName::BonasDarts, genotype)),
            Err(_) => Err(error.into()),
        },
    }
}
