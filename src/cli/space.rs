use super::Failure;
use super::draw::PictureArguments;
use super::genotype::Genotype;
use super::summary::print_line;
use bonas::benchmarks::write_encodings;
use bonas::core::{Architecture, SearchSpace, SeedStream};
use bonas::spaces::{SpaceChoice, SpaceName, UnknownSpace, encode};
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// List the search spaces, show, count, sample or draw one, or encode it for other tools
#[derive(Subcommand)]
pub(super) enum SpaceCommand {
    /// List the spaces: name, number of architectures, what it is
    List,
    Show(ShowArguments),
    Count(CountArguments),
    Sample(SampleArguments),
    Draw(DrawArguments),
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

/// Count the architectures of a space
///
/// The count is exact. A second one is of those that are distinct up to isomorphism, in cells with operations on edges with none
/// and skip_connect simplified away. It is not known of spaces of more than 200,000 architectures and of cells of your own with fixed
/// wiring or more than eight nodes between inputs and output.
#[derive(Args)]
#[command(after_help = "Examples:
  bonas space count nas-bench-201
  bonas space count configs/spaces/my-chain.toml --json")]
pub(super) struct CountArguments {
    /// Name of the space (`bonas space list`), or a TOML file that describes one
    space: SpaceChoice,
    /// Print one JSON object instead: space, architectures, distinct (null where it is not known)
    #[arg(long)]
    json: bool,
}

/// Draw the cells of an architecture, or of one drawn at random from a space
///
/// An SVG picture has a colour for every operation and a legend; DOT is for Graphviz.
#[derive(Args)]
#[command(after_help = "Examples:
  bonas space draw nas-bench-201 --seed 3 --out cell.svg
  bonas space draw runs/mine/best/genotype.json --format dot | dot -Tpdf > cell.pdf
  bonas space draw 'conv3|skip|conv5' --space configs/spaces/my-chain.toml --out chain.svg")]
pub(super) struct DrawArguments {
    /// A space (name or TOML file), or a genotype or a file with it
    #[arg(value_name = "SPACE|ARCH")]
    what: String,
    /// The space that the genotype belongs to; by default the narrowest that can read it
    #[arg(long, conflicts_with = "seed")]
    space: Option<SpaceChoice>,
    /// Seed of the draw from a space: the first architecture of bonas space sample with this seed [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    picture: PictureArguments,
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
            Self::Count(arguments) => arguments.run(),
            Self::Draw(arguments) => arguments.run(),
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
        let example = first_sample(space.as_ref(), 0);
        print_line(&format!("for example: {}", space.format(&example)))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl CountArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let space = self.space.build().map_err(Failure::other)?;
        let (size, distinct) = (space.size(), self.space.distinct().map_err(Failure::other)?);
        if self.json {
            // By hand, as counts may be larger than the numbers of the library.
            let name = serde_json::Value::from(space.name());
            let distinct = distinct.map_or("null".to_string(), |distinct| distinct.to_string());
            print_line(&format!(r#"{{"space":{name},"architectures":{size},"distinct":{distinct}}}"#))?;
            return Ok(ExitCode::SUCCESS);
        }
        print_line(&format!("architectures: {size}"))?;
        print_line(&match distinct {
            Some(distinct) => format!("distinct up to isomorphism: {distinct}"),
            None => "distinct up to isomorphism: not known".to_string(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl DrawArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let named = self.what.parse::<SpaceChoice>();
        if let (None, Ok(choice)) = (&self.space, &named) {
            let space = choice.build().map_err(Failure::other)?;
            let architecture = first_sample(space.as_ref(), self.seed.unwrap_or_default());
            return self.picture.draw(space.as_ref(), &architecture);
        }
        // A slip in the name of a space is no genotype.
        let is_slip = |unknown: &UnknownSpace| unknown.nearest.is_some() && !Path::new(&self.what).exists();
        if let (None, Some(unknown)) = (&self.space, named.err().filter(is_slip)) {
            return Err(Failure::usage(unknown));
        }
        if self.seed.is_some() {
            return Err(Failure::usage(
                "--seed is for drawing from a space, but what is to be drawn is a genotype; leave it out",
            ));
        }
        let (choice, architecture) = Genotype::from(self.what.clone()).read(self.space.as_ref())?;
        self.picture.draw(choice.build().map_err(Failure::other)?.as_ref(), &architecture)
    }
}

fn first_sample(space: &dyn SearchSpace, seed: u64) -> Architecture {
    space.sample(&mut SeedStream::new(seed).rng("space sample", 0))
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
