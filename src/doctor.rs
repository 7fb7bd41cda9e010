//! Which devices compute right, and how fast: every one is tried in a child process, since a driver may crash or hang.

mod child;
mod probe;
mod verdicts;

use crate::device::{DeviceError, DeviceName, DeviceNames, Gpu};
use bonas_supernet::{Deviation, ParameterDeviation, Precision};
use child::{Ended, Seen, observe};
use probe::finite;
pub use probe::{GradientError, ProbeEvent, Stage, probe};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use verdicts::Verdicts;
pub(crate) use verdicts::{trusted, trusted_gpu};

/// Largest relative error of a loss or logits that still counts as rounding. A GPU adds in another order, and may multiply with the
/// 10 bits of TF32.
const VALUE_TOLERANCE: f64 = 1e-2;
/// The same of gradients: where rounding moves a number over the edge of a ReLU or to another maximum of a pool, its gradient goes
/// elsewhere.
const GRADIENT_TOLERANCE: f64 = 5e-2;

/// The same of a loss and of gradients in 16-bit floats. Rounding moves many numbers over such an edge: with the same rounding the CPU itself
/// is off by 0.2 % and 33 % in bf16, and by 0.01 % and 12 % in f16. A gradient that is zero or of something else is off by 100 %.
fn mixed_tolerances(precision: Precision) -> [f64; 2] {
    match precision {
        Precision::Full => [VALUE_TOLERANCE, GRADIENT_TOLERANCE],
        Precision::Bf16 => [3e-2, 5e-1],
        Precision::F16 => [1e-2, 2.5e-1],
    }
}

/// How devices are examined.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// This program, whose `doctor --probe NAME` calls [`probe`].
    pub program: PathBuf,
    /// How long a device may take to tell anything new, such as that it came to its next stage.
    pub patience: Duration,
    /// Whether a step of the networks of every space is compared as well, which takes several times as long.
    pub all_networks: bool,
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
    /// As it calls itself; the CPU by its vector instructions.
    pub model: Option<String>,
    /// Whether it is a program on the CPU that behaves like a GPU.
    pub software: bool,
    /// Whether it may be used.
    pub passed: bool,
    /// Why not.
    pub failure: Option<DeviceFailure>,
    /// How far a step of training is from one with Burn's own operations on the CPU, relatively. `None` where it did not get so far, or a number was not finite.
    pub loss_error: Option<f64>,
    /// The same of all gradients together.
    pub gradient_error: Option<f64>,
    /// The same of the logits in a measurement.
    pub logit_error: Option<f64>,
    /// The same of the gradients, parameter by parameter.
    pub gradient_errors: Vec<GradientError>,
    /// A step of training of a sub-supernet of every other space, if that was asked for.
    pub networks: Vec<NetworksReport>,
    /// A step of training in mixed precision, in every kind of 16-bit floats that the device says it has.
    pub mixed: Vec<MixedReport>,
    /// Images of 32×32 that a supernet of 5 cells and 16 channels trains on per second.
    pub images_per_second: Option<f64>,
    /// Memory that this took, in bytes: reserved on a GPU, the largest resident size of the process on the CPU.
    pub memory_bytes: Option<u64>,
}

/// How a device trains the networks of a space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworksReport {
    /// The space.
    pub space: String,
    /// How far the loss is from that of Burn's own operations on the CPU, relatively. `None` where it was not finite.
    pub loss_error: Option<f64>,
    /// The same of all gradients together.
    pub gradient_error: Option<f64>,
    /// The same of the logits in a measurement.
    pub logit_error: Option<f64>,
}

/// How a device trains in mixed precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixedReport {
    /// In which numbers.
    pub precision: Precision,
    /// Whether it may be used so.
    pub passed: bool,
    /// How far the loss is from that of Burn's own operations on the CPU in full precision, relatively. `None` where it was not finite.
    pub loss_error: Option<f64>,
    /// The same of all gradients together.
    pub gradient_error: Option<f64>,
}

/// Why a device may not be used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceFailure {
    /// What was being done.
    pub stage: Stage,
    /// What happened.
    pub reason: String,
    /// Whether the device had no more time: it told nothing new for as long as it may.
    pub timed_out: bool,
}

impl DeviceFailure {
    fn new(stage: Stage, reason: String) -> Self {
        Self { stage, reason, timed_out: false }
    }

    fn of_end(stage: Stage, ended: &Ended) -> Self {
        Self { stage, reason: ended.to_string(), timed_out: matches!(ended, Ended::TimedOut(_)) }
    }
}

