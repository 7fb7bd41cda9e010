//! Tests of significance, intervals and ranks, each from its textbook formula.

mod bootstrap;
mod coverage;
mod holm;
mod ranks;
mod spread;
mod wilcoxon;

pub use bootstrap::{Estimate, bootstrap};
pub use coverage::{coverage, mean_absolute_error, rank_among};
pub use holm::holm;
pub use ranks::average_ranks;
pub use spread::{Spread, pooled_stddev};
pub use wilcoxon::{SignedRank, signed_rank};
