use crate::settings::{check_counts, check_positive, training_settings};
use crate::{Head, Loss, Mode, Targets};
use bonas_bayes::{EvidenceConfig, Intercept, MomentMethod};
use bonas_core::SurrogateError;
use serde::{Deserialize, Serialize};

/// Settings of a [`GcnSurrogate`](crate::GcnSurrogate).
///
/// [`mode`](Self::mode) decides the optional ones that are not set; [`resolved`](Self::resolved) writes its decisions out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GcnConfig {
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
    /// Graph convolutions in a row.
    pub layers: usize,
    /// Channels of each, and length of an embedding.
    pub width: usize,
    /// Passes over the observations.
    pub epochs: usize,
    /// Graphs per step of training.
    pub batch_size: usize,
    /// Learning rate of Adam, constant.
    pub learning_rate: f64,
    /// Epsilon of Adam.
    pub adam_epsilon: f64,
    /// Epsilon added to the variances of batch normalisation.
    pub batch_norm_epsilon: f64,
    /// Weights start uniform in ± this range.
    pub weight_range: f64,
    /// Biases start uniform in ± this range.
    pub bias_range: f64,
    /// Distance that the loss `pairwise-hinge` wants between a better and a worse graph.
    pub hinge_margin: f64,
    /// Graphs per step of prediction.
    pub prediction_batch_size: usize,
    /// How the precisions of the regression are found.
    pub evidence: EvidenceConfig,
}

impl Default for GcnConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Ranked,
            head: Head::Regression,
            targets: None,
            loss: None,
            moments: None,
            intercept: None,
            layers: 4,
            width: 64,
            epochs: 100,
            batch_size: 128,
            learning_rate: 1e-3,
            adam_epsilon: 1e-8,
            batch_norm_epsilon: 1e-5,
            weight_range: 0.05,
            bias_range: 0.125,
            hinge_margin: 0.1,
            prediction_batch_size: 1024,
            evidence: EvidenceConfig::default(),
        }
    }
}

training_settings!(GcnConfig);

impl GcnConfig {
    /// The same settings in another mode, which decides all that a mode can decide.
    pub fn in_mode(&self, mode: Mode) -> Self {
        Self { mode, targets: None, loss: None, moments: None, intercept: None, ..self.clone() }
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        let table = "surrogate.gcn";
        check_counts(table, &[("layers", self.layers), ("width", self.width)])?;
        let ranges = [
            ("batch_norm_epsilon", self.batch_norm_epsilon),
            ("weight_range", self.weight_range),
            ("bias_range", self.bias_range),
        ];
        check_positive(table, &ranges)?;
        self.settings().check(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_decide_what_is_left_open() {
        let ranked = GcnConfig::default().resolved();
        assert_eq!((ranked.targets, ranked.loss), (Some(Targets::Ranks), Some(Loss::Exponential)));
        assert_eq!((ranked.moments, ranked.intercept), (Some(MomentMethod::Exact), Some(Intercept::Flat)));
        let paper = GcnConfig { mode: Mode::Paper, loss: Some(Loss::Mse), ..GcnConfig::default() }.resolved();
        assert_eq!((paper.targets, paper.loss), (Some(Targets::Scores), Some(Loss::Mse)));
        assert_eq!((paper.moments, paper.intercept), (Some(MomentMethod::Paper), Some(Intercept::None)));
        assert_eq!(paper.resolved(), paper);
    }

    #[test]
    fn a_written_configuration_reads_back() {
        let read = |text: &str| serde_json::from_str::<GcnConfig>(text);
        let config =
            read(r#"{"mode":"paper","loss":"pairwise-hinge","width":32,"evidence":{"max_iterations":50}}"#).expect("valid");
        assert_eq!((config.width, config.evidence.max_iterations, config.epochs), (32, 50, 100));
        for config in [config.clone(), config.resolved()] {
            assert_eq!(read(&serde_json::to_string(&config).expect("writes")).expect("reads"), config);
        }
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused() {
        assert!(serde_json::from_str::<GcnConfig>(r#"{"layer":3}"#).is_err());
        let wrong = [
            GcnConfig { layers: 0, ..GcnConfig::default() },
            GcnConfig { learning_rate: f64::NAN, ..GcnConfig::default() },
            GcnConfig { evidence: EvidenceConfig { tolerance: 0.0, ..EvidenceConfig::default() }, ..GcnConfig::default() },
        ];
        for config in wrong {
            assert!(matches!(config.check(), Err(SurrogateError::Config(_))), "{config:?}");
        }
        assert!(GcnConfig::default().check().is_ok());
    }
}
