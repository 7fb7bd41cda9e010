use super::contestant::{ContestantArgument, surrogate};
use super::shared::SharedArguments;
use super::surrogate_tables::print_for_people;
use crate::cli::Failure;
use crate::cli::console::{Console, stop_on_signal};
use bonas::laboratory::{FitSummary, Protocol, Watch, run_fits};
use bonas::report::render_fits;
use bonas::surrogate::SurrogateName;
use bonas::{FitPlan, Override, SurrogateEntrant, fit_data, surrogate_course, write_whole};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::process::ExitCode;

/// Compare surrogates on a table: how well they rank, predict, and know their own errors
///
/// Every surrogate is fitted to scores of every task, once for each size and split. DIR gets fits.jsonl (one line for each fit),
/// fits.csv, fits.json and report.html. After a stop of any kind the same command continues; with more splits, sizes, tasks or surrogates it
/// adds what is missing. For example:
/// bonas bench surrogate --space nas-bench-201 --table nb201.csv --task cifar10-valid --surrogate structure-gp,gcn,linear
/// --train 78,156,469 --splits 10 --protocol anchors --out bench/surrogates
#[derive(Args)]
pub(in crate::cli) struct BenchSurrogateArguments {
    #[command(flatten)]
    shared: SharedArguments,
    /// Surrogates, with commas between them: a name, or NAME=FILE for that of a configuration, under a name of its own
    #[arg(long, value_delimiter = ',', required = true, value_name = "SURROGATE,…", value_parser = surrogate)]
    surrogate: Vec<ContestantArgument<SurrogateName>>,
    /// Numbers of architectures to train on, with commas between them [default: 78,156,469; with `paper`, 85 % of the table]
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = two_or_more)]
    train: Vec<usize>,
    /// What is trained on and ranked: `validation`, the validation scores of all others; `anchors`, the test scores of all (a report:
    /// nothing is chosen by it); `paper`, the validation scores of 5 % after training on 85 %, or
    /// of one for each 17 that --train names
    #[arg(long, default_value = Protocol::Validation.as_str(), value_parser = protocol())]
    protocol: Protocol,
    /// How many splits
    #[arg(long, default_value_t = 10)]
    splits: u32,
    /// Seed of the first split; the others count up from it
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    first_split: u32,
}

fn protocol() -> impl TypedValueParser<Value = Protocol> {
    let names = Protocol::ALL.iter().map(|protocol| protocol.as_str());
    PossibleValuesParser::new(names).map(|name| {
        let named = Protocol::ALL.iter().copied().find(|protocol| protocol.as_str() == name);
        named.unwrap_or_default()
    })
}

/// Fewer have neither an order nor a scale.
fn two_or_more(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count >= 2).ok_or_else(|| format!("'{text}' is no number of architectures from 2 on"))
}

impl BenchSurrogateArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let entrants = self.surrogate.iter().map(|surrogate| self.entrant(surrogate)).collect::<Result<Vec<_>, Failure>>()?;
        let (first_split, splits) = (u64::from(self.first_split), u64::from(self.splits));
        let plan = FitPlan { protocol: self.protocol, train: self.train.clone(), first_split, splits };
        let (course, settings) = surrogate_course(&entrants, &self.shared.task, plan)?;
        let console = Console::new();
        let mut journal = self.shared.results.journal(&settings, &console)?;
        console.line(&format!("{} fits in {}", course.fits(), self.shared.results.out.display()));
        let watch = Watch { progress: &console, interrupt: &stop_on_signal() };
        let complete = run_fits(&course, &mut journal, self.shared.results.threads(), &watch).map_err(Failure::other)?;
        console.finish();
        if !complete {
            return Ok(self.shared.results.stopped(&journal, "fits"));
        }
        let summary = FitSummary::new(&course, journal.records()).map_err(Failure::other)?;
        let out = &self.shared.results.out;
        let page = render_fits(&fit_data(&summary, out)).map_err(Failure::other)?;
        write_whole(&out.join("report.html"), &page)?;
        let csv = summary.to_csv().map_err(Failure::other)?;
        self.shared.results.publish("fits", &summary, &csv, || print_for_people(&summary, out))?;
        Ok(ExitCode::SUCCESS)
    }

    fn entrant(&self, surrogate: &ContestantArgument<SurrogateName>) -> Result<SurrogateEntrant, Failure> {
        let (name, file, surrogate) = match surrogate {
            ContestantArgument::Named(surrogate) => (surrogate.as_str(), self.shared.config.as_deref(), Some(*surrogate)),
            ContestantArgument::Configured { name, config } => (name.as_str(), Some(config.as_path()), None),
        };
        let own = [surrogate.map(|surrogate| Override::option("surrogate.name", surrogate.as_str()))];
        Ok(SurrogateEntrant { name: name.into(), config: self.shared.configuration(file, own)?, surrogate })
    }
}
