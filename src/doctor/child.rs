use super::probe::ProbeEvent;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a child that closed its output may take to end.
const FAREWELL: Duration = Duration::from_secs(5);
/// So much of what a child says on stderr is kept.
const STDERR_BYTES: u64 = 64 * 1024;

/// What a child told, and how it ended.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) events: Vec<ProbeEvent>,
    pub(super) ended: Ended,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// As it should.
    Done,
    /// By a signal, or with a code other than zero; with what it said last.
    Crashed(String),
    /// It was killed after so long.
    TimedOut(Duration),
    /// It could not be started.
    NotStarted(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("the process ended before it had told everything"),
            Self::Crashed(how) => write!(f, "the process crashed ({how})"),
            Self::TimedOut(after) => write!(f, "no end after {} s", after.as_secs_f64()),
            Self::NotStarted(why) => write!(f, "the process could not be started: {why}"),
        }
    }
}

/// Runs a child that prints a [`ProbeEvent`] a line, and kills it when it has told nothing for so long. `hear` gets every event at once. Other lines
/// are passed over: drivers print.
pub(super) fn observe(mut command: Command, patience: Duration, hear: &dyn Fn(&ProbeEvent)) -> Seen {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Seen { events: Vec::new(), ended: Ended::NotStarted(error.to_string()) },
    };
    let mut deadline = Instant::now() + patience;
    let lines = lines(&mut child);
    let complaint = complaint(&mut child);
    let mut events = Vec::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Ok(event) = serde_json::from_str::<ProbeEvent>(&line) {
                    hear(&event);
                    events.push(event);
                    deadline = Instant::now() + patience;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                return Seen { events, ended: Ended::TimedOut(patience) };
            }
        }
    }
    let ended = match wait(&mut child, FAREWELL) {
        Some(status) if status.success() => Ended::Done,
        Some(status) => Ended::Crashed(described(status, &complaint.recv_timeout(FAREWELL).unwrap_or_default())),
        None => {
            end(&mut child);
            Ended::TimedOut(patience)
        }
    };
    Seen { events, ended }
}

fn lines(child: &mut Child) -> Receiver<String> {
    let (send, receive) = channel();
    if let Some(stdout) = child.stdout.take() {
        // The thread ends with the pipe, or with who listens.
        thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    }
    receive
}

fn complaint(child: &mut Child) -> Receiver<String> {
    let (send, receive) = channel();
    if let Some(mut stderr) = child.stderr.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.by_ref().take(STDERR_BYTES).read_to_end(&mut bytes);
            let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
            // A full pipe would stop the child.
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
        });
    }
    receive
}

fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => return None,
        }
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The signal or code, and what was said of it: the message of a panic, or the last line.
fn described(status: ExitStatus, stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
    let panic = lines.clone().skip_while(|line| !line.contains("panicked at")).nth(1);
    match panic.or_else(|| lines.next_back()) {
        Some(line) => format!("{}: {line}", how(status)),
        None => how(status),
    }
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or("without a code".into(), |code| format!("code {code}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::doctor::Stage;

    fn shell(script: &str, patience: Duration) -> Seen {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        observe(command, patience, &|_| {})
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_a_child_says_is_heard_and_noise_is_not() {
        let seen = shell(r#"echo driver noise; echo '{"began":"step"}'; echo '{"speed":12.5}'"#, LONG);
        assert_eq!(seen.events, [ProbeEvent::Began(Stage::Step), ProbeEvent::Speed(12.5)]);
        assert_eq!(seen.ended, Ended::Done);
    }

    #[test]
    fn a_crash_is_reported_and_not_suffered() {
        let seen = shell(r#"echo '{"began":"speed"}'; kill -SEGV $$"#, LONG);
        assert_eq!(seen.events, [ProbeEvent::Began(Stage::Speed)]);
        assert_eq!(seen.ended.to_string(), "the process crashed (signal 11)");
        let seen = shell(
            "echo \"thread 'main' panicked at x.rs:1:1:\" >&2; echo lost the device >&2; echo note: run >&2; kill -ABRT $$",
            LONG,
        );
        assert_eq!(seen.ended.to_string(), "the process crashed (signal 6: lost the device)");
        assert_eq!(shell("echo no >&2; exit 3", LONG).ended.to_string(), "the process crashed (code 3: no)");
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let clock = Instant::now();
        let seen = shell(r#"echo '{"began":"opening"}'; exec sleep 600"#, Duration::from_millis(500));
        assert_eq!(seen.events, [ProbeEvent::Began(Stage::Opening)]);
        assert_eq!(seen.ended.to_string(), "no end after 0.5 s");
        assert!(clock.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_child_may_take_long_while_it_tells_of_progress() {
        let patience = Duration::from_secs(5);
        let heard = std::cell::RefCell::new(Vec::new());
        let mut command = Command::new("sh");
        command.args(["-c", r#"for i in 1 2 3; do echo '{"speed":'$i'}'; sleep 2; done"#]);
        let seen = observe(command, patience, &|event| heard.borrow_mut().push(event.clone()));
        assert_eq!((seen.ended, seen.events.len()), (Ended::Done, 3));
        assert_eq!(heard.into_inner(), seen.events);
        // Noise is no progress.
        let seen = shell("while true; do echo noise; sleep 0.1; done", Duration::from_millis(500));
        assert!(matches!(seen.ended, Ended::TimedOut(_)));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_answer() {
        let seen = observe(Command::new("/no/such/program"), LONG, &|_| {});
        assert!(seen.ended.to_string().starts_with("the process could not be started: "));
    }
}
