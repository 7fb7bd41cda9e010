use super::tables::print_ranks;
use crate::cli::Failure;
use crate::cli::summary::print_line;
use bonas::laboratory::SeveralSummary;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Rank strategies over the tasks of several comparisons: who is ahead on all tables together
///
/// Every DIR is the folder of a bonas bench search. Spaces, tables and budgets may differ between them; a strategy must have the same
/// settings in all. Seeds that all searches have in common count, and are compared in pairs. For example:
/// bonas bench rank bench/nb201 bench/transnas-macro --strategy bonas,npenas
#[derive(Args)]
pub(in crate::cli) struct BenchRankArguments {
    /// Folders of comparisons
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Strategies, with commas between them, by their names there [default: all that every folder has]
    #[arg(long, value_delimiter = ',', value_name = "STRATEGY,…")]
    strategy: Vec<String>,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl BenchRankArguments {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let summary = SeveralSummary::of(&self.folders, &self.strategy).map_err(Failure::other)?;
        match self.json {
            true => print_line(&serde_json::to_string(&summary).map_err(Failure::other)?)?,
            false => print_ranks(&summary)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