impl Doctor {
    /// How long a stage may take by default. A GPU compiles its kernels in the first of them, and tries several for each shape.
    pub const PATIENCE: Duration = Duration::from_secs(600);

    /// Examines every device of this build, or those that are named, and remembers the verdicts on GPUs. `watch` is told what is being done, and to
    /// which device, if to one.
    pub fn examine(&self, named: Option<&[DeviceName]>, watch: &dyn Fn(Option<DeviceName>, Stage)) -> Diagnosis {
        let (found, search_failed) = match named {
            Some(named) => (named.to_vec(), None),
            None => self.find(&|stage| watch(None, stage)),
        };
        let devices: Vec<DeviceReport> =
            found.into_iter().map(|device| self.report(device, &|stage| watch(Some(device), stage))).collect();
        let mut verdicts = Verdicts::load();
        devices.iter().for_each(|report| verdicts.learn(report));
        let mut advice = advice(&devices);
        // A machine without GPUs has nothing to remember, and no cache to fail on.
        if (!verdicts.is_empty() || named.is_none())
            && let Err(error) = verdicts.save(named.is_none())
        {
            advice.push(format!("the verdicts could not be kept ({error}), so no GPU will be used"));
        }
        let compiled = Gpu::BACKENDS.iter().filter(|(_, compiled)| *compiled).map(|(backend, _)| *backend).collect();
        let auto = trusted_gpu().map_or(DeviceName::Cpu, DeviceName::Gpu);
        Diagnosis { bonas: env!("CARGO_PKG_VERSION"), compiled, search_failed, devices, auto, advice }
    }

    /// Sees to it that [`DeviceName::open_for`] gives these devices in these precisions: examines every GPU among them of which this program knows nothing yet, and
    /// remembers the verdict. `watch` is told what is being done to which.
    ///
    /// # Errors
    /// When a GPU was not compiled in, cannot be opened or did not pass in one of the precisions, now or before, or the verdict cannot be
    /// kept.
    pub fn admit(&self, devices: &DeviceNames, precisions: &[Precision], watch: &dyn Fn(Gpu, Stage)) -> Result<(), DeviceError> {
        devices.check_compiled()?;
        self.admit_known(devices, precisions, Verdicts::load(), watch, &|verdicts| verdicts.save(false))
    }

    fn admit_known(
        &self,
        devices: &DeviceNames,
        precisions: &[Precision],
        mut verdicts: Verdicts,
        watch: &dyn Fn(Gpu, Stage),
        keep: &dyn Fn(&Verdicts) -> Result<(), String>,
    ) -> Result<(), DeviceError> {
        for gpu in devices.to_be_checked() {
            let name = gpu.to_string();
            if !verdicts.know(gpu) {
                let report = self.report(DeviceName::Gpu(gpu), &|stage| watch(gpu, stage));
                if let Some(DeviceFailure { stage: Stage::Opening, reason, .. }) = report.failure {
                    return Err(DeviceError::NotOpened { name, reason });
                }
                verdicts.learn(&report);
                keep(&verdicts).map_err(|reason| DeviceError::NotChecked {
                    name,
                    reason: Some(format!("the verdict could not be kept: {reason}; set XDG_CACHE_HOME to a folder for it")),
                })?;
            }
            precisions.iter().try_for_each(|&precision| verdicts.admit(gpu, precision))?;
        }
        Ok(())
    }

    /// Asks the drivers for their devices, in a child process. What does not answer leaves the CPU.
    fn find(&self, watch: &dyn Fn(Stage)) -> (Vec<DeviceName>, Option<DeviceFailure>) {
        let seen = self.seen("list", watch);
        let found = seen.events.into_iter().find_map(|event| match event {
            ProbeEvent::Devices(devices) => Some(devices),
            _ => None,
        });
        match found {
            Some(found) => (found, None),
            None => (vec![DeviceName::Cpu], Some(DeviceFailure::of_end(Stage::Listing, &seen.ended))),
        }
    }

    fn report(&self, device: DeviceName, watch: &dyn Fn(Stage)) -> DeviceReport {
        let seen = self.seen(&device.to_string(), watch);
        judged(device, seen.events, &seen.ended)
    }

    fn seen(&self, what: &str, watch: &dyn Fn(Stage)) -> Seen {
        observe(self.child(what), self.patience, &|event| {
            if let ProbeEvent::Began(stage) = event {
                watch(*stage);
            }
        })
    }

