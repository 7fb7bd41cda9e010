//! A problem small enough to know everything about: a space with isomorphic members, an evaluator with a closed form and a
//! surrogate that is fitted in microseconds.
//!
//! With them every strategy, and the study around it, is tested without a tensor.

mod acquisition;
mod evaluator;
mod space;
mod surrogate;

pub use acquisition::ToyUcb;
pub use evaluator::ToyEvaluator;
pub use space::ToySpace;
pub use surrogate::ToySurrogate;
