//! Surrogates compared: fits to scores of a table, and what they say of the rest of it.

mod course;
mod csv;
mod fit;
mod protocol;
mod record;
mod run;
mod scores;
mod summary;

pub use course::{FitCourse, SurrogateContestant};
pub use protocol::Protocol;
pub use record::{Calibration, FitKey, FitRecord, FitSeconds};
pub use run::run_fits;
pub use summary::{FitSummary, FitSummaryRow, FitTask};
