//! Where to compute, by name.

mod error;
mod gpu;

use crate::doctor::{trusted, trusted_gpu};
use bonas_supernet::Precision;
use burn::tensor::Device;
pub use error::DeviceError;
pub use gpu::Gpu;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A GPU that is named so is used without a check.
const UNCHECKED: &str = "unchecked:";

/// A device to compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// The fastest GPU that passed `bonas doctor` on this machine, or else the CPU.
    #[default]
    Auto,
    /// The CPU, by Burn's Flex backend.
    Cpu,
    /// A GPU, if it passed its check.
    Gpu(Gpu),
    /// A GPU, whatever its check says.
    Unchecked(Gpu),
}

/// One device, or several that share the rounds of a search. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceNames(Vec<DeviceName>);

impl DeviceName {
    /// The device to train on in this precision, without autodiff.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the device does not compute in this precision, or was not seen to do so right.
    pub fn open_for(self, precision: Precision) -> Result<Device, DeviceError> {
        self.check_precision(precision)?;
        let device = self.open()?;
        match self {
            Self::Gpu(gpu) => trusted(gpu, precision)?,
            Self::Unchecked(_) if !precision.is_supported(&device) => {
                return Err(self.refused(precision, "it says itself that it cannot"));
            }
            Self::Unchecked(_) | Self::Auto | Self::Cpu => {}
        }
        Ok(device)
    }

    /// Refuses a precision that needs no look at a named GPU to be refused.
    fn check_precision(self, precision: Precision) -> Result<(), DeviceError> {
        let trusted_gpu = if self == Self::Auto { trusted_gpu() } else { None };
        match (precision, self, trusted_gpu) {
            (Precision::Full, ..) | (_, Self::Gpu(_) | Self::Unchecked(_), _) => Ok(()),
            (_, Self::Auto, Some(gpu)) => trusted(gpu, precision),
            (_, Self::Auto | Self::Cpu, _) => {
                Err(self.refused(precision, "the CPU computes in full precision alone; name a GPU"))
            }
        }
    }

    fn refused(self, precision: Precision, reason: &str) -> DeviceError {
        DeviceError::NoMixedPrecision { name: self.to_string(), precision, reason: reason.to_string() }
    }

    /// The device to compute on, without autodiff. `auto` never fails: where its GPU has gone, it is the CPU.
    ///
    /// # Errors
    /// When the device was not compiled in or is not there, or when it is a GPU without a passed check, see
    /// [`Doctor::admit`](crate::Doctor::admit).
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Auto => Ok(trusted_gpu().and_then(|gpu| gpu.open().ok()).unwrap_or_else(Device::flex)),
            Self::Cpu => Ok(Device::flex()),
            Self::Unchecked(gpu) => gpu.open(),
            Self::Gpu(gpu) => {
                gpu.check_compiled()?;
                trusted(gpu, Precision::Full)?;
                gpu.open()
            }
        }
    }

    /// Itself, or what `auto` stands for on this machine now.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self {
            Self::Auto => trusted_gpu().filter(|gpu| gpu.open().is_ok()).map_or(Self::Cpu, Self::Gpu),
            named => named,
        }
    }

    /// The device, whatever is known of it; what finds that out begins here.
    pub(crate) fn open_to_check(self) -> Result<Device, DeviceError> {
        match self {
            Self::Gpu(gpu) | Self::Unchecked(gpu) => gpu.open(),
            Self::Auto | Self::Cpu => self.open(),
        }
    }

    /// Every device of this build and machine, the CPU first. Asks the drivers, which may crash or hang.
    pub(crate) fn found() -> Vec<Self> {
        std::iter::once(Self::Cpu).chain(Gpu::found().map(Self::Gpu)).collect()
    }

    /// Whether this build has the backend of the device.
    ///
    /// # Errors
    /// When it has not.
    pub fn check_compiled(self) -> Result<(), DeviceError> {
        match self {
            Self::Gpu(gpu) | Self::Unchecked(gpu) => gpu.check_compiled(),
            Self::Auto | Self::Cpu => Ok(()),
        }
    }

    /// The name that the device gives itself, and whether it is a program on the CPU; of the CPU, the vector instructions it is used with.
    /// Opens the device.
    pub(crate) fn described(self, device: &Device) -> Option<(String, bool)> {
        if self == Self::Cpu {
            return Some((bonas_kernels::vector_instructions().into(), false));
        }
        #[cfg(any(feature = "cuda", feature = "vulkan", feature = "metal", feature = "wgpu-untuned"))]
        {
            device.identity().map(|identity| (identity.name, identity.physical.is_none()))
        }
        #[cfg(not(any(feature = "cuda", feature = "vulkan", feature = "metal", feature = "wgpu-untuned")))]
        {
            let _ = device;
            None
        }
    }
}

