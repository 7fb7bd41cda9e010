use crate::Loss;
use bonas_bayes::{Intercept, MomentMethod, rank_targets};
use bonas_core::SurrogateError;
use serde::{Deserialize, Serialize};

/// Which published or improved form of the method to use; it decides what a configuration leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Targets replaced by their ranks, exact moments, an intercept: any scores can be searched.
    #[default]
    Ranked,
    /// As published and released: raw accuracies as fractions, the paper's moments, no intercept.
    Paper,
}

/// What the network and the regression are fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// The rank of each score as a fraction, `(i + ½) / N`.
    Ranks,
    /// The scores themselves, which must be fractions in [0, 1].
    Scores,
}

impl Targets {
    /// The targets of these scores, each in [0, 1].
    pub(crate) fn of(self, scores: &[f64]) -> Result<Vec<f64>, SurrogateError> {
        match self {
            Self::Ranks => Ok(rank_targets(scores)?),
            Self::Scores => check_fractions(scores).map(|()| scores.to_vec()),
        }
    }
}

fn check_fractions(scores: &[f64]) -> Result<(), SurrogateError> {
    match scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        Some((index, score)) => Err(SurrogateError::Config(format!(
            "score {index} is {score}, but the targets `scores` of the mode `paper` must be fractions in [0, 1]; \
             give accuracies as fractions, or use the mode `ranked`, which takes any scores"
        ))),
        None => Ok(()),
    }
}

/// The settings that a mode decides unless the configuration does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choices {
    pub(crate) targets: Targets,
    pub(crate) loss: Loss,
    pub(crate) moments: MomentMethod,
    pub(crate) intercept: Intercept,
}

impl Choices {
    pub(crate) fn of(
        mode: Mode,
        targets: Option<Targets>,
        loss: Option<Loss>,
        moments: Option<MomentMethod>,
        intercept: Option<Intercept>,
    ) -> Self {
        let defaults = Self::of_mode(mode);
        Self {
            targets: targets.unwrap_or(defaults.targets),
            loss: loss.unwrap_or(defaults.loss),
            moments: moments.unwrap_or(defaults.moments),
            intercept: intercept.unwrap_or(defaults.intercept),
        }
    }

    fn of_mode(mode: Mode) -> Self {
        match mode {
            Mode::Ranked => Self {
                targets: Targets::Ranks,
                loss: Loss::Exponential,
                moments: MomentMethod::Exact,
                intercept: Intercept::Flat,
            },
            Mode::Paper => Self {
                targets: Targets::Scores,
                loss: Loss::ExponentialRelease,
                moments: MomentMethod::Paper,
                intercept: Intercept::None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_take_any_scores() {
        assert_eq!(Targets::Ranks.of(&[93.1, -4.0]).expect("finite"), [0.75, 0.25]);
    }

    #[test]
    fn percentages_are_refused_with_a_remedy() {
        let error = Targets::Scores.of(&[0.5, 93.1]).expect_err("a percentage").to_string();
        assert!(error.contains("score 1 is 93.1") && error.contains("ranked"), "{error}");
        assert_eq!(Targets::Scores.of(&[0.0, 1.0]).expect("fractions"), [0.0, 1.0]);
    }
}
