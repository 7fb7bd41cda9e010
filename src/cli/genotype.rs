use super::Failure;
use bonas::core::Architecture;
use bonas::spaces::{SpaceChoice, SpaceName};
use bonas::{EvaluatorName, RunFolder, load_config, pareto_front};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the winner of a search, and the network of a training, has its genotype in their folder.
const IN_FOLDERS: [&str; 2] = ["best/genotype.json", "genotype.json"];

/// A genotype as people give it: text, or the name of a file that holds it, or of the folder of a search or a training.
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
    /// Reads it in this space, or in that of its folder, or in the narrowest space that can.
    pub(super) fn read(&self, space: Option<&SpaceChoice>) -> Result<(SpaceChoice, Architecture), Failure> {
        let text = self.text()?;
        let of_folder = match (space, self.config_of_folder()) {
            (None, Some(config)) => Some(load_config(Some(&config), &[])?.space),
            _ => None,
        };
        let read = match space.or(of_folder.as_ref()) {
            Some(choice) => {
                let space = choice.build().map_err(Failure::other)?;
                space.parse(&text).map(|architecture| (choice.clone(), architecture))
            }
            None => SpaceName::reading(&text).map(|(name, architecture)| (name.into(), architecture)),
        };
        let hint = if space.is_none() { "; if it belongs to a space of your own, name that with --space" } else { "" };
        read.map_err(|refusal| Failure::other(format!("{}: {refusal}{hint}", self.place())))
    }

    /// The best of a search of a table, which trains none and so writes none down.
    fn winner_in(&self, folder: &Path) -> Result<String, Failure> {
        let [search, training] = IN_FOLDERS;
        let unknown = || {
            Failure::other(format!(
                "{} has neither {search} (of a finished search) nor {training} (of a training); for a search that has not ended, \
                 bonas resume ends it",
                folder.display()
            ))
        };
        let config = self.config_of_folder().ok_or_else(unknown)?;
        if load_config(Some(&config), &[])?.evaluator != EvaluatorName::Table {
            return Err(unknown());
        }
        let (_, front) = pareto_front(&RunFolder::open(folder)?)?;
        Ok(front.into_iter().next().ok_or_else(unknown)?.text)
    }

    /// The settings of the folder that was named, if it was one.
    pub(super) fn config_of_folder(&self) -> Option<PathBuf> {
        Some(Path::new(&self.0).join("config.toml")).filter(|config| config.is_file())
    }

    /// Where the text came from, for errors. A text that is no genotype may be the name of a file that is not there.
    fn place(&self) -> String {
        let given = &self.0;
        match Path::new(given).exists() {
            true => given.clone(),
            false if given.contains(['(', '{', '|', '[']) => "the genotype of the command line".into(),
            false => format!("'{given}' is neither a genotype, nor a file or folder"),
        }
    }

    /// What was given, or what is in the file that it names.
    pub(super) fn text(&self) -> Result<String, Failure> {
        let path = match Path::new(&self.0) {
            folder if folder.is_dir() => match in_folder(folder) {
                Some(path) => path,
                None => return self.winner_in(folder),
            },
            path => path.to_path_buf(),
        };
        let text = match path.is_file() {
            false => self.0.clone(),
            true => std::fs::read_to_string(&path)
                .map_err(|error| Failure::other(format!("cannot read {}: {error}", path.display())))?,
        };
        // The file of a trained network is JSON; where the space has a text form only, that is a JSON string.
        Ok(serde_json::from_str::<String>(&text).unwrap_or(text))
    }
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    IN_FOLDERS.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}
