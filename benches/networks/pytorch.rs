use crate::Failure;
use crate::process::Process;
use crate::subjects::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pytorch/networks.py");

/// How PyTorch lays images out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    Default,
    ChannelsLast,
}

impl Layout {
    pub(crate) const ALL: [Self; 2] = [Self::Default, Self::ChannelsLast];

    fn name(self) -> &'static str {
        match self {
            Self::Default => "contiguous_format",
            Self::ChannelsLast => "channels_last",
        }
    }
}

/// A process of Python that builds and runs the same networks. It computes only while it is asked.
pub(crate) struct Peer {
    process: Process,
    pub(crate) version: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Ready { torch: String },
    Built { parameters: u64, multiply_adds: u64 },
    Ran { seconds: Vec<f64> },
    Failed { error: String },
}

impl Peer {
    /// # Errors
    /// With what to do, where there is no Python that has torch.
    pub(crate) fn start(threads: usize) -> Result<Self, Failure> {
        let python = std::env::var("BONAS_PYTHON").unwrap_or_else(|_| "python3".into());
        let process = Process::start(Command::new(&python).args([SCRIPT, &threads.to_string()]));
        let process =
            process.map_err(|error| format!("cannot start {python}: {error}; set BONAS_PYTHON to a Python with torch"))?;
        let mut peer = Self { process, version: String::new() };
        let answer = peer.process.answer()?;
        match parsed(&answer)? {
            Answer::Ready { torch } => peer.version = torch,
            _ => return Err("an answer to no request".into()),
        }
        Ok(peer)
    }

    /// Builds the network of a description, in place of the one before; returns its parameters and multiply-adds.
    pub(crate) fn build(&mut self, twin: &Value) -> Result<[u64; 2], Failure> {
        match self.ask(&json!({ "build": twin }))? {
            Answer::Built { parameters, multiply_adds } => Ok([parameters, multiply_adds]),
            _ => Err("an answer to another request".into()),
        }
    }

    /// Seconds of one run of each of these candidates.
    pub(crate) fn run(&mut self, kind: Kind, layout: Layout, candidates: &[usize]) -> Result<Vec<f64>, Failure> {
        match self.ask(&json!({ "run": kind.name(), "layout": layout.name(), "candidates": candidates }))? {
            Answer::Ran { seconds } if seconds.len() == candidates.len() => Ok(seconds),
            _ => Err("an answer to another request".into()),
        }
    }

    fn ask(&mut self, request: &Value) -> Result<Answer, Failure> {
        parsed(&self.process.ask(&request.to_string())?)
    }
}

fn parsed(line: &str) -> Result<Answer, Failure> {
    match serde_json::from_str(line)? {
        Answer::Failed { error } => Err(error.into()),
        answer => Ok(answer),
    }
}
