use super::DeviceReport;
use crate::device::DeviceName;
use crate::run_folder::write_whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const FILE: &str = "devices.json";

/// What was last found of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    device: DeviceName,
    model: Option<String>,
    software: bool,
    passed: bool,
    images_per_second: f64,
}

impl Verdict {
    pub(super) fn of(report: &DeviceReport) -> Self {
        let DeviceReport { device, model, software, passed, images_per_second, .. } = report.clone();
        Self { device, model, software, passed, images_per_second: images_per_second.unwrap_or(0.0) }
    }
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

    pub(super) fn set(&mut self, verdict: Verdict) {
        self.devices.retain(|known| known.device != verdict.device);
        self.devices.push(verdict);
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
    fn best(&self) -> Option<DeviceName> {
        let usable = self.devices.iter().filter(|verdict| verdict.passed && !verdict.software);
        usable.max_by(|a, b| a.images_per_second.total_cmp(&b.images_per_second)).map(|verdict| verdict.device)
    }
}

/// The GPU that `auto` means, if one has passed `bonas doctor`.
pub(crate) fn trusted_gpu() -> Option<DeviceName> {
    if DeviceName::BACKENDS.iter().all(|(_, compiled)| !compiled) {
        return None;
    }
    Verdicts::load().best()
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

    fn verdict(device: DeviceName, passed: bool, software: bool, images_per_second: f64) -> Verdict {
        Verdict { device, model: None, software, passed, images_per_second }
    }

    #[test]
    fn auto_takes_the_fastest_real_gpu_that_passed() {
        let mut verdicts = Verdicts::default();
        assert_eq!(verdicts.best(), None);
        verdicts.set(verdict(DeviceName::Vulkan(0), true, false, 50.0));
        verdicts.set(verdict(DeviceName::Cuda(0), false, false, 900.0));
        verdicts.set(verdict(DeviceName::Vulkan(1), true, true, 700.0));
        assert_eq!(verdicts.best(), Some(DeviceName::Vulkan(0)));
        verdicts.set(verdict(DeviceName::Cuda(0), true, false, 900.0));
        assert_eq!((verdicts.best(), verdicts.devices.len()), (Some(DeviceName::Cuda(0)), 3));
    }

    #[test]
    fn verdicts_of_another_program_do_not_count() {
        let folder = std::env::temp_dir().join(format!("bonas-verdicts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let path = folder.join(FILE);
        let verdicts = Verdicts { program: "one".into(), devices: vec![verdict(DeviceName::Metal, true, false, 1.0)] };
        std::fs::write(&path, serde_json::to_string(&verdicts).expect("JSON")).expect("written");
        assert_eq!(Verdicts::read(&path, "one"), Some(verdicts));
        assert_eq!(Verdicts::read(&path, "two"), None);
        std::fs::write(&path, "{").expect("written");
        assert_eq!(Verdicts::read(&path, "one"), None);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
