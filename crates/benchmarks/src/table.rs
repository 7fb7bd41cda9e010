use crate::csv_table::read_csv;
use crate::index::{Index, Refusal};
use crate::stored;
use crate::{BenchmarkError, Column, ColumnKey, Run};
use bonas_core::{Architecture, SearchSpace, SpaceError};
use ndarray::Array2;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Extension of tables in the stored form.
const STORED: &str = "npz";

/// Finished trainings of the architectures of one space.
#[derive(Debug)]
pub struct Table {
    name: String,
    space: String,
    index: Index,
    columns: Vec<Column>,
    /// [column, row]; NaN where there is no value.
    values: Array2<f64>,
}

impl Table {
    /// Opens an imported table (`.npz`), or reads a CSV file by its layout.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, has a header that no layout knows, or needs no layout and is given one.
    pub fn open(path: &Path, layout: Option<&Path>) -> Result<Self, BenchmarkError> {
        match path.extension().is_some_and(|extension| extension == STORED) {
            true => match layout {
                None => stored::read(path),
                Some(layout) => Err(BenchmarkError::Layout {
                    path: layout.into(),
                    reason: format!("layouts describe CSV files, and {} is an imported table; leave it out", path.display()),
                }),
            },
            false => read_csv(path, layout),
        }
    }

    /// Writes the table in its stored form: an npz archive with `decisions` [rows, decisions], `values` [columns, rows] and `meta`,
    /// JSON in UTF-8 that names the space and the columns. NumPy reads it.
    ///
    /// # Errors
    /// When the file cannot be written; then there is none.
    pub fn save(&self, path: &Path) -> Result<(), BenchmarkError> {
        stored::write(self, path)
    }

    pub(crate) fn from_parts(name: String, space: String, index: Index, columns: Vec<Column>, values: Array2<f64>) -> Self {
        Self { name, space, index, columns, values }
    }

    /// Name of the table, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the space of its architectures.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// Checks that the architectures are of this space.
    ///
    /// # Errors
    /// [`BenchmarkError::OtherSpace`] where they are not.
    pub fn check_space(&self, wanted: &str) -> Result<(), BenchmarkError> {
        if self.space == wanted {
            return Ok(());
        }
        Err(BenchmarkError::OtherSpace { table: self.name.clone(), found: self.space.clone(), wanted: wanted.into() })
    }

    /// Number of architectures.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no architecture.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns, in the order of the table.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The architectures, in the order of their rows.
    pub fn architectures(&self) -> impl ExactSizeIterator<Item = Architecture> + DoubleEndedIterator {
        // An empty table has no width.
        self.index.decisions().chunks_exact(self.index.width().max(1)).map(Architecture::new)
    }

    /// The value of an architecture in a column; `None` where the table has none. The architecture is in canonical form.
    pub fn value(&self, architecture: &Architecture, column: usize) -> Option<f64> {
        let row = self.index.find(architecture.decisions())?;
        let value = self.values[[column, row]];
        (!value.is_nan()).then_some(value)
    }

    /// All values of a column, missing ones left out.
    pub fn values(&self, column: usize) -> impl Iterator<Item = f64> {
        self.values.row(column).into_iter().copied().filter(|value| !value.is_nan())
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// Values [column, row]; NaN where there is none.
    pub(crate) fn matrix(&self) -> &Array2<f64> {
        &self.values
    }

    /// What the table has, one line for each task and metric.
    pub fn contents(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.key.to_string()).collect()
    }
}

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn file_digest(path: &Path) -> Result<String, BenchmarkError> {
    let failed = |source| BenchmarkError::Io { action: "read", path: path.into(), source };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(failed)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Values that a table may be read from, missing ones counted: with 8 bytes each and at most as many means, one gibibyte.
/// NAS-Bench-101 has 27 million.
pub(crate) const MOST_VALUES: usize = 1 << 26;

/// Why a value is not entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueRefusal {
    /// It is there already, in this column.
    Twice(String),
    /// With it, the table would have more values than this.
    TooMany(usize),
}

