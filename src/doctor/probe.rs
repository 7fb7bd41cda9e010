use crate::device::DeviceName;
use bonas_kernels::with_stock_operations;
use bonas_spaces::SpaceName;
use bonas_supernet::{Deviation, NetworkSpace, Precision, ReferenceStep, images_per_second};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How long steps are timed.
const TIMED: Duration = Duration::from_secs(2);

/// What a probe was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asking drivers for their devices.
    Listing,
    /// Opening the device.
    Opening,
    /// A step of training and a measurement.
    Step,
    /// Training for some seconds.
    Speed,
    /// Steps of training the networks of all spaces.
    Networks,
    /// Steps of training in mixed precision.
    Mixed,
}

/// What a probe tells, one a line, as soon as it is known: what comes after may crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeEvent {
    /// The devices of this build and machine.
    Devices(Vec<DeviceName>),
    /// What comes next.
    Began(Stage),
    /// The device is open.
    Opened {
        /// As it calls itself.
        model: Option<String>,
        /// Whether it is a program on the CPU.
        software: bool,
    },
    /// Relative differences from the CPU; none where not finite.
    Step {
        /// Of the loss.
        loss: Option<f64>,
        /// Of all gradients together.
        gradients: Option<f64>,
        /// Of the logits.
        logits: Option<f64>,
        /// Of the gradients, parameter by parameter.
        #[serde(default)]
        parameters: Vec<GradientError>,
    },
    /// The same of a sub-supernet of another space.
    Networks {
        /// The space.
        space: String,
        /// Of the loss.
        loss: Option<f64>,
        /// Of all gradients together.
        gradients: Option<f64>,
        /// Of the logits.
        logits: Option<f64>,
    },
    /// Images per second of training.
    Speed(f64),
    /// Bytes.
    Memory(u64),
    /// Relative differences of a step in mixed precision from one with Burn's own operations on the CPU in full; none where not finite.
    Mixed {
        /// In which numbers.
        precision: Precision,
        /// Of the loss.
        loss: Option<f64>,
        /// Of all gradients together.
        gradients: Option<f64>,
    },
    /// It went wrong, with an error.
    Failed(String),
}

/// How far the gradient of one parameter is from that of Burn's own operations on the CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientError {
    /// Place in the module.
    pub parameter: String,
    /// Relative to its own size; none where not finite.
    pub error: Option<f64>,
    /// Relative to the size of all gradients together.
    pub share: Option<f64>,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listing => "asking the drivers for their devices",
            Self::Opening => "opening it",
            Self::Step => "a step of training",
            Self::Speed => "training for some seconds",
            Self::Networks => "steps of training the networks of all spaces",
            Self::Mixed => "a step of training in mixed precision",
        })
    }
}

/// Examines a device in this process, with the networks of all spaces or those of DARTS alone: `what` is its name, or `list`, and `tell` hears the
/// events. A crash of the driver is a crash of the process.
pub fn probe(what: &str, all_networks: bool, tell: &mut dyn FnMut(ProbeEvent)) {
    if what == "list" {
        tell(ProbeEvent::Began(Stage::Listing));
        return tell(ProbeEvent::Devices(DeviceName::found()));
    }
    if let Err(reason) = examined(what, all_networks, tell) {
        tell(ProbeEvent::Failed(reason));
    }
}

fn examined(what: &str, all_networks: bool, tell: &mut dyn FnMut(ProbeEvent)) -> Result<(), String> {
    tell(ProbeEvent::Began(Stage::Opening));
    let name: DeviceName = what.parse().map_err(|error: crate::DeviceError| error.to_string())?;
    let device = name.open_to_check().map_err(|error| error.to_string())?;
    let (model, software) = name.described(&device).map_or((None, false), |(model, software)| (Some(model), software));
    tell(ProbeEvent::Opened { model, software });
    tell(ProbeEvent::Began(Stage::Step));
    let failed = |error: bonas_supernet::SupernetError| error.to_string();
    let right = with_stock_operations(|| ReferenceStep::compute(&Device::flex(), Precision::Full)).map_err(failed)?;
    tell(ReferenceStep::compute(&device, Precision::Full).map_err(failed)?.deviation(&right).into());
    tell(ProbeEvent::Began(Stage::Speed));
    tell(ProbeEvent::Speed(images_per_second(&device, TIMED).map_err(failed)?));
    if let Some(bytes) = memory(&device) {
        tell(ProbeEvent::Memory(bytes));
    }
    if all_networks {
        tell(ProbeEvent::Began(Stage::Networks));
        for space in SpaceName::ALL.iter().filter(|space| !matches!(space, SpaceName::Darts | SpaceName::BonasDarts)) {
            let networks = NetworkSpace::new(space.build_typed()).map_err(failed)?;
            let right = with_stock_operations(|| ReferenceStep::of_space(&networks, &Device::flex())).map_err(failed)?;
            let Deviation { loss, gradients, logits, .. } =
                ReferenceStep::of_space(&networks, &device).map_err(failed)?.deviation(&right);
            let [loss, gradients, logits] = [loss, gradients, logits].map(finite);
            tell(ProbeEvent::Networks { space: space.to_string(), loss, gradients, logits });
        }
    }
    if name != DeviceName::Cpu {
        tell(ProbeEvent::Began(Stage::Mixed));
        // What crashes here takes nothing from what is known of full precision.
        for precision in Precision::MIXED.into_iter().filter(|precision| precision.is_supported(&device)) {
            let deviation = ReferenceStep::compute(&device, precision).map_err(failed)?.deviation(&right);
            tell(ProbeEvent::Mixed { precision, loss: finite(deviation.loss), gradients: finite(deviation.gradients) });
        }
    }
    Ok(())
}

pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn memory(device: &Device) -> Option<u64> {
    device.memory_pool_usage().map(|usage| usage.bytes_reserved).or_else(peak_resident)
}

/// The largest resident size of this process, where the system tells it.
fn peak_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
