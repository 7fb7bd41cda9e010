//! Networks from architectures, weight-sharing supernets, and the training of both, on Burn.
//!
//! A [`Network`] holds the operations of a *union* of cells; a [`Path`] says which of them a forward pass uses. A
//! sub-supernet is the network of the union of a batch of candidates, a stand-alone network that of a single genotype, so
//! both are one type and train with the same code. A GPU is chosen by the [`Device`](burn::tensor::Device) value at run time.
#![recursion_limit = "256"]

mod accuracy;
mod cell;
mod config;
mod convolution;
mod cost;
mod device_check;
mod device_memory;
mod device_round;
mod error;
mod evaluator;
mod gradient_clipping;
mod gradients;
mod initialization;
mod model_card;
mod network;
mod normalization;
mod operation;
mod retrain;
mod schedule;
mod stand_alone;
mod step;
mod supernet;
mod union;
mod weights;

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod micro_batch_tests;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod training_tests;

pub use accuracy::{Accuracy, estimate_statistics, evaluate, probabilities};
pub use cell::Cell;
pub use config::{NetworkConfig, OptimizerConfig, RetrainConfig, SupernetConfig};
pub use cost::{Cost, cost};
pub use device_check::{Deviation, ReferenceStep, images_per_second};
pub use error::SupernetError;
pub use evaluator::SupernetEvaluator;
pub use model_card::{ModelCard, TrainingImages};
pub use network::{Network, Path};
pub use normalization::{Norm, Normalize, Statistics};
pub use operation::Operation;
pub use retrain::{Epoch, RetrainContext, Trained, retrain};
pub use schedule::cosine;
pub use stand_alone::StandAloneEvaluator;
pub use supernet::{Supernet, TrainedSupernet};
pub use union::{CellUnion, GenotypeUnion};
pub use weights::{load_model, save_model};
