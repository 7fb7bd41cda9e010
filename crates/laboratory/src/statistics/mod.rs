//! Tests of significance and ranks, each from its textbook formula.

mod coverage;
mod holm;
mod ranks;
mod wilcoxon;

pub use coverage::{coverage, mean_absolute_error, rank_among};
pub use holm::holm;
pub use ranks::average_ranks;
pub use wilcoxon::{SignedRank, signed_rank};
