use super::Failure;
use bonas::spaces::SpaceChoice;
use bonas::supernet::Precision;
use bonas::{DeviceNames, ExperimentConfig, Override, load_config};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// Options of every command that computes.
#[derive(Args)]
pub(super) struct ExperimentOptions {
    /// Configuration to start from; see configs/ for commented examples
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change one setting, such as --set supernet.epochs=4; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Search space: a name (`bonas space list` shows them), or a TOML file that describes one
    #[arg(long)]
    pub(super) space: Option<SpaceChoice>,
    /// Images: a folder per class, CIFAR binaries, IDX files, or a manifest
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Seed of every random choice
    #[arg(long)]
    seed: Option<u32>,
    /// Where to compute: auto, cpu, cuda:N, vulkan:N, wgpu:N or metal; a search takes several, with commas between. A GPU is checked against
    /// the CPU before its first use and refused if it fails; unchecked:cuda:N and the like insist on it
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceNames>,
    /// In which numbers a GPU trains: full, or mixed, bf16 or f16, which is refused unless its check was passed
    #[arg(long, value_name = "PRECISION", value_parser = precision())]
    precision: Option<Precision>,
}

fn precision() -> impl TypedValueParser<Value = Precision> {
    let all = [Precision::Full, Precision::Bf16, Precision::F16];
    PossibleValuesParser::new(all.map(Precision::as_str))
        .map(move |name| all.into_iter().find(|precision| precision.as_str() == name).unwrap_or_default())
}

impl ExperimentOptions {
    /// The configuration with these options and those of the command itself.
    pub(super) fn config(&self, command: Vec<Override>) -> Result<ExperimentConfig, Failure> {
        self.config_from(None, command)
    }

    /// The same, beginning from a file where no other is named.
    pub(super) fn config_from(&self, file: Option<&Path>, command: Vec<Override>) -> Result<ExperimentConfig, Failure> {
        let options = [
            self.space.as_ref().map(|space| Override::option("space", space.to_string())),
            self.data.as_ref().map(|data| Override::option("data.path", data.display().to_string())),
            self.seed.map(|seed| Override::option("study.seed", i64::from(seed))),
            self.device.as_ref().map(|device| Override::option("device", device.to_string())),
        ];
        let precisions = self.precision.iter().flat_map(|precision| {
            ["supernet", "retrain"].map(|owner| Override::option(format!("{owner}.optimizer.precision"), precision.as_str()))
        });
        let options = options.into_iter().flatten().chain(precisions).chain(command);
        let overrides: Vec<Override> = options.chain(self.settings.iter().cloned()).collect();
        let config = load_config(self.config.as_deref().or(file), &overrides)?;
        if let Err(error) = config.device.check_compiled() {
            // Of the command line, if it was said there.
            return Err(if self.device.is_some() { Failure::usage(error) } else { Failure::other(error) });
        }
        Ok(config)
    }
}
