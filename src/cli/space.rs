use super::Failure;
use super::summary::print_line;
use bonas::benchmarks::write_encodings;
use bonas::core::{Architecture, SearchSpace, SeedStream};
use bonas::spaces::{SpaceChoice, SpaceName, encode};
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use std::path::PathBuf;
use std::process::ExitCode;

/// List the search spaces, show one, draw samples from it or encode them for other tools
#[derive(Subcommand)]
pub(super) enum SpaceCommand {
    /// List the spaces: name, number of architectures, what it is
    List,
    Show(ShowArguments),
    Sample(SampleArguments),
    Encode(EncodeArguments),
}

/// Show what a space is: its size and its operations
///
/// For example: bonas space show configs/spaces/my-cells.toml
#[derive(Args)]
pub(super) struct ShowArguments {
    /// Name of the space (`bonas space list`), or a TOML file that describes one
    space: SpaceChoice,
}

/// Write architectures as arrays for other tools, in an npz archive
///
/// adjacency [architectures, nodes, nodes], operations [architectures, nodes, vocabulary], paths [architectures, paths], and meta: JSON
/// in UTF-8 with the texts, the vocabulary and the paths. For example:
/// bonas space encode nas-bench-201 --count 1000 --out cells.npz
#[derive(Args)]
pub(super) struct EncodeArguments {
    #[command(flatten)]
    sample: SampleArguments,
    /// The archive to write
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
}

/// Print architectures drawn at random from a space, one genotype a line
///
/// For example: bonas space sample bonas-darts --count 3 --seed 7
#[derive(Args)]
pub(super) struct SampleArguments {
    /// Name of the space (`bonas space list`), or a TOML file that describes one
    space: SpaceChoice,
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
            Self::Show(arguments) => arguments.run(),
            Self::Sample(arguments) => arguments.run(),
            Self::Encode(arguments) => arguments.run(),
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

impl ShowArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let space = self.space.build().map_err(Failure::other)?;
        print_line(&format!("{}: {}", space.name(), space.description()))?;
        print_line(&format!("architectures: {}", space.size()))?;
        print_line(&format!("operations, inputs and outputs: {}", space.vocabulary().join(", ")))?;
        let example = space.sample(&mut SeedStream::new(0).rng("space sample", 0));
        print_line(&format!("for example: {}", space.format(&example)))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl SampleArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let space = self.space.build().map_err(Failure::other)?;
        for architecture in self.draw(space.as_ref()) {
            print_line(&space.format(&architecture))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn draw(&self, space: &dyn SearchSpace) -> impl Iterator<Item = Architecture> {
        let mut rng = SeedStream::new(self.seed).rng("space sample", 0);
        (0..self.count).map(move |_| space.sample(&mut rng))
    }
}

impl EncodeArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let space = self.sample.space.build().map_err(Failure::other)?;
        let architectures: Vec<Architecture> = self.sample.draw(space.as_ref()).collect();
        let texts: Vec<String> = architectures.iter().map(|architecture| space.format(architecture)).collect();
        write_encodings(&encode(space.as_ref(), &architectures), space.name(), &texts, &self.out).map_err(Failure::other)?;
        print_line(&format!("{} architectures: {}", architectures.len(), self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
