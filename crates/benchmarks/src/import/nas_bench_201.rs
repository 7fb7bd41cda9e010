use super::pickle::Value;
use super::progress::Progress;
use super::report::{ImportReport, Sink};
use super::results::Results;
use super::torch;
use crate::{ImportError, Row};
use std::path::Path;

const TABLE: &str = "NAS-Bench-201";

/// Imports NAS-Bench-201, version 1.0 or 1.1: `NAS-Bench-201-v1_1-096897.pth`, in either format of torch.
///
/// An architecture is its text, such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`. Tasks are `cifar10-valid`, `cifar10`,
/// `cifar100` and `ImageNet16-120`; the metrics are `accuracy` and `loss` at the end of each training, `seconds` of training, and
/// `parameters`, `flops` and `latency` (seconds).
/// `x-valid` is validation, `x-test` is test, and `ori-test` is test on the two tasks of CIFAR-10 only: elsewhere it holds the
/// validation images, too.
///
/// The file is read twice: first for what its pickle refers back to, then for the rows.
///
/// # Errors
///
/// [`ImportError::Damaged`], [`ImportError::ForeignClass`] or [`ImportError::TooLarge`] where the file is not a pickle of
/// data, [`ImportError::Layout`] where it is another table; whatever `rows` returns.
pub fn nas_bench_201(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut sink = Sink::new(rows);
    let mut results = Results { path, table: TABLE, sink: &mut sink };
    let whole = torch::source(path)?.decode(&mut results, progress)?;
    check_keys(path, TABLE, &whole)?;
    sink.finish(path, TABLE)
}

/// Whether a file had the parts of these tables.
pub(crate) fn check_keys(path: &Path, table: &'static str, whole: &Value) -> Result<(), ImportError> {
    if ["meta_archs", "arch2infos"].iter().all(|key| whole.get(key).is_some()) {
        return Ok(());
    }
    let expected = "a dict with the keys 'meta_archs', 'arch2infos' and 'evaluated_indexes'".into();
    Err(ImportError::Layout { path: path.to_path_buf(), table, expected, found: whole.outline() })
}
