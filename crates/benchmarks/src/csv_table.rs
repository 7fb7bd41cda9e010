#[cfg(test)]
mod fuzz;

use crate::table::{MOST_VALUES, TableBuilder};
use crate::{BenchmarkError, Layout, LayoutColumn, Table, Unit};
use bonas_core::SearchSpace;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// What a CSV file may take of the memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CsvLimits {
    /// Bytes of one row. A quote that is left open makes a row of the rest of the file.
    pub(crate) row: u64,
    /// Values of the table: rows times columns.
    pub(crate) values: usize,
}

impl Default for CsvLimits {
    fn default() -> Self {
        Self { row: 1 << 20, values: MOST_VALUES }
    }
}

/// Reads a CSV file by its layout, or by the known one that its header matches.
///
/// Empty cells are values that are not there.
pub(crate) fn read_csv(path: &Path, layout: Option<&Path>) -> Result<Table, BenchmarkError> {
    let file = File::open(path).map_err(|source| BenchmarkError::Io { action: "open", path: path.into(), source })?;
    read(path, file, CsvLimits::default(), &mut |header| layout_of(path, header, layout))
}

/// Reads CSV from anywhere; the path is only named in errors.
pub(crate) fn read(
    path: &Path,
    source: impl Read,
    limits: CsvLimits,
    layout_of: &mut dyn FnMut(&[String]) -> Result<Layout, BenchmarkError>,
) -> Result<Table, BenchmarkError> {
    let left = Cell::new(limits.row + BUFFER as u64);
    let limited = Limited { source, left: &left, limit: limits.row };
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(BUFFER).from_reader(limited);
    let damaged = |error: &csv::Error, line: u64| {
        let line = error.position().map_or(line, csv::Position::line);
        BenchmarkError::Row { path: path.into(), line, reason: in_words(error) }
    };
    let header = reader.headers().map_err(|error| damaged(&error, 1))?;
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    let layout = layout_of(&header)?;
    let places = Places::new(&layout, &header);
    let mut builder: Option<TableBuilder> = None;
    let mut record = csv::StringRecord::new();
    loop {
        left.set(limits.row + BUFFER as u64);
        let line = reader.position().line();
        if !reader.read_record(&mut record).map_err(|error| damaged(&error, line))? {
            break;
        }
        let line = record.position().map_or(line, csv::Position::line);
        let wrong = |reason| BenchmarkError::Row { path: path.into(), line, reason };
        let text = places.architecture(&record);
        let builder = match &mut builder {
            Some(builder) => builder,
            empty => {
                let space = space_of(&layout, &text).map_err(wrong)?;
                empty.insert(TableBuilder::new(layout.name.clone(), space).with_limit(limits.values))
            }
        };
        let row = builder.row(&text).map_err(|error| wrong(error.to_string()))?;
        let seed = places.seed(&record).map_err(wrong)?;
        for (column, place) in layout.columns.iter().zip(&places.columns) {
            if let Some(value) = value(&record[*place], column).map_err(wrong)? {
                builder.set(row, column.of(seed), value).map_err(|refusal| wrong(refusal.in_words(&shown(&text))))?;
            }
        }
    }
    let builder =
        builder.ok_or_else(|| BenchmarkError::Row { path: path.into(), line: 2, reason: "there are no rows".into() })?;
    Ok(builder.finish())
}

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// A source that ends in an error where a row does not end in time.
struct Limited<'a, R> {
    source: R,
    left: &'a Cell<u64>,
    limit: u64,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            let reason = format!("the row has more than {} bytes; close its quotes, or take the file apart", self.limit);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        let most = buffer.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let read = self.source.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - read as u64);
        Ok(read)
    }
}

/// The error without its place, which is said before it.
fn in_words(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        csv::ErrorKind::Utf8 { err, .. } => format!("cell {} is not UTF-8", err.field() + 1),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("there are {len} cells, but the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

/// A cell for an error, cut where it is long.
fn shown(cell: &str) -> String {
    const MOST: usize = 60;
    match cell.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.into(),
    }
}

/// Where the columns of a layout stand in a file.
struct Places {
    architecture: Vec<usize>,
    seed: Option<usize>,
    columns: Vec<usize>,
}

impl Places {
    /// `header` has every column of the layout.
    fn new(layout: &Layout, header: &[String]) -> Self {
        let place = |name: &String| header.iter().position(|known| known == name).unwrap_or_default();
        Self {
            architecture: layout.architecture.iter().map(place).collect(),
            seed: layout.seed.as_ref().map(place),
            columns: layout.columns.iter().map(|column| place(&column.column)).collect(),
        }
    }

    fn architecture(&self, record: &csv::StringRecord) -> String {
        self.architecture.iter().map(|&place| &record[place]).collect::<Vec<_>>().join(" ")
    }

    fn seed(&self, record: &csv::StringRecord) -> Result<Option<u32>, String> {
        let read = |place: usize| {
            record[place].trim().parse().map_err(|_| format!("'{}' is no number of a training", shown(&record[place])))
        };
        self.seed.map(read).transpose()
    }
}

fn layout_of(path: &Path, header: &[String], layout: Option<&Path>) -> Result<Layout, BenchmarkError> {
    let Some(named) = layout else {
        return Layout::matching(header).ok_or_else(|| BenchmarkError::UnknownLayout {
            path: path.into(),
            header: header.to_vec(),
            known: Layout::known().iter().map(|layout| layout.name.clone()).collect(),
        });
    };
    let layout = Layout::open(named)?;
    match layout.missing(header) {
        Some(column) => {
            let reason = format!("{} has no column '{column}'; it has: {}", path.display(), header.join(", "));
            Err(BenchmarkError::Layout { path: named.into(), reason })
        }
        None => Ok(layout),
    }
}

/// The first space of the layout that reads this text; else the reason of the last one.
fn space_of(layout: &Layout, text: &str) -> Result<Arc<dyn SearchSpace>, String> {
    let mut refusal = String::new();
    for choice in &layout.spaces {
        let space = choice.build().map_err(|error| error.to_string())?;
        match space.parse(text) {
            Ok(_) => return Ok(space),
            Err(error) => refusal = error.to_string(),
        }
    }
    Err(refusal)
}

fn value(cell: &str, column: &LayoutColumn) -> Result<Option<f64>, String> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(value) if column.unit == Unit::Percent && !(0.0..=100.0).contains(&value) && value.is_finite() => {
            Err(format!("{value} in the column '{}' is no percentage, which lies between 0 and 100", column.column))
        }
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => {
            let (cell, column) = (shown(cell), &column.column);
            Err(format!("'{cell}' in the column '{column}' is not a finite number; leave a missing value empty"))
        }
    }
}
