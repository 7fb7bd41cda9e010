use bonas_core::SurrogateError;
use thiserror::Error;

/// Why a number of this crate does not exist.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BayesError {
    /// Two lists that belong together have different lengths.
    #[error("{what} have different lengths: {left} and {right}")]
    LengthMismatch {
        /// Which lists.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// There is too little data.
    #[error("{what} needs at least {needed} values, but there are {given}")]
    TooFew {
        /// What was asked for.
        what: &'static str,
        /// How many values it needs.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what} {index} is {value}, but must be finite")]
    NotFinite {
        /// Which values.
        what: &'static str,
        /// Place of the first that is not finite (row-major, for a matrix).
        index: usize,
        /// Its value.
        value: f64,
    },
    /// A rank correlation with a list whose values are all equal: it is undefined, not zero.
    #[error("a rank correlation is undefined: all {count} {what} values are equal")]
    Constant {
        /// Which list.
        what: &'static str,
        /// Its length.
        count: usize,
    },
    /// A setting lies outside its range.
    #[error("{name} should be {range}, but is {value}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Its range, in words.
        range: &'static str,
        /// Its value.
        value: f64,
    },
    /// The eigenvalue iteration of a matrix did not converge.
    #[error("the eigendecomposition of a {0} x {0} matrix did not converge")]
    Eigendecomposition(usize),
    /// A covariance matrix is not positive definite.
    #[error("a {0} x {0} covariance matrix is not positive definite")]
    NotPositiveDefinite(usize),
}

impl From<BayesError> for SurrogateError {
    fn from(error: BayesError) -> Self {
        match error {
            BayesError::Setting { .. } => Self::Config(error.to_string()),
            BayesError::NotFinite { .. } => Self::Diverged(error.to_string()),
            _ => Self::Other(Box::new(error)),
        }
    }
}

impl BayesError {
    /// As an error of a surrogate, in which a setting has its whole key, such as `surrogate.linear.evidence.tolerance`.
    pub fn in_table(self, table: &str) -> SurrogateError {
        match self {
            Self::Setting { name, range, value } => {
                SurrogateError::Config(format!("{table}.{name} must be {range}, but is {value}"))
            }
            other => other.into(),
        }
    }
}

/// Checks that all values are finite.
pub(crate) fn check_finite(what: &'static str, values: impl IntoIterator<Item = f64>) -> Result<(), BayesError> {
    match values.into_iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, value)) => Err(BayesError::NotFinite { what, index, value }),
        None => Ok(()),
    }
}

/// Checks that two lists have the same length.
pub(crate) fn check_lengths(what: &'static str, left: usize, right: usize) -> Result<(), BayesError> {
    if left != right {
        return Err(BayesError::LengthMismatch { what, left, right });
    }
    Ok(())
}
