//! `bonas train --dashboard`, in a terminal and without one.

use crate::refusal::{USAGE, refuses};
use crate::small::{bonas, folder, settings};
use std::path::Path;

const ARCHITECTURE: [&str; 4] = ["--space", "resnet", "--arch", "resnet-8"];

fn train(out: &Path) -> std::process::Command {
    let mut command = bonas(&["train", "--dashboard"]);
    command.args(ARCHITECTURE).args(settings()).arg("--out").arg(out);
    command
}

#[test]
#[cfg(not(feature = "dashboard"))]
fn a_build_without_it_says_how_to_get_it() {
    let folder = folder();
    let out = folder.path().join("trained");
    let advice = ["no dashboard", "cargo build --release --features dashboard", "leave --dashboard out"];
    refuses(&mut train(&out), USAGE, &advice);
    assert!(!out.exists());
    refuses(bonas(&["resume", "--dashboard"]).arg(&out), USAGE, &advice);
}

#[test]
fn a_dry_run_has_none() {
    let folder = folder();
    refuses(train(&folder.path().join("trained")).arg("--dry-run"), USAGE, &["--dry-run", "cannot be used with", "--dashboard"]);
}

#[cfg(all(unix, feature = "dashboard"))]
mod in_a_terminal {
    use super::*;
    use crate::refusal::{FAILED, assert_contains};
    use crate::small::{json, resume, search};
    use rexpect::process::WaitStatus;
    use rexpect::session::{PtySession, spawn_command};
    use std::process::Command;

    const PATIENCE_MS: u64 = 300_000;
    /// What leaves the screen of the dashboard.
    const LEAVES: &str = "\u{1b}[?1049l";
    /// So many that no computer ends them before the keys are read.
    const MANY: [&str; 2] = ["--set", "retrain.epochs=5000"];

    /// Runs a command in a terminal of a usual size.
    fn terminal(command: &Command) -> PtySession {
        let mut shell = Command::new("sh");
        shell.args(["-c", "stty rows 40 cols 120; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
        spawn_command(shell, Some(PATIENCE_MS)).expect("a terminal")
    }

    fn code(session: &PtySession) -> i32 {
        match session.process().wait().expect("ended") {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// A training that was begun, measured an epoch, and was asked how to end.
    fn asked(command: &Command) -> PtySession {
        let mut session = terminal(command);
        session.exp_string("Learning rate").expect("a curve");
        session.exp_string("Valid").expect("an epoch was measured");
        session.send("q").and_then(|_| session.flush()).expect("a key");
        session.exp_string("Stop the training").expect("a question");
        session
    }

    #[test]
    fn it_ends_by_itself_and_says_what_was_reached() {
        let folder = folder();
        let out = folder.path().join("trained");
        // Burn draws ten times a second: less than that would be nothing.
        let mut session = terminal(train(&out).args(["--set", "retrain.epochs=100"]));
        session.exp_string("Loss").expect("a curve");
        session.exp_string(LEAVES).expect("it ends");
        assert_contains(&session.exp_eof().expect("the result"), &["test accuracy", "network, genotype, picture and report"]);
        assert_eq!(code(&session), 0);
        assert!(out.join("report.html").is_file());
    }

    #[test]
    fn its_keys_stop_the_training_which_can_be_resumed() {
        let folder = folder();
        let out = folder.path().join("trained");
        let mut session = asked(train(&out).args(MANY));
        session.send("s").and_then(|_| session.flush()).expect("a key");
        session.exp_string(LEAVES).expect("it ends");
        assert_contains(&session.exp_eof().expect("advice"), &["stopped before the end; continue with: bonas resume"]);
        assert_eq!(code(&session), 130);
        let mut session = asked(bonas(&["resume", "--dashboard"]).arg(&out));
        session.send("k").and_then(|_| session.flush()).expect("a key");
        session.exp_string(LEAVES).expect("it ends");
        let said = session.exp_eof().expect("advice");
        assert_contains(&said, &["killed", "note: continuing behind epoch", "continue with: bonas resume"]);
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(code(&session), 130);
    }

    #[test]
    fn what_is_no_terminal_and_what_is_no_training_has_none() {
        let folder = folder();
        let out = folder.path().join("trained");
        refuses(&mut train(&out), USAGE, &["no terminal", "leave --dashboard out"]);
        refuses(resume(&out).arg("--dashboard"), USAGE, &["no terminal"]);
        assert!(!out.exists());
        json(&mut search(&out, &[]));
        let mut session = terminal(bonas(&["resume", "--dashboard"]).arg(&out));
        assert_contains(&session.exp_eof().expect("an error"), &["the dashboard shows a training", "is a search"]);
        assert_ne!(code(&session), FAILED, "it is the command line that is wrong");
    }
}
