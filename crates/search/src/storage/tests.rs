use super::*;
use bonas_core::{Architecture, Measurement, Outcome, Prediction};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("study.db");
    (folder, path)
}

fn record() -> StudyRecord {
    StudyRecord {
        space: "toy".into(),
        seed: u64::MAX,
        config: "[study]\nseed = 1\n".into(),
        bonas: "0.1.0".into(),
        created: 1_760_000_000,
        details: BTreeMap::from([("data-sha256".into(), "00ff".into())]),
    }
}

fn trials(round: usize) -> Vec<TrialRecord> {
    let trial = |position: usize, outcome, prediction, cached| TrialRecord {
        id: 3 * round + position,
        round,
        position,
        architecture: Architecture::new([round as u8, position as u8, 255]),
        text: format!("r{round}-{position}"),
        outcome,
        prediction,
        origin: "random".into(),
        cached,
    };
    let score = 0.1 + round as f64 / 3.0;
    let measured = |score| Outcome::Measured(Measurement::new(score).expect("finite").with_metric("epochs", 0.3));
    vec![
        trial(0, measured(score), Some(Prediction { mean: 1.0 / 3.0, stddev: 0.0 }), false),
        trial(1, Outcome::Failed { reason: "diverged: 'NaN'".into() }, None, false),
        trial(2, measured(score), None, round > 0),
    ]
}

fn seconds() -> PhaseSeconds {
    PhaseSeconds { propose: 0.25, evaluate: 2.5, record: 0.0 }
}

fn with_rounds(path: &Path, rounds: usize) -> Storage {
    let mut storage = Storage::create(path, &record()).expect("created");
    for round in 0..rounds {
        storage.record_round(round, seconds(), &trials(round)).expect("recorded");
    }
    storage
}