impl DeviceNames {
    /// Every device, opened to train in this precision.
    ///
    /// # Errors
    /// As [`DeviceName::open_for`].
    pub fn open_all(&self, precision: Precision) -> Result<Vec<Device>, DeviceError> {
        self.0.iter().map(|name| name.open_for(precision)).collect()
    }

    /// With the GPU that `auto` now means written out; `auto` stays where it means the CPU.
    pub(crate) fn chosen(self) -> Self {
        match (self.first(), trusted_gpu()) {
            (DeviceName::Auto, Some(gpu)) => DeviceName::Gpu(gpu).into(),
            _ => self,
        }
    }

    /// These and another.
    pub(crate) fn with(mut self, other: Option<DeviceName>) -> Self {
        self.0.extend(other);
        self
    }

    /// The GPUs that have to pass a check before they are used, each once.
    pub(crate) fn to_be_checked(&self) -> Vec<Gpu> {
        let mut gpus: Vec<Gpu> =
            self.0.iter().filter_map(|name| if let DeviceName::Gpu(gpu) = name { Some(*gpu) } else { None }).collect();
        gpus.sort_unstable();
        gpus.dedup();
        gpus
    }

    /// The first, which does what is not shared.
    pub fn first(&self) -> DeviceName {
        self.0.first().copied().unwrap_or_default()
    }

    /// Refuses several.
    ///
    /// # Errors
    /// When there are several.
    pub fn only_one(&self) -> Result<DeviceName, DeviceError> {
        match self.0.len() {
            0 | 1 => Ok(self.first()),
            _ => Err(DeviceError::Several(self.clone())),
        }
    }

    /// As [`DeviceName::check_compiled`], of all.
    ///
    /// # Errors
    /// When one was not compiled in.
    pub fn check_compiled(&self) -> Result<(), DeviceError> {
        self.0.iter().try_for_each(|name| name.check_compiled())
    }
}

impl DeviceNames {
    /// Refuses precisions in which these devices never train; what a named GPU can, its check says.
    ///
    /// # Errors
    /// With the device and the precision.
    pub(crate) fn check_precisions(&self, precisions: &[Precision]) -> Result<(), DeviceError> {
        let mut pairs = self.0.iter().flat_map(|name| precisions.iter().map(move |precision| (name, precision)));
        pairs.try_for_each(|(name, precision)| name.check_precision(*precision))
    }
}

impl Default for DeviceNames {
    fn default() -> Self {
        DeviceName::default().into()
    }
}

impl From<DeviceName> for DeviceNames {
    fn from(name: DeviceName) -> Self {
        Self(vec![name])
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let named = match text {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            _ => match text.strip_prefix(UNCHECKED) {
                Some(gpu) => Gpu::named(gpu).map(Self::Unchecked),
                None => Gpu::named(text).map(Self::Gpu),
            },
        };
        named.ok_or_else(|| DeviceError::Unknown(text.to_string()))
    }
}

impl FromStr for DeviceNames {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let names: Vec<DeviceName> = text.split(',').map(|name| name.trim().parse()).collect::<Result<_, _>>()?;
        match names.len() > 1 && names.contains(&DeviceName::Auto) {
            true => Err(DeviceError::AutoAmongSeveral),
            false => Ok(Self(names)),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu(gpu) => gpu.fmt(f),
            Self::Unchecked(gpu) => write!(f, "{UNCHECKED}{gpu}"),
        }
    }
}

impl fmt::Display for DeviceNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            write!(f, "{}{name}", if place > 0 { "," } else { "" })?;
        }
        Ok(())
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

