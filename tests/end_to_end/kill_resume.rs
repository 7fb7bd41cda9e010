use crate::small::{bonas, history, json, metrics, refusal, run, search, text};
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const KILLS: usize = 20;

/// Continues the run, or begins it if it was killed before its database was there.
fn next(out: &Path) -> Command {
    if out.join("study.db").is_file() {
        let mut command = bonas(&["resume", "--json"]);
        command.arg(out);
        return command;
    }
    if out.exists() {
        std::fs::remove_dir_all(out).expect("removed");
    }
    search(out, &[])
}

/// Waits until the process ends or the time is up; true if it ended.
fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if child.try_wait().expect("waited").is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn twenty_kills_change_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let whole = folder.path().join("whole");
    let began = Instant::now();
    json(&mut search(&whole, &[]));
    let duration = began.elapsed();

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20);
    let mut killed = 0;
    let mut lives = 0;
    // Lives of random length, until so many have been cut short; a run that ends early is begun again in a new folder.
    while killed < KILLS {
        let out = folder.path().join(format!("killed-{lives}"));
        lives += 1;
        loop {
            let mut child = next(&out).spawn().expect("the binary starts");
            let limit = if killed < KILLS { duration.mul_f64(rng.random_range(0.02..0.7)) } else { Duration::from_secs(600) };
            if ends_within(&mut child, limit) {
                let output = child.wait_with_output().expect("ended");
                assert!(output.status.success(), "{}", text(&output.stderr));
                break;
            }
            child.kill().expect("SIGKILL");
            child.wait().expect("reaped");
            killed += 1;
        }
        assert_eq!(history(&out), history(&whole), "after {killed} kills in {lives} runs");
        assert_eq!(metrics(&out), metrics(&whole));
    }
}

#[test]
fn ctrl_c_stops_softly_and_the_run_continues() {
    let folder = tempfile::tempdir().expect("folder");
    let (whole, out) = (folder.path().join("whole"), folder.path().join("stopped"));
    json(&mut search(&whole, &[]));
    let mut child = search(&out, &[]).spawn().expect("the binary starts");
    while !out.join("study.db").is_file() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // While it runs, nobody else may write it, and anybody may read it.
    assert!(refusal(bonas(&["resume"]).arg(&out), 1).contains("study.db"));
    assert!(run(bonas(&["show"]).arg(&out)).status.success());
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(ends_within(&mut child, Duration::from_secs(60)), "it stops at its next step");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stderr).contains("bonas resume"), "{}", text(&output.stderr));
    json(bonas(&["resume", "--json"]).arg(&out));
    assert_eq!((history(&out), metrics(&out)), (history(&whole), metrics(&whole)));
}
