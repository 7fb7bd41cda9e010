use super::console::{Console, stop_on_signal};
use super::device_options::admit;
use super::experiment_options::ExperimentOptions;
use super::trade_off_options::TradeOffOptions;
use super::transfer_options::TransferOptions;
use super::{Failure, report, summary};
use bonas::{EvaluatorName, Experiment, Finished, LatencyModel, Override, RunFolder, StrategyName, Watch};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Search for the best architecture, train it from scratch and test it
///
/// Without options this runs configs/quick.toml on the images that are part of the program. Options and --set change single
/// settings; the run folder's config.toml lists all of them with their values.
#[derive(Args)]
pub(super) struct SearchArguments {
    #[command(flatten)]
    experiment: ExperimentOptions,
    /// Search strategy
    #[arg(long, value_enum)]
    strategy: Option<StrategyName>,
    /// How candidates are scored
    #[arg(long, value_enum)]
    evaluator: Option<EvaluatorName>,
    /// Table that the evaluator `table` answers from: an imported one, or a CSV file of a known layout
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Task of the table, such as cifar10-valid
    #[arg(long)]
    task: Option<String>,
    #[command(flatten)]
    trade_off: TradeOffOptions,
    /// Architectures to evaluate
    #[arg(long)]
    queries: Option<u32>,
    #[command(flatten)]
    transfer: TransferOptions,
    /// Folder of the run, which must not exist yet [default: runs/<date>-<time>]
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl SearchArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let options = [
            self.strategy.map(|strategy| Override::option("strategy", strategy.as_str())),
            self.evaluator.map(|evaluator| Override::option("evaluator", evaluator.as_str())),
            self.table.as_ref().map(|table| Override::option("table.path", table.display().to_string())),
            self.task.as_ref().map(|task| Override::option("table.task", task.as_str())),
            self.queries.map(|queries| Override::option("study.budget.queries", i64::from(queries))),
            self.transfer.setting(),
        ];
        let config = self.experiment.config(options.into_iter().chain(self.trade_off.overrides()?).flatten().collect())?;
        admit(&config)?;
        let run = match &self.out {
            Some(path) => RunFolder::create(path)?,
            None => RunFolder::create_beside("runs".as_ref(), &now())?,
        };
        let path = run.path().to_path_buf();
        let experiment = match Experiment::start(config, run) {
            Ok(experiment) => experiment,
            Err(error) => {
                // Nothing was recorded: do not leave a folder that only stands in the way of the next try.
                let _ = std::fs::remove_file(path.join("config.toml"));
                let _ = std::fs::remove_dir(&path);
                return Err(error.into());
            }
        };
        conduct(experiment, self.json)
    }
}

/// Runs an experiment with progress on stderr and the result on stdout.
pub(super) fn conduct(experiment: Experiment, json: bool) -> Result<ExitCode, Failure> {
    let console = Console::new();
    let config = experiment.config();
    let run = experiment.run_folder().clone();
    console.line(&format!("searching {} with {} in {}", config.space, config.strategy.as_str(), run.path().display()));
    if let Some(LatencyModel { device, batch, fitted, held_out, error, .. }) = experiment.latency_model() {
        let error = 100.0 * error;
        console.line(&format!(
            "latencies of {batch} image(s) on {device}: fitted to {fitted} measured networks, off by {error:.1} % on {held_out} others"
        ));
    }
    let watch = Watch { progress: &console, observer: &console, interrupt: stop_on_signal() };
    let finished: Finished = experiment.run(&watch)?;
    console.finish();
    report::write(&run)?;
    summary::print(&finished, json)
}

/// The name of a run that was given none.
fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string()
}
