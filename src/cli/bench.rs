//! `bonas bench`: methods compared.

mod contestant;
mod rank;
mod results;
mod search;
mod shared;
mod sharing_tables;
mod supernet;
mod surrogate;
mod surrogate_tables;
mod tables;

use super::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// Compare methods: on tables of finished trainings, or by training networks
#[derive(Subcommand)]
pub(super) enum BenchCommand {
    Search(search::BenchSearchArguments),
    Rank(rank::BenchRankArguments),
    Surrogate(surrogate::BenchSurrogateArguments),
    Supernet(supernet::BenchSupernetArguments),
}

impl BenchCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Search(arguments) => arguments.run(),
            Self::Rank(arguments) => arguments.run(),
            Self::Surrogate(arguments) => arguments.run(),
            Self::Supernet(arguments) => arguments.run(),
        }
    }
}
