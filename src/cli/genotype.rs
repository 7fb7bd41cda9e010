use super::Failure;
use bonas::core::Architecture;
use bonas::spaces::{SpaceChoice, SpaceName};
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// A genotype as people give it: text, or the name of a file that holds it.
#[derive(Clone, Debug)]
pub(super) struct Genotype(String);

impl FromStr for Genotype {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_string().into())
    }
}

impl From<String> for Genotype {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Genotype {
    /// Reads it in this space, or in the narrowest space that can.
    pub(super) fn read(&self, space: Option<&SpaceChoice>) -> Result<(SpaceChoice, Architecture), Failure> {
        let text = self.text()?;
        let read = match space {
            Some(choice) => {
                let space = choice.build().map_err(Failure::other)?;
                space.parse(&text).map(|architecture| (choice.clone(), architecture))
            }
            None => SpaceName::reading(&text).map(|(name, architecture)| (name.into(), architecture)),
        };
        let hint = if space.is_none() { "; if it belongs to a space of your own, name that with --space" } else { "" };
        read.map_err(|refusal| Failure::other(format!("{}: {refusal}{hint}", self.place())))
    }

    /// Where the text came from, for errors. A text that is no genotype may be the name of a file that is not there.
    fn place(&self) -> String {
        let given = &self.0;
        match PathBuf::from(given).is_file() {
            true => given.clone(),
            false if given.contains(['(', '{', '|', '[']) => "the genotype of the command line".into(),
            false => format!("'{given}' is neither a genotype nor a file"),
        }
    }

    /// What was given, or what is in the file that it names.
    pub(super) fn text(&self) -> Result<String, Failure> {
        let path = PathBuf::from(&self.0);
        let text = match path.is_file() {
            false => self.0.clone(),
            true => std::fs::read_to_string(&path)
                .map_err(|error| Failure::other(format!("cannot read {}: {error}", path.display())))?,
        };
        // The file of a trained network is JSON; where the space has a text form only, that is a JSON string.
        Ok(serde_json::from_str::<String>(&text).unwrap_or(text))
    }
}
