use crate::SearchKey;
use bonas_benchmarks::BenchmarkError;
use bonas_core::BoxError;
use bonas_search::SearchError;
use std::path::PathBuf;
use thiserror::Error;

/// Why strategies could not be compared. Searches that were finished stay recorded.
#[derive(Debug, Error)]
pub enum LaboratoryError {
    /// Nothing to do.
    #[error("there is no {0} to search with: name at least one")]
    Nothing(&'static str),
    /// Two things of one name.
    #[error(
        "the {what} '{name}' is named twice; give every {what} once, and two configurations of one strategy names of their own"
    )]
    Twice {
        /// Task or strategy.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The budget is not comparable.
    #[error("strategies are compared by queries alone: set study.budget.queries, and no limit of rounds, minutes or cost_hours")]
    Budget,
    /// The table holds nothing.
    #[error("the table {0} holds no architecture")]
    EmptyTable(String),
    /// The table does not answer the question.
    #[error(transparent)]
    Table(Box<BenchmarkError>),
    /// A study setting is wrong.
    #[error(transparent)]
    Study(Box<SearchError>),
    /// A search failed.
    #[error("{} on {} with seed {} failed", key.strategy, key.task, key.seed)]
    Search {
        /// Which one.
        key: SearchKey,
        /// Why.
        #[source]
        source: Box<SearchError>,
    },
    /// A strategy could not be built.
    #[error("{} cannot be built", key.strategy)]
    Build {
        /// For which search.
        key: SearchKey,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// There are no threads.
    #[error("no thread can be started")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// A file cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// Another process writes there.
    #[error("{} is being written by another process: wait until it ends, or choose another folder", .0.display())]
    Locked(PathBuf),
    /// A recorded search cannot be read.
    #[error("{}, line {line}: not a recorded search ({reason}); remove the line, or choose another folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The folder holds searches that cannot be compared with those asked for.
    #[error(
        "{} holds searches with {what} {recorded}, but {given} was given; repeat the command with the recorded value, or choose \
         another folder", path.display()
    )]
    OtherSettings {
        /// The folder.
        path: PathBuf,
        /// Which setting.
        what: String,
        /// Its recorded value.
        recorded: String,
        /// Its value now.
        given: String,
    },
    /// A search is missing.
    #[error("{} on {} with seed {} is not finished; run the same command again", .0.strategy, .0.task, .0.seed)]
    Unfinished(SearchKey),
    /// The summary cannot be written as a table.
    #[error("the summary cannot be written as CSV")]
    Csv(#[source] Box<csv::Error>),
}

impl From<BenchmarkError> for LaboratoryError {
    fn from(error: BenchmarkError) -> Self {
        Self::Table(Box::new(error))
    }
}

impl From<SearchError> for LaboratoryError {
    fn from(error: SearchError) -> Self {
        Self::Study(Box::new(error))
    }
}