    fn child(&self, what: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["doctor", "--probe", what]);
        if self.all_networks {
            command.arg("--all-networks");
        }
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
        gradient_errors: Vec::new(),
        networks: Vec::new(),
        mixed: Vec::new(),
        images_per_second: None,
        memory_bytes: None,
    };
    let mut stage = Stage::Opening;
    for event in events {
        match event {
            ProbeEvent::Began(next) => stage = next,
            ProbeEvent::Opened { model, software } => (report.model, report.software) = (model, software),
            ProbeEvent::Step { loss, gradients, logits, parameters } => {
                (report.loss_error, report.gradient_error, report.logit_error) = (loss, gradients, logits);
                report.failure = wrong([loss, gradients, logits], &parameters).map(|reason| DeviceFailure::new(stage, reason));
                report.gradient_errors = parameters;
            }
            ProbeEvent::Networks { space, loss, gradients, logits } => {
                if let (None, Some(reason)) = (&report.failure, wrong([loss, gradients, logits], &[])) {
                    report.failure = Some(DeviceFailure::new(stage, format!("{space}: {reason}")));
                }
                report.networks.push(NetworksReport { space, loss_error: loss, gradient_error: gradients, logit_error: logits });
            }
            ProbeEvent::Speed(speed) => report.images_per_second = Some(speed),
            ProbeEvent::Memory(bytes) => report.memory_bytes = Some(bytes),
            ProbeEvent::Mixed { precision, loss, gradients } => {
                let within = |error: Option<f64>, most| error.is_some_and(|error| error <= most);
                let most = mixed_tolerances(precision);
                let passed = within(loss, most[0]) && within(gradients, most[1]);
                report.mixed.push(MixedReport { precision, passed, loss_error: loss, gradient_error: gradients });
            }
            // What fails in mixed precision is only not used so.
            ProbeEvent::Failed(_) if stage == Stage::Mixed => {}
            ProbeEvent::Failed(reason) => report.failure = Some(DeviceFailure::new(stage, reason)),
            ProbeEvent::Devices(_) => {}
        }
    }
    let is_through = report.images_per_second.is_some() && (*ended == Ended::Done || stage == Stage::Mixed);
    if report.failure.is_none() && !is_through {
        report.failure = Some(DeviceFailure::of_end(stage, ended));
    }
    report.passed = report.failure.is_none();
    report
}

/// What is wrong with a step whose numbers are so far from those of Burn's own operations on the CPU, if anything is.
fn wrong([loss, gradients, logits]: [Option<f64>; 3], parameters: &[GradientError]) -> Option<String> {
    let checks =
        [("loss", loss, VALUE_TOLERANCE), ("gradients", gradients, GRADIENT_TOLERANCE), ("logits", logits, VALUE_TOLERANCE)];
    let complaints = checks.iter().filter_map(|&(name, error, most)| {
        let complaint = match error {
            Some(error) if error <= most => return None,
            Some(error) => {
                format!("{name} differ from Burn's on the CPU by {:.2} %, more than {} %", 100.0 * error, 100.0 * most)
            }
            None => format!("{name} not finite"),
        };
        let place = if name == "gradients" { culprit(parameters) } else { None };
        Some(complaint + &place.unwrap_or_default())
    });
    let reason = complaints.collect::<Vec<_>>().join(", ");
    (!reason.is_empty()).then_some(reason)
}

/// Where gradients are wrong: in how many parameters, and in which most.
fn culprit(parameters: &[GradientError]) -> Option<String> {
    let size = |share: Option<f64>| share.unwrap_or(f64::INFINITY);
    let wrong = parameters.iter().filter(|parameter| !parameter.error.is_some_and(|error| error <= GRADIENT_TOLERANCE));
    let worst = wrong.clone().max_by(|a, b| size(a.share).total_cmp(&size(b.share)))?;
    let error = worst.error.map_or("not finite".into(), |error| format!("off by {:.2} %", 100.0 * error));
    Some(format!(" (in {} of {} parameters, most in {}, {error})", wrong.count(), parameters.len(), worst.parameter))
}

