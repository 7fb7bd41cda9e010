//! What every error must look like.

use crate::small::{folder, run, search, text};
use std::process::Command;

/// Exit code where the command line is wrong.
pub(crate) const USAGE: i32 = 2;
/// Exit code where anything else is wrong.
pub(crate) const FAILED: i32 = 1;

/// Runs a command that must fail before it begins: with this exit code, nothing on stdout, and one error on stderr that names
/// all `parts`.
pub(crate) fn refuses(command: &mut Command, code: i32, parts: &[&str]) {
    let message = failure(command, code);
    assert!(message.starts_with("error: "), "nothing before the error: {message}");
    // clap's own errors are followed by the values there are and a pointer to --help.
    if code == FAILED {
        assert_eq!(message.trim_end().lines().count(), 1, "one paragraph: {message}");
    }
    assert_contains(&message, parts);
}

/// As [`refuses`], for a search of the small experiment with these arguments, which must not leave a run folder.
pub(crate) fn search_refuses(further: &[&str], code: i32, parts: &[&str]) {
    let folder = folder();
    let out = folder.path().join("run");
    refuses(&mut search(&out, further), code, parts);
    assert!(!out.exists(), "a run folder without a run");
}

/// Runs a command that must fail, possibly after some progress, and returns its stderr.
pub(crate) fn failure(command: &mut Command, code: i32) -> String {
    let output = run(command);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command:?}\n{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(message.lines().filter(|line| line.starts_with("error: ")).count(), 1, "one error: {message}");
    assert_eq!(text(&output.stdout), "", "data on stdout");
    message
}

pub(crate) fn assert_contains(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "'{part}' is missing in: {message}");
    }
}
