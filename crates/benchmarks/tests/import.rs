//! Every importer on small files in the layout of its release.

use bonas_benchmarks::import::{
    ImportReport, Progress, nas_bench_101, nas_bench_201, nas_bench_macro, nats_bench, torch, trans_nas_bench_101,
};
use bonas_benchmarks::{ColumnKey, ImportError, Row, Run, Split};
use std::path::{Path, PathBuf};

type Importer =
    fn(&Path, &mut dyn FnMut(Row) -> Result<(), ImportError>, &mut dyn FnMut(Progress)) -> Result<ImportReport, ImportError>;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The rows, the report, and the last progress.
fn import(importer: Importer, path: &Path) -> Result<(Vec<Row>, ImportReport, Progress), ImportError> {
    let (mut rows, mut last) = (Vec::new(), Progress { read: 0, total: 0 });
    let report = importer(
        path,
        &mut |row| {
            rows.push(row);
            Ok(())
        },
        &mut |progress| {
            assert!(progress.read >= last.read, "{progress:?} after {last:?}");
            last = progress;
        },
    )?;
    assert_eq!(report.architectures, rows.len());
    Ok((rows, report, last))
}

fn column(text: &str) -> ColumnKey {
    let parts: Vec<&str> = text.split('/').collect();
    let split = match parts[2] {
        "train" => Split::Train,
        "valid" => Split::Validation,
        "test" => Split::Test,
        _ => Split::None,
    };
    let run = parts[4].parse().map_or(Run::Mean, Run::Seed);
    ColumnKey { task: parts[0].into(), metric: parts[1].into(), split, epochs: parts[3].parse().ok(), run }
}

/// The value of a column, such as `cifar10/accuracy/test/108/0`.
fn value(row: &Row, text: &str) -> Option<f64> {
    let key = column(text);
    let found: Vec<f64> = row.values.iter().filter(|(column, _)| *column == key).map(|&(_, value)| value).collect();
    assert!(found.len() <= 1, "{text} comes {} times", found.len());
    found.first().copied()
}

#[track_caller]
fn close(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?} is not {expected}");
}

/// A fixture of a table, unpacked.
fn unpacked(name: &str, folder: &Path) -> PathBuf {
    let path = folder.join("table.pth");
    let mut plain = Vec::new();
    let packed = std::fs::File::open(fixture(name)).expect("fixture");
    std::io::Read::read_to_end(&mut bzip2::read::BzDecoder::new(packed), &mut plain).expect("bzip2");
    std::fs::write(&path, plain).expect("written");
    path
}

