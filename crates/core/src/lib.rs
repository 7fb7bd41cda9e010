//! The vocabulary and the contracts of bonas.
//!
//! A [`SearchSpace`] says what can be built, a [`SearchStrategy`] says what to try next, an [`Evaluator`] says how good it
//! is. A [`Surrogate`] returns a [`Posterior`], and an [`Acquisition`] sees nothing but a posterior.
//!
//! This crate knows no tensors and no files, so everything in it compiles and tests in seconds.

mod acquisition;
mod architecture;
mod cell_graph;
mod cost;
mod diagram;
mod error;
mod evaluator;
mod link;
mod listing;
mod observations;
mod operation_role;
mod posterior;
mod progress;
mod seed;
mod space;
mod strategy;
mod surrogate;
mod trial;

pub use acquisition::Acquisition;
pub use architecture::Architecture;
pub use cell_graph::{CellGraph, CellGraphError};
pub use cost::{CostFunction, LATENCY_MS, MULTIPLY_ADDS, PARAMETERS};
pub use diagram::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};
pub use error::{AcquisitionError, BoxError, EvaluationError, SpaceError, StrategyError, SurrogateError};
pub use evaluator::{EvaluationContext, Evaluator};
pub use link::Link;
pub use observations::{Observations, ObservationsError};
pub use operation_role::OperationRole;
pub use posterior::{Posterior, PosteriorError};
pub use progress::{EpochNumbers, Interrupt, Progress, Silent, TrainingCourse, TrainingStep};
pub use seed::{SeedStream, StudyRng};
pub use space::SearchSpace;
pub use strategy::{Proposal, SearchStrategy};
pub use surrogate::{FittedSurrogate, Surrogate, check_vocabulary};
pub use trial::{COST_SECONDS, CompletedTrial, Measurement, MeasurementError, Outcome, Prediction};
