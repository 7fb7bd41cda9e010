use super::contestant::{ContestantArgument, strategy};
use super::shared::SharedArguments;
use super::tables::print_for_people;
use crate::cli::Failure;
use crate::cli::console::{Console, stop_on_signal};
use crate::cli::trade_off_options::TradeOffOptions;
use crate::cli::transfer_options::TransferOptions;
use bonas::laboratory::{Summary, Watch, run};
use bonas::report::render_comparison;
use bonas::{Entrant, Override, StrategyName, comparison_data, search_course, write_whole};
use clap::Args;
use std::process::ExitCode;

/// Compare search strategies on a table: same budget, batch, cache and seeds for all
///
/// Every strategy searches every task once for each seed. DIR gets searches.jsonl (one line for each search), summary.csv,
/// summary.json and report.html. After a stop of any kind the same command continues; with more seeds, tasks or strategies it adds
/// what is missing. For example:
/// bonas bench search --space nas-bench-201 --table nb201.csv --task cifar10-valid,cifar100 --strategy random,bonas --seeds 100
/// --queries 300 --batch 5 --out bench/nb201
#[derive(Args)]
pub(in crate::cli) struct BenchSearchArguments {
    #[command(flatten)]
    shared: SharedArguments,
    /// Strategies, with commas between them: a name, or NAME=FILE for a configuration that takes part under a name of its own
    #[arg(long, value_delimiter = ',', required = true, value_name = "STRATEGY,…", value_parser = strategy)]
    strategy: Vec<ContestantArgument<StrategyName>>,
    #[command(flatten)]
    trade_off: TradeOffOptions,
    /// How many seeds
    #[arg(long, default_value_t = 100)]
    seeds: u32,
    /// The first seed; the others count up from it
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    first_seed: u32,
    /// Architectures that every search evaluates
    #[arg(long)]
    queries: Option<u32>,
    /// Architectures asked for in a round
    #[arg(long)]
    batch: Option<u32>,
    #[command(flatten)]
    transfer: TransferOptions,
    /// Other tasks of the table, with commas between them: every search learns first from searches of them with the same seed. Of
    /// several, a task does not teach itself
    #[arg(long, value_name = "TASK,…", value_delimiter = ',', conflicts_with = "transfer_from")]
    transfer_from_task: Vec<String>,
}

impl BenchSearchArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let entrants = self.strategy.iter().map(|strategy| self.entrant(strategy)).collect::<Result<Vec<_>, Failure>>()?;
        let (course, settings) = search_course(entrants, &self.shared.task, u64::from(self.seeds))?;
        let console = Console::new();
        let mut journal = self.shared.results.journal(&settings, &console)?;
        let out = &self.shared.results.out;
        let all = course.tasks.len() * course.contestants.len() * self.seeds as usize;
        console.line(&format!("{all} searches of {} queries in {}", course.queries(), out.display()));
        let watch = Watch { progress: &console, interrupt: &stop_on_signal() };
        let complete = run(&course, &mut journal, self.shared.results.threads(), &watch).map_err(Failure::other)?;
        console.finish();
        if !complete {
            return Ok(self.shared.results.stopped(&journal, "searches"));
        }
        let summary = Summary::new(&course, journal.records()).map_err(Failure::other)?;
        let page = render_comparison(&comparison_data(&summary, journal.records(), out)).map_err(Failure::other)?;
        write_whole(&out.join("report.html"), &page)?;
        let csv = summary.to_csv().map_err(Failure::other)?;
        self.shared.results.publish("summary", &summary, &csv, || print_for_people(&summary, out))?;
        Ok(ExitCode::SUCCESS)
    }

    fn entrant(&self, strategy: &ContestantArgument<StrategyName>) -> Result<Entrant, Failure> {
        let (name, file, named) = match strategy {
            ContestantArgument::Named(strategy) => (strategy.as_str(), self.shared.config.as_deref(), Some(strategy.as_str())),
            ContestantArgument::Configured { name, config } => (name.as_str(), Some(config.as_path()), None),
        };
        let options = [
            Some(Override::option("evaluator", "table")),
            named.map(|strategy| Override::option("strategy", strategy)),
            Some(Override::option("study.seed", i64::from(self.first_seed))),
            self.queries.map(|queries| Override::option("study.budget.queries", i64::from(queries))),
            self.batch.map(|batch| Override::option("study.batch_size", i64::from(batch))),
            self.transfer.setting(),
            (!self.transfer_from_task.is_empty())
                .then(|| Override::option("knowledge.transfer_task", self.transfer_from_task.clone())),
        ];
        Ok(Entrant {
            name: name.into(),
            config: self.shared.configuration(file, options.into_iter().chain(self.trade_off.overrides()?))?,
        })
    }
}
