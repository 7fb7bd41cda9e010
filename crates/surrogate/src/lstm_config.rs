use crate::settings::{check_counts, training_settings};
use crate::{Head, Loss, Mode, Targets};
use bonas_bayes::{EvidenceConfig, Intercept, MomentMethod};
use bonas_core::SurrogateError;
use serde::{Deserialize, Serialize};

/// Settings of an [`LstmSurrogate`](crate::LstmSurrogate). Training and regression are those of
/// [`GcnConfig`](crate::GcnConfig), so that nothing but the network differs.
///
/// [`mode`](Self::mode) decides the optional ones that are not set; [`resolved`](Self::resolved) writes its decisions out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LstmConfig {
    /// The form of the method.
    pub mode: Mode,
    /// What makes the posterior: the regression of the method, or the network alone.
    pub head: Head,
    /// What is fitted: ranks in the mode `ranked`, scores in the mode `paper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// What the network minimises: `exponential` in the mode `ranked`, `exponential-release` in the mode `paper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// How moments of outcomes are computed: `exact` in the mode `ranked`, `paper` in the mode `paper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moments: Option<MomentMethod>,
    /// The constant term of the regression: `flat` in the mode `ranked`, `none` in the mode `paper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intercept: Option<Intercept>,
    /// Length of the state, and of an embedding.
    pub width: usize,
    /// Passes over the observations.
    pub epochs: usize,
    /// Graphs per step of training.
    pub batch_size: usize,
    /// Learning rate of Adam, constant.
    pub learning_rate: f64,
    /// Epsilon of Adam.
    pub adam_epsilon: f64,
    /// Distance that the loss `pairwise-hinge` wants between a better and a worse graph.
    pub hinge_margin: f64,
    /// Graphs per step of prediction.
    pub prediction_batch_size: usize,
    /// How the precisions of the regression are found.
    pub evidence: EvidenceConfig,
}

impl Default for LstmConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Ranked,
            head: Head::Regression,
            targets: None,
            loss: None,
            moments: None,
            intercept: None,
            width: 64,
            epochs: 100,
            batch_size: 128,
            learning_rate: 1e-3,
            adam_epsilon: 1e-8,
            hinge_margin: 0.1,
            prediction_batch_size: 1024,
            evidence: EvidenceConfig::default(),
        }
    }
}

training_settings!(LstmConfig);

impl LstmConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        let table = "surrogate.lstm";
        check_counts(table, &[("width", self.width)])?;
        self.settings().check(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(serde_json::from_str::<LstmConfig>(r#"{"weight_range":3}"#).is_err());
        let refused = |config: LstmConfig| config.check().expect_err("out of range").to_string();
        let width = refused(LstmConfig { width: 0, ..LstmConfig::default() });
        assert!(width.contains("surrogate.lstm.width must be at least 1, but is 0"), "{width}");
        let rate = refused(LstmConfig { learning_rate: f64::NAN, ..LstmConfig::default() });
        assert!(rate.contains("surrogate.lstm.learning_rate must be finite and above 0, but is NaN"), "{rate}");
        assert!(LstmConfig::default().check().is_ok());
    }

    #[test]
    fn the_mode_decides_as_for_the_graph_network() {
        let resolved = LstmConfig { mode: Mode::Paper, ..LstmConfig::default() }.resolved();
        let gcn = crate::GcnConfig { mode: Mode::Paper, ..crate::GcnConfig::default() }.resolved();
        assert_eq!((resolved.targets, resolved.loss, resolved.moments), (gcn.targets, gcn.loss, gcn.moments));
        assert_eq!(resolved.intercept, gcn.intercept);
    }
}
