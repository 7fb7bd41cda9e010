use super::scores::Population;
use super::{Calibration, FitCourse, FitKey, FitRecord, FitSeconds, Protocol, csv};
use crate::statistics::Spread;
use crate::{LaboratoryError, TaskFacts};
use bonas_bayes::kendall_tau;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that is said of a course of fits, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitSummary {
    /// Name of the space.
    pub space: String,
    /// What was trained on and what was ranked.
    pub protocol: Protocol,
    /// Seed of the first split.
    pub first_split: u64,
    /// How many splits.
    pub splits: u64,
    /// The tasks.
    pub tasks: Vec<FitTask>,
    /// Every surrogate with every size on every task: task by task, size by size, in the order in which they were named.
    pub surrogates: Vec<FitSummaryRow>,
}

/// A task, and how well a surrogate could do on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitTask {
    /// What the table says of it.
    #[serde(flatten)]
    pub facts: TaskFacts,
    /// The column of the scores that are ranked, in words.
    pub ranked: String,
    /// Kendall's τ between validation and test scores of all architectures, which is what a surrogate reaches that knows every
    /// validation score; only where test scores are ranked.
    pub ceiling: Option<f64>,
}

/// One surrogate with one size of training set on one task: means over splits. `None` where some split has no value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitSummaryRow {
    /// Name of the surrogate.
    pub name: String,
    /// Name of the task.
    pub task: String,
    /// Architectures trained on.
    pub train: usize,
    /// Architectures ranked, in the first split.
    pub ranked: usize,
    /// Whether it predicts ranks rather than scores: the scale of `mae` and of the likelihood.
    pub predicts_ranks: bool,
    /// Kendall's τ-b.
    pub kendall: Option<Spread>,
    /// Spearman's ρ.
    pub spearman: Option<Spread>,
    /// Mean absolute error.
    pub mae: Option<Spread>,
    /// Parts of the outcomes inside their central 50, 80 and 95 % intervals, by the percentage.
    pub coverage: BTreeMap<u32, Option<Spread>>,
    /// Mean negative log-likelihood of an outcome.
    pub negative_log_likelihood: Option<Spread>,
    /// Mean seconds of one fit.
    pub seconds: FitSeconds,
}

impl FitSummary {
    /// Sums up a course. All its fits must be finished.
    ///
    /// # Errors
    /// [`LaboratoryError::UnfinishedFit`], or when a table has no such columns.
    pub fn new(course: &FitCourse, records: &BTreeMap<FitKey, FitRecord>) -> Result<Self, LaboratoryError> {
        let mut summary = Self {
            space: course.space.name().into(),
            protocol: course.protocol,
            first_split: course.splits.start,
            splits: course.splits.end - course.splits.start,
            tasks: Vec::new(),
            surrogates: Vec::new(),
        };
        for task in &course.tasks {
            let facts = task.facts()?;
            let population = Population::new(task, course.space.as_ref(), course.protocol == Protocol::Anchors)?;
            summary.tasks.push(match &population.test {
                None => FitTask { ranked: facts.objective.clone(), ceiling: None, facts },
                Some(test) => FitTask { ranked: test.column.to_string(), ceiling: ceiling(&population, &test.scores)?, facts },
            });
            for &train in &course.train {
                for surrogate in &course.surrogates {
                    let record = |split| {
                        let key = FitKey { task: task.name.clone(), surrogate: surrogate.name.clone(), train, split };
                        records.get(&key).ok_or(LaboratoryError::UnfinishedFit(key))
                    };
                    let fits = course.splits.clone().map(record).collect::<Result<Vec<_>, _>>()?;
                    summary.surrogates.push(row(surrogate.predicts_ranks, &fits));
                }
            }
        }
        Ok(summary)
    }

    /// One row for every surrogate, size and task, with a header.
    ///
    /// # Errors
    /// When a row cannot be written.
    pub fn to_csv(&self) -> Result<String, LaboratoryError> {
        csv::write(self)
    }
}

/// τ between validation and test scores of the architectures that have both; `None` where one is constant.
fn ceiling(population: &Population<'_>, test: &[Option<f64>]) -> Result<Option<f64>, LaboratoryError> {
    let validation = population.scores(0)?;
    let both = validation.into_iter().zip(test).filter_map(|(validation, test)| Some((validation?, (*test)?)));
    let (validation, test): (Vec<f64>, Vec<f64>) = both.unzip();
    Ok(kendall_tau(&validation, &test).ok())
}

/// `fits` are one for each split, at least one.
fn row(predicts_ranks: bool, fits: &[&FitRecord]) -> FitSummaryRow {
    let spread = |value: &dyn Fn(&FitRecord) -> Option<f64>| Spread::of(fits.iter().map(|fit| value(fit)));
    let calibrated = |value: fn(&Calibration) -> Option<f64>| spread(&|fit| value(fit.calibration.as_ref()?));
    let coverage = [
        (50, calibrated(|calibration| Some(calibration.coverage_50))),
        (80, calibrated(|calibration| Some(calibration.coverage_80))),
        (95, calibrated(|calibration| Some(calibration.coverage_95))),
    ];
    let seconds = |value: fn(&FitSeconds) -> f64| fits.iter().map(|fit| value(&fit.seconds)).sum::<f64>() / fits.len() as f64;
    let FitKey { task, surrogate, train, .. } = fits[0].key.clone();
    FitSummaryRow {
        name: surrogate,
        task,
        train,
        ranked: fits[0].ranked,
        predicts_ranks,
        kendall: spread(&|fit| fit.kendall),
        spearman: spread(&|fit| fit.spearman),
        mae: spread(&|fit| Some(fit.mae)),
        coverage: coverage.into(),
        negative_log_likelihood: calibrated(|calibration| calibration.negative_log_likelihood),
        seconds: FitSeconds { fit: seconds(|seconds| seconds.fit), predict: seconds(|seconds| seconds.predict) },
    }
}
