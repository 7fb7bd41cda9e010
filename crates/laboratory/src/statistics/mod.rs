//! Tests of significance and ranks, each from its textbook formula.

mod holm;
mod quantiles;
mod ranks;
mod wilcoxon;

pub use holm::holm;
pub use quantiles::{mean, quantile};
pub use ranks::average_ranks;
pub use wilcoxon::{SignedRank, signed_rank};
