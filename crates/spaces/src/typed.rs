use crate::{CustomSpace, DartsSpace, EdgeCellSpace, NasBench101Space, NasBenchMacroSpace, ResNetSpace, TransNasMacroSpace};
use bonas_core::SearchSpace;
use std::sync::Arc;

/// A space with its type, for those who read architectures as what they stand for: networks are built from it.
#[derive(Clone, Debug)]
pub enum TypedSpace {
    /// Two cells of DARTS, or one for both.
    Darts(DartsSpace),
    /// The cells of NAS-Bench-101.
    NasBench101(NasBench101Space),
    /// The cells of NAS-Bench-201.
    NasBench201(EdgeCellSpace),
    /// The cells of TransNAS-Bench-101.
    TransNasMicro(EdgeCellSpace),
    /// The chains of TransNAS-Bench-101.
    TransNasMacro(TransNasMacroSpace),
    /// The chains of NAS-Bench-Macro.
    NasBenchMacro(NasBenchMacroSpace),
    /// Residual networks.
    ResNet(ResNetSpace),
    /// A space that its user describes.
    Custom(Box<CustomSpace>),
}

impl TypedSpace {
    /// The space, whatever its type.
    pub fn space(&self) -> &dyn SearchSpace {
        match self {
            Self::Darts(space) => space,
            Self::NasBench101(space) => space,
            Self::NasBench201(space) | Self::TransNasMicro(space) => space,
            Self::TransNasMacro(space) => space,
            Self::NasBenchMacro(space) => space,
            Self::ResNet(space) => space,
            Self::Custom(space) => space.as_ref(),
        }
    }

    /// The same, to be shared.
    pub fn into_space(self) -> Arc<dyn SearchSpace> {
        match self {
            Self::Darts(space) => Arc::new(space),
            Self::NasBench101(space) => Arc::new(space),
            Self::NasBench201(space) | Self::TransNasMicro(space) => Arc::new(space),
            Self::TransNasMacro(space) => Arc::new(space),
            Self::NasBenchMacro(space) => Arc::new(space),
            Self::ResNet(space) => Arc::new(space),
            Self::Custom(space) => Arc::new(*space),
        }
    }
}
