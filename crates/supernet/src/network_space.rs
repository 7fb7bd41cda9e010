use crate::blueprint::{Blueprint, Candidates};
use crate::config::NetworkConfig;
use crate::error::SupernetError;
use crate::families;
use crate::graph::Plan;
use bonas_core::{Architecture, SearchSpace};
use bonas_data::ImageShape;
use bonas_spaces::{DartsSpace, TypedSpace};

/// A space whose architectures become networks. Here, and nowhere else, a space gets its family of networks.
#[derive(Clone, Debug)]
pub struct NetworkSpace {
    space: TypedSpace,
}

impl NetworkSpace {
    /// The networks of a space.
    ///
    /// # Errors
    /// When bonas builds no networks of the space.
    pub fn new(space: TypedSpace) -> Result<Self, SupernetError> {
        match &space {
            TypedSpace::Darts(_) | TypedSpace::NasBench201(_) => Ok(Self { space }),
            other => Err(SupernetError::NoNetworks { space: other.space().name().into(), reason: "not yet".into() }),
        }
    }

    /// The space.
    pub fn space(&self) -> &dyn SearchSpace {
        self.space.space()
    }

    /// The space with its type.
    pub fn typed(&self) -> &TypedSpace {
        &self.space
    }

    /// What the network of an architecture of the space is to be, for images of this shape.
    pub fn blueprint(&self, architecture: &Architecture, config: &NetworkConfig, image: ImageShape) -> Blueprint {
        match self.family() {
            Family::Darts(space) => Blueprint::Darts(space.genotype(architecture)),
            Family::Graph(plan) => Blueprint::Graph(plan(architecture, config, image)),
        }
    }

    /// The same of all members of a batch.
    pub fn candidates(&self, batch: &[Architecture], config: &NetworkConfig, image: ImageShape) -> Candidates {
        match self.family() {
            Family::Darts(space) => Candidates::Darts(batch.iter().map(|member| space.genotype(member)).collect()),
            Family::Graph(plan) => Candidates::Graph(batch.iter().map(|member| plan(member, config, image)).collect()),
        }
    }

    fn family(&self) -> Family<'_> {
        match &self.space {
            TypedSpace::Darts(space) => Family::Darts(space),
            TypedSpace::NasBench201(space) => {
                Family::Graph(Box::new(move |cell, config, image| families::nas_bench_201(space, cell, config, image.into())))
            }
            _ => unreachable!(),
        }
    }
}

/// Makes the plan of an architecture.
type Planner<'a> = Box<dyn Fn(&Architecture, &NetworkConfig, ImageShape) -> Plan + 'a>;

/// How networks of a space are described.
enum Family<'a> {
    Darts(&'a DartsSpace),
    Graph(Planner<'a>),
}
