use crate::Failure;
use bonas::core::{Architecture, SearchSpace, SeedStream};
use bonas::data::ImageShape;
use bonas::spaces::{DartsGenotype, DartsSpace, SpaceName};
use bonas::supernet::{Blueprint, Candidates, FrozenWorkbench, NetworkConfig, NetworkSpace, Workbench, cost};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) const IMAGES: usize = 64;
const CLASSES: usize = 10;
const IMAGE: ImageShape = ImageShape { channels: 3, height: 32, width: 32 };
const CANDIDATES: usize = 16;
const ALL_3X3: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";
const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
    reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), \
    ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Training,
    Inference,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Inference => "inference",
        }
    }
}

/// A network that is timed.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// What the twin in PyTorch is built from.
    pub(crate) twin: Value,
    /// Of one image, summed over the candidates.
    pub(crate) multiply_adds: u64,
    pub(crate) candidates: usize,
    /// The ratios that issue 5 asks for, in training and inference.
    targets: [Option<f64>; 2],
    parts: Parts,
    config: NetworkConfig,
}

enum Parts {
    StandAlone(Blueprint),
    Shared(Vec<DartsGenotype>),
}

/// A network that is being timed.
pub(crate) enum Runner {
    Training(Box<Workbench>),
    Inference(Box<FrozenWorkbench>),
}

impl Runner {
    pub(crate) fn run(&mut self, candidate: usize) -> Result<(), Failure> {
        match self {
            Self::Training(workbench) => workbench.step(candidate).map(|_| ())?,
            Self::Inference(frozen) => frozen.look(candidate)?,
        }
        Ok(())
    }
}

impl Subject {
    /// The ratio asked for; none where nothing is.
    pub(crate) fn wanted(&self, kind: Kind) -> Option<f64> {
        let [training, inference] = self.targets;
        match kind {
            Kind::Training => training,
            Kind::Inference => inference,
        }
    }

    fn workbench(&self) -> Workbench {
        let device = Device::flex();
        match &self.parts {
            Parts::StandAlone(blueprint) => Workbench::stand_alone(blueprint, &self.config, IMAGE, CLASSES, IMAGES, &device),
            Parts::Shared(genotypes) => {
                Workbench::shared(&Candidates::Darts(genotypes.clone()), &self.config, IMAGE, CLASSES, IMAGES, &device)
            }
        }
    }

    pub(crate) fn parameters(&self) -> Result<u64, Failure> {
        Ok(self.workbench().parameters().try_into()?)
    }

    pub(crate) fn runner(&self, kind: Kind) -> Result<Runner, Failure> {
        let workbench = self.workbench();
        Ok(match kind {
            Kind::Training => Runner::Training(Box::new(workbench)),
            Kind::Inference => Runner::Inference(Box::new(workbench.frozen()?)),
        })
    }
}

pub(crate) fn subjects() -> Result<Vec<Subject>, Failure> {
    Ok(vec![nas_bench_201("nb201 N=1", 1)?, nas_bench_201("nb201 N=5", 5)?, darts_v2()?, sub_supernet()])
}

fn network(cells: usize) -> NetworkConfig {
    NetworkConfig { channels: 16, cells, stem_stride: 1, ..NetworkConfig::default() }
}

/// Cells of 3×3 convolutions alone, `repeats` of them a stage.
fn nas_bench_201(name: &'static str, repeats: usize) -> Result<Subject, Failure> {
    let (space, config) = (NetworkSpace::new(SpaceName::NasBench201.build_typed())?, network(3 * repeats + 2));
    let blueprint = space.blueprint(&space.space().parse(ALL_3X3)?, &config, IMAGE);
    Ok(Subject {
        name,
        twin: json!({ "network": "nas-bench-201", "channels": config.channels, "repeats": repeats, "images": IMAGES }),
        multiply_adds: cost(&blueprint, &config, IMAGE, CLASSES).multiply_adds,
        candidates: 1,
        targets: [Some(0.8), Some(0.7)],
        parts: Parts::StandAlone(blueprint),
        config,
    })
}

fn darts_v2() -> Result<Subject, Failure> {
    let (space, config) = (DartsSpace::darts(), network(8));
    let genotype = space.genotype(&space.parse(DARTS_V2)?);
    Ok(Subject {
        name: "darts_v2",
        twin: twin(std::slice::from_ref(&genotype), &config, true),
        multiply_adds: multiply_adds(std::slice::from_ref(&genotype), &config),
        candidates: 1,
        targets: [Some(0.7), Some(0.7)],
        parts: Parts::StandAlone(Blueprint::Darts(genotype)),
        config,
    })
}

/// Random candidates of the space DARTS, of which one trains at a step.
fn sub_supernet() -> Subject {
    let (space, config) = (DartsSpace::darts(), network(8));
    let mut rng = SeedStream::new(1).rng("bench", 0);
    let drawn: Vec<Architecture> = (0..CANDIDATES).map(|_| space.sample(&mut rng)).collect();
    let genotypes: Vec<_> = drawn.iter().map(|architecture| space.genotype(architecture)).collect();
    Subject {
        name: "sub-supernet",
        twin: twin(&genotypes, &config, false),
        multiply_adds: multiply_adds(&genotypes, &config),
        candidates: CANDIDATES,
        targets: [Some(0.6), None],
        parts: Parts::Shared(genotypes),
        config,
    }
}

fn twin(genotypes: &[DartsGenotype], config: &NetworkConfig, is_affine: bool) -> Value {
    json!({
        "network": "darts",
        "genotypes": genotypes,
        "channels": config.channels,
        "cells": config.cells,
        "stem": config.channels * config.stem_multiplier,
        "affine": is_affine,
        "images": IMAGES,
    })
}

fn multiply_adds(genotypes: &[DartsGenotype], config: &NetworkConfig) -> u64 {
    let of = |genotype: &DartsGenotype| cost(&Blueprint::Darts(genotype.clone()), config, IMAGE, CLASSES).multiply_adds;
    genotypes.iter().map(of).sum()
}