impl ValueRefusal {
    pub(crate) fn in_words(&self, architecture: &str) -> String {
        match self {
            Self::Twice(column) => format!("{architecture} has two values of {column}"),
            Self::TooMany(limit) => format!("the table has more than {limit} values, columns times rows; name fewer columns"),
        }
    }
}

/// A table while it is read, row by row.
pub(crate) struct TableBuilder {
    name: String,
    space: Arc<dyn SearchSpace>,
    index: Index,
    columns: Vec<Column>,
    places: HashMap<ColumnKey, usize>,
    values: Vec<Vec<f64>>,
    /// Values that there is place for, missing ones counted.
    places_taken: usize,
    limit: usize,
}

impl TableBuilder {
    pub(crate) fn new(name: String, space: Arc<dyn SearchSpace>) -> Self {
        let (index, columns, places, values) = (Index::default(), Vec::new(), HashMap::new(), Vec::new());
        Self { name, space, index, columns, places, values, places_taken: 0, limit: MOST_VALUES }
    }

    /// The builder of a table that has at most so many values.
    pub(crate) fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The row of an architecture, a new one if there is none.
    pub(crate) fn row(&mut self, text: &str) -> Result<usize, SpaceError> {
        let architecture = self.space.canonical(&self.space.parse(text)?);
        self.index.find_or_add(architecture.decisions()).map_err(|refusal| {
            let reason = match refusal {
                Refusal::Width => "it has another number of decisions than the architectures before it",
                Refusal::Full => "there are more architectures than a table can hold",
            };
            SpaceError::Outside { space: self.space.name().into(), reason: reason.into() }
        })
    }

    /// Sets a value that is not there yet.
    pub(crate) fn set(&mut self, row: usize, column: Column, value: f64) -> Result<(), ValueRefusal> {
        let known = self.places.get(&column.key).copied();
        let length = known.map_or(0, |place| self.values[place].len());
        let longer = (row + 1).saturating_sub(length);
        if self.places_taken + longer > self.limit {
            return Err(ValueRefusal::TooMany(self.limit));
        }
        self.places_taken += longer;
        let place = known.unwrap_or_else(|| {
            self.places.insert(column.key.clone(), self.columns.len());
            self.columns.push(column);
            self.values.push(Vec::new());
            self.columns.len() - 1
        });
        let values = &mut self.values[place];
        if longer > 0 {
            values.resize(row + 1, f64::NAN);
        }
        if !values[row].is_nan() {
            return Err(ValueRefusal::Twice(self.columns[place].key.to_string()));
        }
        values[row] = value;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Table {
        self.add_means();
        let shape = (self.columns.len(), self.index.len());
        let mut values = Vec::with_capacity(shape.0 * shape.1);
        // Column after column is dropped as soon as it is copied: two copies of all would be too much.
        for (place, column) in self.values.into_iter().enumerate() {
            values.extend(column);
            values.resize((place + 1) * shape.1, f64::NAN);
        }
        let values = Array2::from_shape_vec(shape, values).expect("every column has a value for each row");
        Table::from_parts(self.name, self.space.name().into(), self.index, self.columns, values)
    }

    /// Where there are trainings but no mean of them, adds it.
    fn add_means(&mut self) {
        let mut groups: Vec<(Column, Vec<usize>)> = Vec::new();
        for (place, column) in self.columns.iter().enumerate().filter(|(_, column)| column.key.run != Run::Mean) {
            let key = ColumnKey { run: Run::Mean, ..column.key.clone() };
            match groups.iter_mut().find(|(known, _)| known.key == key) {
                Some((_, places)) => places.push(place),
                None => groups.push((Column { key, ..column.clone() }, vec![place])),
            }
        }
        groups.retain(|(column, _)| !self.places.contains_key(&column.key));
        for (column, places) in groups {
            let mean = (0..self.index.len()).map(|row| {
                let values = places.iter().filter_map(|&place| self.values[place].get(row)).filter(|value| !value.is_nan());
                let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
                sum / count
            });
            self.values.push(mean.collect());
            self.places.insert(column.key.clone(), self.columns.len());
            self.columns.push(column);
        }
    }
}
