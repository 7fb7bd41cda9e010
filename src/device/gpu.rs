use super::DeviceError;
use burn::tensor::Device;
use std::fmt;

/// A GPU. Those of one kind are counted from 0, in the order in which their driver lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gpu {
    /// An NVIDIA GPU.
    Cuda(usize),
    /// Any GPU with a Vulkan driver.
    Vulkan(usize),
    /// The GPU of a Mac.
    Metal,
    /// A GPU of any maker, by the graphics interface that the system offers first: Vulkan, Metal, DirectX 12 or OpenGL.
    Wgpu(usize),
}

impl Gpu {
    /// GPU backends, and whether this build has them.
    pub(crate) const BACKENDS: [(&'static str, bool); 4] = [
        ("cuda", cfg!(feature = "cuda")),
        ("vulkan", cfg!(feature = "vulkan")),
        ("metal", cfg!(feature = "metal")),
        ("wgpu", cfg!(feature = "wgpu-untuned")),
    ];

    /// Reads `cuda`, `cuda:1`, `metal`, …
    pub(super) fn named(text: &str) -> Option<Self> {
        let (backend, index) = match text.split_once(':') {
            None => (text, None),
            // Digits alone: no sign, no blanks.
            Some((backend, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (backend, Some(digits.parse().ok()?)),
            Some(_) => return None,
        };
        match (backend, index) {
            ("metal", None) => Some(Self::Metal),
            ("cuda", index) => Some(Self::Cuda(index.unwrap_or(0))),
            ("vulkan", index) => Some(Self::Vulkan(index.unwrap_or(0))),
            ("wgpu", index) => Some(Self::Wgpu(index.unwrap_or(0))),
            _ => None,
        }
    }

    pub(super) fn backend(self) -> &'static str {
        match self {
            Self::Cuda(_) => "cuda",
            Self::Vulkan(_) => "vulkan",
            Self::Metal => "metal",
            Self::Wgpu(_) => "wgpu",
        }
    }

    /// Whether this build has the backend of the device.
    pub(super) fn check_compiled(self) -> Result<(), DeviceError> {
        match Self::BACKENDS.iter().find(|(backend, _)| *backend == self.backend()) {
            Some((backend, false)) => Err(DeviceError::NotCompiled(backend)),
            _ => Ok(()),
        }
    }

    /// The device, without autodiff and without a look at what is known of it. Asks the driver.
    pub(super) fn open(self) -> Result<Device, DeviceError> {
        let (found, index) = match self {
            Self::Cuda(index) => (cuda(), index),
            Self::Vulkan(index) => (vulkan(), index),
            Self::Metal => (metal(), 0),
            Self::Wgpu(index) => (wgpu(), index),
        };
        let backend = self.backend();
        let mut found = found.ok_or(DeviceError::NotCompiled(backend))?;
        if index >= found.len() {
            return Err(DeviceError::NotThere { name: self.to_string(), backend, found: found.len() });
        }
        Ok(found.swap_remove(index))
    }

    /// Every GPU of this build and machine. Asks the drivers, which may crash or hang.
    pub(super) fn found() -> impl Iterator<Item = Self> {
        let numbered = |found: Option<Vec<Device>>| 0..found.map_or(0, |found| found.len());
        let gpus = numbered(cuda()).map(Self::Cuda).chain(numbered(vulkan()).map(Self::Vulkan));
        gpus.chain(numbered(metal()).map(|_| Self::Metal).take(1)).chain(numbered(wgpu()).map(Self::Wgpu))
    }
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.backend())?;
        match self {
            Self::Cuda(index) | Self::Vulkan(index) | Self::Wgpu(index) => write!(f, ":{index}"),
            Self::Metal => Ok(()),
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

fn wgpu() -> Option<Vec<Device>> {
    #[cfg(feature = "wgpu-untuned")]
    return Some(Device::enumerate(burn::tensor::DeviceType::Wgpu).into_vec());
    #[cfg(not(feature = "wgpu-untuned"))]
    None
}
