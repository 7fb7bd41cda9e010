//! Tables of finished trainings: what the field's tabular benchmarks hold, imported once, checked, and looked up.

mod column;
mod error;
pub mod import;
mod row;

pub use column::{ColumnKey, Run, Split};
pub use error::BenchmarkError;
pub use row::Row;
