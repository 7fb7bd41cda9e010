use crate::table::TableBuilder;
use crate::{BenchmarkError, Layout, LayoutColumn, Table};
use bonas_core::SearchSpace;
use std::path::Path;
use std::sync::Arc;

/// Reads a CSV file by its layout, or by the known one that its header matches.
///
/// Empty cells are values that are not there.
pub(crate) fn read_csv(path: &Path, layout: Option<&Path>) -> Result<Table, BenchmarkError> {
    let mut reader = csv::ReaderBuilder::new().from_path(path).map_err(|error| damaged(path, &error))?;
    let header: Vec<String> = reader.headers().map_err(|error| damaged(path, &error))?.iter().map(str::to_owned).collect();
    let layout = layout_of(path, &header, layout)?;
    let places = Places::new(&layout, &header);
    let mut builder: Option<TableBuilder> = None;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| damaged(path, &error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |reason| BenchmarkError::Row { path: path.into(), line, reason };
        let text = places.architecture(&record);
        let builder = match &mut builder {
            Some(builder) => builder,
            empty => empty.insert(TableBuilder::new(layout.name.clone(), space_of(&layout, &text).map_err(wrong)?)),
        };
        let row = builder.row(&text).map_err(|error| wrong(error.to_string()))?;
        let seed = places.seed(&record).map_err(wrong)?;
        for (column, place) in layout.columns.iter().zip(&places.columns) {
            if let Some(value) = value(&record[*place], column).map_err(wrong)? {
                builder.set(row, column.of(seed), value).map_err(|column| BenchmarkError::Twice {
                    table: layout.name.clone(),
                    architecture: text.clone(),
                    column,
                })?;
            }
        }
    }
    let builder =
        builder.ok_or_else(|| BenchmarkError::Row { path: path.into(), line: 2, reason: "there are no rows".into() })?;
    Ok(builder.finish())
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
        let read =
            |place: usize| record[place].trim().parse().map_err(|_| format!("'{}' is no number of a training", &record[place]));
        self.seed.map(read).transpose()
    }
}

fn layout_of(path: &Path, header: &[String], layout: Option<&Path>) -> Result<Layout, BenchmarkError> {
    let Some(named) = layout else {
        return Layout::matching(header).ok_or_else(|| BenchmarkError::UnknownLayout {
            path: path.into(),
            header: header.to_vec(),
            known: Layout::known().into_iter().map(|layout| layout.name).collect(),
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
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(format!("'{cell}' in the column '{}' is not a finite number; leave a missing value empty", column.column)),
    }
}

fn damaged(path: &Path, error: &csv::Error) -> BenchmarkError {
    let line = error.position().map_or(1, csv::Position::line);
    BenchmarkError::Row { path: path.into(), line, reason: error.to_string() }
}
