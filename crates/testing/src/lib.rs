//! Contract suites: the same tests for every implementation of a contract, and toy problems to run them on.
//!
//! A suite is a function that panics with a message when the implementation breaks the contract, to be called from a test
//! of the crate that implements it. For development only; nothing here is part of a release build.

// A suite is a test: it fails by panicking.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod acquisition;
pub mod evaluator;
pub mod front_acquisition;
pub mod onnx;
pub mod space;
pub mod strategy;
pub mod surrogate;
pub mod toy;
