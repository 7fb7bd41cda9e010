use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, StemKind};
use crate::graph::{Join, Layer, Plan, Shape};
use bonas_data::ImageShape;
use bonas_spaces::{DartsCell, DartsGenotype, Primitive};
use std::collections::BTreeSet;

/// What a forward pass of one image does, by kinds of work that take different times: of what a latency is a weighted sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Operations, each of which has to be started.
    pub operations: f64,
    /// Multiply-adds of dense convolutions larger than 1×1.
    pub dense: f64,
    /// Multiply-adds of 1×1 convolutions.
    pub pointwise: f64,
    /// Multiply-adds of depthwise convolutions.
    pub depthwise: f64,
    /// Numbers that pooling windows read.
    pub pooled: f64,
    /// Numbers that batch norms, activations, sums, concatenations and cuts write.
    pub moved: f64,
}

impl Work {
    /// Number of the kinds.
    pub const KINDS: usize = 6;

    /// All kinds, in the order of the fields.
    pub fn kinds(&self) -> [f64; Self::KINDS] {
        [self.operations, self.dense, self.pointwise, self.depthwise, self.pooled, self.moved]
    }

    /// The work of the stand-alone network of a blueprint on one image, in closed form. What nothing reads is not done.
    pub fn of(blueprint: &Blueprint, config: &NetworkConfig, image: ImageShape) -> Self {
        let mut work = Self::default();
        match blueprint {
            Blueprint::Darts(genotype) => work.darts(genotype, config, image.into()),
            Blueprint::Graph(plan) => work.plan(plan),
        }
        work
    }

    fn convolution(&mut self, inputs: usize, output: Shape, kernel: usize) {
        self.operations += 1.0;
        let products = (inputs * kernel * kernel) as f64 * output.elements() as f64;
        *(if kernel == 1 { &mut self.pointwise } else { &mut self.dense }) += products;
    }

    fn depthwise(&mut self, output: Shape, kernel: usize) {
        self.operations += 1.0;
        self.depthwise += (kernel * kernel) as f64 * output.elements() as f64;
    }

    fn pool(&mut self, output: Shape, kernel: usize) {
        self.operations += 1.0;
        self.pooled += (kernel * kernel) as f64 * output.elements() as f64;
    }

    fn move_all(&mut self, output: Shape) {
        self.operations += 1.0;
        self.moved += output.elements() as f64;
    }

    fn factorized_reduce(&mut self, input: Shape, channels: usize) {
        let output = input.strided(2).with_channels(channels);
        self.move_all(input);
        // Two convolutions of half the channels, the pixels they read, and their results in one map.
        self.operations += 1.0;
        self.convolution(input.channels, output, 1);
        self.move_all(input.strided(2));
        self.move_all(output);
        self.move_all(output);
    }

    fn plan(&mut self, plan: &Plan) {
        let mut read: BTreeSet<_> = plan.nodes().last().map(|node| node.key).into_iter().collect();
        for node in plan.nodes().iter().rev().filter(|node| !node.inputs.is_empty()) {
            if !read.contains(&node.key) {
                continue;
            }
            for input in &node.inputs {
                read.insert(input.source);
                let mut shape = input.source.shape;
                for layer in &input.layers {
                    self.layer(*layer, shape);
                    shape = layer.output(shape);
                }
            }
            match (node.join, node.inputs.len()) {
                (_, 1) => {}
                (Join::Concatenation, _) => self.move_all(node.key.shape),
                (Join::Sum, inputs) => (1..inputs).for_each(|_| self.move_all(node.key.shape)),
            }
        }
    }

    fn layer(&mut self, layer: Layer, input: Shape) {
        let output = layer.output(input);
        match layer {
            Layer::SharedNorm => {}
            Layer::Relu | Layer::Relu6 | Layer::Norm | Layer::Truncate { .. } | Layer::Shortcut { .. } => self.move_all(output),
            Layer::Convolution { kernel, .. } => self.convolution(input.channels, output, kernel),
            Layer::Depthwise { kernel, .. } => self.depthwise(output, kernel),
            Layer::Pool { kernel, .. } => self.pool(output, kernel),
            Layer::FactorizedReduce { output } => self.factorized_reduce(input, output),
        }
    }

