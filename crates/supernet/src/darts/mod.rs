//! Networks of DARTS genotypes: cells with two inputs. They are older than the plans of [`graph`](crate::graph), and their
//! parameters keep the names that public checkpoints and model files know them by.

mod cell;
mod cost;
mod feature_maps;
mod network;
mod operation;
mod public_names;
mod union;

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod network_tests;

pub use cell::Cell;
pub(crate) use cost::darts_cost;
pub(crate) use feature_maps::darts_feature_maps;
pub use network::{DartsNetwork, DartsPath};
pub(crate) use operation::FactorizedReduce;
pub use operation::Operation;
pub(crate) use public_names::public_names;
pub use union::{CellUnion, GenotypeUnion};
