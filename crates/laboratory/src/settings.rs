use crate::LaboratoryError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What results must share to be compared. A folder may get further strategies or surrogates, tasks and seeds, as long as what it
/// holds agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Digest of the program that worked last. Another build may work differently; that is told, not refused.
    #[serde(default)]
    pub build: String,
    /// What all have in common, such as space, table, queries and batch.
    pub common: BTreeMap<String, String>,
    /// The settings of every strategy or surrogate, by its name, each as key and value.
    #[serde(alias = "strategies")]
    pub contestants: BTreeMap<String, BTreeMap<String, String>>,
}

impl Settings {
    /// Checks that what both have agrees, and returns both together.
    ///
    /// # Errors
    /// [`LaboratoryError::OtherSettings`] with the first difference.
    pub fn merged(&self, given: &Self, folder: &Path) -> Result<Self, LaboratoryError> {
        differing("", &self.common, &given.common, folder)?;
        let mut contestants = self.contestants.clone();
        for (name, settings) in &given.contestants {
            match contestants.get(name) {
                Some(recorded) => differing(&format!("{name}: "), recorded, settings, folder)?,
                None => drop(contestants.insert(name.clone(), settings.clone())),
            }
        }
        Ok(Self { build: given.build.clone(), common: given.common.clone(), contestants })
    }
}

fn differing(
    whose: &str,
    recorded: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<(), LaboratoryError> {
    let missing = || "none".to_string();
    let mut keys: Vec<_> = recorded.keys().chain(given.keys().filter(|key| !recorded.contains_key(*key))).collect();
    // Nobody can give a digest: what was given otherwise comes first.
    keys.sort_by_key(|key| key.ends_with(".sha256"));
    for key in keys {
        let (left, right) = (recorded.get(key), given.get(key));
        if left != right {
            return Err(LaboratoryError::OtherSettings {
                path: folder.into(),
                what: format!("{whose}{key}"),
                recorded: left.cloned().unwrap_or_else(missing),
                given: right.cloned().unwrap_or_else(missing),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_given_is_named_before_a_digest_that_follows_from_it() {
        let settings = |seed: &str, digest: &str| {
            let common = [("data.sha256", digest), ("study.seed", seed)].map(|(key, value)| (key.into(), value.into()));
            Settings { common: common.into(), ..Settings::default() }
        };
        let refusal = |given: &Settings| settings("1", "00").merged(given, Path::new("bench")).expect_err("another").to_string();
        assert!(refusal(&settings("2", "ff")).contains("study.seed 1, but 2 was given"));
        assert!(refusal(&settings("1", "ff")).contains("data.sha256 00, but ff was given"));
    }
}
