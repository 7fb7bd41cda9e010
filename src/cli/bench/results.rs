use crate::cli::Failure;
use crate::cli::console::Console;
use crate::cli::summary::{INTERRUPTED, print_line};
use bonas::laboratory::{Journal, Record, Settings};
use bonas::{BonasError, DeviceName, write_whole};
use clap::Args;
use serde::Serialize;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the results of every comparison go, and how many are made at a time.
#[derive(Args)]
pub(super) struct ResultArguments {
    /// Searches, fits or trainings at a time [default: one for each core; one on a GPU]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Folder of the comparison; one that holds a part of it already is continued
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Print the summary as one JSON object
    #[arg(long)]
    json: bool,
}

impl ResultArguments {
    /// The wanted number of threads, or one for each core.
    pub(super) fn threads(&self) -> NonZero<usize> {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
    }

    /// The wanted number of threads, or one on a GPU, which a training fills by itself.
    pub(super) fn threads_on(&self, device: DeviceName) -> NonZero<usize> {
        match device {
            DeviceName::Auto | DeviceName::Cpu => self.threads(),
            DeviceName::Gpu(_) | DeviceName::Unchecked(_) => self.threads.unwrap_or(NonZero::<usize>::MIN),
        }
    }

    /// Opens or begins the journal of the folder, and says so where another build has written in it.
    pub(super) fn journal<R: Record>(&self, settings: &Settings, console: &Console) -> Result<Journal<R>, Failure> {
        std::fs::create_dir_all(&self.out).map_err(|source| BonasError::Folder { path: self.out.clone(), source })?;
        let journal = Journal::open(&self.out, settings).map_err(Failure::other)?;
        if journal.is_of_another_build() {
            console.line(
                "warning: the results recorded there were made by another build of bonas; if methods have changed since, choose \
                 another folder",
            );
        }
        Ok(journal)
    }

    /// Says that the work is not done, and how to go on.
    pub(super) fn stopped<R: Record>(&self, journal: &Journal<R>, things: &str) -> ExitCode {
        anstream::eprintln!("stopped before the end; the same command continues behind {} {things}", journal.records().len());
        ExitCode::from(INTERRUPTED)
    }

    /// Writes the summary into the folder as `STEM.json` and `STEM.csv`, and prints it: as JSON, or as `people` do.
    pub(super) fn publish(
        &self,
        stem: &str,
        summary: &impl Serialize,
        csv: &str,
        people: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(summary).map_err(Failure::other)?;
        write_whole(&self.out.join(format!("{stem}.json")), &json)?;
        write_whole(&self.out.join(format!("{stem}.csv")), csv)?;
        match self.json {
            true => Ok(print_line(&serde_json::to_string(summary).map_err(Failure::other)?)?),
            false => people(),
        }
    }
}
