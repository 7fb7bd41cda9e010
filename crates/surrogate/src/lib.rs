//! Learned surrogates on Burn, of which [`GcnSurrogate`] is that of BONAS (Shi et al., NeurIPS 2020): a graph convolutional
//! network whose embeddings feed a Bayesian sigmoid regression.
//!
//! [`MlpSurrogate`] and [`LstmSurrogate`] put other networks under the same training, loss and regression, as the paper does to
//! show what the graph network is worth; [`path_ensemble`] is the surrogate of BANANAS. What is new in each is a `Blueprint`: an
//! encoder and a network. Configurations name a surrogate by [`SurrogateConfig`], those of `bonas-features` (which need no
//! tensor) among them. Regression, moments and rank transform live in `bonas-bayes`.
#![recursion_limit = "256"]

mod adam;
mod batch_norm;
mod choice;
mod encoding;
mod gcn;
mod gcn_config;
mod gcn_surrogate;
mod layer;
mod loss;
mod lstm;
mod lstm_config;
mod lstm_surrogate;
mod mlp;
mod mlp_config;
mod mlp_surrogate;
#[cfg(test)]
mod nas_bench_201;
mod network;
mod network_surrogate;
mod path_ensemble;
mod positions;
mod settings;
mod surrogate_config;
mod training;

pub use bonas_features::{Ensemble, EnsembleConfig, GaussianTargets, LinearConfig, LinearSurrogate, WlGp, WlGpConfig};
pub use choice::{Mode, Targets};
pub use gcn_config::GcnConfig;
pub use gcn_surrogate::GcnSurrogate;
pub use loss::Loss;
pub use lstm_config::LstmConfig;
pub use lstm_surrogate::LstmSurrogate;
pub use mlp_config::MlpConfig;
pub use mlp_surrogate::MlpSurrogate;
pub use path_ensemble::{PathEnsembleConfig, path_ensemble};
pub use settings::Head;
pub use surrogate_config::{NamedEnsembleConfig, SurrogateConfig, SurrogateName};
