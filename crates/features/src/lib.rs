//! Cell graphs as numbers, without tensors: [`paths`], [`operations_and_pairs`], [`weisfeiler_lehman`] labels with their
//! [`WlKernel`], a [`canonical_order`] of nodes for encodings that see positions, and a [`Vocabulary`] that gives features
//! columns.
//!
//! On them stand the surrogates that need nothing else: [`WlGp`], a Gaussian process, and [`LinearSurrogate`], a Bayesian linear
//! regression. [`Ensemble`] makes one surrogate of several fits of another.

mod adjacency;
mod covariates;
mod ensemble;
mod feature;
mod gaussian_targets;
mod hash;
mod linear;
mod order;
mod pairs;
mod paths;
mod structure_gp;
#[cfg(test)]
mod tests;
mod vocabulary;
mod weisfeiler_lehman;
mod wl_gp;
mod wl_kernel;

pub use covariates::{Covariates, JoinedCovariates, KnownValues, RememberedCovariates};
pub use ensemble::{Ensemble, EnsembleConfig};
pub use feature::Feature;
pub use gaussian_targets::GaussianTargets;
pub use linear::{LinearConfig, LinearSurrogate};
pub use order::canonical_order;
pub use pairs::operations_and_pairs;
pub use paths::paths;
pub use structure_gp::{FittedStructureGp, SourceBelief, StructureGp, StructureGpConfig};
pub use vocabulary::Vocabulary;
pub use weisfeiler_lehman::weisfeiler_lehman;
pub use wl_gp::{WlGp, WlGpConfig};
pub use wl_kernel::WlKernel;
