//! Which devices compute right, and how fast: every one is tried in a child process, since a driver may crash or hang.

mod child;
mod probe;
mod verdicts;

use crate::device::DeviceName;
use bonas_supernet::Deviation;
use child::{Ended, observe};
pub use probe::{ProbeEvent, Stage, probe};
use serde::Serialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
pub(crate) use verdicts::trusted_gpu;
use verdicts::{Verdict, Verdicts};

/// Largest relative error of a loss or logits that still counts as rounding. A GPU adds in another order, and may multiply with the
/// 10 bits of TF32.
const VALUE_TOLERANCE: f64 = 1e-2;
/// The same of gradients: where rounding moves a number over the edge of a ReLU or to another maximum of a pool, its gradient goes
/// elsewhere.
const GRADIENT_TOLERANCE: f64 = 5e-2;

/// How devices are examined.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// This program, whose `doctor --probe NAME` calls [`probe`].
    pub program: PathBuf,
    /// How long a device may take for everything.
    pub patience: Duration,
}

/// What was found on this machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Version of bonas.
    pub bonas: &'static str,
    /// GPU backends of this build.
    pub compiled: Vec<&'static str>,
    /// What went wrong when the drivers were asked for their devices, if anything did.
    pub search_failed: Option<DeviceFailure>,
    /// Every device, the CPU first.
    pub devices: Vec<DeviceReport>,
    /// What `--device auto` now is.
    pub auto: DeviceName,
    /// What would make more devices work.
    pub advice: Vec<String>,
}

/// What is known of a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceReport {
    /// Its name.
    pub device: DeviceName,
    /// As it calls itself.
    pub model: Option<String>,
    /// Whether it is a program on the CPU that behaves like a GPU.
    pub software: bool,
    /// Whether it may be used.
    pub passed: bool,
    /// Why not.
    pub failure: Option<DeviceFailure>,
    /// How far a step of training is from the CPU's, relatively. `None` where it did not get so far, or a number was not finite.
    pub loss_error: Option<f64>,
    /// The same of all gradients together.
    pub gradient_error: Option<f64>,
    /// The same of the logits in a measurement.
    pub logit_error: Option<f64>,
    /// Images of 32×32 that a supernet of 5 cells and 16 channels trains on per second.
    pub images_per_second: Option<f64>,
    /// Memory that this took, in bytes: reserved on a GPU, the largest resident size of the process on the CPU.
    pub memory_bytes: Option<u64>,
}

/// Why a device may not be used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceFailure {
    /// What was being done.
    pub stage: Stage,
    /// What happened.
    pub reason: String,
}

impl Doctor {
    /// Examines every device of this build, or those that are named, and remembers the verdicts for `--device auto`.
    pub fn examine(&self, named: Option<&[DeviceName]>, watch: &dyn Fn(DeviceName)) -> Diagnosis {
        let (found, search_failed) = match named {
            Some(named) => (named.to_vec(), None),
            None => self.find(),
        };
        let devices: Vec<DeviceReport> = found
            .into_iter()
            .map(|device| {
                watch(device);
                self.report(device)
            })
            .collect();
        let mut verdicts = Verdicts::load();
        devices.iter().filter(|report| report.device != DeviceName::Cpu).for_each(|report| verdicts.set(Verdict::of(report)));
        let mut advice = advice(&devices);
        // A machine without GPUs has nothing to remember, and no cache to fail on.
        if (!verdicts.is_empty() || named.is_none())
            && let Err(error) = verdicts.save(named.is_none())
        {
            advice.push(format!("the verdicts could not be kept ({error}), so `--device auto` stays the CPU"));
        }
        let compiled = DeviceName::BACKENDS.iter().filter(|(_, compiled)| *compiled).map(|(backend, _)| *backend).collect();
        let auto = trusted_gpu().unwrap_or(DeviceName::Cpu);
        Diagnosis { bonas: env!("CARGO_PKG_VERSION"), compiled, search_failed, devices, auto, advice }
    }

    /// Asks the drivers for their devices, in a child process. What does not answer leaves the CPU.
    fn find(&self) -> (Vec<DeviceName>, Option<DeviceFailure>) {
        let seen = observe(self.child("list"), self.patience);
        let found = seen.events.into_iter().find_map(|event| match event {
            ProbeEvent::Devices(devices) => Some(devices),
            _ => None,
        });
        match found {
            Some(found) => (found, None),
            None => (vec![DeviceName::Cpu], Some(DeviceFailure { stage: Stage::Listing, reason: seen.ended.to_string() })),
        }
    }

    fn report(&self, device: DeviceName) -> DeviceReport {
        let seen = observe(self.child(&device.to_string()), self.patience);
        judged(device, seen.events, &seen.ended)
    }

    fn child(&self, what: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["doctor", "--probe", what]);
        command
    }
}

