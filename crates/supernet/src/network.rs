use crate::blueprint::{Blueprint, Candidates};
use crate::build::Build;
use crate::config::NetworkConfig;
use crate::darts::{DartsNetwork, DartsPath, GenotypeUnion};
use crate::error::SupernetError;
use crate::graph::{GraphNetwork, GraphPath, PlanUnion};
use crate::normalization::{Norm, NormFactory, Normalize, Statistics};
use crate::program::Tracer;
use bonas_core::StudyRng;
use bonas_export::Value;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The weights of one architecture, or those that the candidates of a round share. A [`Path`] says which of them a forward pass
/// uses.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a boxed module is no module, and there is one network at a time")]
pub enum Network {
    /// Of DARTS genotypes.
    Darts(DartsNetwork),
    /// Of plans, which all other spaces have.
    Graph(GraphNetwork),
}

/// The operations that a forward pass uses.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// Through a [`DartsNetwork`].
    Darts(DartsPath),
    /// Through a [`GraphNetwork`].
    Graph(GraphPath),
}

/// Channels and classes that the data asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskShape {
    pub(crate) channels: usize,
    pub(crate) classes: usize,
}

/// A supernet and the ways through it.
pub(crate) struct Shared {
    pub(crate) network: Network,
    /// Through everything.
    pub(crate) whole: Path,
    /// Of every candidate.
    pub(crate) paths: Vec<Path>,
}

const HOLDS_ALL: &str = "a union holds all that it was made of";

impl Network {
    /// A supernet: shared weights, batch norms without affine maps. Weights are drawn from `rng` alone.
    pub(crate) fn shared(
        candidates: &Candidates,
        config: &NetworkConfig,
        task: TaskShape,
        rng: &mut StudyRng,
        device: &Device,
    ) -> Shared {
        match candidates {
            Candidates::Darts(genotypes) => {
                let union = GenotypeUnion::new(genotypes);
                let network = DartsNetwork::shared(&union, config, task, rng, device);
                let path = |genotype| Path::Darts(DartsPath::of(genotype, &union).expect(HOLDS_ALL));
                Shared {
                    network: Self::Darts(network),
                    whole: Path::Darts(DartsPath::whole(&union)),
                    paths: genotypes.iter().map(path).collect(),
                }
            }
            Candidates::Graph(plans) => {
                let union = PlanUnion::new(plans);
                let mut build = Build { norms: &mut NormFactory::new(false), rng, device };
                let network = GraphNetwork::new(&union, task.classes, &mut build);
                let path = |plan| Path::Graph(union.path(plan).expect(HOLDS_ALL));
                Shared {
                    network: Self::Graph(network),
                    whole: Path::Graph(union.whole()),
                    paths: plans.iter().map(path).collect(),
                }
            }
        }
    }

    /// A network of one architecture, with affine batch norms, and the path through it.
    pub(crate) fn stand_alone(
        blueprint: &Blueprint,
        config: &NetworkConfig,
        task: TaskShape,
        rng: &mut StudyRng,
        device: &Device,
    ) -> (Self, Path) {
        match blueprint {
            Blueprint::Darts(genotype) => {
                let (network, path) = DartsNetwork::stand_alone(genotype, config, task, rng, device);
                (Self::Darts(network), Path::Darts(path))
            }
            Blueprint::Graph(plan) => {
                let union = PlanUnion::new([plan]);
                let mut build = Build { norms: &mut NormFactory::new(true), rng, device };
                let network = GraphNetwork::new(&union, task.classes, &mut build);
                (Self::Graph(network), Path::Graph(union.path(plan).expect(HOLDS_ALL)))
            }
        }
    }

    /// Images [batch, channels, height, width] → logits [batch, classes].
    ///
    /// # Panics
    /// When the path is one through another network.
    pub fn forward(&self, images: Tensor<4>, path: &Path, normalize: &mut Normalize<'_>) -> Tensor<2> {
        match (self, path) {
            (Self::Darts(network), Path::Darts(path)) => network.forward(images, path, normalize),
            (Self::Graph(network), Path::Graph(path)) => network.forward(images, path, normalize),
            _ => panic!("a path leads through the network that it was made for"),
        }
    }

    /// The same, and the features that an auxiliary head reads: those behind the last reduction.
    pub(crate) fn forward_tapped(&self, images: Tensor<4>, path: &Path, normalize: &mut Normalize<'_>) -> (Tensor<2>, Tensor<4>) {
        match (self, path) {
            (Self::Darts(network), Path::Darts(path)) => network.forward_tapped(images, path, normalize),
            (Self::Graph(network), Path::Graph(path)) => network.forward_tapped(images, path, normalize),
            _ => panic!("a path leads through the network that it was made for"),
        }
    }

    /// What [`forward`](Self::forward) computes on the path of one architecture.
    pub(crate) fn trace(&self, path: &Path, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        match (self, path) {
            (Self::Darts(network), Path::Darts(path)) => network.trace(path, tracer),
            (Self::Graph(network), Path::Graph(path)) => network.trace(path, tracer),
            _ => panic!("a path leads through the network that it was made for"),
        }
    }

    /// Puts estimated statistics into the module, so that they are saved with the weights.
    pub(crate) fn store_statistics(&self, statistics: &Statistics) {
        self.norms().iter().for_each(|norm| norm.store(statistics));
    }

    /// The statistics that were loaded with the weights.
    pub(crate) fn stored_statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        self.norms().iter().for_each(|norm| norm.restore(&mut statistics));
        statistics
    }

    fn norms(&self) -> Vec<&Norm> {
        match self {
            Self::Darts(network) => network.norms(),
            Self::Graph(network) => network.norms(),
        }
    }

    /// Inputs of the classifier of a stand-alone network.
    #[cfg(test)]
    pub(crate) fn features(&self) -> usize {
        match self {
            Self::Darts(network) => network.features(),
            Self::Graph(network) => network.features(),
        }
    }

    /// Number of trainable parameters; running statistics do not count.
    pub fn parameters(&self) -> usize {
        let statistics: usize = self.norms().iter().map(|norm| norm.statistics()).sum();
        self.num_params() - statistics
    }
}