    fn darts(&mut self, genotype: &DartsGenotype, config: &NetworkConfig, image: Shape) {
        let (stem, stages) = match config.stem {
            StemKind::Convolution => {
                (image.strided(config.stem_stride).with_channels(config.stem_multiplier * config.channels), 0)
            }
            StemKind::ImageNet => (image.strided(2).with_channels(config.channels.div_ceil(2)), 2),
        };
        self.convolution(image.channels, stem, 3);
        self.move_all(stem);
        let mut inputs = [stem; 2];
        for _ in 0..stages {
            let output = inputs[1].strided(2).with_channels(config.channels);
            self.convolution(inputs[1].channels, output, 3);
            self.move_all(output);
            inputs = [inputs[1], output];
        }
        let mut channels = config.channels;
        for depth in 0..config.cells {
            let (cell, stride) = match config.is_reduction(depth) {
                true => (&genotype.reduce, 2),
                false => (&genotype.normal, 1),
            };
            channels *= stride;
            let [older, newer] = inputs;
            let state = newer.with_channels(channels);
            match older.with_channels(0) == newer.with_channels(0) {
                true => self.projection(older.channels, state),
                false => self.factorized_reduce(older, channels),
            }
            self.projection(newer.channels, state);
            self.cell(cell, state, stride);
            let output = state.strided(stride).with_channels(channels * cell.nodes.len());
            self.move_all(output);
            inputs = [newer, output];
        }
    }

    fn projection(&mut self, inputs: usize, output: Shape) {
        self.convolution(inputs, output, 1);
        self.move_all(output);
    }

    fn cell(&mut self, cell: &DartsCell, state: Shape, stride: usize) {
        let output = state.strided(stride);
        for operand in cell.nodes.iter().flatten() {
            let halves = stride == 2 && operand.source < 2;
            match operand.primitive {
                Primitive::MaxPool3x3 | Primitive::AvgPool3x3 => self.pool(output, 3),
                Primitive::SkipConnect if halves => self.factorized_reduce(state, state.channels),
                Primitive::SkipConnect => {}
                Primitive::SepConv3x3 => self.separable(output, 3, 2),
                Primitive::SepConv5x5 => self.separable(output, 5, 2),
                Primitive::DilConv3x3 => self.separable(output, 3, 1),
                Primitive::DilConv5x5 => self.separable(output, 5, 1),
            }
        }
        cell.nodes.iter().for_each(|_| self.move_all(output));
    }

    fn separable(&mut self, output: Shape, kernel: usize, repeats: usize) {
        for _ in 0..repeats {
            self.depthwise(output, kernel);
            self.projection(output.channels, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::cost;
    use crate::network_space::NetworkSpace;
    use bonas_core::SeedStream;
    use bonas_spaces::SpaceName;

    /// Convolutions are those that are counted elsewhere; what nothing reads is less.
    #[test]
    fn multiply_adds_are_those_of_the_count() {
        let image = ImageShape { channels: 3, height: 17, width: 12 };
        let config = NetworkConfig { channels: 8, cells: 5, ..NetworkConfig::default() };
        for name in SpaceName::ALL {
            let space = NetworkSpace::new(name.build_typed()).expect("networks");
            let mut rng = SeedStream::new(1).rng("samples", 0);
            let (mut equal, mut busy) = (0, 0);
            for _ in 0..12 {
                let blueprint = space.blueprint(&space.space().sample(&mut rng), &config, image);
                let work = Work::of(&blueprint, &config, image);
                let counted = cost(&blueprint, &config, image, 0).multiply_adds as f64;
                let done = work.dense + work.pointwise + work.depthwise;
                assert!(done <= counted, "{name:?}: {work:?} {counted}");
                // Cells whose output reads nothing leave nothing to be done.
                busy += usize::from(work.operations > 5.0 && work.moved > 0.0);
                equal += usize::from(done == counted);
            }
            assert!(equal > 2 && busy > 6, "{name:?}: {equal} {busy}");
        }
    }
}
