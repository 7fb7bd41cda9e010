//! Finished networks as files that other software reads, and weights of other software.
//!
//! A [`Program`] says what a network computes, step by step, with all numbers in it; [`onnx`] writes it as ONNX. A [`StateDict`] is
//! tensors by name; [`torch`] and [`safetensors`] write it. Both are plain data: nothing here knows how networks are built, trained or
//! run.

mod array;
mod error;
mod floats;
pub mod onnx;
mod program;
pub mod safetensors;
mod state_dict;
pub mod torch;

pub use array::Array;
pub use error::ExportError;
pub use program::{Norm, Operator, Program, ProgramBuilder, Shape, Step, Value};
pub use state_dict::{Entry, StateDict};
