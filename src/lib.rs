//! **bonas** searches neural architectures: Bayesian optimisation over cells, with weight-sharing sub-supernets.
//!
//! This crate is the façade: it reads an [`ExperimentConfig`], builds the parts and runs them. The parts are crates of their
//! own, re-exported here: [`core`] (contracts), [`spaces`], [`bayes`], [`surrogate`], [`search`], [`data`], [`supernet`] and
//! [`report`].
//!
//! ```no_run
//! use bonas::{Experiment, ExperimentConfig, RunFolder};
//!
//! let config = ExperimentConfig::quick();
//! let run = RunFolder::create("runs/mine".as_ref())?;
//! let finished = Experiment::start(config, run)?.run(&bonas::Watch::default())?;
//! println!("{:?}", finished.best.map(|best| best.text));
//! # Ok::<(), bonas::BonasError>(())
//! ```
#![recursion_limit = "256"]

mod bench;
mod comparison_data;
mod config;
mod config_file;
mod costs;
mod device;
mod doctor;
mod error;
mod experiment;
mod export;
mod finalists;
mod fit_data;
mod freed_memory;
mod front;
mod import;
mod knowledge;
mod latency_model;
mod model;
mod parts;
mod provenance;
mod recipe;
mod report_data;
mod run_folder;
mod sharing_data;
mod source;
mod training;
mod training_folder;
mod training_plan;
mod training_report;

pub use bonas_bayes as bayes;
pub use bonas_benchmarks as benchmarks;
pub use bonas_core as core;
pub use bonas_data as data;
pub use bonas_export as export_formats;
pub use bonas_fetch as fetch;
pub use bonas_laboratory as laboratory;
pub use bonas_report as report;
pub use bonas_search as search;
pub use bonas_spaces as spaces;
pub use bonas_supernet as supernet;
pub use bonas_surrogate as surrogate;

pub use bench::{Entrant, FitPlan, SharingPlan, SharingReport, SupernetBench, SurrogateEntrant, search_course, surrogate_course};
pub use comparison_data::comparison_data;
pub use config::{EvaluatorName, ExperimentConfig, FinalsConfig, StrategyName};
pub use config_file::{ConfigError, Override, load_config};
pub use costs::{ConstraintsConfig, Costs, LatencyConfig, ObjectiveName};
pub use device::{DeviceError, DeviceName, DeviceNames, Gpu};
pub use doctor::{
    DeviceFailure, DeviceReport, Diagnosis, Doctor, GradientError, MixedReport, NetworksReport, ProbeEvent, Stage, probe,
};
pub use error::BonasError;
pub use experiment::{Experiment, Finished, Watch};
pub use export::{ExportFormat, ExportInput};
pub use fit_data::fit_data;
pub use freed_memory::keep_freed_memory;
pub use front::pareto_front;
pub use import::{ImportDescription, import_weights};
pub use knowledge::KnowledgeConfig;
pub use latency_model::LatencyModel;
pub use model::{ClassAccuracy, ClassProbability, Evaluation, EvaluationSplit, Model, Prediction};
pub use parts::build_strategy;
pub use recipe::Recipe;
pub use report_data::report_data;
pub use run_folder::{RunFolder, write_whole};
pub use sharing_data::sharing_data;
pub use training::{FinalMetrics, Training};
pub use training_folder::TrainingFolder;
pub use training_plan::{ScheduledRate, TrainingPlan};
pub use training_report::{training_data, write_training_report};
