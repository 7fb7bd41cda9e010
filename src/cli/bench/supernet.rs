use super::results::ResultArguments;
use super::sharing_tables::print_for_people;
use crate::cli::Failure;
use crate::cli::console::{Console, stop_on_signal};
use crate::cli::device_options::admit;
use crate::cli::experiment_options::ExperimentOptions;
use bonas::laboratory::{Epochs, Grouping, Watch, run_trainings};
use bonas::report::render_sharing;
use bonas::{Override, SharingPlan, SupernetBench, sharing_data, write_whole};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::num::NonZero;
use std::process::ExitCode;

/// Compare scores under weight sharing with training from scratch: do sub-supernets rank as training alone does?
///
/// Trains every architecture alone with every seed, and groups of k of them in one sub-supernet, for every k and number of epochs. All
/// are scored on validation images; test images are not used. DIR gets trainings.jsonl (one line for each training), supernet.csv,
/// supernet.json and report.html. After a stop of any kind the same command continues; with more architectures, families, seeds, k or epochs it
/// adds what is missing. For example:
/// bonas bench supernet --space nas-bench-201 --architectures 20 --families 2 --k 4,8,16 --epochs 2,4,12 --alone-epochs 8
/// --out bench/sharing
#[derive(Args)]
pub(in crate::cli) struct BenchSupernetArguments {
    #[command(flatten)]
    experiment: ExperimentOptions,
    /// Architectures drawn at random
    #[arg(long, default_value_t = 20, value_name = "N")]
    architectures: usize,
    /// Parents drawn at random; each has as many mutations as the largest k
    #[arg(long, default_value_t = 2, value_name = "N")]
    families: usize,
    /// Which architectures meet in a sub-supernet: `random` ones, or mutations of one parent, `related`
    #[arg(long, value_delimiter = ',', default_value = "random,related", value_name = "GROUP,…", value_parser = grouping())]
    groups: Vec<Grouping>,
    /// Candidates in a sub-supernet, with commas between the numbers
    #[arg(long, value_delimiter = ',', default_value = "4,8,16", value_name = "K,…")]
    k: Vec<usize>,
    /// Passes over the training images of a sub-supernet after its warm-up, with commas between the numbers
    #[arg(long, value_delimiter = ',', default_value = "2,4,12", value_name = "E,…")]
    epochs: Vec<f64>,
    /// Passes over the training images of an architecture alone [default: retrain.epochs]
    #[arg(long, value_name = "N")]
    alone_epochs: Option<u32>,
    /// Trainings of each architecture alone, each with a seed of its own; with one, there is no ceiling
    #[arg(long, default_value_t = NonZero::new(2).expect("not zero"), value_name = "N")]
    alone_seeds: NonZero<u32>,
    #[command(flatten)]
    results: ResultArguments,
}

fn grouping() -> impl TypedValueParser<Value = Grouping> {
    let names = Grouping::ALL.iter().map(|grouping| grouping.as_str());
    PossibleValuesParser::new(names).map(|name| {
        let named = Grouping::ALL.iter().copied().find(|grouping| grouping.as_str() == name);
        named.unwrap_or(Grouping::Random)
    })
}

impl BenchSupernetArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let alone = self.alone_epochs.map(|epochs| Override::option("retrain.epochs", i64::from(epochs)));
        let config = self.experiment.config(alone.into_iter().collect())?;
        admit(&config)?;
        let bench = SupernetBench::new(
            config,
            SharingPlan {
                architectures: self.architectures,
                families: self.families,
                groupings: self.groups,
                sizes: self.k,
                epochs: self.epochs.into_iter().map(Epochs).collect(),
                alone_seeds: u64::from(self.alone_seeds.get()),
            },
        )?;
        let console = Console::new();
        let mut journal = self.results.journal(&bench.settings, &console)?;
        let (alone, together) = bench.course.trainings().map_err(Failure::other)?;
        let out = &self.results.out;
        console.line(&format!("{alone} trainings alone and {together} sub-supernets in {}", out.display()));
        let watch = Watch { progress: &console, interrupt: &stop_on_signal() };
        let complete =
            run_trainings(&bench.course, &mut journal, self.results.threads_on(bench.device), &watch).map_err(Failure::other)?;
        console.finish();
        if !complete {
            return Ok(self.results.stopped(&journal, "trainings"));
        }
        let report = bench.report(journal.records())?;
        let page = render_sharing(&sharing_data(&report, out)).map_err(Failure::other)?;
        write_whole(&out.join("report.html"), &page)?;
        let csv = report.summary.to_csv().map_err(Failure::other)?;
        self.results.publish("supernet", &report, &csv, || print_for_people(&report, out))?;
        Ok(ExitCode::SUCCESS)
    }
}
