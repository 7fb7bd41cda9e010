use crate::process::Process;
use crate::subjects::{Kind, Runner, Subject, subjects};
use crate::{Failure, seconds};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Write};
use std::process::Command;

/// The argument that makes this program answer requests.
pub(crate) const SERVE: &str = "--serve";

/// This program once more, with Burn's own operations instead of our kernels.
pub(crate) struct Stock(Process);

#[derive(Serialize, Deserialize)]
struct Request {
    subject: String,
    kind: Kind,
    candidates: Vec<usize>,
}

impl Stock {
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        Ok(Self(Process::start(command.arg(SERVE).env("BONAS_STOCK_OPERATIONS", "1"))?))
    }

    /// Seconds of one run of each of these candidates.
    pub(crate) fn run(&mut self, subject: &Subject, kind: Kind, candidates: &[usize]) -> Result<Vec<f64>, Failure> {
        let request = Request { subject: subject.name.into(), kind, candidates: candidates.to_vec() };
        Ok(serde_json::from_str(&self.0.ask(&serde_json::to_string(&request)?)?)?)
    }
}

/// Answers to [`Stock`].
pub(crate) fn serve() -> Result<(), Failure> {
    let subjects = subjects()?;
    let mut open: Option<(String, Kind, Runner)> = None;
    for line in std::io::stdin().lock().lines() {
        let Request { subject, kind, candidates } = serde_json::from_str(&line?)?;
        if open.as_ref().is_none_or(|(name, of, _)| (name, *of) != (&subject, kind)) {
            // The old one goes first, so that the memory of two is never in use.
            drop(open.take());
            let found = subjects.iter().find(|known| known.name == subject).ok_or("an unknown network")?;
            open = Some((subject, kind, found.runner(kind)?));
        }
        let (_, _, runner) = open.as_mut().ok_or("no network is open")?;
        let times = rayon::scope(|_| seconds(runner, &candidates))?;
        let mut output = std::io::stdout();
        writeln!(output, "{}", serde_json::to_string(&times)?)?;
        output.flush()?;
    }
    Ok(())
}
