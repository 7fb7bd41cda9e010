use crate::config::NetworkConfig;
use crate::cost::Cost;
use crate::darts::{darts_cost, darts_feature_maps};
use crate::graph::Plan;
use bonas_data::ImageShape;
use bonas_spaces::DartsGenotype;

/// What the network of one architecture is to be, all sizes decided but those that its images and a [`NetworkConfig`] decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Blueprint {
    /// Cells of DARTS.
    Darts(DartsGenotype),
    /// A graph of feature maps, with all sizes.
    Graph(Plan),
}

impl Blueprint {
    /// Channels of the features that an auxiliary head reads: those behind the last reduction.
    pub(crate) fn auxiliary_features(&self, config: &NetworkConfig) -> usize {
        match self {
            Self::Darts(genotype) => {
                let reductions = (0..config.cells).filter(|&depth| config.is_reduction(depth)).count();
                (config.channels << reductions) * genotype.reduce.nodes.len()
            }
            Self::Graph(plan) => plan.last_reduction().channels,
        }
    }

    /// Numbers of all feature maps of one image that the gradients need.
    pub(crate) fn feature_maps(&self, config: &NetworkConfig, image: ImageShape) -> u64 {
        match self {
            Self::Darts(genotype) => darts_feature_maps(genotype, config, image),
            Self::Graph(plan) => plan.feature_maps(),
        }
    }
}

/// Blueprints of one space.
#[derive(Clone, Debug, PartialEq)]
pub enum Candidates {
    /// Cells of DARTS.
    Darts(Vec<DartsGenotype>),
    /// Graphs of feature maps.
    Graph(Vec<Plan>),
}

impl Candidates {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Darts(genotypes) => genotypes.len(),
            Self::Graph(plans) => plans.len(),
        }
    }
}

/// Counts the stand-alone network of a blueprint in closed form, for images of this shape.
pub fn cost(blueprint: &Blueprint, config: &NetworkConfig, image: ImageShape, classes: usize) -> Cost {
    match blueprint {
        Blueprint::Darts(genotype) => darts_cost(genotype, config, image, classes),
        Blueprint::Graph(plan) => plan.counts(classes).cost,
    }
}
