use super::Failure;
use super::genotype::Genotype;
use super::summary::print_line;
use bonas::core::{Architecture, SearchSpace};
use bonas::spaces::{SpaceChoice, dot, svg};
use bonas::write_whole;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw the cells of a genotype; short for bonas space draw GENOTYPE
///
/// The genotype is text, such as "Genotype(normal=[('sep_conv_3x3', 0), …], …)" or its JSON form, or a file that holds it.
/// For example: bonas draw runs/mine/best/genotype.json --out cell.svg
#[derive(Args)]
pub(super) struct DrawArguments {
    /// The genotype, or a file with it, or the folder of a search (its winner) or of a training
    genotype: Genotype,
    /// The space it belongs to; by default the narrowest that can read it
    #[arg(long)]
    space: Option<SpaceChoice>,
    #[command(flatten)]
    picture: PictureArguments,
}

/// How a picture is written.
#[derive(Args)]
pub(super) struct PictureArguments {
    /// Where to write the picture; by default stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Language of the picture
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A picture
    Svg,
    /// Graphviz source
    Dot,
}

impl DrawArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (space, architecture) = self.genotype.read(self.space.as_ref())?;
        self.picture.draw(space.build().map_err(Failure::other)?.as_ref(), &architecture)
    }
}

impl PictureArguments {
    /// Draws the cells of an architecture.
    pub(super) fn draw(&self, space: &dyn SearchSpace, architecture: &Architecture) -> Result<ExitCode, Failure> {
        let diagrams = space.diagrams(architecture);
        let picture = match self.format {
            Format::Svg => svg(&diagrams).map_err(Failure::other)?,
            Format::Dot => dot(&diagrams),
        };
        match &self.out {
            None => print_line(&picture)?,
            Some(path) => write_whole(path, &picture)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
