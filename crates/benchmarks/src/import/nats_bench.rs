use super::nas_bench_201::check_keys;
use super::pickle::Value;
use super::progress::Progress;
use super::report::{ImportReport, Sink};
use super::results::{Results, each_file};
use super::source::Source;
use crate::{ImportError, Row};
use std::path::Path;

const TABLE: &str = "NATS-Bench";
const FILES: &str = "meta.pickle.pbz2 and one file per architecture, from 000000.pickle.pbz2 on";

/// Imports NATS-Bench, of either search space: one file such as `NATS-tss-v1_0-3ffb9.pickle.pbz2`, or an unpacked folder such as
/// `NATS-tss-v1_0-3ffb9-simple`.
///
/// Tasks, metrics and splits are those of [`super::nas_bench_201`]. An architecture of the size space is its five widths, such as
/// `8:16:24:32:64`.
///
/// One file is decompressed twice, which takes a while; the folder is faster.
///
/// # Errors
///
/// As [`super::nas_bench_201`]; [`ImportError::Missing`] where the folder is incomplete, too.
pub fn nats_bench(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut sink = Sink::new(rows);
    if path.is_dir() {
        folder(path, &mut sink, progress)?;
    } else {
        let mut results = Results { path, table: TABLE, sink: &mut sink };
        let whole = Source::bzip2(path)?.decode(&mut results, progress)?;
        check_keys(path, TABLE, &whole)?;
    }
    sink.finish(path, TABLE)
}

fn folder(path: &Path, sink: &mut Sink<'_>, progress: &mut dyn FnMut(Progress)) -> Result<(), ImportError> {
    let names = meta(&path.join("meta.pickle.pbz2"))?;
    let file = |index: usize| path.join(format!("{index:06}.pickle.pbz2"));
    let files = names.into_iter().enumerate().map(|(index, name)| (file(index), Some(name))).collect::<Vec<_>>();
    if let Some((file, _)) = files.iter().find(|(file, _)| !file.is_file()) {
        return Err(missing(file));
    }
    each_file(files, TABLE, &Source::bzip2, sink, progress)
}

fn missing(path: &Path) -> ImportError {
    ImportError::Missing { path: path.to_path_buf(), table: TABLE, expected: FILES }
}

/// The architectures, by number.
fn meta(path: &Path) -> Result<Vec<String>, ImportError> {
    if !path.is_file() {
        return Err(missing(path));
    }
    let nothing = Progress { read: 0, total: 0 };
    let meta = Source::bzip2(path)?.decode_once(&mut super::pickle::Unfiltered, nothing, &mut |_| {})?;
    let list = meta.get("meta_archs");
    let names = list.as_ref().and_then(Value::items);
    let names = names.and_then(|names| names.iter().map(|name| name.as_str().map(String::from)).collect::<Option<Vec<_>>>());
    names.ok_or_else(|| ImportError::Layout {
        path: path.to_path_buf(),
        table: TABLE,
        expected: "a dict with 'meta_archs', a list of texts".into(),
        found: meta.outline(),
    })
}
