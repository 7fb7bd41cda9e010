use crate::RangeError;
use bonas_core::{EvaluationError, SpaceError, StrategyError};
use std::path::PathBuf;
use thiserror::Error;

/// Why a study could not be run, or its database not be used.
#[derive(Debug, Error)]
pub enum SearchError {
    /// A setting lies outside its range.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// The study would never end.
    #[error("the study has no budget: set at least one of study.budget.queries, study.budget.rounds, study.budget.minutes")]
    NoBudget,

    /// The strategy could not propose.
    #[error("round {round}: no proposals")]
    Strategy {
        /// The round, from 0.
        round: usize,
        /// What happened.
        #[source]
        source: StrategyError,
    },
    /// The strategy proposed more than it was asked for.
    #[error("round {round}: the strategy was asked for {asked} architectures and proposed {proposed}")]
    TooManyProposals {
        /// The round, from 0.
        round: usize,
        /// How many were wanted.
        asked: usize,
        /// How many came.
        proposed: usize,
    },
    /// The strategy proposed something that is not of the space.
    #[error("round {round}: the strategy proposed an architecture outside the space")]
    ProposalOutside {
        /// The round, from 0.
        round: usize,
        /// Which rule is broken.
        #[source]
        source: SpaceError,
    },
    /// The batch could not be evaluated.
    #[error("round {round}: the batch could not be evaluated; the rounds before it are recorded")]
    Evaluation {
        /// The round, from 0.
        round: usize,
        /// What happened.
        #[source]
        source: EvaluationError,
    },
    /// The evaluator broke its contract.
    #[error("round {round}: the evaluator was given {batch} architectures and returned {outcomes} outcomes")]
    OutcomeCount {
        /// The round, from 0.
        round: usize,
        /// Size of the batch.
        batch: usize,
        /// How many outcomes came back.
        outcomes: usize,
    },

    /// A new study would overwrite an old one.
    #[error("{} exists already: resume that study, or choose another folder", .0.display())]
    Exists(PathBuf),
    /// There is no study.
    #[error("there is no study database at {}: check the run folder", .0.display())]
    Missing(PathBuf),
    /// Another process writes to the study.
    #[error("{} is being written by another process: wait until that study ends, or stop it; reading is possible meanwhile", .0.display())]
    Locked(PathBuf),
    /// The file is something else.
    #[error("{} is not a bonas study: found {found}, expected an SQLite database made by bonas; check the path", path.display())]
    NotAStudy {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// The file comes from another version of bonas.
    #[error(
        "{} has study format {found}, but this bonas reads format {expected}: use the bonas that wrote it{}",
        path.display(), written_by(bonas.as_deref())
    )]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: i64,
        /// The format version of this library.
        expected: i64,
        /// The version of bonas that wrote it, where it can be read.
        bonas: Option<String>,
    },
    /// The file is a study, but damaged.
    #[error("{} is damaged ({reason}): restore it from a copy, or start again in another folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The study in the file is not the one that is being run.
    #[error("{} holds a study with {what} {stored}, but {what} {given} was given: resume with the recorded configuration", path.display())]
    OtherStudy {
        /// The file.
        path: PathBuf,
        /// What differs: space or seed.
        what: &'static str,
        /// What was recorded.
        stored: String,
        /// What was given.
        given: String,
    },
    /// There is no space left.
    #[error("cannot write {}: the disk is full; free some space and resume, the recorded rounds are intact", .0.display())]
    DiskFull(PathBuf),
    /// The database engine failed.
    #[error("cannot {action} {}; the recorded rounds are intact", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the engine says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file system failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A final result is not JSON, or not of the wanted type.
    #[error("result '{name}' in {} cannot be converted", path.display())]
    Result {
        /// The file.
        path: PathBuf,
        /// Name of the result.
        name: String,
        /// What JSON says.
        #[source]
        source: serde_json::Error,
    },
}

fn written_by(bonas: Option<&str>) -> String {
    bonas.map(|version| format!(" ({version})")).unwrap_or_default()
}
