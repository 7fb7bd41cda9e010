//! `bonas train` stopped by all that stops a process, and `bonas resume` behind it.

use crate::refusal::{FAILED, assert_contains, failure, refuses};
use crate::small::{bonas, folder, json, resume, run, search, settings, succeed, text};
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const KILLS: usize = 6;
const TRIES: usize = 20;
const SEED: u64 = 6;
const EPOCHS: usize = 9;
const ARCHITECTURE: &str = "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), \
    ('sep_conv_3x3', 0), ('max_pool_3x3', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 0)], normal_concat=range(2, 6), \
    reduce=[('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 0), \
    ('max_pool_3x3', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 0)], reduce_concat=range(2, 6))";
/// Some seventy steps.
const LONG: [&str; 4] = ["--set", "retrain.epochs=9", "--set", "retrain.batch_size=32"];
/// All that has a state or draws random numbers.
const RECIPE: &str = "[retrain]\nauxiliary_weight = 0.4\ndrop_path = 0.3\nlabel_smoothing = 0.1\nweight_average = 0.9\n\
    [retrain.schedule]\nshape = 'exponential'\nwarmup_epochs = 1.5\n[augment]\ncutout = 4\n";

fn train(out: &Path, further: &[&str]) -> Command {
    let mut command = bonas(&["train", "--json", "--space", "bonas-darts", "--arch", ARCHITECTURE, "--out"]);
    command.arg(out).args(settings()).args(LONG).args(further);
    command
}

/// Continues the training, or begins it again if it was killed before its folder was complete.
fn next(out: &Path, further: &[&str]) -> Command {
    if ["config.toml", "genotype.json"].iter().all(|name| out.join(name).is_file()) {
        return resume(out);
    }
    if out.exists() {
        std::fs::remove_dir_all(out).expect("removed");
    }
    train(out, further)
}

/// Everything that a training leaves but the time it took.
fn results(out: &Path) -> (Value, Vec<u8>, Value, String) {
    let bytes = std::fs::read(out.join("model.safetensors")).expect("weights");
    let (length, rest) = bytes.split_first_chunk().expect("the length of the header");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut metrics: Value = serde_json::from_str(&read(&out.join("metrics.json"))).expect("JSON");
    for time in ["seconds", "waiting_seconds"] {
        metrics.as_object_mut().expect("an object").remove(time).expect("it took some time");
    }
    // The entries of the header come in any order.
    (serde_json::from_slice(header).expect("JSON"), numbers.to_vec(), metrics, read(&out.join("metrics.jsonl")))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

fn assert_same(out: &Path, whole: &Path) {
    let (ours, theirs) = (results(out), results(whole));
    assert_eq!(ours.3, theirs.3, "metrics of the epochs");
    assert_eq!(ours.2, theirs.2, "final metrics");
    assert!(ours == theirs, "the weights differ");
    let epochs: Vec<u64> = ours
        .3
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["epoch"].as_u64().expect("a number"))
        .collect();
    assert_eq!(epochs, (1..=EPOCHS as u64).collect::<Vec<_>>(), "every epoch once");
}

/// The files in `checkpoints/`, sorted.
fn checkpoints(out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out.join("checkpoints")).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "checkpoint"));
    files.sort();
    files
}

