use super::display;
use bonas::core::{Interrupt, Outcome, Progress, Proposal};
use bonas::search::{Finalist, RoundRecord, StudyObserver, TrialRecord};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often plain lines report the progress of a phase.
const LINE_INTERVAL: Duration = Duration::from_secs(15);
/// The shell's code for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Shows progress on stderr: a bar with the time left on a terminal, plain lines elsewhere.
pub(super) struct Console {
    bar: ProgressBar,
    is_terminal: bool,
    lines: Mutex<Lines>,
}

/// State of the plain lines.
struct Lines {
    phase: String,
    steps: u64,
    done: u64,
    began: Instant,
    printed: Instant,
}

impl Console {
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("  {prefix} {wide_bar} {pos}/{len}, {eta} left  {msg}");
        bar.set_style(style.expect("the template is well formed"));
        let now = Instant::now();
        Self { bar, is_terminal, lines: Mutex::new(Lines { phase: String::new(), steps: 0, done: 0, began: now, printed: now }) }
    }

    /// A line above the bar.
    pub(super) fn line(&self, text: &str) {
        self.bar.suspend(|| anstream::eprintln!("{text}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Console {
    fn begin(&self, phase: &str, steps: u64) {
        if self.is_terminal {
            self.bar.reset();
            self.bar.set_length(steps);
            self.bar.set_prefix(phase.to_string());
            self.bar.set_message("");
            return;
        }
        if let Ok(mut lines) = self.lines.lock() {
            let now = Instant::now();
            *lines = Lines { phase: phase.to_string(), steps, done: 0, began: now, printed: now };
        }
    }

    fn advance(&self, steps: u64, message: &str) {
        if self.is_terminal {
            self.bar.set_message(message.to_string());
            self.bar.inc(steps);
            return;
        }
        let Ok(mut lines) = self.lines.lock() else { return };
        lines.done += steps;
        if lines.printed.elapsed() < LINE_INTERVAL {
            return;
        }
        lines.printed = Instant::now();
        let left = lines.began.elapsed().mul_f64((lines.steps.saturating_sub(lines.done)) as f64 / lines.done.max(1) as f64);
        anstream::eprintln!(
            "  {} {}/{}, about {:.0} s left  {message}",
            lines.phase,
            lines.done,
            lines.steps,
            left.as_secs_f64()
        );
    }

    fn notice(&self, text: &str) {
        self.line(&format!("note: {text}"));
    }
}

impl StudyObserver for Console {
    fn study_started(&self, recorded: &[TrialRecord], best: Option<&TrialRecord>) {
        if !recorded.is_empty() {
            let best = best.and_then(TrialRecord::score).map_or(String::new(), |score| format!(", best so far {score:.4}"));
            self.line(&format!("continuing behind {} recorded trials{best}", recorded.len()));
        }
    }

    fn round_started(&self, round: usize) {
        self.line(&format!("round {}: choosing candidates", round + 1));
    }

    fn proposed(&self, round: usize, proposals: &[Proposal]) {
        self.line(&format!("round {}: {} candidates in one batch", round + 1, proposals.len()));
    }

    fn round_finished(&self, round: &RoundRecord, trials: &[TrialRecord], best: Option<&TrialRecord>) {
        let failed = trials.iter().filter(|trial| trial.score().is_none()).count();
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let score =
            |trial: Option<&TrialRecord>| trial.and_then(TrialRecord::score).map_or("none".into(), |score| format!("{score:.4}"));
        self.line(&format!(
            "round {}: best {}{failed}; best of all {} ({:.0} s)",
            round.round + 1,
            score(TrialRecord::best(trials)),
            score(best),
            round.seconds.total()
        ));
    }

    fn finals_started(&self, trials: &[TrialRecord]) {
        self.line(&format!("the best {} of all rounds meet in one last batch", trials.len()));
    }

    fn finals_finished(&self, finalists: &[Finalist]) {
        if let Some(winner) = Finalist::winner(finalists) {
            let score = winner.outcome.score().unwrap_or_default();
            self.line(&format!("trial {} comes first with {score:.4} (in its round {:.4})", winner.trial, winner.search_score));
        }
    }

    fn finalist_trained(&self, finalist: &Finalist) {
        let trial = finalist.trial;
        match &finalist.trained {
            Some(Outcome::Measured(measured)) => {
                self.line(&format!("trial {trial}, trained from scratch: validation accuracy {:.4}", measured.score()));
            }
            Some(Outcome::Failed { reason }) => self.line(&format!("trial {trial}, trained from scratch: failed, {reason}")),
            None => {}
        }
    }
}

/// The first Ctrl-C (or SIGTERM) stops at the next step, the second at once. Nothing that is recorded is lost either way.
pub(super) fn stop_on_signal() -> Interrupt {
    let interrupt = Interrupt::default();
    let flag = interrupt.clone();
    let installed = ctrlc::set_handler(move || {
        if flag.is_requested() {
            display::restore_terminal();
            std::process::exit(INTERRUPTED);
        }
        if !display::has_terminal() {
            anstream::eprintln!("stopping at the next step (Ctrl-C again: at once); what is recorded is safe");
        }
        flag.request();
    });
    if let Err(error) = installed {
        anstream::eprintln!("warning: signals cannot be caught ({error}); a stop at any moment is safe all the same");
    }
    interrupt
}
