use super::Failure;
use super::summary::print_line;
use bonas::supernet::StemKind;
use bonas::{DeviceName, ExportFormat, ExportInput, Model};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a trained network in a form that other software reads
///
/// ONNX: operator set 17, 32-bit floats, one input `images` [batch, channels, height, width] with any number of images, one output
/// `logits` [batch, classes], without a softmax. Images are normalised before they go in: (pixel / 255 - mean) / std, channel by
/// channel, in the order R, G, B. The metadata of the file hold `mean`, `std`, `classes` and `genotype`. With --pixels, the graph
/// normalises, and takes pixel / 255. Batch norms are fixed to the statistics that the network was tested with.
///
/// PyTorch: networks of DARTS, as the state_dict of NetworkCIFAR (of NetworkImageNet where the stem is that for ImageNet) of the public code with channels,
/// layers and genotype of the network and without its auxiliary head. A FILE that ends in .safetensors is one, with the sizes in its metadata; any other is what torch.load reads. For
/// example: bonas export runs/mine --format onnx --out mine.onnx
///
/// Of a run it is the winner. Another network of its front: bonas train runs/mine --pick 2 --out second, then bonas export second
#[derive(Args)]
pub(super) struct ExportArguments {
    /// Run folder, folder of `bonas train`, or model file
    model: PathBuf,
    /// Form of the file
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: ExportFormat,
    /// Where to write the file; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Let the ONNX graph normalise its input, which is then pixels in [0, 1]
    #[arg(long)]
    pixels: bool,
}

impl ExportArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.pixels && self.format != ExportFormat::Onnx {
            return Err(Failure::usage("--pixels is about the graph of an ONNX file; leave it out, or add --format onnx"));
        }
        let input = if self.pixels { ExportInput::Pixels } else { ExportInput::Normalized };
        let model = Model::open(&self.model, DeviceName::Cpu)?;
        model.export(self.format, input, &self.out)?;
        let network = &model.card().network;
        let is_cifar = network.stem == StemKind::Convolution;
        if self.format == ExportFormat::Pytorch && is_cifar && (network.stem_stride, network.stem_multiplier) != (1, 3) {
            anstream::eprintln!(
                "note: the stem of this network has stride {} and {} times the channels, that of NetworkCIFAR 1 and 3; give its class the same",
                network.stem_stride,
                network.stem_multiplier
            );
        }
        print_line(&self.out.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}
