use super::Failure;
use super::summary::print_line;
use bonas::core::SeedStream;
use bonas::spaces::SpaceName;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// List the search spaces, or draw samples from one
#[derive(Subcommand)]
pub(super) enum SpaceCommand {
    /// List the spaces: name, number of architectures, what it is
    List,
    Sample(SampleArguments),
}

/// Print architectures drawn uniformly from a space, one genotype a line
///
/// For example: bonas space sample bonas-darts --count 3 --seed 7
#[derive(Args)]
pub(super) struct SampleArguments {
    /// Name of the space; `bonas space list` shows them
    space: SpaceName,
    /// How many to draw
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Seed of the draw: the same seed gives the same architectures
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl SpaceCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::List => list(),
            Self::Sample(arguments) => arguments.run(),
        }
    }
}

fn list() -> Result<ExitCode, Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["space", "architectures", "what it is"]);
    for name in SpaceName::ALL {
        let space = name.build();
        table.add_row([space.name().to_string(), space.size().to_string(), space.description().to_string()]);
    }
    print_line(&table.to_string())?;
    Ok(ExitCode::SUCCESS)
}

impl SampleArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let space = self.space.build();
        let mut rng = SeedStream::new(self.seed).rng("space sample", 0);
        for _ in 0..self.count {
            print_line(&space.format(&space.sample(&mut rng)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
