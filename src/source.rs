use crate::config::{EvaluatorName, ExperimentConfig};
use crate::error::BonasError;
use bonas_benchmarks::{Table, TableEvaluator, TableSpace, file_digest};
use bonas_core::{Evaluator, SearchSpace};
use bonas_data::{DataSource, SearchData};
use bonas_search::OnePerFunction;
use bonas_supernet::{NetworkSpace, StandAloneEvaluator, SupernetEvaluator};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the scores of an experiment come from: networks trained on images, or a table of finished trainings.
pub(crate) enum Source {
    Images(ImageSource),
    Table(TableSource),
}

/// Images, and the space whose architectures become networks.
#[derive(Clone)]
pub(crate) struct ImageSource {
    pub(crate) space: Arc<NetworkSpace>,
    pub(crate) data: Arc<SearchData>,
}

/// A table and what its file is.
pub(crate) struct TableSource {
    pub(crate) table: Arc<Table>,
    path: PathBuf,
    digest: String,
}

impl Source {
    /// Opens what a configuration names.
    pub(crate) fn open(config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Self, BonasError> {
        match config.evaluator {
            EvaluatorName::Table => Ok(Self::Table(TableSource::open(config, space)?)),
            EvaluatorName::Supernet | EvaluatorName::StandAlone => Ok(Self::Images(ImageSource::open(config)?)),
        }
    }

    pub(crate) fn evaluator(&self, config: &ExperimentConfig) -> Result<Box<dyn Evaluator>, BonasError> {
        match self {
            Self::Table(source) => {
                let evaluator = TableEvaluator::new(source.table.clone(), &config.table)?;
                if config.study.budget.cost_hours.is_some() && !evaluator.knows_costs() {
                    let reason = format!("the table {} has no seconds of training", source.table.name());
                    return Err(BonasError::CostUnknown { reason, remedy: "limit study.budget.queries" });
                }
                Ok(Box::new(evaluator))
            }
            Self::Images(source) => source.evaluator(config),
        }
    }

    /// The space that is searched. Of a table it is `space`, or the part of it that the table has, if the configuration says so. Networks
    /// that compute the same are trained once.
    pub(crate) fn searched(&self, config: &ExperimentConfig, space: Arc<dyn SearchSpace>) -> Arc<dyn SearchSpace> {
        match self {
            Self::Table(source) => source.searched(config, space),
            Self::Images(_) => Arc::new(OnePerFunction::new(space)),
        }
    }

    /// The table, where one answers.
    pub(crate) fn table(&self) -> Option<&Table> {
        match self {
            Self::Table(source) => Some(&source.table),
            Self::Images(_) => None,
        }
    }

    /// Name of the data, for people.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Images(source) => &source.data.name,
            Self::Table(source) => source.table.name(),
        }
    }

    /// What the digest is of, for errors.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Images(_) => "the images".into(),
            Self::Table(source) => format!("the table {}", source.path.display()),
        }
    }

    /// SHA-256 of the data.
    pub(crate) fn digest(&self) -> &str {
        match self {
            Self::Images(source) => &source.data.digest,
            Self::Table(source) => source.digest(),
        }
    }

    /// How much data there is, by name.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
        match self {
            Self::Images(source) => {
                vec![("data.train_images", source.data.train.len()), ("data.validation_images", source.data.validation.len())]
            }
            Self::Table(source) => vec![("table.architectures", source.table.len())],
        }
    }
}

impl ImageSource {
    /// Reads training and validation images. Test images are looked at only to see whether they are there and fit.
    pub(crate) fn open(config: &ExperimentConfig) -> Result<Self, BonasError> {
        let space = NetworkSpace::new(config.space.build_typed()?)?;
        space.check(&config.network)?;
        if config.evaluator == EvaluatorName::Supernet {
            space.check_supernet(&config.supernet)?;
        }
        let data = DataSource::open_to_train(&config.data, &config.augment, config.study.seed)?;
        DataSource::check_test(&config.data, config.study.seed, &data.train)?;
        Ok(Self { space: Arc::new(space), data: Arc::new(data) })
    }

    /// Builds a fresh evaluator on these images.
    pub(crate) fn evaluator(&self, config: &ExperimentConfig) -> Result<Box<dyn Evaluator>, BonasError> {
        let (space, data) = (self.space.clone(), self.data.clone());
        let (augment, network) = (config.augment.clone(), config.network.clone());
        let optimizer = match config.evaluator {
            EvaluatorName::StandAlone => &config.retrain.optimizer,
            EvaluatorName::Supernet | EvaluatorName::Table => &config.supernet.optimizer,
        };
        let devices = config.device.open_all(optimizer.precision)?;
        Ok(match config.evaluator {
            EvaluatorName::StandAlone => {
                Box::new(StandAloneEvaluator { space, data, augment, network, config: config.retrain.clone(), devices })
            }
            EvaluatorName::Supernet | EvaluatorName::Table => {
                Box::new(SupernetEvaluator { space, data, augment, network, config: config.supernet.clone(), devices })
            }
        })
    }
}

impl TableSource {
    pub(crate) fn open(config: &ExperimentConfig, space: &dyn SearchSpace) -> Result<Self, BonasError> {
        let path = config.table.path.as_deref().ok_or(bonas_benchmarks::BenchmarkError::NoTable)?;
        let table = Table::open(path, config.table.layout.as_deref())?;
        table.check_space(space.name())?;
        Ok(Self { table: Arc::new(table), digest: file_digest(path)?, path: path.to_path_buf() })
    }

    pub(crate) fn searched(&self, config: &ExperimentConfig, space: Arc<dyn SearchSpace>) -> Arc<dyn SearchSpace> {
        if config.table.only_rows && !self.table.is_empty() {
            return Arc::new(TableSpace::new(space, self.table.clone()));
        }
        space
    }

    /// SHA-256 of its file.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}
