use crate::cli::Failure;
use crate::cli::console::Console;
use crate::cli::summary::{INTERRUPTED, print_line};
use bonas::laboratory::{Journal, Record, Settings};
use bonas::spaces::SpaceChoice;
use bonas::{BonasError, ExperimentConfig, Override, load_config, write_whole};
use clap::Args;
use serde::Serialize;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What every comparison on a table is asked for.
#[derive(Args)]
pub(super) struct SharedArguments {
    /// Configuration to start from; see configs/ for commented examples
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Change one setting of all that are compared, such as --set bonas.initial=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Search space: a name (`bonas space list` shows them), or a TOML file that describes one
    #[arg(long)]
    space: Option<SpaceChoice>,
    /// Table that answers: an imported one, or a CSV file of a known layout
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Tasks of the table, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "TASK,…")]
    pub(super) task: Vec<String>,
    /// Searches or fits at a time [default: one for each core]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Folder of the comparison; one that holds a part of it already is continued
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl SharedArguments {
    /// A contestant's configuration: a file or the built-in default, then the options that only this command has, then those that
    /// all have, and `--set` last.
    pub(super) fn configuration(
        &self,
        file: Option<&Path>,
        own: impl IntoIterator<Item = Option<Override>>,
    ) -> Result<ExperimentConfig, Failure> {
        let shared = [
            self.space.as_ref().map(|space| Override::option("space", space.to_string())),
            self.table.as_ref().map(|table| Override::option("table.path", table.display().to_string())),
        ];
        let options = own.into_iter().chain(shared).flatten();
        let overrides: Vec<Override> = options.chain(self.settings.iter().cloned()).collect();
        Ok(load_config(file, &overrides)?)
    }

    /// The wanted number of threads, or one for each core.
    pub(super) fn threads(&self) -> NonZero<usize> {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
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
