use super::contestant::{ContestantArgument, surrogate};
use super::surrogate_tables::print_for_people;
use super::{open_journal, threads};
use crate::cli::Failure;
use crate::cli::console::{Console, stop_on_signal};
use crate::cli::summary::{INTERRUPTED, print_line};
use bonas::laboratory::{FitSummary, Protocol, Watch, run_fits};
use bonas::spaces::SpaceChoice;
use bonas::surrogate::SurrogateName;
use bonas::{FitPlan, Override, SurrogateEntrant, load_config, surrogate_course, write_whole};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare surrogates on a table: how well they rank, predict, and know their own errors
///
/// Every surrogate is fitted to scores of every task, once for each size and split. DIR gets fits.jsonl (one line for each fit),
/// fits.csv and fits.json. After a stop of any kind the same command continues; with more splits, sizes, tasks or surrogates it
/// adds what is missing. For example:
/// bonas bench surrogate --space nas-bench-201 --table nb201.csv --task cifar10-valid --surrogate structure-gp,gcn,linear
/// --train 78,156,469 --splits 10 --protocol anchors --out bench/surrogates
#[derive(Args)]
pub(in crate::cli) struct BenchSurrogateArguments {
    /// Configuration to start from; see configs/ for commented examples
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change one setting of all surrogates, such as --set surrogate.gcn.epochs=50; may be repeated
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
    /// Surrogates, with commas between them: a name, or NAME=FILE for that of a configuration, under a name of its own
    #[arg(long, value_delimiter = ',', required = true, value_name = "SURROGATE,…", value_parser = surrogate)]
    surrogate: Vec<ContestantArgument<SurrogateName>>,
    /// Numbers of architectures to train on, with commas between them [default: 78,156,469; with `paper`, 85 % of the table]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    train: Vec<usize>,
    /// What is trained on and ranked: `validation`, the validation scores of all others; `anchors`, the test scores of all (a report:
    /// nothing is chosen by it); `paper`, the validation scores of 5 % after training on 85 %
    #[arg(long, default_value = Protocol::Validation.as_str(), value_parser = protocol())]
    protocol: Protocol,
    /// How many splits
    #[arg(long, default_value_t = 10)]
    splits: u32,
    /// Seed of the first split; the others count up from it
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    first_split: u32,
    /// Fits at a time [default: one for each core]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Folder of the comparison; one that holds some of its fits already is continued
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print the summary as one JSON object
    #[arg(long)]
    json: bool,
}

fn protocol() -> impl TypedValueParser<Value = Protocol> {
    let names = Protocol::ALL.iter().map(|protocol| protocol.as_str());
    PossibleValuesParser::new(names).map(|name| {
        let named = Protocol::ALL.iter().copied().find(|protocol| protocol.as_str() == name);
        named.unwrap_or_default()
    })
}

impl BenchSurrogateArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let entrants = self.surrogate.iter().map(|surrogate| self.entrant(surrogate)).collect::<Result<Vec<_>, Failure>>()?;
        let (first_split, splits) = (u64::from(self.first_split), u64::from(self.splits));
        let plan = FitPlan { protocol: self.protocol, train: self.train.clone(), first_split, splits };
        let (course, settings) = surrogate_course(&entrants, &self.task, plan)?;
        let console = Console::new();
        let mut journal = open_journal(&self.out, &settings, &console)?;
        console.line(&format!("{} fits in {}", course.fits(), self.out.display()));
        let watch = Watch { progress: &console, interrupt: &stop_on_signal() };
        let complete = run_fits(&course, &mut journal, threads(self.threads), &watch).map_err(Failure::other)?;
        console.finish();
        if !complete {
            anstream::eprintln!("stopped before the end; the same command continues behind {} fits", journal.records().len());
            return Ok(ExitCode::from(INTERRUPTED));
        }
        let summary = FitSummary::new(&course, journal.records()).map_err(Failure::other)?;
        let json = serde_json::to_string_pretty(&summary).map_err(Failure::other)?;
        write_whole(&self.out.join("fits.json"), &json)?;
        write_whole(&self.out.join("fits.csv"), &summary.to_csv().map_err(Failure::other)?)?;
        match self.json {
            true => print_line(&serde_json::to_string(&summary).map_err(Failure::other)?)?,
            false => print_for_people(&summary, &self.out)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn entrant(&self, surrogate: &ContestantArgument<SurrogateName>) -> Result<SurrogateEntrant, Failure> {
        let (name, file, surrogate) = match surrogate {
            ContestantArgument::Named(surrogate) => (surrogate.as_str(), self.config.as_deref(), Some(*surrogate)),
            ContestantArgument::Configured { name, config } => (name.as_str(), Some(config.as_path()), None),
        };
        let options = [
            surrogate.map(|surrogate| Override::option("surrogate.name", surrogate.as_str())),
            self.space.as_ref().map(|space| Override::option("space", space.to_string())),
            self.table.as_ref().map(|table| Override::option("table.path", table.display().to_string())),
        ];
        let overrides: Vec<Override> = options.into_iter().flatten().chain(self.settings.iter().cloned()).collect();
        Ok(SurrogateEntrant { name: name.into(), config: load_config(file, &overrides)?, surrogate })
    }
}
