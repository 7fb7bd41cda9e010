use crate::doctor::trusted_gpu;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A device to compute on. GPUs of one kind are counted from 0, in the order in which their driver lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// The fastest GPU that passed `bonas doctor` on this machine, or else the CPU.
    #[default]
    Auto,
    /// The CPU, by Burn's Flex backend.
    Cpu,
    /// An NVIDIA GPU.
    Cuda(usize),
    /// Any GPU with a Vulkan driver.
    Vulkan(usize),
    /// The GPU of a Mac.
    Metal,
}

/// One device, or several that share the rounds of a search. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceNames(Vec<DeviceName>);

/// A device that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// A GPU, which needs a backend that was not compiled in.
    #[error(
        "this build of bonas has no {0} backend; build one with `cargo build --release --features {0}`, or use `--device cpu` \
         ({hint})",
        hint = backend_needs(.0)
    )]
    NotCompiled(&'static str),
    /// The backend is there, the device is not.
    #[error("there is no device {name}: the {backend} driver shows {found} of them; {}. `bonas doctor` shows what works", backend_needs(.backend))]
    NotThere {
        /// As it was asked for.
        name: String,
        /// The kind of device.
        backend: &'static str,
        /// How many devices of the kind there are.
        found: usize,
    },
    /// No device at all.
    #[error("'{0}' is not a device; use `auto`, `cpu`, `cuda:0`, `vulkan:0` or `metal`, with another number for another GPU")]
    Unknown(String),
    /// `auto` among several.
    #[error("`auto` chooses one device and cannot be one of several; name the devices, such as `cuda:0,cuda:1`")]
    AutoAmongSeveral,
    /// Several devices for what only one can do.
    #[error("only a search takes several devices ({0}); name one of them")]
    Several(DeviceNames),
}

/// What a backend needs at run time.
fn backend_needs(backend: &str) -> &'static str {
    match backend {
        "cuda" => {
            "cuda needs an NVIDIA GPU, its driver (version 570 or later), and libdevice.10.bc of the CUDA toolkit, see docs/gpu.md"
        }
        "metal" => "metal needs a Mac",
        _ => "vulkan needs a GPU and its Vulkan driver with the loader libvulkan.so.1 or vulkan-1.dll, see docs/gpu.md",
    }
}

impl DeviceName {
    /// The device to compute on, without autodiff. `auto` never fails: where its GPU has gone, it is the CPU.
    ///
    /// # Errors
    /// When the device was not compiled in, or is not there.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Auto => Ok(trusted_gpu().and_then(|gpu| gpu.open().ok()).unwrap_or_else(Device::flex)),
            Self::Cpu => Ok(Device::flex()),
            Self::Cuda(index) => self.nth(cuda(), index),
            Self::Vulkan(index) => self.nth(vulkan(), index),
            Self::Metal => self.nth(metal(), 0),
        }
    }

    fn nth(self, found: Option<Vec<Device>>, index: usize) -> Result<Device, DeviceError> {
        let backend = self.backend();
        let mut found = found.ok_or(DeviceError::NotCompiled(backend))?;
        if index >= found.len() {
            return Err(DeviceError::NotThere { name: self.to_string(), backend, found: found.len() });
        }
        Ok(found.swap_remove(index))
    }

    /// Every device of this build and machine, the CPU first. Asks the drivers, which may crash or hang.
    pub(crate) fn found() -> Vec<Self> {
        let numbered = |found: Option<Vec<Device>>| 0..found.map_or(0, |found| found.len());
        let gpus = numbered(cuda()).map(Self::Cuda).chain(numbered(vulkan()).map(Self::Vulkan));
        std::iter::once(Self::Cpu).chain(gpus).chain(numbered(metal()).map(|_| Self::Metal).take(1)).collect()
    }

    /// GPU backends, and whether this build has them.
    pub(crate) const BACKENDS: [(&'static str, bool); 3] =
        [("cuda", cfg!(feature = "cuda")), ("vulkan", cfg!(feature = "vulkan")), ("metal", cfg!(feature = "metal"))];

    fn backend(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda(_) => "cuda",
            Self::Vulkan(_) => "vulkan",
            Self::Metal => "metal",
        }
    }

    /// Whether this build has the backend of the device.
    ///
    /// # Errors
    /// When it has not.
    pub fn check_compiled(self) -> Result<(), DeviceError> {
        match Self::BACKENDS.iter().find(|(backend, _)| *backend == self.backend()) {
            Some((backend, false)) => Err(DeviceError::NotCompiled(backend)),
            _ => Ok(()),
        }
    }

    /// The name that the device gives itself; none on the CPU. Opens the device.
    pub(crate) fn described(self, device: &Device) -> Option<(String, bool)> {
        #[cfg(any(feature = "cuda", feature = "vulkan", feature = "metal"))]
        {
            let identity = if self == Self::Cpu { None } else { device.identity() };
            identity.map(|identity| (identity.name, identity.physical.is_none()))
        }
        #[cfg(not(any(feature = "cuda", feature = "vulkan", feature = "metal")))]
        {
            let _ = device;
            None
        }
    }
}

