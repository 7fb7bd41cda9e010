use super::Failure;
use bonas::supernet::Precision;
use bonas::{DeviceName, DeviceNames, Doctor, ExperimentConfig, Stage};

/// Checks the GPUs that an experiment uses, once for this program.
///
/// # Errors
/// When one of them may not be used.
pub(super) fn admit(config: &ExperimentConfig) -> Result<(), Failure> {
    admitted(&config.used_devices(), &config.used_precisions())
}

/// The same of the GPU that measures a network.
///
/// # Errors
/// When it may not be used.
pub(super) fn admit_device(device: DeviceName) -> Result<(), Failure> {
    admitted(&device.into(), &[Precision::Full])
}

fn admitted(devices: &DeviceNames, precisions: &[Precision]) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::other)?;
    let doctor = Doctor { program, patience: Doctor::PATIENCE, all_networks: false };
    let watch = |gpu, stage| match stage {
        Stage::Opening => anstream::eprintln!("checking {gpu} against the CPU before its first use, as `bonas doctor` does"),
        stage => anstream::eprintln!("checking {gpu}: {stage}"),
    };
    doctor.admit(devices, precisions, &watch).map_err(Failure::other)
}
