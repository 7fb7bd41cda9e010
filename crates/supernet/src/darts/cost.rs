use crate::config::{NetworkConfig, StemKind};
use crate::cost::{Cost, classifier, convolution, norm};
use bonas_data::ImageShape;
use bonas_spaces::{DartsCell, DartsGenotype, Primitive};

/// Counts the network of a genotype in closed form, for images of this shape.
pub(crate) fn darts_cost(genotype: &DartsGenotype, config: &NetworkConfig, image: ImageShape, classes: usize) -> Cost {
    let (mut total, stem, mut resolution) = stem(config, image);
    let mut inputs = [stem; 2];
    let mut channels = config.channels;
    for depth in 0..config.cells {
        let is_reduction = config.is_reduction(depth);
        let (cell, stride) = match is_reduction {
            true => (&genotype.reduce, 2),
            false => (&genotype.normal, 1),
        };
        channels *= stride;
        // Both inputs are brought to the resolution of the cell before: where that one was halved, so is the older input.
        for input in inputs {
            total += projection(input, channels, resolution);
        }
        let output = resolution.map(|side| side.div_ceil(stride));
        total += operations(cell, channels, stride, output);
        resolution = output;
        inputs = [inputs[1], channels * cell.nodes.len()];
    }
    total + classifier(inputs[1], classes)
}

/// The stem: what it takes, its channels and its resolution.
fn stem(config: &NetworkConfig, image: ImageShape) -> (Cost, usize, [usize; 2]) {
    let (stem, halvings) = match config.stem {
        StemKind::Convolution => (config.stem_multiplier * config.channels, vec![config.stem_stride]),
        StemKind::ImageNet => (config.channels, vec![2, 2, 2]),
    };
    let mut resolution = [image.height, image.width];
    let mut total = Cost::default();
    let mut input = image.channels;
    let stages = halvings.len();
    for (stage, stride) in halvings.into_iter().enumerate() {
        let output = if stage + 1 < stages && stage == 0 { config.channels.div_ceil(2) } else { stem };
        resolution = resolution.map(|side| side.div_ceil(stride));
        total += convolution(input, output, 3, resolution) + norm(output);
        input = output;
    }
    (total, stem, resolution)
}

/// The operations of a cell; all of their convolutions compute images of the cell's output resolution.
///
/// No node of a space names the same operand twice, so every operand is a module of its own.
fn operations(cell: &DartsCell, channels: usize, stride: usize, output: [usize; 2]) -> Cost {
    let mut total = Cost::default();
    for operand in cell.nodes.iter().flatten() {
        let is_halving = stride == 2 && operand.source < 2;
        total += match operand.primitive {
            Primitive::MaxPool3x3 | Primitive::AvgPool3x3 => Cost::default(),
            Primitive::SkipConnect if is_halving => projection(channels, channels, output),
            Primitive::SkipConnect => Cost::default(),
            Primitive::SepConv3x3 => separable(channels, 3, output) + separable(channels, 3, output),
            Primitive::SepConv5x5 => separable(channels, 5, output) + separable(channels, 5, output),
            Primitive::DilConv3x3 => separable(channels, 3, output),
            Primitive::DilConv5x5 => separable(channels, 5, output),
        };
    }
    total
}

/// A depthwise and a 1×1 convolution with their batch norm.
fn separable(channels: usize, kernel: usize, output: [usize; 2]) -> Cost {
    convolution(1, channels, kernel, output) + convolution(channels, channels, 1, output) + norm(channels)
}

/// A 1×1 convolution with batch norm. A factorised reduction costs the same: its two convolutions make half of the channels each.
fn projection(input: usize, output_channels: usize, output: [usize; 2]) -> Cost {
    convolution(input, output_channels, 1, output) + norm(output_channels)
}