fn cuda() -> Option<Vec<Device>> {
    #[cfg(feature = "cuda")]
    return Some(Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec());
    #[cfg(not(feature = "cuda"))]
    None
}

fn vulkan() -> Option<Vec<Device>> {
    #[cfg(feature = "vulkan")]
    return Some(Device::enumerate(burn::tensor::DeviceType::Vulkan).into_vec());
    #[cfg(not(feature = "vulkan"))]
    None
}

fn metal() -> Option<Vec<Device>> {
    #[cfg(feature = "metal")]
    return Some(Device::enumerate(burn::tensor::DeviceType::Metal).into_vec());
    #[cfg(not(feature = "metal"))]
    None
}

impl DeviceNames {
    /// Every device, opened.
    ///
    /// # Errors
    /// As [`DeviceName::open`].
    pub fn open_all(&self) -> Result<Vec<Device>, DeviceError> {
        self.0.iter().map(|name| name.open()).collect()
    }

    /// With the GPU that `auto` now means written out; `auto` stays where it means the CPU.
    pub(crate) fn chosen(self) -> Self {
        match (self.first(), trusted_gpu()) {
            (DeviceName::Auto, Some(gpu)) => gpu.into(),
            _ => self,
        }
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
        let unknown = || DeviceError::Unknown(text.to_string());
        let (backend, index) = match text.split_once(':') {
            None => (text, None),
            // Digits alone: no sign, no blanks.
            Some((backend, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (backend, Some(digits.parse::<usize>().map_err(|_| unknown())?))
            }
            Some(_) => return Err(unknown()),
        };
        match (backend, index) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("metal", None) => Ok(Self::Metal),
            ("cuda", index) => Ok(Self::Cuda(index.unwrap_or(0))),
            ("vulkan", index) => Ok(Self::Vulkan(index.unwrap_or(0))),
            _ => Err(unknown()),
        }
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
        f.write_str(self.backend())?;
        match self {
            Self::Cuda(index) | Self::Vulkan(index) => write!(f, ":{index}"),
            Self::Auto | Self::Cpu | Self::Metal => Ok(()),
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
    use DeviceName::{Auto, Cpu, Cuda, Metal, Vulkan};

    fn names(text: &str) -> Result<Vec<DeviceName>, DeviceError> {
        text.parse().map(|names: DeviceNames| names.0)
    }

    #[test]
    fn names_read_back() {
        for (text, devices) in [
            ("auto", vec![Auto]),
            ("cpu", vec![Cpu]),
            ("cuda:0", vec![Cuda(0)]),
            ("vulkan:12", vec![Vulkan(12)]),
            ("metal", vec![Metal]),
            ("cpu,cpu", vec![Cpu, Cpu]),
            ("cuda:0,cuda:1,cpu", vec![Cuda(0), Cuda(1), Cpu]),
        ] {
            assert_eq!(names(text), Ok(devices));
            assert_eq!(text.parse::<DeviceNames>().map(|names| names.to_string()), Ok(text.to_string()));
        }
        assert_eq!(names("cuda, vulkan"), Ok(vec![Cuda(0), Vulkan(0)]));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for text in
            ["", "gpu", "cpu:2", "auto:0", "metal:1", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cuda:99999999999999999999", "Cpu"]
        {
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
             (cuda needs an NVIDIA GPU, its driver (version 570 or later), and libdevice.10.bc of the CUDA toolkit, see docs/gpu.md)"
        );
        assert_eq!(
            text(DeviceError::NotThere { name: "vulkan:1".into(), backend: "vulkan", found: 1 }),
            "there is no device vulkan:1: the vulkan driver shows 1 of them; vulkan needs a GPU and its Vulkan driver with the loader \
             libvulkan.so.1 or vulkan-1.dll, see docs/gpu.md. `bonas doctor` shows what works"
        );
        assert_eq!(
            text(DeviceError::Unknown("abacus".into())),
            "'abacus' is not a device; use `auto`, `cpu`, `cuda:0`, `vulkan:0` or `metal`, with another number for another GPU"
        );
        assert_eq!(
            text(DeviceError::Several("cpu,cpu".parse().expect("devices"))),
            "only a search takes several devices (cpu,cpu); name one of them"
        );
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error_and_no_panic() {
        assert!(Cpu.open().is_ok() && Auto.open().is_ok());
        if !cfg!(feature = "cuda") {
            assert_eq!(Cuda(0).open().err(), Some(DeviceError::NotCompiled("cuda")));
            assert_eq!(Cuda(0).check_compiled(), Err(DeviceError::NotCompiled("cuda")));
        }
    }
}
