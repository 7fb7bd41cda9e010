//! The `bonas` command: stdout is data, stderr is progress.
#![recursion_limit = "256"]

mod cli;

use clap::Parser;
use std::process::ExitCode;

// glibc's allocator maps and unmaps every activation; with mimalloc, training is two to three times as fast.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bonas::keep_freed_memory();
    let arguments = cli::Arguments::parse();
    match arguments.run() {
        Ok(code) => code,
        Err(failure) => failure.print(),
    }
}
