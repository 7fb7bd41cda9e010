use super::console::{Console, stop_on_signal};
use super::{Failure, report, summary};
use bonas::spaces::SpaceName;
use bonas::{DeviceName, EvaluatorName, Experiment, Finished, Override, RunFolder, StrategyName, Watch, load_config};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Search for the best architecture, train it from scratch and test it
///
/// Without options this runs configs/quick.toml on the images that are part of the program. Options and --set change single
/// settings; the run folder's config.toml lists all of them with their values.
#[derive(Args)]
pub(super) struct SearchArguments {
    /// Configuration to start from; see configs/ for commented examples
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change one setting, such as --set supernet.epochs=4; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Search space; `bonas space list` shows them
    #[arg(long)]
    space: Option<SpaceName>,
    /// Search strategy
    #[arg(long, value_enum)]
    strategy: Option<StrategyName>,
    /// How candidates are scored
    #[arg(long, value_enum)]
    evaluator: Option<EvaluatorName>,
    /// Images: a folder per class, CIFAR binaries, IDX files, or a manifest
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Architectures to evaluate
    #[arg(long)]
    queries: Option<u32>,
    /// Seed of every random choice
    #[arg(long)]
    seed: Option<u32>,
    /// Folder of the run, which must not exist yet [default: runs/<date>-<time>]
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Where to compute: auto or cpu
    #[arg(long)]
    device: Option<DeviceName>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl SearchArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let config = load_config(self.config.as_deref(), &self.overrides())?;
        let path = self.out.unwrap_or_else(default_folder);
        let run = RunFolder::create(&path)?;
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

    fn overrides(&self) -> Vec<Override> {
        fn named(value: impl ValueEnum) -> String {
            value.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
        }
        let options = [
            self.space.map(|space| Override::new("space", space.to_string())),
            self.strategy.map(|strategy| Override::new("strategy", named(strategy))),
            self.evaluator.map(|evaluator| Override::new("evaluator", named(evaluator))),
            self.data.as_ref().map(|data| Override::new("data.path", data.display().to_string())),
            self.queries.map(|queries| Override::new("study.budget.queries", i64::from(queries))),
            self.seed.map(|seed| Override::new("study.seed", i64::from(seed))),
            self.device.map(|device| Override::new("device", device.to_string())),
        ];
        options.into_iter().flatten().chain(self.settings.iter().cloned()).collect()
    }
}

/// Runs an experiment with progress on stderr and the result on stdout.
pub(super) fn conduct(experiment: Experiment, json: bool) -> Result<ExitCode, Failure> {
    let console = Console::new();
    let config = experiment.config();
    let run = experiment.run_folder().clone();
    console.line(&format!("searching {} with {} in {}", config.space, config.strategy.as_str(), run.path().display()));
    let watch = Watch { progress: &console, observer: &console, interrupt: stop_on_signal() };
    let finished: Finished = experiment.run(&watch)?;
    console.finish();
    report::write(&run)?;
    summary::print(&finished, json)
}

fn default_folder() -> PathBuf {
    PathBuf::from("runs").join(jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string())
}
