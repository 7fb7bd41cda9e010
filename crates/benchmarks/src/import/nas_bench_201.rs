use super::pickle::Value;
use super::progress::Progress;
use super::report::{ImportReport, Sink};
use super::results::{Results, each_file};
use super::torch;
use crate::{ImportError, Row};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const TABLE: &str = "NAS-Bench-201";
const FILES: &str = "one file per architecture, from 000000-FULL.pth on";
/// How the files of the archive end, behind the number of the architecture.
const FULL: &str = "-FULL.pth";

/// Imports NAS-Bench-201, version 1.0 or 1.1: `NAS-Bench-201-v1_1-096897.pth`, in either format of torch, or the unpacked folder of
/// the archive with the weights (`NAS-Bench-201-v1_1-archive`), which has a file such as `000123-FULL.pth` for each architecture. The
/// weights are not read.
///
/// An architecture is its text, such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`. Tasks are `cifar10-valid`, `cifar10`,
/// `cifar100` and `ImageNet16-120`; the metrics are `accuracy` and `loss` at the end of each training, `seconds` of training, and
/// `parameters`, `flops` and `latency` (seconds).
/// `x-valid` is validation, `x-test` is test, and `ori-test` is test on the two tasks of CIFAR-10 only: elsewhere it holds the
/// validation images, too.
///
/// The one file is read twice: first for what its pickle refers back to, then for the rows. The files of the folder are read once
/// each, in the order of their numbers.
///
/// # Errors
///
/// [`ImportError::Missing`] where the folder has no such file, or a number is missing below the largest;
/// [`ImportError::Damaged`], [`ImportError::ForeignClass`] or [`ImportError::TooLarge`] where the file is not a pickle of
/// data, [`ImportError::Layout`] where it is another table; whatever `rows` returns.
pub fn nas_bench_201(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut sink = Sink::new(rows);
    if path.is_dir() {
        let files = archive(path)?.into_iter().map(|file| (file, None)).collect();
        each_file(files, TABLE, &torch::source, &mut sink, progress)?;
        return sink.finish(path, TABLE);
    }
    let mut results = Results { path, table: TABLE, sink: &mut sink };
    let whole = torch::source(path)?.decode(&mut results, progress)?;
    check_keys(path, TABLE, &whole)?;
    sink.finish(path, TABLE)
}

/// The files of the archive's folder, by number.
fn archive(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: folder.to_path_buf(), source };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(number) = number(&path) {
            files.insert(number, path);
        }
    }
    let missing = match files.keys().zip(0..).find(|&(&number, place)| number != place) {
        Some((_, place)) => Some(place),
        None => files.is_empty().then_some(0),
    };
    match missing {
        Some(number) => {
            let path = folder.join(format!("{number:06}{FULL}"));
            Err(ImportError::Missing { path, table: TABLE, expected: FILES })
        }
        None => Ok(files.into_values().collect()),
    }
}

/// The number of an architecture from the name of its file; the benchmark's code takes it with and without leading zeros.
fn number(path: &Path) -> Option<u32> {
    let digits = path.file_name()?.to_str()?.strip_suffix(FULL)?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then_some(digits)?.parse().ok()
}

/// Whether a file had the parts of these tables.
pub(crate) fn check_keys(path: &Path, table: &'static str, whole: &Value) -> Result<(), ImportError> {
    if ["meta_archs", "arch2infos"].iter().all(|key| whole.get(key).is_some()) {
        return Ok(());
    }
    let expected = "a dict with the keys 'meta_archs', 'arch2infos' and 'evaluated_indexes'".into();
    Err(ImportError::Layout { path: path.to_path_buf(), table, expected, found: whole.outline() })
}
