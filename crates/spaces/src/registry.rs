use crate::nearest::nearest;
use crate::{DartsSpace, EdgeCellSpace, NasBench101Space, NasBenchMacroSpace, ResNetSpace, TransNasMacroSpace, TypedSpace};
use bonas_core::{Architecture, SearchSpace, SpaceError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// The spaces there are, by the names that configurations use. Nowhere else is such a name matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpaceName {
    /// [`DartsSpace::darts`].
    Darts,
    /// [`DartsSpace::bonas`].
    BonasDarts,
    /// [`NasBench101Space`].
    #[serde(rename = "nas-bench-101")]
    NasBench101,
    /// [`EdgeCellSpace::nas_bench_201`].
    #[serde(rename = "nas-bench-201")]
    NasBench201,
    /// [`EdgeCellSpace::transnas_micro`].
    #[serde(rename = "transnas-micro")]
    TransNasMicro,
    /// [`TransNasMacroSpace`].
    #[serde(rename = "transnas-macro")]
    TransNasMacro,
    /// [`NasBenchMacroSpace`].
    NasBenchMacro,
    /// [`ResNetSpace`].
    #[serde(rename = "resnet")]
    ResNet,
}

/// A name that no space has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown space '{name}'; {}the spaces are: {}",
    nearest.map(|nearest| format!("did you mean '{nearest}'? ")).unwrap_or_default(),
    SpaceName::ALL.iter().map(|space| space.as_str()).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownSpace {
    /// The name that was asked for.
    pub name: String,
    /// The known space it may be a slip for.
    pub nearest: Option<&'static str>,
}

impl SpaceName {
    /// Every space.
    pub const ALL: &[SpaceName] = &[
        Self::Darts,
        Self::BonasDarts,
        Self::NasBench101,
        Self::NasBench201,
        Self::TransNasMicro,
        Self::TransNasMacro,
        Self::NasBenchMacro,
        Self::ResNet,
    ];

    /// The name as configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Darts => "darts",
            Self::BonasDarts => "bonas-darts",
            Self::NasBench101 => "nas-bench-101",
            Self::NasBench201 => "nas-bench-201",
            Self::TransNasMicro => "transnas-micro",
            Self::TransNasMacro => "transnas-macro",
            Self::NasBenchMacro => "nas-bench-macro",
            Self::ResNet => "resnet",
        }
    }

    /// Builds the space.
    pub fn build(self) -> Arc<dyn SearchSpace> {
        self.build_typed().into_space()
    }

    /// Builds the space with its type.
    pub fn build_typed(self) -> TypedSpace {
        match self {
            Self::Darts => TypedSpace::Darts(DartsSpace::darts()),
            Self::BonasDarts => TypedSpace::Darts(DartsSpace::bonas()),
            Self::NasBench101 => TypedSpace::NasBench101(NasBench101Space::new()),
            Self::NasBench201 => TypedSpace::NasBench201(EdgeCellSpace::nas_bench_201()),
            Self::TransNasMicro => TypedSpace::TransNasMicro(EdgeCellSpace::transnas_micro()),
            Self::TransNasMacro => TypedSpace::TransNasMacro(TransNasMacroSpace),
            Self::NasBenchMacro => TypedSpace::NasBenchMacro(NasBenchMacroSpace),
            Self::ResNet => TypedSpace::ResNet(ResNetSpace),
        }
    }

    /// Reads a text in the narrowest space that can.
    ///
    /// # Errors
    /// Of the widest space that came nearest: the one whose reading went farthest.
    pub fn reading(text: &str) -> Result<(Self, Architecture), SpaceError> {
        let mut refusals = Vec::new();
        // Spaces of one family are listed from the widest to the narrowest.
        for &name in Self::ALL.iter().rev() {
            match name.build().parse(text) {
                Ok(architecture) => return Ok((name, architecture)),
                Err(error) => refusals.push(error),
            }
        }
        let farthest = refusals.into_iter().max_by_key(|error| match error {
            SpaceError::Syntax { offset, .. } => *offset,
            SpaceError::UnknownOperation { offset, .. } => offset.unwrap_or(usize::MAX),
            SpaceError::Outside { .. } => usize::MAX,
        });
        Err(farthest.expect("there are spaces"))
    }
}

impl fmt::Display for SpaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SpaceName {
    type Err = UnknownSpace;

    fn from_str(name: &str) -> Result<Self, UnknownSpace> {
        Self::ALL.iter().copied().find(|space| space.as_str() == name).ok_or_else(|| UnknownSpace {
            name: name.to_owned(),
            nearest: nearest(name, Self::ALL.iter().map(|space| space.as_str())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_builds_the_space_of_that_name() {
        for &name in SpaceName::ALL {
            assert_eq!(name.build().name(), name.as_str());
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(serde_json::to_string(&name).expect("plain"), format!("\"{name}\""));
        }
    }

    #[test]
    fn every_space_keeps_the_contract() {
        for name in SpaceName::ALL {
            bonas_testing::space::check(name.build().as_ref());
        }
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let error = "bonas_darts".parse::<SpaceName>().expect_err("an underscore");
        insta::assert_snapshot!(error, @"unknown space 'bonas_darts'; did you mean 'bonas-darts'? the spaces are: darts, bonas-darts, nas-bench-101, nas-bench-201, transnas-micro, transnas-macro, nas-bench-macro, resnet");
        let error = "x".parse::<SpaceName>().expect_err("no space");
        insta::assert_snapshot!(error, @"unknown space 'x'; the spaces are: darts, bonas-darts, nas-bench-101, nas-bench-201, transnas-micro, transnas-macro, nas-bench-macro, resnet");
    }
}