fn advice(devices: &[DeviceReport]) -> Vec<String> {
    let mut advice = Vec::new();
    let gpu_passed = devices.iter().any(|report| report.passed && report.device != DeviceName::Cpu);
    for (backend, compiled) in Gpu::BACKENDS {
        let for_this_system = match backend {
            "metal" => cfg!(target_os = "macos"),
            // Where another one passed it would only be slower.
            "wgpu" => compiled || !gpu_passed,
            _ => !cfg!(target_os = "macos"),
        };
        if !for_this_system {
            continue;
        }
        let found = devices.iter().any(|report| report.device.to_string().starts_with(backend));
        match (backend, compiled, found) {
            (_, false, _) => advice.push(format!("{backend}: not in this build; `cargo build --release --features {backend}`")),
            ("cuda", true, false) => advice.push("cuda: no device; install the NVIDIA driver, and see that `nvidia-smi` shows the GPU".into()),
            ("vulkan", true, false) => advice.push(
                "vulkan: no device; install the loader and a driver (Debian and Ubuntu: libvulkan1 and mesa-vulkan-drivers, or the driver \
                 of NVIDIA), and see that `vulkaninfo --summary` shows the GPU"
                    .into(),
            ),
            ("wgpu", true, false) => {
                advice.push("wgpu: no device; install a driver of the GPU for Vulkan, Metal, DirectX 12 or OpenGL".into());
            }
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
        } else if report.device == DeviceName::Cpu {
            if !failure.timed_out && matches!(failure.stage, Stage::Step | Stage::Networks) {
                advice.push(
                    "cpu: the kernels of bonas are wrong with the instructions of this CPU; set BONAS_STOCK_OPERATIONS=1 to compute without \
                     them, and report it, please"
                        .into(),
                );
            }
        } else {
            if failure.timed_out {
                advice.push(format!(
                    "{}: its driver compiles kernels at their first use; `bonas doctor --device {0} --timeout 3600` gives each stage an hour",
                    report.device
                ));
            }
            // With `vulkan` or `metal` in the build, `wgpu` has their shaders, too.
            let other_shaders = match report.device {
                DeviceName::Gpu(Gpu::Vulkan(_) | Gpu::Metal) => " or a build with `--features wgpu` alone",
                _ => "",
            };
            advice.push(format!(
                "{0}: `auto` will not use it, nor will `--device {0}`; a newer driver{other_shaders} may help, and \
                 `--device unchecked:{0}` insists",
                report.device
            ));
        }
    }
    advice
}

