//! Mutated pickles and records: whatever stands in them, the readers end, allocate within their limits, and name file and byte.

use super::input::Input;
use super::nas_bench_101_from_slice;
use super::origin::Origin;
use super::pickle::{Limits, Unfiltered, Uses, decode};
use super::tfrecord::masked;
use crate::ImportError;
use crate::fuzzing::{Dice, SLOWEST, mutate, peak};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What values may take while a mutated file of a few kilobytes is read.
const MEMORY: u64 = 1 << 22;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Bytes that mean something to a pickle machine or to protobuf, and the ends of ranges.
const TELLING: &[u8] =
    b"\x00\x01\x7f\x80\xff(.012NaesuR]}ltdbQoh\x94\x93\x8c\x81\x85\x86\x87\x88\x8aKMJGXUrjqc\x08\x09\x0a\x12\x11\x1a";

fn check(input: &[u8], read: impl FnOnce(&[u8]) -> Result<(), ImportError>) {
    let start = Instant::now();
    if let Err(error) = read(input) {
        let message = error.to_string();
        assert!(
            message.contains("table.file") && (message.contains("at byte ") || message.contains("at least one architecture")),
            "{message}"
        );
    }
    assert!(start.elapsed() < SLOWEST, "{:?} for {:?}", start.elapsed(), input.escape_ascii().to_string());
}

fn pickle(input: &[u8]) -> Result<(), ImportError> {
    let new = || Input::new(input, 0, Origin::file(Path::new("table.file")));
    let limits = Limits::with_memory(MEMORY);
    let once = decode(&mut new(), None, &limits, &mut Unfiltered);
    let uses = Uses::count(&mut new(), &limits)?;
    let twice = decode(&mut new(), Some(uses), &limits, &mut Unfiltered);
    // Forgetting slots that are not read again changes nothing.
    match (&once, &twice) {
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
        (Err(ImportError::TooLarge { .. }), Ok(_)) => {}
        _ => panic!("{once:?} in one pass, {twice:?} in two, of {:?}", input.escape_ascii().to_string()),
    }
    let (once, twice) = (once?, twice?);
    drop((once, twice));
    assert_eq!(limits.live(), 0, "memory leaks from {:?}", input.escape_ascii().to_string());
    Ok(())
}

/// The data between the frames of a TFRecord file.
fn payloads(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut payloads, mut rest) = (Vec::new(), file);
    while let Some((length, tail)) = rest.split_first_chunk::<8>() {
        let end = 4 + u64::from_le_bytes(*length) as usize;
        payloads.push(tail[4..end].to_vec());
        rest = &tail[end + 4..];
    }
    payloads
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), payload, &masked(payload).to_le_bytes()].concat()
}

/// A record whose metrics are these bytes.
fn with_metrics(message: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let metrics = base64::engine::general_purpose::STANDARD.encode(message);
    framed(format!(r#"["00005c142e6f48ac74fdcf73e3439874",108,"0100","input,output","{metrics}"]"#).as_bytes())
}

fn table(input: &[u8]) -> Result<(), ImportError> {
    nas_bench_101_from_slice(Path::new("table.file"), input, &mut |_| Ok(())).map(drop)
}

fn pickles(rounds: usize, seed: u64) {
    let mut names: Vec<_> =
        std::fs::read_dir(fixture("pickle")).expect("fixtures").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    let files: Vec<Vec<u8>> = names.iter().map(|path| std::fs::read(path).expect("fixture")).collect();
    // The long ones are long for their list of 1500 numbers, which a mutation seldom misses.
    let files: Vec<Vec<u8>> = files.into_iter().map(|bytes| if bytes.len() > 2000 { shortened(&bytes) } else { bytes }).collect();
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        let input = mutate(&files[round % files.len()], TELLING, &mut dice);
        check(&input, pickle);
    }
}

/// The first part of a pickle, ended with whatever makes most of it count.
fn shortened(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..1000.min(bytes.len())], b"."].concat()
}

fn records(rounds: usize, seed: u64) {
    use base64::Engine;
    let file = std::fs::read(fixture("nas-bench-101/only108.tfrecord")).expect("fixture");
    let payloads = payloads(&file);
    let parsed: (String, u32, String, String, String) = serde_json::from_slice(&payloads[0]).expect("a record");
    let compact: String = parsed.4.split_whitespace().collect();
    let message = base64::engine::general_purpose::STANDARD.decode(compact).expect("base64");
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        let input = match round % 4 {
            0 => mutate(&file, TELLING, &mut dice),
            1 => framed(&mutate(&payloads[round % payloads.len()], TELLING, &mut dice)),
            _ => with_metrics(&mutate(&message, TELLING, &mut dice)),
        };
        check(&input, table);
    }
}

#[test]
fn mutated_pickles_end() {
    pickles(20_000, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn mutated_records_end() {
    records(20_000, 0x2545_f491_4f6c_dd1d);
}

#[test]
#[ignore = "two million inputs take a minute; after a change to a reader: cargo test -p bonas-benchmarks --lib -- --ignored"]
fn a_million_mutated_inputs_end() {
    pickles(1_000_000, 1);
    records(1_000_000, 2);
    if let Some(kilobytes) = peak() {
        assert!(kilobytes < 64 << 10, "{kilobytes} kB in memory");
    }
}
