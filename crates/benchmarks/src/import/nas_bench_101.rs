use super::input::Input;
use super::origin::Origin;
use super::progress::{Metered, Progress};
use super::protobuf::{Field, Fields};
use super::report::{ImportReport, Sink};
use super::source::{open, size};
use super::tfrecord::Records;
use crate::{ColumnKey, ImportError, Row, Run, Split};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

const TABLE: &str = "NAS-Bench-101";
const TASK: &str = "cifar10";
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Imports NAS-Bench-101: `nasbench_full.tfrecord`, or `nasbench_only108.tfrecord`.
///
/// An architecture is compact JSON, `{"matrix":[[0,1],[0,0]],"ops":["input","output"]}`. The task is `cifar10`; the metrics
/// are `accuracy` and `seconds` at the end of each training, `halfway-accuracy` and `halfway-seconds` in its middle, and `parameters`.
/// The table names no seeds: the three repeats are numbered in the order of the file.
///
/// The trainings of one architecture may lie anywhere in the file, so rows are kept until its end: about a kilobyte each.
///
/// # Errors
///
/// [`ImportError::Damaged`] where a record's checksum or content is wrong; whatever `rows` returns.
pub fn nas_bench_101(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let start = Progress { read: 0, total: size(path)? };
    let reader = BufReader::with_capacity(1 << 18, Metered::new(open(path)?, start, progress));
    import(Input::new(reader, 0, Origin::file(path)), path, rows)
}

/// As [`nas_bench_101`], from bytes; `path` is for messages.
///
/// # Errors
///
/// As [`nas_bench_101`].
pub fn nas_bench_101_from_slice(
    path: &Path,
    bytes: &[u8],
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
) -> Result<ImportReport, ImportError> {
    import(Input::new(bytes, 0, Origin::file(path)), path, rows)
}

fn import<R: BufRead>(
    input: Input<R>,
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
) -> Result<ImportReport, ImportError> {
    let mut records = Records::new(input);
    let (mut places, mut cells) = (HashMap::new(), Vec::new());
    while let Some((at, data)) = records.next()? {
        let read = Record::read(&data).and_then(|record| record.store(&mut places, &mut cells));
        read.map_err(|wrong| records.input().origin().damaged(at + wrong.at as u64, wrong.expected, wrong.found))?;
    }
    let mut sink = Sink::new(rows);
    // Nothing looks up cells any more, and each goes as soon as its row is handed on.
    drop(places);
    for cell in cells {
        sink.row(cell.row())?;
    }
    sink.finish(path, TABLE)
}

/// What is wrong with a record, and where in it.
struct Wrong {
    at: usize,
    expected: String,
    found: String,
}

fn wrong(expected: impl Into<String>, found: impl Into<String>) -> Wrong {
    Wrong { at: 0, expected: expected.into(), found: found.into() }
}

/// One training.
struct Record {
    hash: u128,
    epochs: u32,
    matrix: String,
    ops: String,
    metrics: Metrics,
}

struct Metrics {
    parameters: u64,
    halfway: Option<Evaluation>,
    last: Evaluation,
}

#[derive(Clone, Copy, Default)]
struct Evaluation {
    seconds: f64,
    train: f64,
    validation: f64,
    test: f64,
}

/// One architecture, with the text of its record.
struct Cell {
    matrix: Box<str>,
    ops: Box<str>,
    parameters: u64,
    trainings: Vec<(u32, Option<Evaluation>, Evaluation)>,
}

impl Record {
    fn read(data: &[u8]) -> Result<Self, Wrong> {
        const LIST: &str = "a JSON list of a hash, epochs, a matrix, operations and metrics";
        let parsed: Result<(String, u32, String, String, String), _> = serde_json::from_slice(data);
        let (hash, epochs, matrix, ops, metrics) = parsed.map_err(|error| wrong(LIST, format!("'{error}'")))?;
        let number = Some(hash.as_str()).filter(|hash| hash.len() == 32).and_then(|hash| u128::from_str_radix(hash, 16).ok());
        let hash = number.ok_or_else(|| wrong("a hash of 32 hexadecimal digits", format!("'{}'", clip(&hash))))?;
        let size = ops.split(',').count();
        if matrix.len() != size * size || !matrix.bytes().all(|digit| matches!(digit, b'0' | b'1')) {
            let expected = format!("a matrix of {size} by {size} zeros and ones, one row for each operation");
            return Err(wrong(expected, format!("'{}'", clip(&matrix))));
        }
        let compact: Vec<u8> = metrics.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let message = BASE64.decode(&compact).map_err(|error| wrong("metrics in base64", format!("'{error}'")))?;
        Ok(Self { hash, epochs, matrix, ops, metrics: Metrics::read(&message)? })
    }

