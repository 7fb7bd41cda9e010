use crate::{FitKey, Protocol, SearchKey, TrainingKey};
use bonas_benchmarks::BenchmarkError;
use bonas_core::{BoxError, EvaluationError, SurrogateError};
use bonas_search::SearchError;
use std::path::PathBuf;
use thiserror::Error;

/// Why methods could not be compared. What was finished stays recorded.
#[derive(Debug, Error)]
pub enum LaboratoryError {
    /// Nothing is left to search with.
    #[error(
        "{key}: cheap trainings are charged as {charged} queries, which leaves none of {queries}; raise study.budget.queries, or lower \
         knowledge.transfer_queries"
    )]
    Spent {
        /// Which search.
        key: SearchKey,
        /// What is charged.
        charged: usize,
        /// The budget.
        queries: usize,
    },
    /// There is nothing to trade off.
    #[error(
        "the table {0} has no two architectures within the limits that differ in every objective; check limits and objectives"
    )]
    NoTradeOff(String),
    /// Nothing to do.
    #[error("there is no {0} to compare with: name at least one")]
    Nothing(&'static str),
    /// Two things of one name.
    #[error(
        "the {what} '{name}' is named twice; give every {what} once, and two configurations of one {what} names of their own"
    )]
    Twice {
        /// Task, strategy or surrogate.
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
    /// Scores cannot be drawn from the table.
    #[error("the table gives no scores")]
    Evaluation(#[source] Box<EvaluationError>),
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
    /// A training failed for a reason that is no property of its networks.
    #[error("{key} failed")]
    Training {
        /// Which one.
        key: Box<TrainingKey>,
        /// Why.
        #[source]
        source: Box<EvaluationError>,
    },
    /// What trains networks could not be built.
    #[error("{key} cannot be trained")]
    BuildEvaluator {
        /// For which training.
        key: Box<TrainingKey>,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A group has more members than there are.
    #[error("{architectures} architectures cannot fill a group of {size}: raise --architectures, or lower --k")]
    GroupTooLarge {
        /// Candidates in a group.
        size: usize,
        /// Architectures.
        architectures: usize,
    },
    /// The space has not enough architectures.
    #[error("only {found} different architectures of {space} were found, but {wanted} are wanted: lower --architectures or --k")]
    TooFewArchitectures {
        /// The space.
        space: String,
        /// How many are needed.
        wanted: usize,
        /// How many there are.
        found: usize,
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
    /// A surrogate could not be built.
    #[error("{} cannot be built", key.surrogate)]
    BuildSurrogate {
        /// For which fit.
        key: FitKey,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A surrogate failed.
    #[error("{key} failed")]
    Fit {
        /// Which one.
        key: FitKey,
        /// Why.
        #[source]
        source: Box<SurrogateError>,
    },
    /// The split cannot be made.
    #[error(
        "{key}: the table has {scores} scores, but {needed} are needed, {train} to train on and at least {rest} to compare with"
    )]
    TooFewScores {
        /// Which fit.
        key: FitKey,
        /// Architectures with a score.
        scores: usize,
        /// Architectures that are trained on and compared with.
        needed: usize,
        /// Architectures that are trained on.
        train: usize,
        /// Architectures that are compared with.
        rest: usize,
    },
    /// Nothing on test images.
    #[error("the task {0} has no scores on test images, which the protocol `anchors` ranks; choose the protocol `validation`")]
    NoTest(String),
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
    /// A record cannot be read.
    #[error("{}, line {line}: not a recorded {what} ({reason}); remove the line, or choose another folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The folder holds results that cannot be compared with those asked for.
    #[error(
        "{} holds results with {what} {recorded}, but {given} was given; repeat the command with the recorded value, or choose \
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
    /// A folder without searches.
    #[error("{} holds no finished search; run bonas bench search with --out of this folder first", .0.display())]
    Empty(PathBuf),
    /// A strategy is not in a folder.
    #[error("{} holds no search of {strategy}; add it with bonas bench search, or leave it out of --strategy", path.display())]
    NotThere {
        /// The folder.
        path: PathBuf,
        /// The strategy.
        strategy: String,
    },
    /// No seed is in all searches.
    #[error(
        "{} holds no search of {strategy} on {task} with a seed that all others have; run bonas bench search there with the same seeds, or \
         leave the strategy out with --strategy", path.display()
    )]
    NoCommonSeed {
        /// The folder.
        path: PathBuf,
        /// The strategy.
        strategy: String,
        /// The task.
        task: String,
    },
    /// A strategy is not the same in two folders.
    #[error(
        "{strategy} has {key} = {} in {}, and {} in {}: only searches with the same settings are ranked together; repeat those of one \
         folder, or leave the strategy out with --strategy",
        first.1, first.0.display(), second.1, second.0.display()
    )]
    OtherStrategy {
        /// The strategy.
        strategy: String,
        /// The setting.
        key: String,
        /// A folder, and the value there.
        first: Box<(PathBuf, String)>,
        /// The other.
        second: Box<(PathBuf, String)>,
    },
    /// A folder does not say how it was made.
    #[error("the settings.json in {} has no usable {key}; run bonas bench search with --out of this folder again", path.display())]
    NoSetting {
        /// The folder.
        path: PathBuf,
        /// The setting.
        key: String,
    },
    /// A search is missing.
    #[error("{} on {} with seed {} is not finished; run the same command again", .0.strategy, .0.task, .0.seed)]
    Unfinished(SearchKey),
    /// A fit is missing.
    #[error("{0} is not finished; run the same command again")]
    UnfinishedFit(FitKey),
    /// A training is missing.
    #[error("{0} is not finished; run the same command again")]
    UnfinishedTraining(Box<TrainingKey>),
    /// The summary cannot be written as a table.
    #[error("the summary cannot be written as CSV")]
    Csv(#[source] Box<csv::Error>),
}

impl LaboratoryError {
    /// Of a fit whose split needs more scores than there are.
    pub(crate) fn too_few(protocol: Protocol, key: FitKey, scores: usize) -> Self {
        let (train, rest) = (key.train, protocol.held_out(key.train));
        Self::TooFewScores { key, scores, needed: train + rest, train, rest }
    }
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
