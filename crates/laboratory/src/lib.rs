//! The laboratory: search strategies, and the surrogates inside them, compared on tables of finished trainings; and weight sharing
//! compared with training from scratch.
//!
//! Every (strategy, task, seed) is one [`Study`](bonas_search::Study) in memory, with the same budget, batch and cache as any other
//! search, answered by a table. [`run`] does many of them side by side, [`Journal`] keeps what is finished, and [`Summary`] says
//! who needed fewer queries, and whether that is more than luck; [`SeveralSummary`] says it of several tables together.
//!
//! Every (surrogate, task, size, split) is one fit to scores drawn from a table. [`run_fits`] does them, and [`FitSummary`] says how
//! well each surrogate ranks, predicts and knows its own errors.
//!
//! And every stand-alone training and sub-supernet is one training of networks: [`run_trainings`] does them, and [`SharingSummary`]
//! says how well scores under weight sharing rank architectures as training from scratch does.
//!
//! This crate knows no method by name: a [`Contestant`], [`SurrogateContestant`] or [`SharingCourse`] brings closures that build
//! them.

mod course;
mod csv_text;
mod error;
mod fits;
mod journal;
mod parallel;
mod run;
mod search;
mod search_record;
mod settings;
mod sharing;
pub mod statistics;
mod summary;
mod trade_off;

pub use course::{Contestant, Course, Prepared, SearchKey, Task, TaskFacts};
pub use error::LaboratoryError;
pub use fits::{
    Calibration, FitCourse, FitKey, FitRecord, FitSeconds, FitSummary, FitSummaryRow, FitTask, Protocol, SurrogateContestant,
    run_fits,
};
pub use journal::{Journal, Record};
pub use parallel::Watch;
pub use run::run;
pub use search_record::{Incumbent, PhaseTimes, SearchRecord};
pub use settings::Settings;
pub use sharing::{
    AloneScores, Epochs, Grouping, GroupingFacts, ScoredPair, SharingCourse, SharingRow, SharingSummary, TrainingKey,
    TrainingRecord, run_trainings,
};
pub use statistics::{Estimate, Spread};
pub use summary::{Comparison, Measure, OverallRank, SeveralSummary, StrategySummary, Summary, TaskRanks};
pub use trade_off::TradeOff;
