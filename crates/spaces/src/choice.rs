use crate::{CustomSpace, CustomSpaceError, SpaceName, TypedSpace, UnknownSpace};
use bonas_core::SearchSpace;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Ending of the files that describe a space.
const DESCRIPTION: &str = ".toml";

/// A space as configurations and commands choose it: by its name, or by the file that describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SpaceChoice {
    /// A space of bonas.
    Known(SpaceName),
    /// A space of one's own: a file that ends in `.toml`.
    File(PathBuf),
}

impl SpaceChoice {
    /// Builds the space.
    ///
    /// # Errors
    /// When the file cannot be read or describes no space.
    pub fn build(&self) -> Result<Arc<dyn SearchSpace>, CustomSpaceError> {
        Ok(self.build_typed()?.into_space())
    }

    /// Builds the space with its type.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_typed(&self) -> Result<TypedSpace, CustomSpaceError> {
        match self {
            Self::Known(name) => Ok(name.build_typed()),
            Self::File(path) => Ok(TypedSpace::Custom(Box::new(CustomSpace::open(path)?))),
        }
    }

    /// The file that describes the space, if it is not one of bonas.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Known(_) => None,
            Self::File(path) => Some(path),
        }
    }

    /// The same, with a file named from this folder.
    pub fn from_folder(&self, folder: &Path) -> Self {
        match self {
            Self::Known(name) => Self::Known(*name),
            Self::File(path) => Self::File(folder.join(path)),
        }
    }
}

impl From<SpaceName> for SpaceChoice {
    fn from(name: SpaceName) -> Self {
        Self::Known(name)
    }
}

impl FromStr for SpaceChoice {
    type Err = UnknownSpace;

    fn from_str(text: &str) -> Result<Self, UnknownSpace> {
        match text.ends_with(DESCRIPTION) {
            true => Ok(Self::File(text.into())),
            false => text.parse().map(Self::Known),
        }
    }
}

impl TryFrom<String> for SpaceChoice {
    type Error = UnknownSpace;

    fn try_from(text: String) -> Result<Self, UnknownSpace> {
        text.parse()
    }
}

impl From<SpaceChoice> for String {
    fn from(choice: SpaceChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for SpaceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => write!(f, "{name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_told_apart() {
        assert_eq!("darts".parse(), Ok(SpaceChoice::Known(SpaceName::Darts)));
        let file: SpaceChoice = "a/mine.toml".parse().expect("a file");
        assert_eq!(file, SpaceChoice::File("a/mine.toml".into()));
        assert_eq!(file.from_folder(Path::new("b")).to_string(), "b/a/mine.toml");
        assert!("dart".parse::<SpaceChoice>().expect_err("no space").to_string().contains("did you mean 'darts'"));
        for choice in [SpaceChoice::Known(SpaceName::NasBench201), file] {
            assert_eq!(SpaceChoice::try_from(String::from(choice.clone())), Ok(choice));
        }
    }

    #[test]
    fn the_example_is_built_from_its_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces/my-chain.toml");
        let choice = SpaceChoice::File(path);
        assert_eq!(choice.build().expect("described").name(), "my-chain");
        assert!(matches!(choice.build_typed(), Ok(TypedSpace::Custom(_))));
        assert!(SpaceChoice::File("nowhere.toml".into()).build().is_err());
    }
}
