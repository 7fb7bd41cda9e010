use super::Failure;
use super::genotype::Genotype;
use super::summary::print_line;
use bonas::data::Normalization;
use bonas::{ImportDescription, import_weights};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Make a model file of weights that the public DARTS code trained
///
/// Reads the state_dict of NetworkCIFAR or NetworkImageNet from a .pt, .pth or .safetensors file, also of a checkpoint with the key
/// state_dict. Which of both, its channels, cells and classes are read off the weights. No pickled code is run. For CIFAR-10: bonas import weights.pt --arch "DARTS_V2 = Genotype(…)"
/// --size 32 --mean 0.4914,0.4822,0.4465 --std 0.2470,0.2435,0.2616 --out model.safetensors
#[derive(Args)]
pub(super) struct ImportArguments {
    /// The weights
    weights: PathBuf,
    /// The genotype as the network was built from it, operands in the same order, or a file with it
    #[arg(long, value_name = "GENOTYPE")]
    arch: Genotype,
    /// Side of the images, or HEIGHTxWIDTH
    #[arg(long, value_name = "SIDE", value_parser = size)]
    size: [usize; 2],
    /// Mean of every channel that the training subtracted from pixels in [0, 1]
    #[arg(long, value_delimiter = ',', required = true, allow_negative_numbers = true, value_name = "R,G,B")]
    mean: Vec<f32>,
    /// Standard deviation of every channel that it divided them by
    #[arg(long, value_delimiter = ',', required = true, value_name = "R,G,B")]
    std: Vec<f32>,
    /// Names of the classes in the order of the outputs [default: their numbers, from 0]
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    classes: Option<Vec<String>>,
    /// Stride of the stem of NetworkCIFAR [default: 1, as in the public code]
    #[arg(long, value_name = "STRIDE")]
    stem_stride: Option<usize>,
    /// Where to write the model file; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn size(text: &str) -> Result<[usize; 2], String> {
    let number = |text: &str| text.trim().parse().map_err(|_| format!("'{text}' is no number of pixels"));
    match text.split_once('x') {
        Some((height, width)) => Ok([number(height)?, number(width)?]),
        None => Ok([number(text)?; 2]),
    }
}

impl ImportArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let description = ImportDescription {
            genotype: self.arch.text()?,
            size: self.size,
            stem_stride: self.stem_stride,
            normalization: Normalization { mean: self.mean, stddev: self.std },
            classes: self.classes,
        };
        let auxiliary = import_weights(&self.weights, &description, &self.out)?;
        if !auxiliary.is_empty() {
            anstream::eprintln!("left out: {} tensors of the auxiliary classifier, which only a training uses", auxiliary.len());
        }
        print_line(&self.out.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}
