use super::{cifar, file};
use crate::refusal::{FAILED, assert_contains, failure, refuses};
use crate::small::{bonas, folder, json, resume, search, succeed};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A finished run of one round in a folder.
fn finished(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    json(&mut search(&out, &["--set", "study.budget.queries=3"]));
    out
}

/// Every command that looks at a run.
fn commands(run: &Path) -> [Command; 3] {
    [&["resume"][..], &["show"], &["report"]].map(|command| {
        let mut command = bonas(command);
        command.arg(run);
        command
    })
}

fn every_command_refuses(run: &Path, parts: &[&str]) {
    for mut command in commands(run) {
        refuses(&mut command, FAILED, parts);
    }
}

#[test]
fn run_folder_that_exists() {
    let folder = folder();
    let out = finished(folder.path());
    let before = std::fs::read(out.join("study.db")).expect("database");
    let advice = format!("bonas resume {}", out.display());
    refuses(&mut search(&out, &[]), FAILED, &["exists already", "--out", &advice]);
    assert_eq!(std::fs::read(out.join("study.db")).expect("database"), before, "the run is untouched");
}

#[test]
fn folder_of_something_else() {
    let folder = folder();
    let notes = file(folder.path(), "notes.txt", b"mine");
    refuses(&mut search(folder.path(), &[]), FAILED, &["exists already and holds no study", "choose another with --out"]);
    let message = failure(&mut search(&notes, &[]), FAILED);
    assert_contains(&message, &["notes.txt exists already"]);
    assert!(!message.contains("remove"), "a file of the user's is not to be removed: {message}");
    assert_eq!(std::fs::read(&notes).expect("still there"), b"mine");
}

#[test]
fn run_folder_below_a_file() {
    let folder = folder();
    let below = file(folder.path(), "file", b"").join("run");
    refuses(&mut search(&below, &[]), FAILED, &["cannot create the folder", "file/run"]);
}

#[test]
fn folder_that_is_no_run() {
    let folder = folder();
    every_command_refuses(folder.path(), &["is not a run folder", "study.db"]);
    every_command_refuses(&folder.path().join("none"), &["none is not a run folder"]);
}

#[test]
fn database_of_another_version() {
    let folder = folder();
    let out = finished(folder.path());
    let database = out.join("study.db");
    let mut bytes = std::fs::read(&database).expect("database");
    // The user version in the header of an SQLite file.
    bytes[60..64].copy_from_slice(&999u32.to_be_bytes());
    std::fs::write(&database, &bytes).expect("written");
    every_command_refuses(&out, &["study.db", "has study format 999", "reads format 1", "use the bonas that wrote it"]);
    assert_eq!(std::fs::read(&database).expect("database"), bytes, "the study of the other version is untouched");
}

#[test]
fn database_of_another_program() {
    let folder = folder();
    let out = finished(folder.path());
    let database = out.join("study.db");
    let mut bytes = std::fs::read(&database).expect("database");
    bytes[68..72].copy_from_slice(b"OTHR");
    std::fs::write(&database, bytes).expect("written");
    every_command_refuses(&out, &["study.db", "is not a bonas study", "another program"]);
}

#[test]
fn garbage_instead_of_a_database() {
    let folder = folder();
    let garbage = "no database, but long enough to be looked at as one. ".repeat(50);
    file(folder.path(), "study.db", garbage.as_bytes());
    every_command_refuses(folder.path(), &["study.db", "is not a bonas study", "a file that is not SQLite"]);
    file(folder.path(), "study.db", b"");
    every_command_refuses(folder.path(), &["study.db", "an empty file"]);
}

#[test]
fn database_that_breaks_off() {
    let folder = folder();
    let out = finished(folder.path());
    let database = out.join("study.db");
    let bytes = std::fs::read(&database).expect("database");
    for length in [bytes.len() / 4, bytes.len() / 2, bytes.len() - 4096] {
        std::fs::write(&database, &bytes[..length]).expect("written");
        refuses(&mut resume(&out), FAILED, &["study.db"]);
    }
}

#[test]
fn images_that_changed_since_the_run_began() {
    let folder = folder();
    let (images, out) = (folder.path().join("images"), folder.path().join("run"));
    let records = |factor: u8| (0..200u8).flat_map(|index| cifar(index % 10, index.wrapping_mul(factor))).collect::<Vec<u8>>();
    let train = file(&images, "data_batch_1.bin", &records(3));
    file(&images, "test_batch.bin", &records(5));
    let data = images.display().to_string();
    json(&mut search(&out, &["--data", &data, "--set", "study.budget.queries=3"]));

    file(&images, "data_batch_1.bin", &records(7));
    refuses(&mut resume(&out), FAILED, &["the images of this run changed after it began", "put the original back"]);
    std::fs::remove_file(&train).expect("removed");
    refuses(&mut resume(&out), FAILED, &["images"]);
    // What was recorded can be looked at without the images.
    succeed(bonas(&["show"]).arg(&out));
    file(&images, "data_batch_1.bin", &records(3));
    json(&mut resume(&out));
}
