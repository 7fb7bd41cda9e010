use burn::tensor::{DType, Device, FloatDType, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Factor of the loss whose gradients pass through 16-bit floats with few exponents, where they would vanish otherwise.
pub(crate) const LOSS_SCALE: f64 = 1024.0;

/// In which numbers the convolutions of a training step compute, and feature maps are kept (Micikevicius et al., Mixed Precision Training,
/// ICLR 2018). Weights, their updates, batch norms, pooling, the classifier and the loss are 32-bit floats always, and so is every
/// measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Full,
    /// 16-bit floats with the exponents of 32-bit ones and 8 significant bits.
    Bf16,
    /// 16-bit floats of IEEE 754, with 11 significant bits and few exponents; the loss is scaled up for the gradients, and by less where
    /// they overflow.
    F16,
}

impl Precision {
    /// Those that a device may or may not be able to compute in.
    pub const MIXED: [Self; 2] = [Self::Bf16, Self::F16];

    /// As it is written in a configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// Whether the device has arithmetic of this kind.
    pub fn is_supported(self, device: &Device) -> bool {
        device.supports_dtype(self.dtype())
    }

    /// A step's images; everything behind them follows their type.
    pub(crate) fn narrowed<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        cast(x, self.dtype())
    }

    fn dtype(self) -> DType {
        match self {
            Self::Full => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tensor in other floats; its gradient comes back in its own.
pub(crate) fn cast<const D: usize>(x: Tensor<D>, dtype: DType) -> Tensor<D> {
    if x.dtype() == dtype { x } else { x.cast(FloatDType::from(dtype)) }
}

/// A tensor in 32-bit floats.
pub(crate) fn widened<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    cast(x, DType::F32)
}

/// Computes in 32-bit floats, and gives the result in those of the input.
pub(crate) fn in_full(x: Tensor<4>, compute: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
    let dtype = x.dtype();
    cast(compute(widened(x)), dtype)
}
