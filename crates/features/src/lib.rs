//! Cell graphs as numbers, without tensors: [`paths`], [`operations_and_pairs`], [`weisfeiler_lehman`] labels with their
//! [`WlKernel`], a [`canonical_order`] of nodes for encodings that see positions, and a [`Vocabulary`] that gives features
//! columns.

mod adjacency;
mod feature;
mod hash;
mod order;
mod pairs;
mod paths;
#[cfg(test)]
mod tests;
mod vocabulary;
mod weisfeiler_lehman;
mod wl_kernel;

pub use feature::Feature;
pub use order::canonical_order;
pub use pairs::operations_and_pairs;
pub use paths::paths;
pub use vocabulary::Vocabulary;
pub use weisfeiler_lehman::weisfeiler_lehman;
pub use wl_kernel::WlKernel;
