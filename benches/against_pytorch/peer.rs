use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// One side of the comparison: a process that answers a request a line with the seconds of every step.
pub(crate) struct Peer {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(program: &OsStr, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, String> {
        let mut command = Command::new(program);
        // Two threads, as PyTorch gets.
        command.args(arguments).envs(variables.iter().copied()).env("RAYON_NUM_THREADS", "2");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{} does not start: {error}", program.display()))?;
        let (requests, answers) = (child.stdin.take(), child.stdout.take().expect("piped"));
        Ok(Self { child, requests, answers: BufReader::new(answers) })
    }

    pub(crate) fn ask(&mut self, request: &str) -> Result<Vec<f64>, String> {
        let requests = self.requests.as_mut().expect("open until dropped");
        writeln!(requests, "{request}").and_then(|()| requests.flush()).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(|error| error.to_string())?;
        serde_json::from_str(&answer).map_err(|_| "no answer came".into())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The end of its input ends the process.
        self.requests = None;
        let _ = self.child.wait();
    }
}
