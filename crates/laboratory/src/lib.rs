//! The laboratory: search strategies compared on tables of finished trainings.
//!
//! Every (strategy, task, seed) is one [`Study`](bonas_search::Study) in memory, with the same budget, batch and cache as any other
//! search, answered by a table. [`run`] does many of them side by side, [`Journal`] keeps what is finished, and [`Summary`] says
//! who needed fewer queries, and whether that is more than luck.
//!
//! This crate knows no strategy by name: a [`Contestant`] brings a closure that builds one.

mod course;
mod error;
mod journal;
mod run;
mod search;
mod search_record;
mod settings;
pub mod statistics;
mod summary;

pub use course::{Contestant, Course, SearchKey, Task, TaskFacts};
pub use error::LaboratoryError;
pub use journal::Journal;
pub use run::{Watch, run};
pub use search_record::{Incumbent, PhaseTimes, SearchRecord};
pub use settings::Settings;
pub use summary::{Comparison, Measure, OverallRank, StrategySummary, Summary};
