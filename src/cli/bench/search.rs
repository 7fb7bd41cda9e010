use super::contestant::{ContestantArgument, strategy};
use super::tables::print_for_people;
use super::{open_journal, threads};
use crate::cli::Failure;
use crate::cli::console::{Console, stop_on_signal};
use crate::cli::summary::{INTERRUPTED, print_line};
use bonas::laboratory::{Summary, Watch, run};
use bonas::report::render_comparison;
use bonas::spaces::SpaceChoice;
use bonas::{Entrant, Override, StrategyName, comparison_data, load_config, search_course, write_whole};
use clap::Args;
use std::num::NonZero;
use std::path::{Path, PathBuf};
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
    /// Configuration to start from; see configs/ for commented examples
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change one setting of all strategies, such as --set bonas.initial=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Search space: a name (`bonas space list` shows them), or a TOML file that describes one
    #[arg(long)]
    space: Option<SpaceChoice>,
    /// Table that answers: an imported one, or a CSV file of a known layout
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Tasks of the table, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "TASK,…")]
    task: Vec<String>,
    /// Strategies, with commas between them: a name, or NAME=FILE for a configuration that takes part under a name of its own
    #[arg(long, value_delimiter = ',', required = true, value_name = "STRATEGY,…", value_parser = strategy)]
    strategy: Vec<ContestantArgument<StrategyName>>,
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
    /// Searches at a time [default: one for each core]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Folder of the comparison; one that holds some of its searches already is continued
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print the summary as one JSON object
    #[arg(long)]
    json: bool,
}

impl BenchSearchArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let entrants = self.strategy.iter().map(|strategy| self.entrant(strategy)).collect::<Result<Vec<_>, Failure>>()?;
        let (course, settings) = search_course(entrants, &self.task, u64::from(self.seeds))?;
        let console = Console::new();
        let mut journal = open_journal(&self.out, &settings, &console)?;
        let all = course.tasks.len() * course.contestants.len() * self.seeds as usize;
        console.line(&format!("{all} searches of {} queries in {}", course.queries(), self.out.display()));
        let watch = Watch { progress: &console, interrupt: &stop_on_signal() };
        let complete = run(&course, &mut journal, threads(self.threads), &watch).map_err(Failure::other)?;
        console.finish();
        if !complete {
            anstream::eprintln!("stopped before the end; the same command continues behind {} searches", journal.records().len());
            return Ok(ExitCode::from(INTERRUPTED));
        }
        let summary = Summary::new(&course, journal.records()).map_err(Failure::other)?;
        write(&summary, &self.out)?;
        let page = render_comparison(&comparison_data(&summary, journal.records(), &self.out)).map_err(Failure::other)?;
        write_whole(&self.out.join("report.html"), &page)?;
        match self.json {
            true => print_line(&serde_json::to_string(&summary).map_err(Failure::other)?)?,
            false => print_for_people(&summary, &self.out)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn entrant(&self, strategy: &ContestantArgument<StrategyName>) -> Result<Entrant, Failure> {
        let (name, file, named) = match strategy {
            ContestantArgument::Named(strategy) => (strategy.as_str(), self.config.as_deref(), Some(strategy.as_str())),
            ContestantArgument::Configured { name, config } => (name.as_str(), Some(config.as_path()), None),
        };
        let options = [
            Some(Override::option("evaluator", "table")),
            named.map(|strategy| Override::option("strategy", strategy)),
            self.space.as_ref().map(|space| Override::option("space", space.to_string())),
            self.table.as_ref().map(|table| Override::option("table.path", table.display().to_string())),
            Some(Override::option("study.seed", i64::from(self.first_seed))),
            self.queries.map(|queries| Override::option("study.budget.queries", i64::from(queries))),
            self.batch.map(|batch| Override::option("study.batch_size", i64::from(batch))),
        ];
        let overrides: Vec<Override> = options.into_iter().flatten().chain(self.settings.iter().cloned()).collect();
        Ok(Entrant { name: name.into(), config: load_config(file, &overrides)? })
    }
}

fn write(summary: &Summary, folder: &Path) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(summary).map_err(Failure::other)?;
    write_whole(&folder.join("summary.json"), &json)?;
    write_whole(&folder.join("summary.csv"), &summary.to_csv().map_err(Failure::other)?)?;
    Ok(())
}
