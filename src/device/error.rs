use super::DeviceNames;
use bonas_supernet::Precision;
use thiserror::Error;

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
    /// What opening the device came to.
    #[error("{name} cannot be used: {reason}")]
    NotOpened {
        /// As it was asked for.
        name: String,
        /// What happened.
        reason: String,
    },
    /// The device does not compute what the CPU computes, or does not get to the end.
    #[error(
        "{name} did not pass its check ({reason}), so what is trained on it cannot be trusted. `bonas doctor --device {name}` \
         checks again, after an update of the driver perhaps; `--device cpu` computes on the CPU; `--device unchecked:{name}` uses \
         {name} all the same"
    )]
    Failed {
        /// As it was asked for.
        name: String,
        /// What was being done, and what happened.
        reason: String,
    },
    /// The device does not train in 16-bit floats, or not right.
    #[error("{name} does not train in {precision} ({reason}); leave --precision, and precision in the configuration, at `full`")]
    NoMixedPrecision {
        /// As it was asked for.
        name: String,
        /// In which numbers it was to train.
        precision: Precision,
        /// Why not.
        reason: String,
    },
    /// Nothing is known of the device.
    #[error(
        "{name} has not been checked with this program{}; `bonas doctor --device {name}` checks it, and `--device unchecked:{name}` \
         uses it without a check",
        .reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    NotChecked {
        /// As it was asked for.
        name: String,
        /// Why there is no verdict, if something went wrong.
        reason: Option<String>,
    },
    /// No device at all.
    #[error(
        "'{0}' is not a device; use `auto`, `cpu`, `cuda:0`, `vulkan:0`, `metal` or `wgpu:0`, with another number for another GPU"
    )]
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
        "cuda" => "cuda needs an NVIDIA GPU, its driver, and libdevice.10.bc of the CUDA toolkit, see docs/gpu.md",
        "metal" => "metal needs a Mac",
        "wgpu" => "wgpu needs a GPU and a driver for Vulkan, Metal, DirectX 12 or OpenGL, see docs/gpu.md",
        _ => "vulkan needs a GPU and its Vulkan driver with the loader libvulkan.so.1 or vulkan-1.dll, see docs/gpu.md",
    }
}
