//! Networks from architectures, weight-sharing supernets, and the training of both, on Burn.
//!
//! A [`NetworkSpace`] turns architectures into [`Blueprint`]s. A [`Network`] holds the operations of a *union* of blueprints; a
//! [`Path`] says which of them a forward pass uses. A sub-supernet is the network of the union of a batch of candidates, a
//! stand-alone network that of a single one, so both are one type and train with the same code. A GPU is chosen by the [`Device`](burn::tensor::Device) value at run time.
#![recursion_limit = "256"]

mod accuracy;
mod auxiliary_head;
mod blueprint;
mod build;
mod checkpoint;
mod classifier;
mod config;
mod convolution;
mod cost;
mod darts;
mod device_check;
mod device_memory;
mod device_round;
mod drop_path;
mod epoch_log;
mod error;
mod evaluator;
mod families;
mod gradient_clipping;
mod gradients;
pub mod graph;
mod initialization;
mod latency;
mod memory;
mod model_card;
mod network;
mod network_space;
mod normalization;
mod precision;
mod program;
mod public_weights;
mod recomputation;
mod retrain;
mod schedule;
mod stand_alone;
mod step;
mod sum;
mod supernet;
mod trainee;
mod weight_average;
mod weights;
mod work;
mod workbench;

#[cfg(test)]
mod micro_batch_tests;
#[cfg(test)]
mod program_tests;
#[cfg(test)]
mod training_tests;

pub use accuracy::{Accuracy, HardImage, estimate_statistics, evaluate, logits, probabilities, softmax};
pub use blueprint::{Blueprint, Candidates, cost};
pub use checkpoint::Checkpoints;
pub use config::{NetworkConfig, OptimizerConfig, RetrainConfig, ScheduleConfig, ScheduleShape, StemKind, SupernetConfig};
pub use cost::Cost;
pub use darts::{Cell, CellUnion, DartsNetwork, DartsPath, GenotypeUnion, Operation};
pub use device_check::{Deviation, ParameterDeviation, ReferenceStep, images_per_second};
pub use drop_path::DropPath;
pub use epoch_log::EpochLog;
pub use error::SupernetError;
pub use evaluator::SupernetEvaluator;
pub use latency::Stopwatch;
pub use memory::{StepMemory, auxiliary_cost};
pub use model_card::{CardGenotype, CardSpace, ModelCard, TrainingImages};
pub use network::{Network, Path};
pub use network_space::NetworkSpace;
pub use normalization::{Norm, Normalize, Statistics};
pub use precision::Precision;
pub use public_weights::{Imported, PublicSizes, import_public};
pub use retrain::{Epoch, RetrainContext, Trained, TrainingRecord, retrain};
pub use schedule::{cosine, learning_rate};
pub use stand_alone::StandAloneEvaluator;
pub use supernet::{Supernet, TrainedSupernet};
pub use weights::{load_model, save_model};
pub use work::Work;
pub use workbench::{FrozenWorkbench, Workbench};
