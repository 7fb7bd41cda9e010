use super::results::ResultArguments;
use crate::cli::Failure;
use bonas::spaces::SpaceChoice;
use bonas::{ExperimentConfig, Override, load_config};
use clap::Args;
use std::path::{Path, PathBuf};

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
    #[command(flatten)]
    pub(super) results: ResultArguments,
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
}
