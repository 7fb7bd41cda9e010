use super::Failure;
use super::summary::print_line;
use bonas::{DeviceName, DeviceReport, Diagnosis, Doctor, probe};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::process::ExitCode;
use std::time::Duration;

/// Try every device: does it compute right, how fast, with how much memory
///
/// Each device trains a small supernet in a process of its own, so that a driver that crashes or hangs is a line of the table. What
/// it computes is compared with Burn's own operations on the CPU, and so are the kernels that bonas has for the CPU. `--device auto` then uses the
/// fastest GPU that passed, and a GPU that failed is refused. Run it again after every change of a driver or a card.
#[derive(Args)]
pub(super) struct DoctorArguments {
    /// Only these devices, with commas between
    #[arg(long, value_name = "DEVICE", value_delimiter = ',')]
    device: Option<Vec<DeviceName>>,
    /// Seconds that a device may take for each stage of its check
    #[arg(long, value_name = "SECONDS", default_value_t = Doctor::PATIENCE.as_secs())]
    timeout: u64,
    /// Compare a step of training of the networks of every space too, not those of DARTS alone; takes several times as long
    #[arg(long)]
    all_networks: bool,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
    /// What the processes of the devices are started with
    #[arg(long, hide = true)]
    probe: Option<String>,
}

impl DoctorArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if let Some(what) = &self.probe {
            // A listener that has gone needs no more answers.
            probe(what, self.all_networks, &mut |event| drop(serde_json::to_string(&event).map(|line| print_line(&line))));
            return Ok(ExitCode::SUCCESS);
        }
        let named = self.device;
        for device in named.iter().flatten() {
            match device {
                DeviceName::Auto => Err(Failure::usage("`auto` is what the doctor finds out; name devices, or none for all"))?,
                DeviceName::Unchecked(gpu) => Err(Failure::usage(format!("the doctor checks; name the device itself, {gpu}")))?,
                DeviceName::Cpu | DeviceName::Gpu(_) => device.check_compiled().map_err(Failure::usage)?,
            }
        }
        let program = std::env::current_exe().map_err(Failure::other)?;
        let doctor = Doctor { program, patience: Duration::from_secs(self.timeout), all_networks: self.all_networks };
        let diagnosis = doctor.examine(named.as_deref(), &|device, stage| match device {
            Some(device) => anstream::eprintln!("{device}: {stage}"),
            None => anstream::eprintln!("{stage}"),
        });
        if self.json {
            print_line(&serde_json::to_string(&diagnosis).map_err(Failure::other)?)?;
        } else {
            print(&diagnosis)?;
        }
        // A GPU that fails is an answer; a CPU, or a named device, that fails is a failure.
        let expected = |report: &&DeviceReport| named.is_some() || report.device == DeviceName::Cpu;
        let failed = diagnosis.devices.iter().filter(expected).any(|report| !report.passed);
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn print(diagnosis: &Diagnosis) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["device", "model", "verdict", "loss off by", "gradients", "logits", "images/s", "memory"]);
    for report in &diagnosis.devices {
        table.add_row(row(report));
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    print_line(&table.to_string())?;
    for report in &diagnosis.devices {
        if let Some(failure) = &report.failure {
            print_line(&format!("{}: failed at {}: {}", report.device, failure.stage, failure.reason))?;
        }
    }
    for report in diagnosis.devices.iter().filter(|report| !report.networks.is_empty()) {
        print_line(&format!("{}: gradients of other networks off by: {}", report.device, networks(report)))?;
    }
    for report in diagnosis.devices.iter().filter(|report| report.passed && report.device != DeviceName::Cpu) {
        print_line(&format!("{}: mixed precision: {}", report.device, mixed(report)))?;
    }
    if let Some(failure) = &diagnosis.search_failed {
        print_line(&format!("GPUs: failed at {}: {}", failure.stage, failure.reason))?;
    }
    diagnosis.advice.iter().try_for_each(|advice| print_line(advice))?;
    print_line(&format!("--device auto is {}", diagnosis.auto))
}

/// How far the gradients of every space's networks are from those of Burn's own operations on the CPU.
fn networks(report: &DeviceReport) -> String {
    let described = report.networks.iter().map(|networks| format!("{} {}", networks.space, magnitude(networks.gradient_error)));
    described.collect::<Vec<_>>().join(", ")
}

fn magnitude(error: Option<f64>) -> String {
    error.map_or("–".into(), |error| format!("{error:.1e}"))
}

/// What is known of training in 16-bit floats.
fn mixed(report: &DeviceReport) -> String {
    let percent = |error: Option<f64>| error.map_or("not finite".into(), |error| format!("{:.2} %", 100.0 * error));
    let described = report.mixed.iter().map(|mixed| {
        let verdict = if mixed.passed { "passed" } else { "FAILED" };
        let (loss, gradients) = (percent(mixed.loss_error), percent(mixed.gradient_error));
        format!("{} {verdict} (loss off by {loss}, gradients {gradients})", mixed.precision)
    });
    match described.collect::<Vec<_>>() {
        none if none.is_empty() => "none".into(),
        some => some.join(", "),
    }
}

fn row(report: &DeviceReport) -> [String; 8] {
    let model = report.model.clone().unwrap_or_else(|| "–".into());
    [
        report.device.to_string(),
        if report.software { format!("{model} (software)") } else { model },
        if report.passed { "passed".into() } else { "FAILED".into() },
        magnitude(report.loss_error),
        magnitude(report.gradient_error),
        magnitude(report.logit_error),
        report.images_per_second.map_or("–".into(), |speed| format!("{speed:.0}")),
        report.memory_bytes.map_or("–".into(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6)),
    ]
}
