//! The plans of the networks of every space but DARTS: one file each.

mod nas_bench_201;
mod operations;

pub(crate) use nas_bench_201::nas_bench_201;
