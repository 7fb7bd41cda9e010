use super::layer::Layer;
use super::plan::Plan;
use super::shape::Shape;
use crate::cost::{Cost, classifier, convolution, norm};
use std::ops::AddAssign;

/// What a network takes, and the work that [`Cost`] leaves out: some published tables count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) cost: Cost,
    /// Numbers that batch norms scale and shift.
    pub(crate) normed: u64,
    /// Numbers that a ReLU reads.
    pub(crate) rectified: u64,
    /// Numbers that pooling windows read, padding included.
    pub(crate) pooled: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.cost += other.cost;
        self.normed = self.normed.saturating_add(other.normed);
        self.rectified = self.rectified.saturating_add(other.rectified);
        self.pooled = self.pooled.saturating_add(other.pooled);
    }
}

impl Plan {
    /// Counts the stand-alone network of the plan: every operation that it names, also those whose result nothing reads, as the
    /// published tables do.
    pub(crate) fn counts(&self, classes: usize) -> Counts {
        let mut total = Counts { cost: classifier(self.output().channels, classes), ..Counts::default() };
        for input in self.nodes().iter().flat_map(|node| &node.inputs) {
            let mut shape = input.source.shape;
            for layer in &input.layers {
                total += layer.counts(shape);
                shape = layer.output(shape);
            }
        }
        total
    }
}

impl Plan {
    /// Numbers of all feature maps of one image: what a training step keeps for the gradients.
    pub(crate) fn feature_maps(&self) -> u64 {
        let mut total = self.image().elements();
        for node in self.nodes() {
            for input in &node.inputs {
                let mut shape = input.source.shape;
                for layer in &input.layers {
                    shape = layer.output(shape);
                    total = total.saturating_add(shape.elements());
                }
            }
            if node.inputs.len() > 1 {
                total = total.saturating_add(node.key.shape.elements());
            }
        }
        total
    }
}

impl Layer {
    fn counts(self, input: Shape) -> Counts {
        let output = self.output(input);
        let resolution = [output.height, output.width];
        let of = |cost| Counts { cost, ..Counts::default() };
        match self {
            Self::Relu | Self::Relu6 => Counts { rectified: input.elements(), ..Counts::default() },
            Self::Norm => Counts { normed: input.elements(), ..of(norm(input.channels)) },
            Self::SharedNorm | Self::Truncate { .. } | Self::Shortcut { .. } => Counts::default(),
            Self::Convolution { output, kernel, .. } => of(convolution(input.channels, output, kernel, resolution)),
            Self::Depthwise { kernel, .. } => of(convolution(1, input.channels, kernel, resolution)),
            Self::Pool { kernel, .. } => {
                Counts { pooled: output.elements().saturating_mul((kernel * kernel) as u64), ..Counts::default() }
            }
            // Its two convolutions make half of the channels each, together as many as one would.
            Self::FactorizedReduce { output: channels } => Counts {
                cost: convolution(input.channels, channels, 1, resolution) + norm(channels),
                normed: output.elements(),
                rectified: input.elements(),
                pooled: 0,
            },
        }
    }
}
