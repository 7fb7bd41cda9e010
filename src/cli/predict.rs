use super::Failure;
use super::console::stop_on_signal;
use super::device_options::admit_device;
use super::summary::print_line;
use bonas::{DeviceName, Model, Prediction};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Classify pictures with a trained network
///
/// The model is a run folder, a folder that `bonas train` wrote, or the model.safetensors in one. Pictures are PNG or JPEG, of
/// any size. For example: bonas predict runs/mine shoe.png bag.jpg
#[derive(Args)]
pub(super) struct PredictArguments {
    /// Run folder, folder of `bonas train`, or model file
    model: PathBuf,
    /// Pictures to classify
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// How many of the most likely classes of each picture
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Where to compute: auto, cpu, cuda:N, vulkan:N, wgpu:N or metal; a GPU is checked before its first use
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceName::Auto)]
    device: DeviceName,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
    /// Add the outputs of the network before the softmax, in the order of its classes
    #[arg(long, requires = "json")]
    logits: bool,
}

impl PredictArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        admit_device(self.device)?;
        let model = Model::open(&self.model, self.device)?;
        let mut predictions = model.predict(&self.images, self.top as usize, &stop_on_signal())?;
        if !self.logits {
            predictions.iter_mut().for_each(|prediction| prediction.logits.clear());
        }
        if self.json {
            let path = model.path().display().to_string();
            print_line(&serde_json::json!({ "model": path, "predictions": predictions }).to_string())?;
        } else {
            predictions.iter().try_for_each(print)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(prediction: &Prediction) -> Result<(), Failure> {
    print_line(&prediction.image)?;
    for class in &prediction.classes {
        print_line(&format!("  {:6.2} %  {}", 100.0 * class.probability, class.class))?;
    }
    Ok(())
}