/// What the events of a probe, and how it ended, say of a device.
fn judged(device: DeviceName, events: Vec<ProbeEvent>, ended: &Ended) -> DeviceReport {
    let mut report = DeviceReport {
        device,
        model: None,
        software: false,
        passed: false,
        failure: None,
        loss_error: None,
        gradient_error: None,
        logit_error: None,
        images_per_second: None,
        memory_bytes: None,
    };
    let mut stage = Stage::Opening;
    for event in events {
        match event {
            ProbeEvent::Began(next) => stage = next,
            ProbeEvent::Opened { model, software } => (report.model, report.software) = (model, software),
            ProbeEvent::Step { loss, gradients, logits } => {
                (report.loss_error, report.gradient_error, report.logit_error) = (loss, gradients, logits);
                report.failure = wrong(loss, gradients, logits);
            }
            ProbeEvent::Speed(speed) => report.images_per_second = Some(speed),
            ProbeEvent::Memory(bytes) => report.memory_bytes = Some(bytes),
            ProbeEvent::Failed(reason) => report.failure = Some(DeviceFailure { stage, reason }),
            ProbeEvent::Devices(_) => {}
        }
    }
    if report.failure.is_none() && (*ended != Ended::Done || report.images_per_second.is_none()) {
        report.failure = Some(DeviceFailure { stage, reason: ended.to_string() });
    }
    report.passed = report.failure.is_none();
    report
}

fn wrong(loss: Option<f64>, gradients: Option<f64>, logits: Option<f64>) -> Option<DeviceFailure> {
    let checks =
        [("loss", loss, VALUE_TOLERANCE), ("gradients", gradients, GRADIENT_TOLERANCE), ("logits", logits, VALUE_TOLERANCE)];
    let complaints = checks.iter().filter_map(|&(name, error, most)| match error {
        Some(error) if error <= most => None,
        Some(error) => Some(format!("{name} differ from the CPU's by {:.2} %, more than {} %", 100.0 * error, 100.0 * most)),
        None => Some(format!("{name} not finite")),
    });
    let reason = complaints.collect::<Vec<_>>().join(", ");
    (!reason.is_empty()).then_some(DeviceFailure { stage: Stage::Step, reason })
}

fn advice(devices: &[DeviceReport]) -> Vec<String> {
    let mut advice = Vec::new();
    for (backend, compiled) in DeviceName::BACKENDS {
        // Metal is for Macs alone, CUDA for all others.
        if cfg!(target_os = "macos") != (backend == "metal") {
            continue;
        }
        let found = devices.iter().any(|report| report.device.to_string().starts_with(backend));
        match (backend, compiled, found) {
            (_, false, _) => advice.push(format!("{backend}: not in this build; `cargo build --release --features {backend}`")),
            ("cuda", true, false) => advice.push("cuda: no device; install the NVIDIA driver, version 570 or later, and see that `nvidia-smi` shows the GPU".into()),
            ("vulkan", true, false) => advice.push(
                "vulkan: no device; install the loader and a driver (Debian and Ubuntu: libvulkan1 and mesa-vulkan-drivers, or the driver \
                 of NVIDIA), and see that `vulkaninfo --summary` shows the GPU"
                    .into(),
            ),
            (_, true, _) => {}
        }
    }
    for report in devices {
        let Some(failure) = &report.failure else { continue };
        if report.device.to_string().starts_with("cuda") && failure.reason.to_lowercase().contains("libdevice") {
            advice.push(format!(
                "{}: libdevice.10.bc was not found; install the CUDA toolkit, or set CUDA_PATH to a folder with nvvm/libdevice/libdevice.10.bc",
                report.device
            ));
        } else if report.device != DeviceName::Cpu {
            advice.push(format!("{}: `auto` will not use it; a newer driver may help", report.device));
        }
    }
    advice
}

impl From<Deviation> for ProbeEvent {
    fn from(deviation: Deviation) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self::Step { loss: finite(deviation.loss), gradients: finite(deviation.gradients), logits: finite(deviation.logits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(gradients: Option<f64>) -> Vec<ProbeEvent> {
        vec![
            ProbeEvent::Began(Stage::Opening),
            ProbeEvent::Opened { model: Some("Card".into()), software: false },
            ProbeEvent::Began(Stage::Step),
            ProbeEvent::Step { loss: Some(1e-6), gradients, logits: Some(1e-5) },
            ProbeEvent::Began(Stage::Speed),
        ]
    }

    #[test]
    fn a_device_passes_only_if_it_is_right_and_gets_to_the_end() {
        let gpu = DeviceName::Vulkan(0);
        let whole = |gradients| [events(gradients), vec![ProbeEvent::Speed(100.0), ProbeEvent::Memory(9)]].concat();
        let report = judged(gpu, whole(Some(1e-3)), &Ended::Done);
        assert!(report.passed && report.failure.is_none() && report.model.as_deref() == Some("Card"));

        let report = judged(gpu, whole(Some(0.5)), &Ended::Done);
        let reason = report.failure.expect("wrong").reason;
        assert_eq!((report.passed, reason.as_str()), (false, "gradients differ from the CPU's by 50.00 %, more than 5 %"));

        let reason = judged(gpu, whole(None), &Ended::Done).failure.expect("wrong").reason;
        assert_eq!(reason, "gradients not finite");

        let report = judged(gpu, events(Some(1e-3)), &Ended::Crashed("signal 11".into()));
        assert_eq!(report.failure, Some(DeviceFailure { stage: Stage::Speed, reason: "the process crashed (signal 11)".into() }));
        assert!(!judged(gpu, events(Some(1e-3)), &Ended::Done).passed, "it never told its speed");
    }
}
