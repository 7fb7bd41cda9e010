//! Ctrl-C, SIGTERM, and what others may do while a study runs.

use crate::refusal::{FAILED, assert_contains, refuses};
use crate::small::{assert_same, bonas, folder, history, json, object, resume, run, search, succeed, text};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus};

/// A running search whose progress is read line by line.
struct Running {
    child: Child,
    progress: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let progress = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, progress, said: String::new() }
    }

    /// Waits until the progress has a line with this text.
    fn until(mut self, part: &str) -> Self {
        loop {
            let before = self.said.len();
            let read = self.progress.read_line(&mut self.said).expect("text");
            assert!(read > 0, "'{part}' never came: {}", self.said);
            if self.said[before..].contains(part) {
                return self;
            }
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end: exit status, stdout, all of stderr.
    fn end(mut self) -> (ExitStatus, String, String) {
        self.progress.read_to_string(&mut self.said).expect("text");
        let output = self.child.wait_with_output().expect("ended");
        (output.status, text(&output.stdout), self.said)
    }
}

/// Stops a search softly and checks what it says; the run can be resumed.
fn stopped(out: &Path, further: &[&str], at: &str, signal: &str) {
    let running = Running::start(&mut search(out, further)).until(at);
    running.signal(signal);
    let (status, stdout, stderr) = running.end();
    assert_eq!(status.code(), Some(130), "{stderr}");
    let advice = format!("continue with: bonas resume {}", out.display());
    assert_contains(&stderr, &["stopping at the next step", &advice]);
    assert!(!stderr.contains("error: "), "{stderr}");
    assert!(object(&stdout)["test_accuracy"].is_null(), "{stdout}");
}

#[test]
fn ctrl_c_in_the_search() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("stopped"));
    json(&mut search(&whole, &[]));
    stopped(&out, &[], "round 2: choosing", "INT");
    assert!(history(&out).len() < 9, "it stopped before the end");
    let again = run(&mut resume(&out));
    assert!(again.status.success());
    assert_contains(&text(&again.stderr), &["continuing behind"]);
    assert_same(&out, &whole);
}

#[test]
fn termination_in_the_training_of_the_winner() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("stopped"));
    // Long enough that the signal comes before the last epoch.
    let long = ["--set", "retrain.epochs=12"];
    json(&mut search(&whole, &long));
    stopped(&out, &long, "round 3: best", "TERM");
    assert_eq!(history(&out), history(&whole));
    assert!(!out.join("best/metrics.json").exists(), "no metrics of a half-trained network");
    json(&mut resume(&out));
    assert_same(&out, &whole);
}

#[test]
fn every_strategy_continues_as_if_nothing_had_been() {
    let folder = folder();
    for strategy in ["random", "regularized-evolution", "local-search", "reinforce"] {
        let (whole, out) = (folder.path().join(strategy), folder.path().join(format!("{strategy}-stopped")));
        let small = ["--strategy", strategy, "--set", "regularized_evolution.population_size=4"];
        json(&mut search(&whole, &small));
        stopped(&out, &small, "round 2: choosing", "INT");
        json(&mut resume(&out));
        assert_same(&out, &whole);
    }
}

#[test]
fn one_process_writes_and_any_may_read() {
    let folder = folder();
    let out = folder.path().join("run");
    let running = Running::start(&mut search(&out, &["--set", "study.budget.queries=3000"])).until("round 2: choosing");
    refuses(&mut resume(&out), FAILED, &["study.db", "being written by another process", "reading is possible"]);
    refuses(&mut search(&out, &[]), FAILED, &["exists already"]);
    assert_contains(&succeed(bonas(&["show"]).arg(&out)), &["trials, 0 of them failed"]);
    assert!(!history(&out).is_empty());
    succeed(bonas(&["report"]).arg(&out));
    assert!(out.join("report.html").is_file());
    running.signal("INT");
    assert_eq!(running.end().0.code(), Some(130), "the visitors did not disturb it");
}

#[test]
fn a_run_continues_from_another_folder() {
    let folder = folder();
    let images = folder.path().join("images");
    std::fs::create_dir(&images).expect("folder");
    let record = |index: u8| [&[index % 10][..], &[index; 3072]].concat();
    for name in ["data_batch_1.bin", "test_batch.bin"] {
        std::fs::write(images.join(name), (0..200).flat_map(record).collect::<Vec<u8>>()).expect("written");
    }
    let mut begun = search(Path::new("run"), &["--data", "images"]);
    let running = Running::start(begun.current_dir(folder.path())).until("round 2: choosing");
    running.signal("INT");
    assert_eq!(running.end().0.code(), Some(130));
    assert_eq!(json(resume(Path::new(".")).current_dir(folder.path().join("run")))["queries"], 9);
}
