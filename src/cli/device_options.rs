use super::Failure;
use bonas::{DeviceNames, Doctor};

/// Checks the GPUs that are to be used, once for this program.
///
/// # Errors
/// When one of them may not be used.
pub(super) fn admit(devices: &DeviceNames) -> Result<(), Failure> {
    let doctor = Doctor { program: std::env::current_exe().map_err(Failure::other)?, patience: Doctor::PATIENCE };
    let watch = |gpu| anstream::eprintln!("checking {gpu} against the CPU before its first use, as `bonas doctor` does");
    doctor.admit(devices, &watch).map_err(Failure::other)
}