impl TryFrom<String> for DeviceNames {
    type Error = DeviceError;
    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

impl From<DeviceNames> for String {
    fn from(names: DeviceNames) -> Self {
        names.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceName::{Auto, Cpu, Gpu as Checked, Unchecked};
    use Gpu::{Cuda, Metal, Vulkan, Wgpu};

    fn names(text: &str) -> Result<Vec<DeviceName>, DeviceError> {
        text.parse().map(|names: DeviceNames| names.0)
    }

    #[test]
    fn names_read_back() {
        for (text, devices) in [
            ("auto", vec![Auto]),
            ("cpu", vec![Cpu]),
            ("cuda:0", vec![Checked(Cuda(0))]),
            ("vulkan:12", vec![Checked(Vulkan(12))]),
            ("metal", vec![Checked(Metal)]),
            ("wgpu:2", vec![Checked(Wgpu(2))]),
            ("unchecked:vulkan:1", vec![Unchecked(Vulkan(1))]),
            ("cpu,cpu", vec![Cpu, Cpu]),
            ("cuda:0,unchecked:cuda:1,cpu", vec![Checked(Cuda(0)), Unchecked(Cuda(1)), Cpu]),
        ] {
            assert_eq!(names(text), Ok(devices));
            assert_eq!(text.parse::<DeviceNames>().map(|names| names.to_string()), Ok(text.to_string()));
        }
        assert_eq!(names("cuda, vulkan,wgpu"), Ok(vec![Checked(Cuda(0)), Checked(Vulkan(0)), Checked(Wgpu(0))]));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for text in [
            "",
            "gpu",
            "cpu:2",
            "auto:0",
            "metal:1",
            "cuda:-1",
            "cuda:+1",
            "cuda:x",
            "cuda:99999999999999999999",
            "Cpu",
            "unchecked",
            "unchecked:",
            "unchecked:cpu",
            "unchecked:auto",
            "unchecked:unchecked:metal",
            "cuda:",
        ] {
            assert_eq!(text.parse::<DeviceName>(), Err(DeviceError::Unknown(text.into())), "{text}");
        }
        assert_eq!(names("cpu,"), Err(DeviceError::Unknown(String::new())));
        assert_eq!(names("auto,cpu"), Err(DeviceError::AutoAmongSeveral));
        let two: DeviceNames = "cpu,cpu".parse().expect("devices");
        assert_eq!((two.only_one(), two.first()), (Err(DeviceError::Several(two.clone())), Cpu));
    }

    #[test]
    fn errors_say_how_to_get_the_device() {
        let text = |error: DeviceError| error.to_string();
        assert_eq!(
            text(DeviceError::NotCompiled("cuda")),
            "this build of bonas has no cuda backend; build one with `cargo build --release --features cuda`, or use `--device cpu` \
             (cuda needs an NVIDIA GPU, its driver, and libdevice.10.bc of the CUDA toolkit, see docs/gpu.md)"
        );
        assert_eq!(
            text(DeviceError::NotThere { name: "vulkan:1".into(), backend: "vulkan", found: 1 }),
            "there is no device vulkan:1: the vulkan driver shows 1 of them; vulkan needs a GPU and its Vulkan driver with the loader \
             libvulkan.so.1 or vulkan-1.dll, see docs/gpu.md. `bonas doctor` shows what works"
        );
        assert_eq!(
            text(DeviceError::Unknown("abacus".into())),
            "'abacus' is not a device; use `auto`, `cpu`, `cuda:0`, `vulkan:0`, `metal` or `wgpu:0`, with another number for another GPU"
        );
        let hint = text(DeviceError::NotCompiled("wgpu"));
        assert!(
            hint.ends_with("(wgpu needs a GPU and a driver for Vulkan, Metal, DirectX 12 or OpenGL, see docs/gpu.md)"),
            "{hint}"
        );
        assert_eq!(
            text(DeviceError::Several("cpu,cpu".parse().expect("devices"))),
            "only a search takes several devices (cpu,cpu); name one of them"
        );
    }

    #[test]
    fn the_cpu_trains_in_full_precision() {
        assert!(Cpu.open_for(Precision::Full).is_ok());
        for precision in Precision::MIXED {
            assert_eq!(
                Cpu.open_for(precision).expect_err("refused").to_string(),
                format!(
                    "cpu does not train in {precision} (the CPU computes in full precision alone; name a GPU); leave --precision, and \
                     precision in the configuration, at `full`"
                )
            );
            assert!(DeviceNames::from(Checked(Cuda(0))).with(Some(Cpu)).check_precisions(&[precision]).is_err());
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error_and_no_panic() {
        assert!(Cpu.open().is_ok() && Auto.open().is_ok());
        if !cfg!(feature = "cuda") {
            for name in [Checked(Cuda(0)), Unchecked(Cuda(0))] {
                assert_eq!(name.open().err(), Some(DeviceError::NotCompiled("cuda")));
                assert_eq!(name.check_compiled(), Err(DeviceError::NotCompiled("cuda")));
            }
        }
    }
}
