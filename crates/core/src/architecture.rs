use serde::{Deserialize, Serialize};
use std::fmt;

/// A point of a search space: one small integer per decision.
///
/// The space gives the integers their meaning; everything else stores, compares and moves them. One concrete type for
/// all spaces keeps every trait usable as `dyn`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Architecture(Box<[u8]>);

impl Architecture {
    /// An architecture with these decisions. Whether they are valid is for the space to say
    /// ([`SearchSpace::validate`](crate::SearchSpace::validate)).
    pub fn new(decisions: impl Into<Box<[u8]>>) -> Self {
        Self(decisions.into())
    }

    /// The decisions, in the order the space defines.
    pub fn decisions(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Architecture{:?}", self.0)
    }
}
