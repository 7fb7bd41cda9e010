//! The laboratory: search strategies, and the surrogates inside them, compared on tables of finished trainings.
//!
//! Every (strategy, task, seed) is one [`Study`](bonas_search::Study) in memory, with the same budget, batch and cache as any other
//! search, answered by a table. [`run`] does many of them side by side, [`Journal`] keeps what is finished, and [`Summary`] says
//! who needed fewer queries, and whether that is more than luck.
//!
//! Every (surrogate, task, size, split) is one fit to scores drawn from a table. [`run_fits`] does them, and [`FitSummary`] says how
//! well each surrogate ranks, predicts and knows its own errors.
//!
//! This crate knows no method by name: a [`Contestant`] or [`SurrogateContestant`] brings a closure that builds one.

mod course;
mod error;
mod fits;
mod journal;
mod parallel;
mod run;
mod search;
mod search_record;
mod settings;
pub mod statistics;
mod summary;
mod trade_off;

pub use course::{Contestant, Course, SearchKey, Task, TaskFacts};
pub use error::LaboratoryError;
pub use fits::{
    Calibration, FitCourse, FitKey, FitRecord, FitSeconds, FitSummary, FitSummaryRow, FitTask, Protocol, Spread,
    SurrogateContestant, run_fits,
};
pub use journal::{Journal, Record};
pub use parallel::Watch;
pub use run::run;
pub use search_record::{Incumbent, PhaseTimes, SearchRecord};
pub use settings::Settings;
pub use summary::{Comparison, Measure, OverallRank, StrategySummary, Summary};
pub use trade_off::TradeOff;
