//! The plans of the networks of every space but DARTS: one file each, and a library of operations.

mod custom;
mod nas_bench_101;
mod nas_bench_201;
mod nas_bench_macro;
mod operations;
mod resnet;
mod transnas;

#[cfg(test)]
mod real_tables;
#[cfg(test)]
mod tests;

pub(crate) use custom::{custom, missing_operation};
pub(crate) use nas_bench_101::nas_bench_101;
pub(crate) use nas_bench_201::nas_bench_201;
pub(crate) use nas_bench_macro::nas_bench_macro;
pub(crate) use operations::names as operation_names;
pub(crate) use resnet::resnet;
pub(crate) use transnas::{transnas_macro, transnas_micro};
