//! Learned surrogates on Burn: a graph convolutional network (GCN) whose embeddings feed a Bayesian sigmoid regression.
//!
//! [`GcnSurrogate`] is the surrogate of BONAS (Shi et al., NeurIPS 2020). Its regression, moments and rank transform live in
//! `bonas-bayes`; this crate adds what needs tensors: the encoding of graphs, the network and its training.
#![recursion_limit = "256"]

mod batch_norm;
mod choice;
mod config;
mod encoding;
mod gcn_surrogate;
mod loss;
#[cfg(test)]
mod nas_bench_201;
mod network;
mod training;

pub use choice::{Mode, Targets};
pub use config::GcnConfig;
pub use gcn_surrogate::GcnSurrogate;
pub use loss::Loss;
