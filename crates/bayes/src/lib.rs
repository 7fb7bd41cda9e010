//! Bayesian regression, evidence maximisation, acquisition functions and rank statistics, in `f64` and without tensors.
//!
//! Bayesian sigmoid regression (BSR) of BONAS is three steps of this crate: [`logit`] of the targets,
//! [`BayesianRegression::fit`] on the embeddings, and [`MomentMethod::moments`] of the sigmoid of what it predicts. An
//! [`Acquisition`](bonas_core::Acquisition) then turns the posterior into scores; configurations name it by
//! [`AcquisitionConfig`]. [`GaussianProcess`] does the same work on kernel matrices.

mod acquisition_config;
mod conditioned_process;
mod correlation;
mod error;
mod evidence;
mod expected_improvement;
mod gaussian_process;
mod hypervolume_improvement;
mod moments;
mod nonnegative;
mod pareto;
mod quantiles;
mod ranks;
mod regression;
mod sigmoid;
mod spectrum;
mod thompson;
mod upper_confidence_bound;

pub use acquisition_config::AcquisitionConfig;
pub use conditioned_process::ConditionedProcess;
pub use correlation::{kendall_tau, spearman};
pub use error::BayesError;
pub use evidence::{Evidence, EvidenceConfig};
pub use expected_improvement::{ExpectedImprovement, LogExpectedImprovement, expected_improvement, log_expected_improvement};
pub use gaussian_process::GaussianProcess;
pub use hypervolume_improvement::{ExpectedHypervolumeImprovement, TwoBeliefs};
pub use moments::{MomentMethod, Moments};
pub use nonnegative::nonnegative_least_squares;
pub use pareto::{dominates, hypervolume, pareto_front};
pub use quantiles::{mean, quantile};
pub use ranks::{mean_ranks, rank_targets};
pub use regression::{BayesianRegression, Gaussians, Intercept};
pub use sigmoid::{LOGIT_MARGIN, logit, sigmoid};
pub use thompson::ThompsonSampling;
pub use upper_confidence_bound::{Scale, UpperConfidenceBound};
