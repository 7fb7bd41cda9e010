//! Weight sharing compared with training from scratch: what scores of sub-supernets say of stand-alone scores, by the number of
//! candidates that share, how they are related, and the length of the training.

mod course;
mod csv;
mod population;
mod record;
mod run;
mod summary;

pub use course::{Grouping, SharingCourse};
pub use record::{Epochs, TrainingKey, TrainingRecord};
pub use run::run_trainings;
pub use summary::{AloneScores, GroupingFacts, ScoredPair, SharingRow, SharingSummary};