#[test]
fn nas_bench_101_gathers_the_trainings_of_a_cell() {
    let (rows, report, progress) = import(nas_bench_101, &fixture("nas-bench-101/interleaved.tfrecord")).expect("valid");
    let ops = r#"["input","conv3x3-bn-relu","maxpool3x3","output"]"#;
    assert_eq!(rows[0].architecture, format!(r#"{{"matrix":[[0,1,1,1],[0,0,0,0],[1,0,0,0],[0,0,1,0]],"ops":{ops}}}"#));
    assert_eq!(rows[1].architecture, r#"{"matrix":[[0,1,0],[0,0,1],[0,0,0]],"ops":["input","conv1x1-bn-relu","output"]}"#);
    close(value(&rows[0], "cifar10/accuracy/train/108/2"), 100.0 * (0.5 + 0.02 + 0.108));
    close(value(&rows[1], "cifar10/accuracy/valid/4/0"), 100.0 * (0.6 + 0.004 - 0.01));
    close(value(&rows[1], "cifar10/accuracy/test/36/1"), 100.0 * (0.6 + 0.01 + 0.036 - 0.02));
    close(value(&rows[1], "cifar10/halfway-accuracy/test/36/1"), 100.0 * (0.6 + 0.01 + 0.036 - 0.12));
    close(value(&rows[0], "cifar10/seconds/-/12/0"), 120.0);
    close(value(&rows[0], "cifar10/halfway-seconds/-/12/0"), 60.0);
    close(value(&rows[1], "cifar10/parameters/-/-/mean"), 1_000_001.0);
    assert_eq!((report.epochs.len(), report.seeds.len(), report.splits.len()), (4, 3, 3));
    assert!(report.missing().is_empty());
    assert_eq!(progress, Progress { read: 9072, total: 9072 });
    let (grouped, ..) = import(nas_bench_101, &fixture("nas-bench-101/grouped.tfrecord")).expect("valid");
    assert_eq!(grouped, rows);
    let (only, report, _) = import(nas_bench_101, &fixture("nas-bench-101/only108.tfrecord")).expect("valid");
    assert_eq!((only.len(), report.epochs.into_iter().collect::<Vec<_>>()), (2, vec![108]));
    assert_eq!(value(&only[0], "cifar10/accuracy/test/108/2"), value(&rows[0], "cifar10/accuracy/test/108/2"));
}

#[test]
fn nas_bench_101_checks_its_checksums() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bytes = std::fs::read(fixture("nas-bench-101/only108.tfrecord")).expect("fixture");
    bytes[40] ^= 1;
    let path = folder.path().join("table.tfrecord");
    std::fs::write(&path, bytes).expect("written");
    let message = import(nas_bench_101, &path).expect_err("damaged").to_string();
    assert!(message.contains("table.tfrecord is damaged at byte 384: expected 0x"), "{message}");
    assert!(message.contains("the checksum of a record, found 0x"), "{message}");
}

#[test]
fn nas_bench_201_holds_every_training() {
    let folder = tempfile::tempdir().expect("folder");
    let path = unpacked("nas-bench-201/legacy.pth.bz2", folder.path());
    let (rows, report, progress) = import(nas_bench_201, &path).expect("valid");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].architecture, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
    let first = &rows[0];
    // base = 10 cell + place of the data set + seed / 1000 + epochs / 10; + e / 100 at the last epoch; - place of the images.
    close(value(first, "cifar10-valid/accuracy/train/200/777"), 0.777 + 20.0 + 1.99);
    close(value(first, "cifar10-valid/accuracy/valid/200/888"), 0.888 + 20.0 + 1.99);
    close(value(first, "cifar10-valid/accuracy/test/12/777"), 0.777 + 1.2 - 1.0 + 0.11);
    close(value(first, "cifar10/accuracy/test/200/777"), 1.0 + 0.777 + 20.0 + 1.99);
    assert_eq!(value(first, "cifar10/accuracy/valid/200/777"), None);
    close(value(first, "cifar100/accuracy/test/200/777"), 2.0 + 0.777 + 20.0 - 1.0 + 1.99);
    close(value(first, "ImageNet16-120/loss/valid/12/777"), 4.0 - 0.11);
    close(value(first, "cifar100/loss/train/200/777"), 3.0 - 1.99);
    close(value(first, "cifar100/seconds/-/200/777"), 500.0);
    close(value(first, "cifar10/parameters/-/-/mean"), 73_306.0);
    // Seed 777's count is wrong.
    close(value(first, "cifar10/flops/-/-/mean"), 7_780_000.0);
    close(value(first, "cifar10/latency/-/-/mean"), 0.015);
    assert_eq!(report.tasks.iter().collect::<Vec<_>>(), ["ImageNet16-120", "cifar10", "cifar10-valid", "cifar100"]);
    assert_eq!((report.epochs, report.seeds), ([12, 50, 200].into(), [777, 888].into()));
    let (present, missing) = (&report.present, column("cifar10/accuracy/test/200/777"));
    assert_eq!((report.architectures, present[&missing]), (2, 1));
    let twice = 2 * std::fs::metadata(&path).expect("file").len();
    assert_eq!(progress, Progress { read: twice, total: twice });
}

#[test]
fn nas_bench_201_comes_in_archives_and_without_lengths() {
    let folder = tempfile::tempdir().expect("folder");
    let (rows, ..) = import(nas_bench_201, &unpacked("nas-bench-201/zip.pth.bz2", folder.path())).expect("valid");
    close(value(&rows[0], "cifar10/accuracy/test/20/777"), 1.0 + 0.777 + 2.0 + 0.19);
    let (rows, report, _) = import(nas_bench_201, &unpacked("nas-bench-201/flat.pth.bz2", folder.path())).expect("valid");
    close(value(&rows[0], "cifar10/accuracy/test/12/777"), 1.0 + 0.777 + 1.2 + 0.11);
    assert_eq!(report.epochs, [12].into());
    let message = import(nas_bench_201, &fixture("trans-nas-bench-101/table.pth")).expect_err("another table").to_string();
    let keys = "found a dict with the keys ['metrics_dict', 'info_names', 'task_list', 'data']. Check which table";
    assert!(message.contains(keys), "{message}");
}

#[test]
fn nas_bench_201_comes_in_a_folder_with_weights() {
    let folder = tempfile::tempdir().expect("folder");
    let missing = |folder: &Path| import(nas_bench_201, folder).expect_err("incomplete").to_string();
    assert!(missing(folder.path()).contains("000000-FULL.pth is missing; the folder of NAS-Bench-201 holds one file per"));
    let unpack = |name: &str| {
        let table = unpacked(&format!("nas-bench-201/archive/{name}.bz2"), folder.path());
        std::fs::rename(table, folder.path().join(name)).expect("renamed");
    };
    unpack("000001-FULL.pth");
    assert!(missing(folder.path()).contains("000000-FULL.pth is missing"), "{}", missing(folder.path()));
    unpack("000000-FULL.pth");
    // The other spelling that the benchmark's code takes, and a file that is none of the archive's.
    std::fs::rename(folder.path().join("000001-FULL.pth"), folder.path().join("1-FULL.pth")).expect("renamed");
    std::fs::write(folder.path().join("README.md"), "").expect("written");
    let (rows, report, progress) = import(nas_bench_201, folder.path()).expect("valid");
    let names: Vec<&str> = rows.iter().map(|row| row.architecture.as_str()).collect();
    assert_eq!(names[1], "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
    assert!(names[0].starts_with("|nor_conv_3x3~0|+"), "{}", names[0]);
    close(value(&rows[0], "cifar10/accuracy/test/20/888"), 1.0 + 0.888 + 2.0 + 0.19);
    close(value(&rows[1], "cifar100/accuracy/test/12/777"), 10.0 + 2.0 + 0.777 + 1.2 - 1.0 + 0.11);
    assert_eq!((report.epochs, report.seeds), ([12, 20].into(), [777, 888].into()));
    assert!(progress.total > 0 && progress.read == progress.total, "{progress:?}");
    std::fs::write(folder.path().join("000002-FULL.pth"), b"PK").expect("written");
    let message = missing(folder.path());
    assert!(message.contains("000002-FULL.pth is damaged at byte 0"), "{message}");
}

#[test]
fn nats_bench_comes_in_one_file_or_a_folder() {
    let (rows, report, _) = import(nats_bench, &fixture("nats-bench/whole.pickle.pbz2")).expect("valid");
    close(value(&rows[1], "cifar100/accuracy/test/40/888"), 10.0 + 2.0 + 0.888 + 4.0 - 1.0 + 0.39);
    assert_eq!((rows.len(), report.epochs), (2, [12, 40].into()));
    let (rows, report, progress) = import(nats_bench, &fixture("nats-bench/simple")).expect("valid");
    close(value(&rows[0], "cifar10/accuracy/test/90/777"), 1.0 + 0.777 + 9.0 + 0.89);
    assert_eq!((rows.len(), report.epochs), (2, [1, 12, 90].into()));
    assert_eq!(progress.read, progress.total);
    let folder = tempfile::tempdir().expect("folder");
    let copy = |name: &str| std::fs::copy(fixture("nats-bench/simple").join(name), folder.path().join(name)).expect("copied");
    let message = |folder: &Path| import(nats_bench, folder).expect_err("incomplete").to_string();
    assert!(message(folder.path()).contains("meta.pickle.pbz2 is missing; the folder of NATS-Bench holds"));
    copy("meta.pickle.pbz2");
    copy("000000.pickle.pbz2");
    assert!(message(folder.path()).contains("000001.pickle.pbz2 is missing"), "{}", message(folder.path()));
}

#[test]
fn trans_nas_bench_101_holds_both_spaces() {
    let (rows, report, _) = import(trans_nas_bench_101, &fixture("trans-nas-bench-101/table.pth")).expect("valid");
    let names: Vec<&str> = rows.iter().map(|row| row.architecture.as_str()).collect();
    assert_eq!(names, ["64-1234-basic", "64-41414-1_02_333", "64-41414-0_00_000"]);
    close(value(&rows[2], "class_scene/accuracy/valid/3/mean"), 10.0 + 2.0 + 0.2);
    close(value(&rows[0], "segmentsemantic/mIoU/test/3/mean"), 5.2);
    close(value(&rows[0], "room_layout/neg_loss/valid/3/mean"), 3.2);
    close(value(&rows[0], "room_layout/parameters/-/-/mean"), 150.0);
    assert_eq!((report.tasks.len(), report.epochs), (3, [3].into()));
    let message = import(trans_nas_bench_101, &fixture("trans-nas-bench-101/other.pth")).expect_err("another").to_string();
    assert!(message.contains("found a dict with the keys ['database', 'xseed']"), "{message}");
}

#[test]
fn nas_bench_macro_is_read_as_it_comes() {
    let (rows, report, progress) = import(nas_bench_macro, &fixture("nas-bench-macro/table.json")).expect("valid");
    assert_eq!(rows[0].architecture, "02012100");
    close(value(&rows[1], "cifar10/accuracy/test/-/0"), 91.5);
    close(value(&rows[0], "cifar10/accuracy/test/-/mean"), 91.5);
    close(value(&rows[0], "cifar10/parameters/-/-/mean"), 890_666.0);
    assert_eq!((report.seeds.len(), progress), (3, Progress { read: 226, total: 226 }));
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("macro.json");
    std::fs::write(&path, r#"{"0": {"test_acc": 1}}"#).expect("written");
    let message = import(nas_bench_macro, &path).expect_err("damaged").to_string();
    assert!(message.contains("macro.json is damaged at line 1, column 21: expected a JSON object"), "{message}");
}

#[test]
#[expect(clippy::print_stderr, reason = "says that a test did nothing")]
fn the_released_nas_bench_macro_is_whole() {
    let Some(data) = std::env::var_os("BONAS_SHARED_DATA") else {
        eprintln!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let path = Path::new(&data).join("nas-bench-macro/nas-bench-macro_cifar10.json");
    let (rows, report, _) = import(nas_bench_macro, &path).expect("valid");
    assert_eq!((rows.len(), report.missing().len()), (3usize.pow(8), 0));
    let row = rows.iter().find(|row| row.architecture == "02012100").expect("an architecture of the paper's code");
    close(value(row, "cifar10/accuracy/test/-/mean"), 89.196_665_445_963_55);
}

#[test]
fn whoever_receives_rows_can_stop() {
    let stop: &mut dyn FnMut(Row) -> Result<(), ImportError> = &mut |_| Err(ImportError::Stopped("enough".into()));
    let folder = tempfile::tempdir().expect("folder");
    let table = unpacked("nas-bench-201/zip.pth.bz2", folder.path());
    let all: [(Importer, PathBuf); 6] = [
        (nas_bench_101, fixture("nas-bench-101/grouped.tfrecord")),
        (nas_bench_201, table),
        (nats_bench, fixture("nats-bench/whole.pickle.pbz2")),
        (nats_bench, fixture("nats-bench/simple")),
        (trans_nas_bench_101, fixture("trans-nas-bench-101/table.pth")),
        (nas_bench_macro, fixture("nas-bench-macro/table.json")),
    ];
    for (importer, path) in all {
        let error = importer(&path, stop, &mut |_| {}).expect_err("stopped");
        assert_eq!(error.to_string(), "the import was stopped: enough", "{}", path.display());
    }
}

#[test]
fn a_table_without_rows_is_another_file() {
    let folder = tempfile::tempdir().expect("folder");
    let (empty, braces) = (folder.path().join("empty"), folder.path().join("braces"));
    std::fs::write(&empty, "").expect("written");
    std::fs::write(&braces, "{}").expect("written");
    for (importer, path) in [(nas_bench_101 as Importer, empty), (nas_bench_macro, braces)] {
        let message = import(importer, &path).expect_err("empty").to_string();
        assert!(message.contains("expected at least one architecture, found none"), "{message}");
    }
}

#[test]
fn a_missing_file_is_named() {
    for importer in [nas_bench_101 as Importer, nas_bench_201, nats_bench, trans_nas_bench_101, nas_bench_macro] {
        let message = import(importer, Path::new("/nowhere/table")).expect_err("missing").to_string();
        assert_eq!(message, "cannot read /nowhere/table; check the path and its permissions");
    }
}

#[test]
fn tensors_are_read_from_both_formats() {
    for name in ["torch/zip.pth", "torch/legacy.pth"] {
        let file = torch::read(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let tensor = |key: &str| file.tensor(&file.object().get(key).expect(key));
        assert_eq!(tensor("matrix").expect(name), [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]);
        assert_eq!(tensor("column").expect(name), [1.5, 4.5]);
        assert_eq!(tensor("scalar").expect(name), [9.0]);
        assert_eq!(tensor("halves").expect(name), [0.25, -2.0]);
        let message = tensor("plain").expect_err("no tensor").to_string();
        assert!(message.contains("expected a tensor that lies within its storage, found a float"), "{message}");
    }
    let message = torch::read(&fixture("nas-bench-macro/table.json")).err().expect("no torch file").to_string();
    assert!(message.contains("at byte 0: expected a zip archive or the magic number of torch"), "{message}");
}
