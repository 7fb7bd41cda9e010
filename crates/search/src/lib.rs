//! Search strategies, the study that runs them, and the database that remembers it.
//!
//! A [`Study`] asks a strategy for proposals, has them evaluated, records the outcomes and tells them back. What is
//! recorded is the truth: a study is resumed by replaying its recorded rounds, and then goes on as if it had never stopped.
//!
//! This crate knows no tensors. Surrogates and evaluators come in through the traits of `bonas-core`.

mod ask_seconds;
mod constraints;
mod costed_evaluator;
mod error;
mod finals;
mod objectives;
mod one_per_function;
mod range;
mod record;
mod storage;
mod strategies;
mod study;

pub use ask_seconds::AskSeconds;
pub use constraints::{ConstrainedSpace, ConstraintError, Limit};
pub use costed_evaluator::CostedEvaluator;
pub use error::SearchError;
pub use finals::{Finalist, Finals};
pub use objectives::Objectives;
pub use one_per_function::OnePerFunction;
pub use range::RangeError;
pub use record::{PhaseSeconds, RoundRecord, StudyRecord, TrialRecord};
pub use storage::{APPLICATION_ID, SCHEMA_VERSION, Storage, StudyReader};
pub use strategies::{
    Bananas, BananasConfig, BatchChoice, Bonas, BonasConfig, CostBelief, LocalSearch, LocalSearchConfig, LocalSearchStep, Npenas,
    NpenasConfig, Nsga2, Nsga2Config, ParetoBonas, ParetoConfig, RandomSearch, RegularizedEvolution, RegularizedEvolutionConfig,
    Reinforce, ReinforceConfig,
};
pub use study::{Budget, StopReason, Study, StudyConfig, StudyObserver, StudySummary};