/// Kills the process once `reached`; false if it ended before that was seen, as it may on a busy computer.
fn killed_when(command: &mut Command, reached: impl Fn() -> bool) -> bool {
    let mut child = command.spawn().expect("the binary starts");
    let patience = Instant::now() + Duration::from_secs(300);
    while !reached() {
        assert!(Instant::now() < patience, "nothing was reached");
        if child.try_wait().expect("waited").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = child.try_wait().expect("waited").is_some();
    child.kill().expect("SIGKILL");
    child.wait().expect("reaped");
    !ended
}

/// Begins something again, in an empty folder, until it was killed in time.
fn kill_in_time(out: &Path, command: impl Fn() -> Command, reached: impl Fn() -> bool, unfinished: impl Fn() -> bool) {
    for _ in 0..TRIES {
        if killed_when(&mut command(), &reached) && unfinished() {
            return;
        }
        std::fs::remove_dir_all(out).expect("removed");
    }
    panic!("it was never killed in time");
}

/// A training that was killed behind two of its epochs, before its last.
fn killed(out: &Path, further: &[&str]) {
    let last = format!("epoch-{EPOCHS:04}.checkpoint");
    let unfinished = || checkpoints(out).len() >= 2 && !out.join("checkpoints").join(&last).exists();
    kill_in_time(out, || train(out, further), || checkpoints(out).len() >= 2, unfinished);
    assert!(!out.join("metrics.json").exists(), "no results of a half-trained network");
}

#[test]
fn kills_at_any_step_change_nothing() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("killed"));
    let recipe = folder.path().join("recipe.toml");
    std::fs::write(&recipe, RECIPE).expect("written");
    let recipe = ["--recipe", &recipe.display().to_string()];
    let began = Instant::now();
    let trained = json(&mut train(&whole, &recipe));
    let duration = began.elapsed();
    assert_eq!(checkpoints(&whole).len(), 2, "the last two are kept");

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    for _ in 0..KILLS {
        let mut child = next(&out, &recipe).spawn().expect("the binary starts");
        std::thread::sleep(duration.mul_f64(rng.random_range(0.05..0.7)));
        child.kill().expect("SIGKILL");
        child.wait().expect("reaped");
    }
    json(&mut next(&out, &recipe));
    assert_same(&out, &whole);
    // The rate grows for one and a half epochs, and falls then.
    let rates: Vec<f64> = trained["history"]
        .as_array()
        .expect("epochs")
        .iter()
        .map(|epoch| epoch["learning_rate"].as_f64().expect("a rate"))
        .collect();
    assert!(rates[0] < rates[1] && rates[8] < rates[2], "{rates:?}");
    // It is finished, and says so again.
    let again = json(&mut resume(&out));
    assert_eq!(again["history"].as_array().map(Vec::len), Some(EPOCHS));
}

#[test]
fn a_damaged_checkpoint_costs_one_epoch_and_another_trainings_is_refused() {
    let folder = folder();
    let (whole, out, other) = (folder.path().join("whole"), folder.path().join("killed"), folder.path().join("other"));
    json(&mut train(&whole, &[]));
    killed(&out, &[]);
    let newest = checkpoints(&out).pop().expect("a checkpoint");
    let bytes = std::fs::read(&newest).expect("read");
    std::fs::write(&newest, &bytes[..bytes.len() / 2]).expect("cut");
    let resumed = run(&mut resume(&out));
    let said = text(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    assert_contains(&said, &[&newest.display().to_string(), "is damaged", "trying the one before it", "continuing behind epoch"]);
    assert_same(&out, &whole);

    // Weights of one network in the training of another.
    killed(&other, &["--set", "network.channels=4"]);
    for file in checkpoints(&other) {
        std::fs::remove_file(file).expect("removed");
    }
    let foreign = checkpoints(&whole).pop().expect("a checkpoint");
    std::fs::copy(&foreign, other.join("checkpoints").join("epoch-0001.checkpoint")).expect("copied");
    refuses(&mut resume(&other), FAILED, &["it is of another training", "its network.channels is 2, not 4"]);

    // The same sizes, another architecture.
    let arch = ARCHITECTURE.replace("max_pool_3x3", "skip_connect");
    let third = folder.path().join("third");
    let mut command =
        bonas(&["train", "--json", "--space", "bonas-darts", "--arch", &arch, "--set", "retrain.epochs=1", "--out"]);
    json(command.arg(&third).args(settings()));
    for name in ["metrics.json", "model.safetensors"] {
        std::fs::remove_file(third.join(name)).expect("removed");
    }
    let own = checkpoints(&third).pop().expect("a checkpoint");
    std::fs::copy(&foreign, &own).expect("copied");
    refuses(&mut resume(&third), FAILED, &["it is of another training", "its architecture is"]);
}

#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_checkpoint_before() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("full"));
    json(&mut train(&whole, &[]));
    killed(&out, &[]);
    let before = checkpoints(&out);
    // No file may grow beyond 8 blocks of 512 bytes: what a full disk does, without filling one.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 8; exec '{}' resume --json '{}'",
        assert_cmd::cargo::cargo_bin("bonas").display(),
        out.display()
    );
    let message = failure(Command::new("sh").args(["-c", &limited]), FAILED);
    let kept = before.last().expect("a checkpoint").display().to_string();
    assert_contains(&message, &["cannot write the checkpoint", "the training can be continued from", &kept]);
    assert_eq!(checkpoints(&out), before);
    let left: Vec<_> = std::fs::read_dir(out.join("checkpoints")).expect("listed").collect();
    assert_eq!(left.len(), before.len(), "no piece of a checkpoint");
    json(&mut resume(&out));
    assert_same(&out, &whole);
}

