use crate::config::NetworkConfig;
use crate::cost::Cost;
use crate::darts::darts_cost;
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
