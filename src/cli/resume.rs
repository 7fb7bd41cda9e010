use super::Failure;
use super::search::conduct;
use bonas::{Experiment, RunFolder};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Continue a run after a crash, a kill or Ctrl-C
///
/// The configuration is the one that was recorded. The history ends exactly as it would have without the stop.
#[derive(Args)]
pub(super) struct ResumeArguments {
    /// Folder of the run
    run: PathBuf,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl ResumeArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let run = RunFolder::open(&self.run)?;
        conduct(Experiment::resume(run)?, self.json)
    }
}
