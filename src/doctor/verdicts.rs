use super::{DeviceFailure, DeviceReport, MixedReport, Stage};
use crate::device::{DeviceError, DeviceName, Gpu};
use crate::run_folder::write_whole;
use bonas_supernet::Precision;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const FILE: &str = "devices.json";

/// What was last found of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Verdict {
    device: DeviceName,
    model: Option<String>,
    software: bool,
    images_per_second: f64,
    /// Why it did not pass, if it did not.
    failure: Option<String>,
    /// What is known of mixed precision.
    mixed: Vec<MixedReport>,
}

/// The verdicts on the devices of this machine, for the program that found them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Verdicts {
    /// Version, size and time of the program; another build may compute otherwise.
    program: String,
    devices: Vec<Verdict>,
}

impl Verdicts {
    /// Those of this program; none where there are none, or they are of another.
    pub(super) fn load() -> Self {
        let program = program().unwrap_or_default();
        cache_folder()
            .and_then(|folder| Self::read(&folder.join(FILE), &program))
            .unwrap_or(Self { program, devices: Vec::new() })
    }

    fn read(path: &Path, program: &str) -> Option<Self> {
        let verdicts: Self = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        (!program.is_empty() && verdicts.program == program).then_some(verdicts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Replaces what was known of a GPU. One that could not be opened has no verdict: it may be there tomorrow.
    pub(super) fn learn(&mut self, report: &DeviceReport) {
        let DeviceReport { device, model, software, failure, images_per_second, mixed, .. } = report.clone();
        self.devices.retain(|known| known.device != device);
        if device == DeviceName::Cpu || matches!(failure, Some(DeviceFailure { stage: Stage::Opening, .. })) {
            return;
        }
        let failure = failure.map(|DeviceFailure { stage, reason, .. }| format!("{stage}: {reason}"));
        let images_per_second = images_per_second.unwrap_or(0.0);
        self.devices.push(Verdict { device, model, software, images_per_second, failure, mixed });
    }

    fn verdict(&self, gpu: Gpu) -> Option<&Verdict> {
        self.devices.iter().find(|verdict| verdict.device == DeviceName::Gpu(gpu))
    }

    pub(super) fn know(&self, gpu: Gpu) -> bool {
        self.verdict(gpu).is_some()
    }

    /// # Errors
    /// When the GPU has no verdict, or did not pass in this precision.
    pub(super) fn admit(&self, gpu: Gpu, precision: Precision) -> Result<(), DeviceError> {
        let name = gpu.to_string();
        let Some(verdict) = self.verdict(gpu) else { return Err(DeviceError::NotChecked { name, reason: None }) };
        if let Some(reason) = verdict.failure.clone() {
            return Err(DeviceError::Failed { name, reason });
        }
        let percent =
            |error: Option<f64>| error.map_or("more than can be told".into(), |error| format!("{:.2} %", 100.0 * error));
        let reason = match verdict.mixed.iter().find(|mixed| mixed.precision == precision) {
            _ if precision == Precision::Full => return Ok(()),
            Some(MixedReport { passed: true, .. }) => return Ok(()),
            Some(MixedReport { loss_error, gradient_error, .. }) => {
                format!("its loss is off by {} and its gradients by {}", percent(*loss_error), percent(*gradient_error))
            }
            None => "it does not say that it can, or failed at it".into(),
        };
        Err(DeviceError::NoMixedPrecision { name, precision, reason })
    }

    /// Keeps them. `all`: devices were searched for, so what is empty replaces what there was.
    pub(super) fn save(&self, all: bool) -> Result<(), String> {
        let folder = cache_folder().ok_or("there is no home folder; set XDG_CACHE_HOME")?;
        let path = folder.join(FILE);
        if self.is_empty() && (!all || !path.exists()) {
            return Ok(());
        }
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        write_whole(&path, &text).map_err(|error| error.to_string())
    }

    /// The fastest that passed. A program on the CPU that behaves like a GPU is none.
    fn best(&self) -> Option<Gpu> {
        let usable = self.devices.iter().filter(|verdict| verdict.failure.is_none() && !verdict.software);
        let gpus = usable.filter_map(|verdict| match verdict.device {
            DeviceName::Gpu(gpu) => Some((gpu, verdict.images_per_second)),
            DeviceName::Auto | DeviceName::Cpu | DeviceName::Unchecked(_) => None,
        });
        gpus.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(gpu, _)| gpu)
    }
}

/// The GPU that `auto` means, if one has passed `bonas doctor`.
pub(crate) fn trusted_gpu() -> Option<Gpu> {
    if Gpu::BACKENDS.iter().all(|(_, compiled)| !compiled) {
        return None;
    }
    Verdicts::load().best()
}

/// Refuses a GPU that did not pass with this program.
///
/// # Errors
/// As [`Verdicts::admit`].
pub(crate) fn trusted(gpu: Gpu, precision: Precision) -> Result<(), DeviceError> {
    Verdicts::load().admit(gpu, precision)
}

fn program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    let data = std::fs::metadata(&path).ok()?;
    let changed = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), data.len(), changed.as_millis()))
}

