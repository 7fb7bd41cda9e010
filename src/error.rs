use crate::config_file::ConfigError;
use crate::device::DeviceError;
use std::path::PathBuf;
use thiserror::Error;

/// Why an experiment could not be started, continued or finished. What was recorded stays recorded.
#[derive(Debug, Error)]
pub enum BonasError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A setting lies outside its range.
    #[error("{key} must be {range}, but is {value}")]
    OutOfRange {
        /// Full name of the setting.
        key: &'static str,
        /// What is allowed.
        range: &'static str,
        /// What was given.
        value: String,
    },
    /// The device is not available.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The run folder is there already.
    #[error(
        "the run folder {} exists already; choose another with --out, or continue that run with `bonas resume {}`",
        .0.display(), .0.display()
    )]
    RunExists(PathBuf),
    /// Something is in the place of the run folder, and it is no run.
    #[error(
        "{} exists already and holds no study; choose another with --out{}", .0.display(),
        if .0.is_dir() { " (a search that was killed at its very start leaves an empty folder, which can be removed)" } else { "" }
    )]
    NotARun(PathBuf),
    /// Something is where results would go.
    #[error(
        "{} exists already; choose another folder with --out, or continue a training that was stopped in it with `bonas resume {}`",
        .0.display(), .0.display()
    )]
    FolderExists(PathBuf),
    /// There is no study in the folder.
    #[error(
        "{} is not a run folder: it holds no study.db. {}", .0.display(),
        match .0.join("genotype.json").is_file() {
            true => "It is that of a training, of which report.html and metrics.jsonl in it tell",
            false => "Name the folder that `bonas search` or `bonas train` wrote; what was killed before it wrote anything has to begin again",
        }
    )]
    NoRun(PathBuf),
    /// A folder could not be made.
    #[error("cannot create the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the run could not be written.
    #[error("cannot write {} (what was there before is untouched); check its folder and the room on its disk", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The images, or the table, changed since the run began.
    #[error(
        "{what} of this run changed after it began (the digest is {found}, recorded is {recorded}); put the original back, or begin a \
         new run"
    )]
    DataChanged {
        /// `the images`, or the name of the table's file.
        what: String,
        /// Digest when the run began.
        recorded: String,
        /// Digest now.
        found: String,
    },
    /// What was recorded of a run or a training cannot be read by this version.
    #[error("what is recorded in {} cannot be read by this version of bonas: {reason}", path.display())]
    RecordedConfig {
        /// The database, or the file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nothing was measured, so there is no winner.
    #[error("none of the {queries} architectures could be measured; `bonas show {}` lists the reasons", run.display())]
    NoWinner {
        /// Queries made.
        queries: usize,
        /// The run folder.
        run: PathBuf,
    },
    /// No finalist could be trained from scratch.
    #[error(
        "none of the finalists could be trained from scratch: {reason}; the search is kept in {}: train one of its architectures \
         with `bonas train --arch` and other settings",
        run.display()
    )]
    NoFinalist {
        /// Why the last of them failed.
        reason: String,
        /// The run folder.
        run: PathBuf,
    },
    /// A trial among the best has no score, which a sound database does not hold.
    #[error("trial {0} is among the best but has no score: the database was changed by hand")]
    Unmeasured(usize),
    /// The images could not be read.
    #[error(transparent)]
    Data(#[from] bonas_data::DataError),
    /// The study failed.
    #[error(transparent)]
    Search(Box<bonas_search::SearchError>),
    /// The strategy could not be built.
    #[error(transparent)]
    Strategy(#[from] bonas_core::StrategyError),
    /// The surrogate could not be built.
    #[error(transparent)]
    Surrogate(#[from] bonas_core::SurrogateError),
    /// An acquisition setting lies outside its range.
    #[error(transparent)]
    Bayes(#[from] bonas_bayes::BayesError),
    /// An architecture could not be read.
    #[error(transparent)]
    Space(#[from] bonas_core::SpaceError),
    /// The file that describes the space cannot be read, or describes none.
    #[error(transparent)]
    CustomSpace(#[from] bonas_spaces::CustomSpaceError),
    /// The file that describes the space has changed since the run began.
    #[error("{} has changed since this run began; put the original back, or begin a new run", .0.display())]
    SpaceChanged(PathBuf),
    /// Objectives or limits do not fit the search.
    #[error("{0}")]
    Objectives(String),
    /// Limits that nothing keeps.
    #[error(transparent)]
    Constraints(#[from] bonas_search::ConstraintError),
    /// A table is named, but another evaluator would not look at it.
    #[error("{key} is set, but the evaluator is {evaluator}, which reads no table; add --evaluator table, or leave it out")]
    TableUnused {
        /// Full name of the setting.
        key: &'static str,
        /// The evaluator.
        evaluator: &'static str,
    },
    /// Hours of training are limited, and nothing says how long a training takes.
    #[error("study.budget.cost_hours cannot be kept: {reason}; {remedy}")]
    CostUnknown {
        /// Why.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// What the surrogate is to be told cannot be used.
    #[error("{key} cannot be used: {reason}")]
    Knowledge {
        /// Full name of the setting.
        key: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// The run that is to be learned from searched another space.
    #[error("the run {} searched the space {found}, this search is of {wanted}; transfer needs a run of the same space", run.display())]
    OtherSpace {
        /// Folder of the run.
        run: PathBuf,
        /// Its space.
        found: String,
        /// The space of the new search.
        wanted: String,
    },
    /// The run that is to be learned from has measured too little.
    #[error("{} has {trials} measured trials; at least 2 are needed to learn from", run.display())]
    NothingToTransfer {
        /// Folder of the run, or name of the task.
        run: PathBuf,
        /// Trials with a score.
        trials: usize,
    },
    /// A task is to teach itself.
    #[error(
        "the task {0} is searched and would also be learned from, with the same trainings; leave it out of --task, or set \
         knowledge.transfer_epochs to fewer epochs"
    )]
    TransferToItself(String),
    /// A table could not be read, or does not answer the question.
    #[error(transparent)]
    Benchmark(Box<bonas_benchmarks::BenchmarkError>),
    /// Strategies could not be compared.
    #[error(transparent)]
    Laboratory(Box<bonas_laboratory::LaboratoryError>),
    /// Two strategies do not search under the same conditions.
    #[error(
        "{first} and {second} cannot be compared: their configurations differ in '{key}'; say it once for all, with an option or --set"
    )]
    NotComparable {
        /// The part of the configuration.
        key: &'static str,
        /// One strategy.
        first: String,
        /// The other.
        second: String,
    },
    /// A network would be exported over itself.
    #[error("{} is the model file itself; choose another file with --out", .0.display())]
    OwnFile(PathBuf),
    /// What is said of foreign weights cannot be.
    #[error("the weights cannot be imported as they are described: {0}")]
    ImportDescription(String),
    /// A format cannot hold the network.
    #[error(transparent)]
    Export(#[from] bonas_export::ExportError),
    /// There is no trained network.
    #[error(
        "no trained network at {}: it is neither a model file, nor a folder with model.safetensors or best/model.safetensors. A \
         run that was stopped early has none yet (`bonas resume` ends it), and a search of a table trains none", .0.display()
    )]
    NoModel(PathBuf),
    /// A network cannot be measured on these images.
    #[error(
        "the images ({images}) are not of the kind that the network classifies ({model}); they need the same size, channels and \
         classes, with the same names"
    )]
    ModelMismatch {
        /// What the network takes, and its classes.
        model: String,
        /// What was found.
        images: String,
    },
    /// A training diverged, but not from its first epoch on.
    #[error("{reason}. The last good weights are kept in {}; train again, into another folder", checkpoint.display())]
    Diverged {
        /// Where, and what to change.
        reason: String,
        /// The newest checkpoint.
        checkpoint: PathBuf,
    },
    /// A network failed.
    #[error(transparent)]
    Network(#[from] bonas_supernet::SupernetError),
    /// A cell could not be drawn.
    #[error("cannot draw the cell")]
    Draw(#[from] bonas_spaces::DrawError),
    /// The report could not be made.
    #[error("cannot make the report")]
    Report(#[from] bonas_report::ReportError),
}

impl From<bonas_benchmarks::BenchmarkError> for BonasError {
    fn from(error: bonas_benchmarks::BenchmarkError) -> Self {
        Self::Benchmark(Box::new(error))
    }
}

impl From<bonas_laboratory::LaboratoryError> for BonasError {
    fn from(error: bonas_laboratory::LaboratoryError) -> Self {
        Self::Laboratory(Box::new(error))
    }
}

impl From<bonas_search::SearchError> for BonasError {
    fn from(error: bonas_search::SearchError) -> Self {
        Self::Search(Box::new(error))
    }
}
