use super::Failure;
use super::summary::print_line;
use bonas::spaces::{SpaceName, dot, svg};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw the cells of a genotype
///
/// The genotype is text, such as "Genotype(normal=[('sep_conv_3x3', 0), …], …)" or its JSON form, or a file that holds it.
/// For example: bonas draw runs/mine/best/genotype.json --out cell.svg
#[derive(Args)]
pub(super) struct DrawArguments {
    /// The genotype, or a file with it
    genotype: String,
    /// The space it belongs to; by default the narrowest that can read it
    #[arg(long)]
    space: Option<SpaceName>,
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
        let text = self.text()?;
        let place = self.place();
        let spaces = self.space.map_or(SpaceName::ALL.to_vec(), |space| vec![space]);
        let mut refusal = None;
        // Spaces are listed from the widest to the narrowest.
        for name in spaces.into_iter().rev() {
            let space = name.build();
            match space.parse(&text) {
                Ok(architecture) => {
                    let diagrams = space.diagrams(&architecture);
                    let picture = match self.format {
                        Format::Svg => svg(&diagrams).map_err(Failure::other)?,
                        Format::Dot => dot(&diagrams),
                    };
                    return self.write(&picture);
                }
                // What the widest space has to say about the text is the most useful.
                Err(error) => refusal = Some(error),
            }
        }
        let refusal = refusal.map_or_else(|| "there is no space to read it".to_string(), |error| error.to_string());
        Err(Failure::other(format!("{place}: {refusal}")))
    }

    /// Where the text came from, for errors. A text that is no genotype may be the name of a file that is not there.
    fn place(&self) -> String {
        let given = &self.genotype;
        match PathBuf::from(given).is_file() {
            true => given.clone(),
            false if given.contains(['(', '{']) => "the genotype of the command line".into(),
            false => format!("'{given}' is neither a genotype nor a file"),
        }
    }

    fn text(&self) -> Result<String, Failure> {
        let path = PathBuf::from(&self.genotype);
        if !path.is_file() {
            return Ok(self.genotype.clone());
        }
        std::fs::read_to_string(&path).map_err(|error| Failure::other(format!("cannot read {}: {error}", path.display())))
    }

    fn write(&self, picture: &str) -> Result<ExitCode, Failure> {
        match &self.out {
            None => print_line(picture)?,
            Some(path) => {
                let written = std::fs::write(path, picture);
                written.map_err(|error| Failure::other(format!("cannot write {}: {error}", path.display())))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
