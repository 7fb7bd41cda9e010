//! What the command line offers, and the one place where a command becomes calls of the library.

mod bench;
mod completions;
mod console;
#[cfg(feature = "dashboard")]
mod dashboard;
mod data;
mod device_options;
mod display;
mod doctor;
mod draw;
mod evaluate;
mod experiment_options;
mod export;
mod failure;
mod genotype;
mod import;
mod latency;
mod predict;
mod report;
mod resume;
mod search;
mod show;
mod space;
mod summary;
mod trade_off_options;
mod train;
mod transfer_options;

pub(crate) use failure::Failure;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Finds a neural network for your images by Bayesian optimisation over architectures.
///
/// `bonas search` runs the default experiment: minutes on two CPU cores, no GPU, no download. Everything it finds is in the
/// run folder that it names: the best genotype, a trained network, a picture of its cell and a report.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Try next:
  bonas search --data FOLDER        your own images: one folder per class, CIFAR binaries or IDX files
  bonas report RUN                  the report of a run, one HTML file
  bonas resume RUN                  continue a run after a stop of any kind
  bonas train --arch GENOTYPE       train one architecture as the winner of a search is trained
  bonas predict RUN IMAGE...        classify pictures with the network of a run
  bonas export RUN --format onnx --out FILE   the network for other software"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Search(search::SearchArguments),
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    Resume(resume::ResumeArguments),
    Train(train::TrainArguments),
    Predict(predict::PredictArguments),
    Evaluate(evaluate::EvaluateArguments),
    Export(export::ExportArguments),
    Import(import::ImportArguments),
    Latency(latency::LatencyArguments),
    Show(show::ShowArguments),
    Report(report::ReportArguments),
    Draw(draw::DrawArguments),
    #[command(subcommand)]
    Data(data::DataCommand),
    Doctor(doctor::DoctorArguments),
    #[command(subcommand)]
    Space(space::SpaceCommand),
    Completions(completions::CompletionsArguments),
}

impl Arguments {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Search(arguments) => arguments.run(),
            Command::Bench(command) => command.run(),
            Command::Resume(arguments) => arguments.run(),
            Command::Train(arguments) => arguments.run(),
            Command::Predict(arguments) => arguments.run(),
            Command::Evaluate(arguments) => arguments.run(),
            Command::Export(arguments) => arguments.run(),
            Command::Import(arguments) => arguments.run(),
            Command::Latency(arguments) => arguments.run(),
            Command::Show(arguments) => arguments.run(),
            Command::Report(arguments) => arguments.run(),
            Command::Draw(arguments) => arguments.run(),
            Command::Data(command) => command.run(),
            Command::Doctor(arguments) => arguments.run(),
            Command::Space(command) => command.run(),
            Command::Completions(arguments) => arguments.run(),
        }
    }
}
