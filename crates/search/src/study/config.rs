use super::Budget;
use crate::SearchError;
use crate::range::check_range;
use serde::{Deserialize, Serialize};

/// Settings of a study. A budget must be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StudyConfig {
    /// Everything random in the study follows from it.
    pub seed: u64,
    /// Architectures asked for in a round, and evaluated together (1 to 1,000,000). The paper queries 100.
    pub batch_size: usize,
    /// Rounds in a row that may pass without a new query before the study counts as exhausted (1 to 1,000,000).
    pub max_idle_rounds: usize,
    /// When the study has had enough.
    pub budget: Budget,
}

impl Default for StudyConfig {
    fn default() -> Self {
        Self { seed: 0, batch_size: 100, max_idle_rounds: 10, budget: Budget::default() }
    }
}

impl StudyConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range, or [`SearchError::NoBudget`].
    pub fn validate(&self) -> Result<(), SearchError> {
        check_range("study.batch_size", &self.batch_size, 1..=1_000_000)?;
        check_range("study.max_idle_rounds", &self.max_idle_rounds, 1..=1_000_000)?;
        self.budget.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_round_trip_and_unknown_ones_are_refused() {
        let text = "seed = 7\nbatch_size = 20\nbudget.queries = 60";
        let config: StudyConfig = toml::from_str(text).expect("readable");
        let budget = Budget { queries: Some(60), ..Budget::default() };
        assert_eq!(config, StudyConfig { seed: 7, batch_size: 20, budget, ..StudyConfig::default() });
        assert_eq!(toml::from_str::<StudyConfig>(&toml::to_string(&config).expect("writable")).expect("readable"), config);
        assert!(toml::from_str::<StudyConfig>("batch = 3").is_err());
        assert!(toml::from_str::<StudyConfig>("budget.query = 3").is_err());
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let budget = Budget { rounds: Some(1), ..Budget::default() };
        let error = StudyConfig { batch_size: 0, budget, ..StudyConfig::default() }.validate().expect_err("empty batches");
        assert_eq!(error.to_string(), "study.batch_size must be in [1, 1000000], but is 0");
        assert!(matches!(StudyConfig::default().validate(), Err(SearchError::NoBudget)));
    }
}