fn message<T>(result: Result<T, SearchError>) -> String {
    match result {
        Ok(_) => panic!("no error"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_written_is_read_by_every_reader() {
    let (_folder, path) = folder();
    let storage = with_rounds(&path, 2);
    let expected: Vec<_> = (0..2).flat_map(trials).collect();
    let check = |reader: &StudyReader| {
        assert_eq!(reader.study_record().expect("record"), record());
        assert_eq!(reader.trials().expect("trials"), expected);
        let rounds = reader.rounds().expect("rounds");
        assert_eq!(rounds.iter().map(|round| (round.round, round.seconds.propose)).collect::<Vec<_>>(), [(0, 0.25), (1, 0.25)]);
        assert!(rounds.iter().all(|round| round.seconds.record > 0.0 && round.seconds.total() > 2.75));
    };
    check(storage.reader());
    check(&Storage::read(&path).expect("readable while written"));
    drop(storage);
    check(&Storage::read(&path).expect("readable afterwards"));
    check(Storage::open(&path).expect("writable again").reader());
}

#[test]
fn the_best_trials_are_measured_distinct_and_in_order() {
    let (_folder, path) = folder();
    let storage = with_rounds(&path, 2);
    let best = storage.reader().best_trials(10).expect("trials");
    assert_eq!(best.iter().map(|trial| trial.id).collect::<Vec<_>>(), [3, 0, 2]);
    assert_eq!(storage.reader().best_trials(1).expect("trials").len(), 1);
    let all = storage.reader().trials().expect("trials");
    assert_eq!(TrialRecord::best(&all).map(|trial| trial.id), Some(3));
}

#[test]
fn results_are_kept_by_name() {
    let (_folder, path) = folder();
    let mut storage = with_rounds(&path, 0);
    assert_eq!(storage.reader().result::<f64>("accuracy").expect("readable"), None);
    storage.set_result("accuracy", &0.5).expect("written");
    storage.set_result("accuracy", &(0.1 + 0.2)).expect("replaced");
    assert_eq!(Storage::read(&path).expect("readable").result("accuracy").expect("readable"), Some(0.1 + 0.2));
    assert!(message(storage.reader().result::<String>("accuracy")).contains("result 'accuracy'"));
}

#[test]
fn a_reader_does_not_hinder_the_writer_and_sees_whole_rounds() {
    let (_folder, path) = folder();
    let mut storage = with_rounds(&path, 1);
    let reader = Storage::read(&path).expect("readable");
    let snapshot = reader.connection().unchecked_transaction().expect("a read transaction");
    assert_eq!(reader.trials().expect("trials").len(), 3);
    storage.record_round(1, seconds(), &trials(1)).expect("recorded beside a reader");
    assert_eq!(reader.trials().expect("trials").len(), 3, "a snapshot stays as it is");
    drop(snapshot);
    assert_eq!(reader.trials().expect("trials").len(), 6);
    drop(storage);
    assert_eq!(reader.trials().expect("the writer may leave").len(), 6);
}

#[test]
fn a_reader_cannot_write() {
    let (_folder, path) = folder();
    drop(with_rounds(&path, 1));
    let reader = Storage::read(&path).expect("readable");
    assert!(reader.connection().execute("DELETE FROM trials", ()).is_err());
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_gone() {
    let (_folder, path) = folder();
    let storage = with_rounds(&path, 1);
    let refusal = message(Storage::open(&path));
    assert!(refusal.contains("study.db is being written by another process"), "{refusal}");
    assert!(matches!(Storage::create(&path, &record()), Err(SearchError::Locked(_))));
    drop(storage);
    assert!(Storage::open(&path).is_ok());
}

#[test]
fn an_existing_study_is_not_overwritten_and_a_missing_one_not_invented() {
    let (folder, path) = folder();
    drop(with_rounds(&path, 1));
    assert!(matches!(Storage::create(&path, &record()), Err(SearchError::Exists(_))));
    let elsewhere = folder.path().join("other.db");
    assert!(matches!(Storage::open(&elsewhere), Err(SearchError::Missing(_))));
    assert!(matches!(Storage::read(&elsewhere), Err(SearchError::Missing(_))));
    assert!(!elsewhere.exists());
    assert!(message(Storage::create(&folder.path().join("no/study.db"), &record())).contains("cannot open"));
    assert_eq!(Storage::read(&path).expect("untouched").trials().expect("trials").len(), 3);
}

#[test]
fn a_crash_during_creation_leaves_no_study_and_blocks_none() {
    let (_folder, path) = folder();
    std::fs::write(path.with_added_extension("new"), "half a database").expect("written");
    assert!(matches!(Storage::open(&path), Err(SearchError::Missing(_))));
    assert_eq!(with_rounds(&path, 1).reader().trials().expect("trials").len(), 3);
}

#[test]
fn other_files_are_not_studies() {
    let (_folder, path) = folder();
    for (content, found) in [("", "an empty file"), ("# not a database, but long enough to have a header\n", "not SQLite")] {
        std::fs::write(&path, content.repeat(40)).expect("written");
        for error in [message(Storage::open(&path)), message(Storage::read(&path))] {
            assert!(error.contains("study.db is not a bonas study") && error.contains(found), "{error}");
        }
    }
    std::fs::remove_file(&path).expect("removed");
    let foreign = Connection::open(&path).expect("opened");
    foreign.execute_batch("CREATE TABLE birds (name TEXT); PRAGMA application_id = 0x1234").expect("written");
    let error = message(Storage::open(&path));
    assert!(error.contains("another program (application id 0x1234)"), "{error}");
}

#[test]
fn another_format_version_is_named_with_its_bonas() {
    let (_folder, path) = folder();
    drop(with_rounds(&path, 1));
    Connection::open(&path).expect("opened").pragma_update(None, "user_version", 99).expect("written");
    for error in [message(Storage::open(&path)), message(Storage::read(&path))] {
        let expected = "study.db has study format 99, but this bonas reads format 1: use the bonas that wrote it (0.1.0)";
        assert!(error.ends_with(expected), "{error}");
    }
}

#[test]
fn damage_is_reported_as_damage() {
    let (_folder, path) = folder();
    drop(with_rounds(&path, 40));
    let intact = std::fs::read(&path).expect("read");
    let mut torn = intact.clone();
    torn[4096..].fill(0x5A);
    for content in [&torn[..], &intact[..intact.len() / 2]] {
        std::fs::write(&path, content).expect("written");
        let error = message(Storage::open(&path));
        assert!(error.contains("study.db is damaged") && error.contains("restore it from a copy"), "{error}");
    }
    std::fs::write(&path, &intact).expect("written");
    let changed =
        Connection::open(&path).expect("opened").execute("UPDATE trials SET metrics = '{\"x\": null}' WHERE id = 0", ());
    assert_eq!(changed.expect("changed"), 1);
    let error = message(Storage::read(&path).expect("a database").trials());
    assert!(error.contains("is damaged") && error.contains("metric null is no number"), "{error}");
}

#[test]
fn a_round_that_cannot_be_written_leaves_nothing() {
    let (_folder, path) = folder();
    let mut storage = with_rounds(&path, 1);
    let mut broken = trials(1);
    broken[2].id = 0; // taken: the third row fails after two have been written
    assert!(message(storage.record_round(1, seconds(), &broken)).contains("cannot write"));
    assert_eq!(storage.reader().trials().expect("trials"), trials(0));
    assert_eq!(storage.reader().rounds().expect("rounds").len(), 1);
    storage.record_round(1, seconds(), &trials(1)).expect("the next attempt succeeds");
}

#[test]
fn a_full_disk_is_named_and_harms_no_recorded_round() {
    let (_folder, path) = folder();
    let mut storage = with_rounds(&path, 1);
    let pages: i64 = storage.reader.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("pages");
    storage.reader.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
    let mut large = trials(1);
    large[1].outcome = Outcome::Failed { reason: "x".repeat(100_000) };
    let error = storage.record_round(1, seconds(), &large);
    assert!(matches!(&error, Err(SearchError::DiskFull(full)) if *full == path), "{error:?}");
    assert_eq!(storage.reader().trials().expect("trials"), trials(0));
}

/// What is on the disk while the writer lives is what a kill leaves behind.
#[test]
fn a_killed_writer_leaves_every_recorded_round() {
    let (folder, path) = folder();
    let storage = with_rounds(&path, 3);
    let left = folder.path().join("killed.db");
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(name(&path), name(&left)).expect("copied");
    }
    assert!(std::fs::metadata(folder.path().join("killed.db-wal")).expect("a log").len() > 0);
    assert_eq!(Storage::read(&left).expect("readable").trials().expect("trials").len(), 9);
    let mut resumed = Storage::open(&left).expect("writable");
    resumed.record_round(3, seconds(), &trials(3)).expect("continues");
    drop(resumed);
    drop(storage);
    for closed in [&path, &left] {
        assert!(!PathBuf::from(format!("{}-wal", closed.display())).exists(), "a closed study is one file");
    }
}