/// The folder for what can be found out again.
fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let parent = variable("XDG_CACHE_HOME").or_else(|| match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA"),
        "macos" => variable("HOME").map(|home| home.join("Library/Caches")),
        _ => variable("HOME").map(|home| home.join(".cache")),
    });
    parent.map(|parent| parent.join("bonas"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(gpu: Gpu, failure: Option<Stage>, software: bool, images_per_second: f64) -> DeviceReport {
        DeviceReport {
            device: DeviceName::Gpu(gpu),
            model: None,
            software,
            passed: failure.is_none(),
            failure: failure.map(|stage| DeviceFailure { stage, reason: "wrong".into(), timed_out: false }),
            loss_error: None,
            gradient_error: None,
            logit_error: None,
            gradient_errors: Vec::new(),
            networks: Vec::new(),
            mixed: Vec::new(),
            images_per_second: Some(images_per_second),
            memory_bytes: None,
        }
    }

    #[test]
    fn auto_takes_the_fastest_real_gpu_that_passed() {
        let mut verdicts = Verdicts::default();
        assert_eq!(verdicts.best(), None);
        verdicts.learn(&report(Gpu::Vulkan(0), None, false, 50.0));
        verdicts.learn(&report(Gpu::Cuda(0), Some(Stage::Step), false, 900.0));
        verdicts.learn(&report(Gpu::Vulkan(1), None, true, 700.0));
        assert_eq!(verdicts.best(), Some(Gpu::Vulkan(0)));
        verdicts.learn(&report(Gpu::Cuda(0), None, false, 900.0));
        assert_eq!((verdicts.best(), verdicts.devices.len()), (Some(Gpu::Cuda(0)), 3));
    }

    #[test]
    fn only_a_gpu_that_passed_is_admitted() {
        let mut verdicts = Verdicts::default();
        let gpu = Gpu::Vulkan(0);
        let name = || "vulkan:0".to_string();
        assert_eq!(verdicts.admit(gpu, Precision::Full), Err(DeviceError::NotChecked { name: name(), reason: None }));
        verdicts.learn(&report(gpu, Some(Stage::Step), false, 1.0));
        assert_eq!(
            verdicts.admit(gpu, Precision::Full),
            Err(DeviceError::Failed { name: name(), reason: "a step of training: wrong".into() })
        );
        // A software driver that computes right may be named, though `auto` never takes it.
        verdicts.learn(&report(gpu, None, true, 1.0));
        assert_eq!(verdicts.admit(gpu, Precision::Full), Ok(()));
        verdicts.learn(&report(gpu, Some(Stage::Opening), false, 1.0));
        assert!(!verdicts.know(gpu), "a driver that went away leaves no verdict");
    }

    #[test]
    fn verdicts_of_another_program_do_not_count() {
        let folder = std::env::temp_dir().join(format!("bonas-verdicts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let path = folder.join(FILE);
        let mut verdicts = Verdicts { program: "one".into(), devices: Vec::new() };
        verdicts.learn(&report(Gpu::Metal, None, false, 1.0));
        std::fs::write(&path, serde_json::to_string(&verdicts).expect("JSON")).expect("written");
        assert_eq!(Verdicts::read(&path, "one"), Some(verdicts));
        assert_eq!(Verdicts::read(&path, "two"), None);
        std::fs::write(&path, "{").expect("written");
        assert_eq!(Verdicts::read(&path, "one"), None);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
