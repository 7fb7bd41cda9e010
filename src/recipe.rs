use crate::config_file::{ConfigError, Override, explained, located};
use bonas_data::{AugmentConfig, DataConfig};
use bonas_supernet::{NetworkConfig, RetrainConfig};
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use toml::{Table, Value};

/// The recipes that come with bonas.
const KNOWN: [(&str, &str); 2] = [
    ("darts-cifar", include_str!("../configs/recipes/darts-cifar.toml")),
    ("darts-imagenet", include_str!("../configs/recipes/darts-imagenet.toml")),
];

/// How a network is trained, in one word or one file: the settings `network`, `retrain`, `augment` and `data` of a configuration, or
/// some of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// One that comes with bonas.
    Known {
        /// Its name.
        name: &'static str,
        /// Its text.
        text: &'static str,
    },
    /// A file of the same form.
    File(PathBuf),
}

/// What a recipe may set.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(dead_code, reason = "it is read to be checked")]
#[derive(Default)]
struct Settings {
    network: NetworkConfig,
    retrain: RetrainConfig,
    augment: AugmentConfig,
    data: DataConfig,
}

impl FromStr for Recipe {
    type Err = Infallible;

    /// A known name; anything else is the path of a file.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = KNOWN.into_iter().find(|(name, _)| *name == text);
        Ok(known.map_or_else(|| Self::File(text.into()), |(name, text)| Self::Known { name, text }))
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { name, .. } => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl Recipe {
    /// The names of those that come with bonas.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.into_iter().map(|(name, _)| name)
    }

    /// Its settings, to be applied to a configuration.
    ///
    /// # Errors
    /// When there is neither such a name nor such a file, or a key or value is wrong; unknown keys get the nearest known one as a
    /// suggestion.
    pub fn overrides(&self) -> Result<Vec<Override>, ConfigError> {
        let (text, path) = match self {
            Self::Known { name, text } => ((*text).to_string(), PathBuf::from(format!("configs/recipes/{name}.toml (built in)"))),
            Self::File(path) => (self.read(path)?, path.clone()),
        };
        let invalid = |error: toml::de::Error| ConfigError::Invalid { path: path.clone(), message: located(&text, &error) };
        toml::from_str::<Settings>(&text).map_err(invalid)?;
        let mut overrides = Vec::new();
        leaves(toml::from_str(&text).map_err(invalid)?, "", &mut overrides);
        Ok(overrides)
    }

    fn read(&self, path: &std::path::Path) -> Result<String, ConfigError> {
        std::fs::read_to_string(path).map_err(|source| {
            let name = path.display().to_string();
            match source.kind() {
                std::io::ErrorKind::NotFound => {
                    let variants = Self::names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                    let message =
                        explained(&format!("unknown variant `{name}`, there is no file of that name, and known are {variants}"));
                    ConfigError::NoRecipe { message }
                }
                _ => ConfigError::Unreadable { path: path.to_path_buf(), source },
            }
        })
    }
}

/// Every value of a table with the path that leads to it.
fn leaves(table: Table, parent: &str, found: &mut Vec<Override>) {
    for (name, value) in table {
        let key = if parent.is_empty() { name } else { format!("{parent}.{name}") };
        match value {
            Value::Table(table) => leaves(table, &key, found),
            value => found.push(Override::new(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::load_config;
    use bonas_supernet::{ScheduleShape, StemKind};

    fn config(recipe: &str, further: &[&str]) -> crate::ExperimentConfig {
        let mut overrides = recipe.parse::<Recipe>().expect("a name").overrides().expect("a recipe");
        overrides.extend(further.iter().map(|setting| setting.parse().expect("a setting")));
        load_config(None, &overrides).expect("it fits the configuration")
    }

    #[test]
    fn the_published_recipes_are_as_published() {
        let cifar = config("darts-cifar", &[]);
        assert_eq!((cifar.network.channels, cifar.network.cells, cifar.network.stem), (36, 20, StemKind::Convolution));
        let retrain = &cifar.retrain;
        assert_eq!((retrain.epochs, retrain.batch_size, retrain.auxiliary_weight, retrain.drop_path), (600, 96, 0.4, 0.2));
        assert_eq!((retrain.optimizer.learning_rate, retrain.optimizer.weight_decay), (0.025, 3e-4));
        assert_eq!(cifar.augment.cutout, 16);

        let imagenet = config("darts-imagenet", &[]);
        assert_eq!((imagenet.network.channels, imagenet.network.cells, imagenet.network.stem), (48, 14, StemKind::ImageNet));
        let retrain = &imagenet.retrain;
        assert_eq!((retrain.epochs, retrain.batch_size, retrain.auxiliary_weight, retrain.label_smoothing), (250, 128, 0.4, 0.1));
        assert_eq!((retrain.schedule.shape, retrain.schedule.decay, retrain.drop_path), (ScheduleShape::Exponential, 0.97, 0.0));
        assert_eq!((retrain.optimizer.learning_rate, retrain.optimizer.weight_decay), (0.1, 3e-5));
        let crop = imagenet.augment.random_resized_crop.as_ref().expect("windows of the pictures");
        assert_eq!((crop, imagenet.data.resize, imagenet.data.shorter_side), (&Default::default(), Some(224), Some(256)));
        for name in Recipe::names() {
            config(name, &[]).retrain.validate().expect("in range");
            config(name, &[]).network.validate().expect("in range");
        }
    }

    #[test]
    fn settings_of_the_command_line_come_behind_those_of_the_recipe() {
        let config = config("darts-cifar", &["retrain.epochs=30"]);
        assert_eq!((config.retrain.epochs, config.retrain.batch_size), (30, 96));
    }

    #[test]
    fn what_is_no_recipe_says_so() {
        let message = |recipe: &Recipe| recipe.overrides().expect_err("no recipe").to_string();
        let text = message(&"darts-cifar10".parse().expect("a path"));
        assert!(text.contains("Did you mean 'darts-cifar'?"), "{text}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.toml");
        let wrong = |text: &str, expected: &str| {
            std::fs::write(&path, text).expect("written");
            let text = message(&Recipe::File(path.clone()));
            assert!(text.contains("mine.toml: line 2") && text.contains(expected), "{text}");
        };
        wrong("[retrain]\nauxiliary_wieght = 0.4", "Did you mean 'auxiliary_weight'?");
        wrong("\n[optimizer]\nlearning_rate = 1", "expected one of `network`, `retrain`, `augment`, `data`");
        wrong("[retrain.schedule]\nshape = 'cosin'", "Did you mean 'cosine'?");
    }
}
