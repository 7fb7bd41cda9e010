use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::final_training::{FinalMetrics, FinalTraining};
use crate::parts::{build_evaluator, build_strategy, validate};
use crate::provenance::{DATA_DIGEST, study_record};
use crate::run_folder::RunFolder;
use bonas_core::{Interrupt, Progress, SearchSpace, Silent};
use bonas_data::{DataSource, SearchData};
use bonas_search::{StopReason, Storage, Study, StudyObserver, StudySummary, TrialRecord};
use bonas_spaces::DartsSpace;
use std::path::PathBuf;
use std::sync::Arc;

/// Name of the record of why the search stopped.
pub(crate) const STOP_REASON: &str = "stop_reason";

/// A search on images, from the first query to the trained winner.
pub struct Experiment {
    config: ExperimentConfig,
    run: RunFolder,
    storage: Storage,
    space: Arc<DartsSpace>,
    data: Arc<SearchData>,
}

/// Who watches an experiment, and who may stop it.
#[derive(Clone)]
pub struct Watch<'a> {
    /// Sees how far long work is.
    pub progress: &'a dyn Progress,
    /// Sees rounds begin and end.
    pub observer: &'a dyn StudyObserver,
    /// Stops the work at its next step.
    pub interrupt: Interrupt,
}

impl Default for Watch<'_> {
    fn default() -> Self {
        Self { progress: &Silent, observer: &(), interrupt: Interrupt::default() }
    }
}

/// How an experiment ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The run folder.
    pub run: RunFolder,
    /// Why the search ended.
    pub stop_reason: StopReason,
    /// Architectures evaluated.
    pub queries: usize,
    /// Rounds recorded.
    pub rounds: usize,
    /// Seconds of search.
    pub seconds: f64,
    /// The best trial.
    pub best: Option<TrialRecord>,
    /// What the winner achieved after training from scratch; none if the experiment was interrupted before that.
    pub metrics: Option<FinalMetrics>,
}

impl Experiment {
    /// Prepares a new run: checks the settings, reads training and validation images, and writes down what is about to be
    /// done. The run folder holds no study yet.
    ///
    /// # Errors
    /// When a setting is wrong, the images cannot be read, or the run folder cannot be written.
    pub fn start(mut config: ExperimentConfig, run: RunFolder) -> Result<Self, BonasError> {
        config.surrogate = config.surrogate.resolved();
        config.data.path = config.data.path.map(findable_from_anywhere);
        config.data.test_path = config.data.test_path.map(findable_from_anywhere);
        validate(&config)?;
        let space = Arc::new(config.space.build_darts());
        build_strategy(&config, space.clone())?;
        let data = Arc::new(DataSource::open(&config.data, config.study.seed)?);
        config.augment.validate(data.train.shape())?;
        run.write(&run.config(), &config.to_toml())?;
        let storage = Storage::create(&run.study(), &study_record(&config, &data))?;
        Ok(Self { config, run, storage, space, data })
    }

    /// Opens an existing run to continue it with the configuration that was recorded.
    ///
    /// # Errors
    /// When the database cannot be opened for writing, the images have changed, or a part cannot be built.
    pub fn resume(run: RunFolder) -> Result<Self, BonasError> {
        let storage = Storage::open(&run.study())?;
        let record = storage.reader().study_record()?;
        let config = recorded_config(&run, &record.config)?;
        let data = Arc::new(DataSource::open(&config.data, config.study.seed)?);
        let recorded = record.details.get(DATA_DIGEST).cloned().unwrap_or_default();
        if recorded != data.digest {
            return Err(BonasError::DataChanged { recorded, found: data.digest.clone() });
        }
        let space = Arc::new(config.space.build_darts());
        Ok(Self { config, run, storage, space, data })
    }

    /// The configuration of the run.
    pub fn config(&self) -> &ExperimentConfig {
        &self.config
    }

    /// The folder of the run.
    pub fn run_folder(&self) -> &RunFolder {
        &self.run
    }

    /// Searches until the budget is spent, then trains the winner from scratch, tests it once and writes it to `best/`.
    /// Work that is recorded already is not repeated.
    ///
    /// # Errors
    /// When a part fails. Recorded rounds stay recorded; [`resume`](Self::resume) continues behind them.
    pub fn run(mut self, watch: &Watch<'_>) -> Result<Finished, BonasError> {
        let summary = self.search(watch)?;
        let finished = |metrics, summary: StudySummary, run| Finished {
            run,
            stop_reason: summary.stop_reason,
            queries: summary.queries,
            rounds: summary.rounds,
            seconds: summary.seconds,
            best: summary.best,
            metrics,
        };
        if summary.stop_reason == StopReason::Interrupted {
            return Ok(finished(None, summary, self.run));
        }
        self.storage.set_result(STOP_REASON, &summary.stop_reason)?;
        let Some(best) = &summary.best else {
            return Err(BonasError::NoWinner { queries: summary.queries, run: self.run.path().to_path_buf() });
        };
        let training = FinalTraining { config: &self.config, space: &self.space, data: &self.data, run: &self.run };
        let metrics = training.run(best, &mut self.storage, watch)?;
        Ok(finished(metrics, summary, self.run))
    }

    fn search(&mut self, watch: &Watch<'_>) -> Result<StudySummary, BonasError> {
        let space: Arc<dyn SearchSpace> = self.space.clone();
        let mut strategy = build_strategy(&self.config, space)?;
        let mut evaluator = build_evaluator(&self.config, self.space.clone(), self.data.clone());
        let study = Study {
            space: self.space.as_ref(),
            strategy: strategy.as_mut(),
            evaluator: evaluator.as_mut(),
            storage: &mut self.storage,
            config: &self.config.study,
            observer: watch.observer,
            progress: watch.progress,
            interrupt: &watch.interrupt,
        };
        Ok(study.run()?)
    }
}

/// A path that still leads to the images when the run is resumed from another folder. What is no file stays a name.
fn findable_from_anywhere(path: PathBuf) -> PathBuf {
    let absolute = path.exists().then(|| std::path::absolute(&path).ok()).flatten();
    absolute.unwrap_or(path)
}

/// The configuration as it was written down when the run began.
pub(crate) fn recorded_config(run: &RunFolder, text: &str) -> Result<ExperimentConfig, BonasError> {
    toml::from_str(text).map_err(|error| BonasError::RecordedConfig { path: run.study(), reason: error.message().to_string() })
}
