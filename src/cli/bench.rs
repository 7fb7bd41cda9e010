//! `bonas bench`: methods compared.

mod contestant;
mod search;
mod shared;
mod surrogate;
mod surrogate_tables;
mod tables;

use super::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// Compare methods on tables of finished trainings
#[derive(Subcommand)]
pub(super) enum BenchCommand {
    Search(search::BenchSearchArguments),
    Surrogate(surrogate::BenchSurrogateArguments),
}

impl BenchCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Search(arguments) => arguments.run(),
            Self::Surrogate(arguments) => arguments.run(),
        }
    }
}
