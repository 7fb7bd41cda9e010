use super::Failure;
use super::console::{Console, stop_on_signal};
use super::experiment_options::ExperimentOptions;
use super::genotype::Genotype;
use super::summary::print_line;
use bonas::{BonasError, FinalMetrics, Override, Training, Watch};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// The shell's code for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Train one architecture from scratch and test it once
///
/// Trains as the winner of a search is trained (the settings `retrain`, `network`, `augment` and `data`), so that architectures
/// can be compared under one training. For example:
/// bonas train --arch runs/mine/best/genotype.json --seed 2 --out trained
#[derive(Args)]
pub(super) struct TrainArguments {
    /// The genotype, or a file with it
    #[arg(long, value_name = "GENOTYPE")]
    arch: Genotype,
    #[command(flatten)]
    experiment: ExperimentOptions,
    /// Folder for genotype, weights, picture and metrics, which must not exist yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl TrainArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (space, architecture) = self.arch.read(self.experiment.space.as_ref())?;
        let config = self.experiment.config(vec![Override::option("space", space.to_string())])?;
        if self.out.exists() {
            return Err(BonasError::FolderExists(self.out).into());
        }
        let training = Training::start(config)?;
        let console = Console::new();
        let watch = Watch { progress: &console, observer: &console, interrupt: stop_on_signal() };
        let metrics = training.run(&architecture, &self.out, &watch)?;
        console.finish();
        let Some(metrics) = metrics else {
            anstream::eprintln!("stopped before the end; nothing was written");
            return Ok(ExitCode::from(INTERRUPTED));
        };
        self.print(&metrics)
    }

    fn print(&self, metrics: &FinalMetrics) -> Result<ExitCode, Failure> {
        let FinalMetrics { test_accuracy, test_images, validation_accuracy, parameters, .. } = metrics;
        let folder = self.out.display();
        if self.json {
            print_line(&serde_json::to_string(metrics).map_err(Failure::other)?)?;
        } else {
            print_line(&format!(
                "test accuracy {test_accuracy:.4} on {test_images} images (validation {validation_accuracy:.4}), {parameters} parameters"
            ))?;
            print_line(&format!("network, genotype and picture: {folder}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