impl From<Deviation> for ProbeEvent {
    fn from(deviation: Deviation) -> Self {
        let parameters = deviation.parameters.into_iter().map(|ParameterDeviation { parameter, error, share }| GradientError {
            parameter,
            error: finite(error),
            share: finite(share),
        });
        Self::Step {
            loss: finite(deviation.loss),
            gradients: finite(deviation.gradients),
            logits: finite(deviation.logits),
            parameters: parameters.collect(),
        }
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
            ProbeEvent::Step {
                loss: Some(1e-6),
                gradients,
                logits: Some(1e-5),
                parameters: [("stem", 0.6, 0.5), ("tiny", 0.9, 1e-3), ("classifier", 1e-3, 1e-3)]
                    .map(|(parameter, error, share)| GradientError {
                        parameter: parameter.into(),
                        error: Some(error),
                        share: Some(share),
                    })
                    .to_vec(),
            },
            ProbeEvent::Began(Stage::Speed),
        ]
    }

    #[test]
    fn a_device_passes_only_if_it_is_right_and_gets_to_the_end() {
        let gpu = DeviceName::Gpu(Gpu::Vulkan(0));
        let whole = |gradients| [events(gradients), vec![ProbeEvent::Speed(100.0), ProbeEvent::Memory(9)]].concat();
        let report = judged(gpu, whole(Some(1e-3)), &Ended::Done);
        assert!(report.passed && report.failure.is_none() && report.model.as_deref() == Some("Card"));

        let report = judged(gpu, whole(Some(0.5)), &Ended::Done);
        let reason = report.failure.expect("wrong").reason;
        assert_eq!(
            (report.passed, reason.as_str()),
            (
                false,
                "gradients differ from Burn's on the CPU by 50.00 %, more than 5 % (in 2 of 3 parameters, most in stem, off by 60.00 %)"
            )
        );

        let reason = judged(gpu, whole(None), &Ended::Done).failure.expect("wrong").reason;
        assert_eq!(reason, "gradients not finite (in 2 of 3 parameters, most in stem, off by 60.00 %)");

        let report = judged(gpu, events(Some(1e-3)), &Ended::Crashed("signal 11".into()));
        assert_eq!(report.failure, Some(DeviceFailure::new(Stage::Speed, "the process crashed (signal 11)".into())));
        assert!(!judged(gpu, events(Some(1e-3)), &Ended::Done).passed, "it never told its speed");
    }

    #[test]
    fn the_networks_of_every_space_have_to_be_right() {
        let networks = |space: &str, gradients| ProbeEvent::Networks {
            space: space.into(),
            loss: Some(1e-6),
            gradients,
            logits: Some(1e-6),
        };
        let of = |others: Vec<ProbeEvent>, ended| {
            let more = vec![ProbeEvent::Speed(100.0), ProbeEvent::Began(Stage::Networks)];
            judged(DeviceName::Gpu(Gpu::Wgpu(0)), [events(Some(1e-3)), more, others].concat(), &ended)
        };
        let report = of(vec![networks("resnet", Some(1e-6))], Ended::Done);
        assert!(report.passed && report.networks.len() == 1);
        let report = of(vec![networks("resnet", Some(1e-6)), networks("darts", Some(0.5)), networks("own", None)], Ended::Done);
        let reason = "darts: gradients differ from Burn's on the CPU by 50.00 %, more than 5 %".to_string();
        assert_eq!(report.failure, Some(DeviceFailure::new(Stage::Networks, reason)));
        assert!(!report.passed && report.networks.len() == 3);
        let report = of(vec![networks("resnet", Some(1e-6))], Ended::Crashed("signal 11".into()));
        assert_eq!(report.failure.expect("crashed").stage, Stage::Networks);
    }

    #[test]
    fn wgpu_is_advised_where_no_other_gpu_passed() {
        let report = |gradients| {
            let whole = [events(gradients), vec![ProbeEvent::Speed(100.0)]].concat();
            judged(DeviceName::Gpu(Gpu::Vulkan(0)), whole, &Ended::Done)
        };
        let advised = |gradients| {
            let advice = advice(&[report(gradients)]);
            ["wgpu: ", "vulkan:0: "]
                .map(|device| advice.iter().any(|advice| advice.starts_with(device) && advice.contains("wgpu")))
        };
        assert_eq!(advised(Some(0.9)), [true, true]);
        assert_eq!(advised(Some(1e-3)), [cfg!(feature = "wgpu-untuned"), false]);
    }

    /// A program that passes, fails or is not there, as the name of the device says, and counts how often it was asked.
    #[cfg(unix)]
    #[test]
    fn a_gpu_is_checked_once_before_it_is_used() {
        use std::os::unix::fs::PermissionsExt;

        let folder = std::env::temp_dir().join(format!("bonas-doctor-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let program = folder.join("bonas");
        let script = r#"#!/bin/sh
echo "$3" >> "$0.asked"
echo '{"began":"opening"}'
[ "$3" = vulkan:2 ] && echo '{"failed":"there is no device vulkan:2"}' && exit
echo '{"began":"step"}'
[ "$3" = vulkan:1 ] && gradients=0.9999 || gradients=0.001
echo '{"step":{"loss":0,"gradients":'$gradients',"logits":0}}'
echo '{"speed":100}'
echo '{"began":"mixed"}'
echo '{"mixed":{"precision":"bf16","loss":0.001,"gradients":0.9}}'
echo '{"mixed":{"precision":"f16","loss":0.001,"gradients":0.02}}'
kill -SEGV $$
"#;
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a program");
        let kept = std::cell::RefCell::new(Verdicts::default());
        let admitted_in = |devices: &str, precision| {
            let doctor = Doctor { program: program.clone(), patience: Doctor::PATIENCE, all_networks: false };
            let known = kept.borrow().clone();
            doctor.admit_known(&devices.parse().expect("devices"), &[precision], known, &|_, _| {}, &|verdicts| {
                *kept.borrow_mut() = verdicts.clone();
                Ok(())
            })
        };
        let admitted = |devices: &str| admitted_in(devices, Precision::Full);
        assert_eq!(admitted("vulkan:0,vulkan:0,cpu,unchecked:vulkan:1"), Ok(()));
        assert_eq!(admitted_in("vulkan:0", Precision::F16), Ok(()));
        let Err(DeviceError::NoMixedPrecision { reason, .. }) = admitted_in("vulkan:0", Precision::Bf16) else {
            panic!("admitted")
        };
        assert_eq!(reason, "its loss is off by 0.10 % and its gradients by 90.00 %");
        for _ in 0..2 {
            let Err(DeviceError::Failed { name, reason }) = admitted("vulkan:0,vulkan:1") else { panic!("admitted") };
            assert_eq!(name, "vulkan:1");
            assert_eq!(reason, "a step of training: gradients differ from Burn's on the CPU by 99.99 %, more than 5 %");
        }
        // What is not there may be there tomorrow.
        for _ in 0..2 {
            let not_there = DeviceError::NotOpened { name: "vulkan:2".into(), reason: "there is no device vulkan:2".into() };
            assert_eq!(admitted("vulkan:2"), Err(not_there));
        }
        let asked = std::fs::read_to_string(folder.join("bonas.asked")).expect("asked");
        assert_eq!(asked.lines().collect::<Vec<_>>(), ["vulkan:0", "vulkan:1", "vulkan:2", "vulkan:2"]);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
