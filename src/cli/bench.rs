//! `bonas bench`: methods compared.

mod contestant;
mod search;
mod surrogate;
mod surrogate_tables;
mod tables;

use super::Failure;
use super::console::Console;
use bonas::laboratory::{Journal, Record, Settings};
use clap::Subcommand;
use std::num::NonZero;
use std::path::Path;
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

/// Opens or begins the journal of a folder, and says so where another build has written in it.
fn open_journal<R: Record>(folder: &Path, settings: &Settings, console: &Console) -> Result<Journal<R>, Failure> {
    std::fs::create_dir_all(folder).map_err(|source| bonas::BonasError::Folder { path: folder.into(), source })?;
    let journal = Journal::open(folder, settings).map_err(Failure::other)?;
    if journal.is_of_another_build() {
        console.line(
            "warning: the results recorded there were made by another build of bonas; if methods have changed since, choose another \
             folder",
        );
    }
    Ok(journal)
}

/// The wanted number of threads, or one for each core.
fn threads(wanted: Option<NonZero<usize>>) -> NonZero<usize> {
    wanted.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
}
