use super::Failure;
use super::device_options::admit_device;
use super::summary::print_line;
use bonas::{DeviceName, Model};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure how long a trained network takes
///
/// The median of many runs after some that warm the device up; a run takes a batch of images to its logits, without reading pictures.
/// For example: bonas latency runs/mine --device cpu --batch 1
#[derive(Args)]
pub(super) struct LatencyArguments {
    /// Run folder, folder of `bonas train`, or model file
    model: PathBuf,
    /// Where to compute: auto, cpu, cuda:N, vulkan:N, wgpu:N or metal; a GPU is checked before its first use
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceName::Auto)]
    device: DeviceName,
    /// Images of a run
    #[arg(long, value_name = "IMAGES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: u32,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
}

impl LatencyArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        admit_device(self.device)?;
        let device = self.device.resolved();
        let model = Model::open(&self.model, device)?;
        let milliseconds = model.latency(self.batch as usize)?;
        if self.json {
            let (path, device) = (model.path().display().to_string(), device.to_string());
            let measured =
                serde_json::json!({ "model": path, "device": device, "batch": self.batch, "latency_ms": milliseconds });
            print_line(&measured.to_string())?;
        } else {
            let per_image = milliseconds / f64::from(self.batch);
            print_line(&format!("{milliseconds:.3} ms for {} image(s), {per_image:.3} ms for each, on {device}", self.batch))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