    fn store(self, places: &mut HashMap<u128, usize>, cells: &mut Vec<Cell>) -> Result<(), Wrong> {
        let parameters = self.metrics.parameters;
        let place = *places.entry(self.hash).or_insert_with(|| {
            let (matrix, ops) = (self.matrix.as_str().into(), self.ops.as_str().into());
            cells.push(Cell { matrix, ops, parameters, trainings: Vec::new() });
            cells.len() - 1
        });
        let Some(cell) = cells.get_mut(place) else { return Ok(()) };
        if (&*cell.matrix, &*cell.ops) != (self.matrix.as_str(), self.ops.as_str()) {
            let expected = format!("the architecture of the earlier records with this hash, {} {}", cell.matrix, cell.ops);
            return Err(wrong(expected, format!("{} {}", clip(&self.matrix), clip(&self.ops))));
        }
        cell.trainings.push((self.epochs, self.metrics.halfway, self.metrics.last));
        Ok(())
    }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Metrics {
    fn read(message: &[u8]) -> Result<Self, Wrong> {
        let (mut evaluations, mut parameters) = (Vec::new(), 0);
        for_fields(message, |number, field| {
            match (number, field) {
                (1, Field::Bytes(inner)) => evaluations.push(Evaluation::read(inner)?),
                (2, Field::Varint(count)) => parameters = count,
                _ => {}
            }
            Ok(())
        })?;
        // Before the training, in its middle, and at its end.
        let [.., _, halfway, last] = evaluations[..] else {
            return match evaluations[..] {
                [.., last] => Ok(Self { parameters, halfway: None, last }),
                [] => Err(wrong("metrics with evaluations", "none")),
            };
        };
        Ok(Self { parameters, halfway: Some(halfway), last })
    }
}

impl Evaluation {
    fn read(message: &[u8]) -> Result<Self, Wrong> {
        let mut evaluation = Self::default();
        for_fields(message, |number, field| {
            let place = match number {
                2 => &mut evaluation.seconds,
                3 => &mut evaluation.train,
                4 => &mut evaluation.validation,
                5 => &mut evaluation.test,
                _ => return Ok(()),
            };
            *place = field
                .double()
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(format!("a finite double in field {number} of an evaluation"), "something else"))?;
            Ok(())
        })?;
        Ok(evaluation)
    }
}

fn for_fields<'a>(message: &'a [u8], mut each: impl FnMut(u64, Field<'a>) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let mut fields = Fields::new(message);
    loop {
        match fields.next() {
            Ok(Some((number, field))) => each(number, field)?,
            Ok(None) => return Ok(()),
            Err(error) => {
                return Err(wrong(error.expected, format!("none at byte {} of its metrics", error.at)));
            }
        }
    }
}

impl Cell {
    fn row(&self) -> Row {
        let mut values = vec![(column("parameters", Split::None, None, Run::Mean), self.parameters as f64)];
        let mut repeats: HashMap<u32, u32> = HashMap::new();
        for (epochs, halfway, last) in &self.trainings {
            let repeat = repeats.entry(*epochs).or_insert(0);
            let run = Run::Seed(*repeat);
            *repeat += 1;
            last.add("", *epochs, run, &mut values);
            if let Some(halfway) = halfway {
                halfway.add("halfway-", *epochs, run, &mut values);
            }
        }
        Row { architecture: self.architecture(), values }
    }

    fn architecture(&self) -> String {
        let ops: Vec<&str> = self.ops.split(',').collect();
        let digits: Vec<u8> = self.matrix.bytes().map(|digit| digit - b'0').collect();
        let matrix: Vec<&[u8]> = digits.chunks(ops.len()).collect();
        json!({ "matrix": matrix, "ops": ops }).to_string()
    }
}

impl Evaluation {
    fn add(&self, prefix: &str, epochs: u32, run: Run, values: &mut Vec<(ColumnKey, f64)>) {
        let accuracies = [(Split::Train, self.train), (Split::Validation, self.validation), (Split::Test, self.test)];
        for (split, fraction) in accuracies {
            values.push((column(&format!("{prefix}accuracy"), split, Some(epochs), run), 100.0 * fraction));
        }
        values.push((column(&format!("{prefix}seconds"), Split::None, Some(epochs), run), self.seconds));
    }
}

fn column(metric: &str, split: Split, epochs: Option<u32>, run: Run) -> ColumnKey {
    ColumnKey { task: TASK.into(), metric: metric.into(), split, epochs, run }
}
