use crate::config::{NetworkConfig, StemKind};
use bonas_data::ImageShape;
use bonas_spaces::{DartsCell, DartsGenotype, Primitive};

/// Numbers of all feature maps of one image: what a training step keeps for the gradients of a genotype's network.
pub(crate) fn darts_feature_maps(genotype: &DartsGenotype, config: &NetworkConfig, image: ImageShape) -> u64 {
    let mut resolution = [image.height, image.width];
    let halved = |resolution: [usize; 2], stride: usize| resolution.map(|side| side.div_ceil(stride));
    let (stages, channels) = match config.stem {
        StemKind::Convolution => (vec![(config.stem_multiplier * config.channels, config.stem_stride)], config.channels),
        StemKind::ImageNet => {
            (vec![(config.channels.div_ceil(2), 2), (config.channels, 2), (config.channels, 2)], config.channels)
        }
    };
    let mut total = map(image.channels, resolution);
    let mut older = resolution;
    for &(output, stride) in &stages {
        older = resolution;
        resolution = halved(resolution, stride);
        total += 2 * map(output, resolution);
    }
    let stem = stages.last().map_or(channels, |&(output, _)| output);
    let (mut inputs, mut channels) = ([stem; 2], channels);
    // Where the cell before halved the resolution, a factorised reduction also keeps the ReLU of its input, and its two halves.
    let mut follows_reduction = stages.len() > 1;
    for depth in 0..config.cells {
        let (cell, stride) = if config.is_reduction(depth) { (&genotype.reduce, 2) } else { (&genotype.normal, 1) };
        channels *= stride;
        total += 4 * map(channels, resolution);
        if follows_reduction {
            total += map(inputs[0], older) + map(channels, resolution);
        }
        let output = halved(resolution, stride);
        total += operations(cell, channels, stride, resolution, output);
        (older, resolution) = (resolution, output);
        inputs = [inputs[1], channels * cell.nodes.len()];
        follows_reduction = stride == 2;
    }
    total
}

/// Of the operations of a cell, the sums of its nodes and their concatenation.
fn operations(cell: &DartsCell, channels: usize, stride: usize, input: [usize; 2], output: [usize; 2]) -> u64 {
    let kept = map(channels, output);
    let operand = |operand: &bonas_spaces::Operand| {
        let halves = stride == 2 && operand.source < 2;
        let first = map(channels, if halves { input } else { output });
        match operand.primitive {
            Primitive::MaxPool3x3 | Primitive::AvgPool3x3 => kept,
            Primitive::SkipConnect if halves => first + 3 * kept,
            Primitive::SkipConnect => 0,
            Primitive::SepConv3x3 | Primitive::SepConv5x5 => 6 * kept,
            Primitive::DilConv3x3 | Primitive::DilConv5x5 => 3 * kept,
        }
    };
    let operands: u64 = cell.nodes.iter().flatten().map(operand).sum();
    operands + 2 * kept * cell.nodes.len() as u64
}

fn map(channels: usize, [height, width]: [usize; 2]) -> u64 {
    (channels as u64).saturating_mul((height as u64).saturating_mul(width as u64))
}
