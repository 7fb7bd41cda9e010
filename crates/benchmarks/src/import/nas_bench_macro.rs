use super::origin::{AGAIN, Origin};
use super::progress::{Metered, Progress};
use super::report::{ImportReport, Sink};
use super::source::{open, size};
use crate::{ColumnKey, ImportError, Row, Run, Split};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::io::{BufReader, Read};
use std::path::Path;

const TABLE: &str = "NAS-Bench-Macro";
const TASK: &str = "cifar10";

/// Imports NAS-Bench-Macro: `nas-bench-macro_cifar10.json`.
///
/// An architecture is its eight digits, one for each layer, such as `02012100`. The task is `cifar10`; the metrics are the test
/// `accuracy` of each of three trainings, numbered from 0, and their mean; `accuracy-deviation`; `parameters` and `flops`.
///
/// # Errors
///
/// [`ImportError::Damaged`] where the file is not the table's JSON; whatever `rows` returns.
pub fn nas_bench_macro(
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let start = Progress { read: 0, total: size(path)? };
    let reader = BufReader::with_capacity(1 << 16, Metered::new(open(path)?, start, progress));
    import(reader, path, rows)
}

#[derive(Deserialize)]
struct Cell {
    test_acc: Vec<f64>,
    mean_acc: f64,
    std: f64,
    params: f64,
    flops: f64,
}

fn import(
    reader: impl Read,
    path: &Path,
    rows: &mut dyn FnMut(Row) -> Result<(), ImportError>,
) -> Result<ImportReport, ImportError> {
    let mut sink = Sink::new(rows);
    let (mut refused, mut json) = (None, serde_json::Deserializer::from_reader(reader));
    let table = Table { sink: &mut sink, refused: &mut refused };
    let read = json.deserialize_map(table).and_then(|()| json.end());
    match (refused, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => sink.finish(path, TABLE),
        (None, Err(error)) if error.is_io() => Err(Origin::file(path).io(0, "JSON", error.into())),
        (None, Err(error)) => Err(ImportError::Damaged {
            path: path.to_path_buf(),
            place: format!("at line {}, column {}", error.line(), error.column()),
            expected: "a JSON object of architectures with test_acc, mean_acc, std, params and flops".into(),
            found: format!("'{error}'"),
            remedy: AGAIN,
        }),
    }
}

/// Hands on each architecture as soon as it is parsed.
struct Table<'a, 'b> {
    sink: &'a mut Sink<'b>,
    refused: &'a mut Option<ImportError>,
}

impl<'de> Visitor<'de> for Table<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of architectures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((architecture, cell)) = map.next_entry::<String, Cell>()? {
            if let Err(error) = self.sink.row(cell.row(architecture)) {
                *self.refused = Some(error);
                return Err(A::Error::custom("the import was stopped"));
            }
        }
        Ok(())
    }
}

impl Cell {
    fn row(&self, architecture: String) -> Row {
        let column = |metric: &str, split, run| ColumnKey { task: TASK.into(), metric: metric.into(), split, epochs: None, run };
        let seeds = (0..).zip(&self.test_acc).map(|(seed, &value)| (column("accuracy", Split::Test, Run::Seed(seed)), value));
        let mut values: Vec<(ColumnKey, f64)> = seeds.collect();
        values.push((column("accuracy", Split::Test, Run::Mean), self.mean_acc));
        values.push((column("accuracy-deviation", Split::Test, Run::Mean), self.std));
        values.push((column("parameters", Split::None, Run::Mean), self.params));
        values.push((column("flops", Split::None, Run::Mean), self.flops));
        Row { architecture, values }
    }
}
