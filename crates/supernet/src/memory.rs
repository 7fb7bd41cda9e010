use crate::auxiliary_head::AuxiliaryHead;
use crate::blueprint::{Blueprint, cost};
use crate::config::{NetworkConfig, RetrainConfig};
use crate::cost::Cost;
use bonas_data::ImageShape;
use serde::Serialize;

/// Bytes of a number.
const NUMBER: u64 = 4;
/// Weights, gradients and momentum of every parameter.
const COPIES: u64 = 3;
/// Batches of images between the loader and the device: those that wait, the one being made and the one in use.
const BATCHES: u64 = 6;

/// What a training step holds in memory at its peak, estimated without building the network: all feature maps of a batch, which the
/// gradients need (outputs of convolutions, batch norms, pooling, sums and concatenations; a ReLU before a convolution is not kept), weights
/// with their gradients and momentum, and the batches of images that wait. The program itself and the data set come on top, and so do
/// temporary copies inside the device's kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StepMemory {
    /// Bytes of the feature maps of a batch.
    pub feature_maps: u64,
    /// Bytes of weights, gradients, momentum, and averaged weights.
    pub weights: u64,
    /// Bytes of the images that wait for their step.
    pub images: u64,
}

impl StepMemory {
    /// Estimates the step of a blueprint's training on batches of so many images.
    pub fn estimate(
        blueprint: &Blueprint,
        network: &NetworkConfig,
        config: &RetrainConfig,
        image: ImageShape,
        classes: usize,
        batch_size: usize,
    ) -> Self {
        let batch = batch_size as u64;
        let parameters = cost(blueprint, network, image, classes).parameters;
        let auxiliary = auxiliary_cost(blueprint, network, config, classes).parameters;
        let averaged = if config.weight_average > 0.0 { parameters } else { 0 };
        Self {
            feature_maps: blueprint.feature_maps(network, image).saturating_mul(batch * NUMBER),
            weights: (COPIES * (parameters + auxiliary) + averaged) * NUMBER,
            images: (image.pixels() as u64).saturating_mul(BATCHES * batch * NUMBER),
        }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.feature_maps.saturating_add(self.weights).saturating_add(self.images)
    }
}

/// What the auxiliary head of a training takes; nothing where there is none.
pub fn auxiliary_cost(blueprint: &Blueprint, network: &NetworkConfig, config: &RetrainConfig, classes: usize) -> Cost {
    match config.auxiliary_weight > 0.0 {
        true => AuxiliaryHead::cost(blueprint.auxiliary_features(network), classes, network.stem),
        false => Cost::default(),
    }
}
