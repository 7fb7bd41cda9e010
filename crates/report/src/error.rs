use thiserror::Error;

/// Why a report could not be rendered.
#[derive(Debug, Error, PartialEq)]
pub enum ReportError {
    /// A number is not finite or outside its domain.
    #[error("{place} is {value}, but must be {domain}; the record of the study is damaged, or was mapped wrongly")]
    OutOfRange {
        /// What the number is, and of which trial, round, cell or epoch.
        place: String,
        /// The number.
        value: f64,
        /// What it may be.
        domain: &'static str,
    },
    /// A confusion matrix is not square.
    #[error("a confusion matrix of {classes} classes has {rows} rows and a row of {columns} columns; it needs {classes} of each")]
    Confusion {
        /// Number of class names.
        classes: usize,
        /// Number of rows.
        rows: usize,
        /// Length of the first row that differs.
        columns: usize,
    },
    /// plotters could not draw the frame of a chart.
    #[error("the chart of '{vertical}' over '{horizontal}' cannot be drawn: {reason}")]
    Chart {
        /// Title of the x axis.
        horizontal: String,
        /// Title of the y axis.
        vertical: String,
        /// What plotters says.
        reason: String,
    },
}
