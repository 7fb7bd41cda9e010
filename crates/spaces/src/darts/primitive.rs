use serde::{Deserialize, Serialize};
use std::fmt;

/// An operation of the DARTS spaces (Liu et al. 2019, section 3.1), `none` excluded: a genotype never holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Primitive {
    /// 3×3 max pooling.
    #[serde(rename = "max_pool_3x3")]
    MaxPool3x3,
    /// 3×3 average pooling.
    #[serde(rename = "avg_pool_3x3")]
    AvgPool3x3,
    /// Identity; a factorised reduction where the stride is 2.
    #[serde(rename = "skip_connect")]
    SkipConnect,
    /// 3×3 depthwise-separable convolution, applied twice.
    #[serde(rename = "sep_conv_3x3")]
    SepConv3x3,
    /// 5×5 depthwise-separable convolution, applied twice.
    #[serde(rename = "sep_conv_5x5")]
    SepConv5x5,
    /// 3×3 depthwise-separable convolution with dilation 2.
    #[serde(rename = "dil_conv_3x3")]
    DilConv3x3,
    /// 5×5 depthwise-separable convolution with dilation 2.
    #[serde(rename = "dil_conv_5x5")]
    DilConv5x5,
}

impl Primitive {
    /// Every primitive, in the order of public DARTS code.
    pub const ALL: [Primitive; 7] = [
        Self::MaxPool3x3,
        Self::AvgPool3x3,
        Self::SkipConnect,
        Self::SepConv3x3,
        Self::SepConv5x5,
        Self::DilConv3x3,
        Self::DilConv5x5,
    ];

    /// The name in genotypes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxPool3x3 => "max_pool_3x3",
            Self::AvgPool3x3 => "avg_pool_3x3",
            Self::SkipConnect => "skip_connect",
            Self::SepConv3x3 => "sep_conv_3x3",
            Self::SepConv5x5 => "sep_conv_5x5",
            Self::DilConv3x3 => "dil_conv_3x3",
            Self::DilConv5x5 => "dil_conv_5x5",
        }
    }

    /// The primitive with this name in genotypes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|primitive| primitive.name() == name)
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Primitive;

    #[test]
    fn names_are_the_same_everywhere() {
        for primitive in Primitive::ALL {
            assert_eq!(Primitive::from_name(primitive.name()), Some(primitive));
            assert_eq!(serde_json::to_string(&primitive).expect("plain"), format!("\"{primitive}\""));
        }
        assert_eq!(Primitive::from_name("none"), None);
    }
}
