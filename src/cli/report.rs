use super::Failure;
use super::summary::print_line;
use bonas::{BonasError, RunFolder, report_data};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the report of a run: one HTML file that needs no network
///
/// Works while the run goes on, too.
#[derive(Args)]
pub(super) struct ReportArguments {
    /// Folder of the run
    run: PathBuf,
}

impl ReportArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let run = RunFolder::open(&self.run)?;
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
