use crate::Loss;
use crate::choice::Choices;
use bonas_bayes::EvidenceConfig;
use bonas_core::SurrogateError;
use serde::{Deserialize, Serialize};

/// What turns the embeddings of a network into a posterior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// A Bayesian sigmoid regression on the embeddings.
    #[default]
    Regression,
    /// The network's own output as the mean, with a standard deviation of 0: the method without its regression, the ablation of
    /// the paper. An acquisition can then only exploit.
    Network,
}

/// What the training of every network and its regression have in common, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) head: Head,
    pub(crate) choices: Choices,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) learning_rate: f64,
    pub(crate) adam_epsilon: f64,
    pub(crate) hinge_margin: f64,
    pub(crate) prediction_batch_size: usize,
    pub(crate) evidence: EvidenceConfig,
}

impl Settings {
    pub(crate) fn loss(&self) -> Loss {
        self.choices.loss
    }

    /// Checks the ranges; `table` is where the settings stand, such as `surrogate.gcn`.
    pub(crate) fn check(&self, table: &str) -> Result<(), SurrogateError> {
        let counts =
            [("epochs", self.epochs), ("batch_size", self.batch_size), ("prediction_batch_size", self.prediction_batch_size)];
        check_counts(table, &counts)?;
        let positive =
            [("learning_rate", self.learning_rate), ("adam_epsilon", self.adam_epsilon), ("hinge_margin", self.hinge_margin)];
        check_positive(table, &positive)?;
        self.evidence.check().map_err(|error| error.in_table(&format!("{table}.evidence")))
    }
}

/// What a configuration with the fields of [`Settings`] and a mode can do, whatever network it describes. The fields stand in every
/// configuration by themselves, because a flattened one would not refuse unknown keys.
macro_rules! training_settings {
    ($config:ident) => {
        impl $config {
            /// The same settings with everything that the mode decides written out.
            pub fn resolved(&self) -> Self {
                let $crate::choice::Choices { targets, loss, moments, intercept } = self.choices();
                let (targets, loss, moments, intercept) = (Some(targets), Some(loss), Some(moments), Some(intercept));
                Self { targets, loss, moments, intercept, ..self.clone() }
            }

            fn choices(&self) -> $crate::choice::Choices {
                $crate::choice::Choices::of(self.mode, self.targets, self.loss, self.moments, self.intercept)
            }

            pub(crate) fn settings(&self) -> $crate::settings::Settings {
                $crate::settings::Settings {
                    head: self.head,
                    choices: self.choices(),
                    epochs: self.epochs,
                    batch_size: self.batch_size,
                    learning_rate: self.learning_rate,
                    adam_epsilon: self.adam_epsilon,
                    hinge_margin: self.hinge_margin,
                    prediction_batch_size: self.prediction_batch_size,
                    evidence: self.evidence,
                }
            }
        }
    };
}
pub(crate) use training_settings;

/// Checks that every count is at least 1.
pub(crate) fn check_counts(table: &str, counts: &[(&str, usize)]) -> Result<(), SurrogateError> {
    match counts.iter().find(|(_, value)| *value == 0) {
        Some((name, _)) => Err(SurrogateError::Config(format!("{table}.{name} must be at least 1, but is 0"))),
        None => Ok(()),
    }
}

/// Checks that every number is finite and above 0.
pub(crate) fn check_positive(table: &str, numbers: &[(&str, f64)]) -> Result<(), SurrogateError> {
    match numbers.iter().find(|(_, value)| !value.is_finite() || *value <= 0.0) {
        Some((name, value)) => Err(SurrogateError::Config(format!("{table}.{name} must be finite and above 0, but is {value}"))),
        None => Ok(()),
    }
}
