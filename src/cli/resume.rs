use super::Failure;
use super::device_options::admit;
use super::display::DisplayOptions;
use super::search::conduct;
use super::train;
use bonas::{Experiment, RunFolder, Training, TrainingFolder};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Continue a search or a training after a crash, a kill or Ctrl-C
///
/// The configuration is the one that was recorded. On the CPU, the end is exactly what it would have been without the stop.
#[derive(Args)]
pub(super) struct ResumeArguments {
    /// Folder that `bonas search` or `bonas train` wrote
    run: PathBuf,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    display: DisplayOptions,
}

impl ResumeArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.display.check()?;
        let folder = TrainingFolder::new(&self.run);
        let run = match RunFolder::open(&self.run) {
            Err(_) if folder.can_be_resumed() => return self.training(&folder),
            run => run?,
        };
        if self.display.dashboard {
            return Err(Failure::usage(format!(
                "the dashboard shows a training, and {} is a search; leave --dashboard out",
                self.run.display()
            )));
        }
        let experiment = Experiment::resume(run)?;
        admit(experiment.config())?;
        conduct(experiment, self.json)
    }

    fn training(&self, folder: &TrainingFolder) -> Result<ExitCode, Failure> {
        if let Some(metrics) = Training::results(folder)? {
            return train::print(&metrics, folder, self.json);
        }
        let (training, architecture) = Training::resume(folder)?;
        admit(training.config())?;
        train::conduct(&training, &architecture, folder, &self.display, self.json)
    }
}
