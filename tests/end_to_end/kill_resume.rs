//! SIGKILL at any moment loses nothing that was recorded and changes nothing that follows.

use crate::small::{assert_same, folder, json, resume, search, text};
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const KILLS: usize = 20;
const SEED: u64 = 20;
/// Five rounds, so that kills meet every kind of moment several times.
const ROUNDS: [&str; 2] = ["--set", "study.budget.queries=15"];

/// Continues the run, or begins it again if it was killed before its database was there.
fn next(out: &Path) -> Command {
    if out.join("study.db").is_file() {
        return resume(out);
    }
    if out.exists() {
        std::fs::remove_dir_all(out).expect("removed");
    }
    search(out, &ROUNDS)
}

/// Waits until the process ends or the time is up; true if it ended.
fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if child.try_wait().expect("waited").is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

/// How long the processes of a run live: one limit after another until there is none.
fn live(out: &Path, mut limit: impl FnMut() -> Option<Duration>) {
    while let Some(limit) = limit() {
        let mut child = next(out).spawn().expect("the binary starts");
        if ends_within(&mut child, limit) {
            let output = child.wait_with_output().expect("ended");
            assert!(output.status.success(), "{}", text(&output.stderr));
            return;
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("reaped");
    }
    json(&mut next(out));
}

#[test]
fn twenty_kills_change_nothing() {
    let folder = folder();
    let whole = folder.path().join("whole");
    let began = Instant::now();
    json(&mut search(&whole, &ROUNDS));
    let duration = began.elapsed();

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let (mut kills, mut runs) = (0, 0);
    // Lives of random length up to that of the whole run, until twenty were cut short. Where a run gets to its end before
    // that, it is compared, and another one begins.
    while kills < KILLS {
        let out = folder.path().join(format!("killed-{runs}"));
        let mut lives = 0;
        live(&out, || {
            lives += 1;
            (kills + lives <= KILLS).then(|| duration.mul_f64(rng.random_range(0.01..1.0)))
        });
        kills += lives - 1;
        runs += 1;
        assert_same(&out, &whole);
    }
    assert_eq!(kills, KILLS);
}

#[test]
fn kills_in_quick_succession_change_nothing() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("killed"));
    let began = Instant::now();
    json(&mut search(&whole, &ROUNDS));
    let duration = began.elapsed();
    // Shorter than a round at first: no progress, however often. Then a little longer each time.
    let mut life = 0;
    live(&out, || {
        life += 1;
        (life <= KILLS).then(|| duration.mul_f64(0.02 * life as f64))
    });
    assert_same(&out, &whole);
}
