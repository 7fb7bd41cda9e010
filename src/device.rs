use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The device that a configuration names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// The best device of this build.
    #[default]
    Auto,
    /// The CPU, by Burn's Flex backend.
    Cpu,
}

/// A device that this build cannot offer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// A GPU, which needs a backend that was not compiled in.
    #[error("this build of bonas has no {0} backend; it computes on the CPU alone. Use `--device cpu`")]
    NotCompiled(String),
    /// No device at all.
    #[error("'{0}' is not a device; use `auto` or `cpu`")]
    Unknown(String),
}

impl DeviceName {
    /// The device to compute on, without autodiff.
    pub fn open(self) -> Device {
        match self {
            Self::Auto | Self::Cpu => Device::flex(),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let backend = text.split(':').next().unwrap_or(text);
        match backend {
            "auto" if backend == text => Ok(Self::Auto),
            "cpu" if backend == text => Ok(Self::Cpu),
            "cuda" | "vulkan" | "metal" | "wgpu" | "rocm" => Err(DeviceError::NotCompiled(backend.to_string())),
            _ => Err(DeviceError::Unknown(text.to_string())),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
        })
    }
}

impl TryFrom<String> for DeviceName {
    type Error = DeviceError;
    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_say_what_to_do() {
        for name in [DeviceName::Auto, DeviceName::Cpu] {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert_eq!("cuda:1".parse::<DeviceName>(), Err(DeviceError::NotCompiled("cuda".into())));
        assert_eq!("gpu".parse::<DeviceName>(), Err(DeviceError::Unknown("gpu".into())));
        assert_eq!("cpu:2".parse::<DeviceName>(), Err(DeviceError::Unknown("cpu:2".into())));
    }
}
