use super::Failure;
use super::summary::print_line;
use bonas::{BonasError, RunFolder, TrainingFolder, report_data, write_training_report};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the report of a search or a training: one HTML file that needs no network
///
/// Works while the run goes on, too.
#[derive(Args)]
pub(super) struct ReportArguments {
    /// Folder that `bonas search` or `bonas train` wrote
    run: PathBuf,
}

impl ReportArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let training = TrainingFolder::new(&self.run);
        let run = match RunFolder::open(&self.run) {
            Err(_) if training.can_be_resumed() => {
                write_training_report(&training)?;
                print_line(&training.report().display().to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            run => run?,
        };
        write(&run)?;
        print_line(&run.report().display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Renders the report of a run and writes it to its place.
pub(super) fn write(run: &RunFolder) -> Result<(), Failure> {
    let html = bonas::report::render(&report_data(run)?).map_err(BonasError::from)?;
    Ok(run.write_report(&html)?)
}