#[test]
fn a_training_that_diverges_later_names_the_last_good_weights() {
    let folder = folder();
    let out = folder.path().join("wild");
    // Every step multiplies the weights by five, so that they end after some thirty steps.
    let wild = ["--set", "retrain.optimizer.weight_decay=60", "--set", "retrain.optimizer.learning_rate=0.1"];
    let message = failure(&mut train(&out, &[&wild[..], &["--set", "retrain.optimizer.momentum=0"]].concat()), FAILED);
    let kept = checkpoints(&out).pop().expect("a good epoch").display().to_string();
    assert_contains(&message, &["training diverged", "try a lower", "The last good weights are kept in", &kept]);
    assert!(!out.join("model.safetensors").exists());
    for line in read(&out.join("metrics.jsonl")).lines() {
        assert!(serde_json::from_str::<Value>(line).expect("JSON")["train_loss"].is_number(), "{line}");
    }
}

#[test]
fn a_search_continues_inside_the_training_of_its_winner() {
    let folder = folder();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("killed"));
    let long = ["--set", "retrain.epochs=9"];
    json(&mut search(&whole, &long));
    let trained: Vec<PathBuf> = std::fs::read_dir(whole.join("finalists"))
        .expect("finalists")
        .map(|entry| out.join("finalists").join(entry.expect("an entry").file_name()))
        .filter(|path| path.extension().is_none())
        .collect();
    assert_eq!(trained.len(), 2, "two of the finalists were trained");
    // The one that is trained last; until then there is time.
    let under_way = || trained.iter().find(|path| path.is_dir() && !path.with_extension("safetensors").exists());
    let others = || trained.iter().filter(|path| path.with_extension("safetensors").exists()).count();
    let reached = || others() == 1 && under_way().is_some_and(|path| !checkpoints(path).is_empty());
    kill_in_time(&out, || search(&out, &long), reached, reached);
    let resumed = run(&mut resume(&out));
    let said = text(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    assert_contains(&said, &["continuing behind epoch", "of 9"]);
    assert_same(&out.join("best"), &whole.join("best"));
    assert!(trained.iter().all(|path| checkpoints(path).is_empty()), "what is no longer needed takes no room");
}

#[test]
fn what_is_no_training_is_no_training() {
    let folder = folder();
    refuses(&mut resume(folder.path()), FAILED, &["is not a run folder", "bonas train"]);
    let out = folder.path().join("trained");
    killed(&out, &[]);
    refuses(&mut train(&out, &[]), FAILED, &["exists already", "bonas resume"]);
    std::fs::write(out.join("config.toml"), "no = 'setting'").expect("written");
    refuses(&mut resume(&out), FAILED, &["config.toml", "cannot be read by this version", "unknown field"]);
    succeed(bonas(&["resume"]).arg("--help"));
}
