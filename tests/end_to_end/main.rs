//! The `bonas` command as people use it: every test runs the real binary in a process of its own.

mod bad_input;
mod bench;
mod bench_fidelity;
mod bench_supernet;
mod bench_transfer;
mod dashboard;
mod determinism;
mod devices;
mod divergence;
mod export;
mod interrupt;
mod kill_resume;
mod model;
mod networks;
mod own_images;
mod pull;
mod refusal;
mod resume_training;
mod search;
mod small;
mod spaces;
mod tables;
mod trade_off;
mod train;
mod transfer;
mod variants;
