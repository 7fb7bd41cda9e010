//! Tables of finished trainings: what the field's tabular benchmarks hold, imported once, checked, and looked up.
//!
//! A [`Table`] knows the architectures of one space and, for each, values whose task, metric, split, epochs and training are part
//! of their name ([`ColumnKey`]). [`TableEvaluator`] answers a search from it; it sees no column of a test split.

mod column;
mod config;
mod csv_table;
mod encodings;
mod error;
mod evaluator;
pub mod import;
mod index;
mod layout;
mod objective;
mod release;
mod report;
mod row;
mod stored;
mod table;
mod table_cost;
mod table_space;

pub use column::{Column, ColumnKey, Run, Split, Unit};
pub use config::{RunChoice, TableConfig};
pub use encodings::write_encodings;
pub use error::BenchmarkError;
pub use evaluator::TableEvaluator;
pub use import::ImportError;
pub use layout::{Layout, LayoutColumn};
pub use objective::Objective;
pub use release::Release;
pub use report::{TableReport, TestScores, TestValue};
pub use row::Row;
pub use table::{Table, file_digest};
pub use table_cost::TableCost;
pub use table_space::TableSpace;

#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod real_tables;
