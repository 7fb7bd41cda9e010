use super::Failure;
use bonas::{ObjectiveName, Override};
use clap::Args;
use std::path::PathBuf;
use std::str::FromStr;
use toml::Value;

/// What is searched for beside the accuracy, and within which limits.
#[derive(Args)]
pub(super) struct TradeOffOptions {
    /// What is searched for: accuracy, or accuracy and then costs, with commas between them
    #[arg(long, value_enum, value_delimiter = ',', value_name = "OBJECTIVE,…")]
    objective: Vec<ObjectiveName>,
    /// Most trainable parameters of an architecture that is queried
    #[arg(long, value_name = "COUNT")]
    max_params: Option<f64>,
    /// Most multiply-adds of one input
    #[arg(long, value_name = "COUNT")]
    max_macs: Option<f64>,
    /// Most milliseconds of one inference, such as 12.5, or pixel3=12.5 where a table has several devices. Without a table, as in
    /// cpu=12.5, networks are measured on this machine before the search (settings latency.*), and others predicted
    #[arg(long, value_name = "[DEVICE=]MS")]
    max_latency: Option<LatencyLimit>,
    /// Table that holds latencies; without it, the one that is searched, or measurements on this machine
    #[arg(long, value_name = "FILE")]
    latency_table: Option<PathBuf>,
    /// Device whose latencies count, by its name in the table, or cpu, cuda:N, vulkan:N, wgpu:N or metal without one
    #[arg(long, value_name = "DEVICE")]
    latency_device: Option<String>,
}

/// A limit, and the device it is about.
#[derive(Clone, Debug, PartialEq)]
struct LatencyLimit {
    device: Option<String>,
    milliseconds: f64,
}

impl FromStr for LatencyLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (device, number) = match text.split_once('=') {
            Some((device, number)) => (Some(device.to_string()), number),
            None => (None, text),
        };
        let milliseconds = number.parse().map_err(|_| format!("'{number}' is no number of milliseconds"))?;
        Ok(Self { device, milliseconds })
    }
}

impl TradeOffOptions {
    /// The settings that these options stand for.
    pub(super) fn overrides(&self) -> Result<Vec<Option<Override>>, Failure> {
        let limited = self.max_latency.as_ref();
        let device = limited.and_then(|limit| limit.device.clone());
        if let (Some(device), Some(other)) = (&device, &self.latency_device)
            && device != other
        {
            return Err(Failure::usage(format!(
                "--max-latency is about {device}, --latency-device about {other}; latencies of one device count, so name the same"
            )));
        }
        let names = self.objective.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>();
        Ok(vec![
            (!names.is_empty()).then(|| Override::option("objectives", names)),
            self.max_params.map(|most| Override::option("constraints.max_params", most)),
            self.max_macs.map(|most| Override::option("constraints.max_macs", most)),
            limited.map(|limit| Override::option("constraints.max_latency", limit.milliseconds)),
            self.latency_table.as_ref().map(|table| Override::option("latency.table", table.display().to_string())),
            self.latency_device.clone().or(device).map(|device| Override::option("latency.device", device)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_may_name_its_device() {
        let limit = |device: Option<&str>, milliseconds| Ok(LatencyLimit { device: device.map(Into::into), milliseconds });
        assert_eq!("12.5".parse(), limit(None, 12.5));
        assert_eq!("pixel3=12".parse(), limit(Some("pixel3"), 12.0));
        assert!("pixel3".parse::<LatencyLimit>().is_err());
    }
}
