//! Readers of the files that the authors of tabular benchmarks released.
//!
//! Every importer hands its rows on one at a time and keeps no more than it must: the largest files have many gigabytes.
//!
//! Units are the same in all tables: accuracies are percentages (0 to 100), times are seconds, parameters and multiply-adds are
//! counts. Values that a file does not hold are left out of the row.

mod error;
#[cfg(test)]
mod fuzz;
mod input;
mod nas_bench_101;
mod nas_bench_201;
mod nas_bench_macro;
mod nats_bench;
mod origin;
pub mod pickle;
mod progress;
mod protobuf;
mod report;
mod results;
mod source;
mod tfrecord;
pub mod torch;
mod trans_nas_bench_101;

pub use error::ImportError;
pub use nas_bench_101::{nas_bench_101, nas_bench_101_from_slice};
pub use nas_bench_201::nas_bench_201;
pub use nas_bench_macro::nas_bench_macro;
pub use nats_bench::nats_bench;
pub use progress::Progress;
pub use report::ImportReport;
pub use trans_nas_bench_101::trans_nas_bench_101;
