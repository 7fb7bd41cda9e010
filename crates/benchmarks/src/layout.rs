use crate::{BenchmarkError, Column, ColumnKey, Run, Split, Unit};
use bonas_spaces::SpaceChoice;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::LazyLock;

/// The layouts that are part of the program.
const KNOWN: &[&str] = &[
    include_str!("../../../datasets/layouts/nas-bench-201.toml"),
    include_str!("../../../datasets/layouts/nas-bench-201-latency.toml"),
    include_str!("../../../datasets/layouts/nas-bench-101-ecnas.toml"),
    include_str!("../../../datasets/layouts/nas-bench-101-merged.toml"),
    include_str!("../../../datasets/layouts/transnas-bench-101.toml"),
];

/// How a CSV file is a table: which column is the architecture, and what the others mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// For people.
    pub name: String,
    /// Spaces whose text form the architectures may have, by name or by a file that describes one, from the layout's folder; the
    /// first that reads the first row is that of the table.
    pub spaces: Vec<SpaceChoice>,
    /// Columns that hold the architecture; several are joined by blanks.
    pub architecture: Vec<String>,
    /// Column with the number of the training, where an architecture has a row for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// What to know before using the values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The values.
    pub columns: Vec<LayoutColumn>,
}

/// One column of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutColumn {
    /// Its name in the header.
    pub column: String,
    /// See [`ColumnKey::task`].
    pub task: String,
    /// See [`ColumnKey::metric`].
    pub metric: String,
    /// See [`ColumnKey::split`].
    #[serde(default = "no_split")]
    pub split: Split,
    /// See [`ColumnKey::epochs`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// See [`ColumnKey::run`]; the mean where nothing is said and no column of the file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// See [`Column::unit`].
    #[serde(default)]
    pub unit: Unit,
    /// See [`Column::larger_is_better`].
    #[serde(default = "yes")]
    pub larger_is_better: bool,
}

fn no_split() -> Split {
    Split::None
}

fn yes() -> bool {
    true
}

impl Layout {
    /// Reads a layout file.
    ///
    /// # Errors
    /// When it cannot be read, or is no layout.
    pub fn open(path: &Path) -> Result<Self, BenchmarkError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| BenchmarkError::Io { action: "read", path: path.into(), source })?;
        let mut layout: Self = toml::from_str(&text)
            .map_err(|error| BenchmarkError::Layout { path: path.into(), reason: error.to_string().trim().replace('\n', " ") })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        layout.spaces = layout.spaces.iter().map(|space| space.from_folder(folder)).collect();
        match layout.spaces.is_empty() || layout.architecture.is_empty() || layout.columns.is_empty() {
            true => {
                Err(BenchmarkError::Layout { path: path.into(), reason: "it needs a space, an architecture and a column".into() })
            }
            false => Ok(layout),
        }
    }

    /// The layouts that are part of the program.
    pub fn known() -> &'static [Self] {
        static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
            KNOWN.iter().map(|text| toml::from_str(text).expect("the layouts of the program are checked by its tests")).collect()
        });
        &LAYOUTS
    }

    /// The known layout that uses most of this header; `None` if none fits.
    pub fn matching(header: &[String]) -> Option<Self> {
        let fitting = Self::known().iter().filter(|layout| layout.missing(header).is_none());
        fitting.max_by_key(|layout| layout.columns.len()).cloned()
    }

    /// The first column of the layout that a header lacks.
    pub(crate) fn missing(&self, header: &[String]) -> Option<&str> {
        let columns = self.columns.iter().map(|column| &column.column);
        let needed = self.architecture.iter().chain(&self.seed).chain(columns);
        needed.map(String::as_str).find(|name| !header.iter().any(|known| known == name))
    }
}

impl LayoutColumn {
    /// The column of the table, for a row of the training `seed`.
    pub(crate) fn of(&self, seed: Option<u32>) -> Column {
        let run = self.seed.or(seed).map_or(Run::Mean, Run::Seed);
        let (task, metric) = (self.task.clone(), self.metric.clone());
        let key = ColumnKey { task, metric, split: self.split, epochs: self.epochs, run };
        Column { key, unit: self.unit, larger_is_better: self.larger_is_better }
    }
}
