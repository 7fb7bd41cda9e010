use crate::config::ExperimentConfig;
use crate::costs::{Costs, LATENCY_DIGEST};
use crate::error::BonasError;
use crate::finalists::{fitted, train_finalists};
use crate::knowledge::{SourceTrial, TRANSFER, informed_strategy, trials_of_runs};
use crate::latency_model::{LATENCY_MODEL, LatencyModel};
use crate::parts::{settled, validate};
use crate::provenance::{DATA_DIGEST, SPACE_DIGEST, TRANSFER_DIGEST, space_digest, study_record};
use crate::run_folder::{RunFolder, write_whole};
use crate::source::Source;
use crate::training::{FINAL_METRICS, FinalMetrics, Training};
use crate::training_folder::TrainingFolder;
use bonas_benchmarks::TableReport;
use bonas_core::{Interrupt, Progress, SearchSpace, SearchStrategy, Silent};
use bonas_search::{Finalist, Finals, StopReason, Storage, Study, StudyObserver, StudyReader, StudySummary, TrialRecord};
use bonas_spaces::SpaceChoice;
use bonas_supernet::SupernetConfig;
use std::path::PathBuf;
use std::sync::Arc;

/// Name of the record of why the search stopped.
pub(crate) const STOP_REASON: &str = "stop_reason";

/// Name under which the report of a table is recorded.
pub(crate) const TABLE_REPORT: &str = "table_report";

/// A search, from the first query to the trained winner, or to what a table knows of it.
pub struct Experiment {
    config: ExperimentConfig,
    run: RunFolder,
    storage: Storage,
    space: Arc<dyn SearchSpace>,
    source: Source,
    /// The trials of another run that the surrogate learns from first.
    transfer: Vec<SourceTrial>,
    costs: Costs,
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
    /// The winner: the first of the finalists, or the trial with the highest score where there are none.
    pub best: Option<TrialRecord>,
    /// The best of all rounds, evaluated together, where rounds are not comparable.
    pub finalists: Vec<Finalist>,
    /// What the winner achieved after training from scratch; none if the experiment was interrupted before that, or searched a
    /// table.
    pub metrics: Option<FinalMetrics>,
    /// What the table knows of the winner, if a table was searched to the end.
    pub table: Option<TableReport>,
}

impl Finished {
    /// Whether nothing is left to be done.
    pub fn is_complete(&self) -> bool {
        self.metrics.is_some() || self.table.is_some()
    }
}

impl Experiment {
    /// Prepares a new run: checks the settings, reads training and validation images or the table, and writes down what is about
    /// to be done. The run folder holds no study yet.
    ///
    /// # Errors
    /// When a setting is wrong, the data cannot be read, or the run folder cannot be written.
    pub fn start(mut config: ExperimentConfig, run: RunFolder) -> Result<Self, BonasError> {
        config = settled(config);
        // What is recorded is what computes, also when the run is resumed after another `bonas doctor`.
        config.device = config.device.chosen();
        config = findable_from_anywhere(config);
        validate(&config)?;
        let of_bench = [
            ("knowledge.transfer_task", !config.knowledge.transfer_task.is_empty()),
            ("knowledge.transfer_epochs", config.knowledge.transfer_epochs.is_some()),
        ];
        if let Some((key, _)) = of_bench.into_iter().find(|(_, used)| *used) {
            let reason = "it is for bonas bench search; name a finished run with --transfer-from instead".into();
            return Err(BonasError::Knowledge { key, reason });
        }
        let space = config.space.build()?;
        let source = Source::open(&config, space.as_ref())?;
        let costs = Costs::open(&config, &source, None)?;
        let space = costs.limited(source.searched(&config, space))?;
        source.evaluator(&config)?;
        let transfer = trials_of_runs(&config, space.as_ref())?;
        informed_strategy(&config, &space, &transfer, source.table(), &costs)?;
        write_whole(&run.config(), &config.to_toml())?;
        let mut record = study_record(&config, space.as_ref(), &source)?;
        record.details.extend(costs.latency_digest().map(|digest| (LATENCY_DIGEST.to_string(), digest.to_string())));
        let mut storage = Storage::create(&run.study(), &record)?;
        if let Some(model) = costs.latency_model() {
            // Measured again, it would be another: what is resumed must go on with this one.
            storage.set_result(LATENCY_MODEL, model)?;
        }
        if !transfer.is_empty() {
            // Kept with the run, which needs its source no more.
            storage.set_result(TRANSFER, &transfer)?;
        }
        Ok(Self { config, run, storage, space, source, costs, transfer })
    }

    /// Opens an existing run to continue it with the configuration that was recorded.
    ///
    /// # Errors
    /// When the database cannot be opened for writing, the images have changed, or a part cannot be built.
    pub fn resume(run: RunFolder) -> Result<Self, BonasError> {
        let storage = Storage::open(&run.study())?;
        let record = storage.reader().study_record()?;
        let config = recorded_config(&run, &record.config)?;
        if let (Some(path), digest) = (config.space.file(), space_digest(&config)?)
            && record.details.get(SPACE_DIGEST) != digest.as_ref()
        {
            return Err(BonasError::SpaceChanged(path.to_path_buf()));
        }
        let space = config.space.build()?;
        let source = Source::open(&config, space.as_ref())?;
        let recorded = record.details.get(DATA_DIGEST).cloned().unwrap_or_default();
        if recorded != source.digest() {
            return Err(BonasError::DataChanged { what: source.described(), recorded, found: source.digest().into() });
        }
        let transfer: Vec<SourceTrial> = storage.reader().result(TRANSFER)?.unwrap_or_default();
        if transfer.is_empty() && record.details.contains_key(TRANSFER_DIGEST) {
            let reason =
                "the run was stopped before it had copied the trials it learns from; remove its folder and begin it again".into();
            return Err(BonasError::Knowledge { key: "knowledge.transfer_from", reason });
        }
        let costs = Costs::open(&config, &source, storage.reader().result::<LatencyModel>(LATENCY_MODEL)?)?;
        if record.details.get(LATENCY_DIGEST).map(String::as_str) != costs.latency_digest() {
            return Err(BonasError::Objectives("the table of latencies has changed since the search began; restore it".into()));
        }
        let space = costs.limited(source.searched(&config, space))?;
        Ok(Self { config, run, storage, space, source, costs, transfer })
    }

    /// The configuration of the run.
    pub fn config(&self) -> &ExperimentConfig {
        &self.config
    }

    /// What predicts latencies, if they are measured on this machine.
    pub fn latency_model(&self) -> Option<&LatencyModel> {
        self.costs.latency_model()
    }

    /// The folder of the run.
    pub fn run_folder(&self) -> &RunFolder {
        &self.run
    }

    /// Searches until the budget is spent, lets the best of all rounds meet where rounds are not comparable, trains the first of
    /// them from scratch (`finals.trained`), tests the one that does best on validation images once, and writes it to `best/`. Work that is recorded already is not repeated.
    ///
    /// # Errors
    /// When a part fails. Recorded rounds stay recorded; [`resume`](Self::resume) continues behind them.
    pub fn run(mut self, watch: &Watch<'_>) -> Result<Finished, BonasError> {
        let (summary, strategy) = self.search(watch)?;
        let StudySummary { stop_reason, queries, rounds, seconds, best } = summary;
        let run = self.run.clone();
        let mut finished =
            Finished { run, stop_reason, queries, rounds, seconds, best, finalists: Vec::new(), metrics: None, table: None };
        if stop_reason == StopReason::Interrupted {
            return Ok(finished);
        }
        self.storage.set_result(STOP_REASON, &stop_reason)?;
        if finished.best.is_none() {
            return Err(BonasError::NoWinner { queries, run: self.run.path().to_path_buf() });
        }
        let Some(finalists) = self.finals(strategy.as_ref(), watch)? else { return Ok(finished) };
        finished.finalists = finalists;
        match &self.source {
            Source::Images(images) => {
                let training = Training::of_run(&self.config, images);
                self.train(&training, &mut finished, watch)?;
            }
            Source::Table(source) => {
                let Some(winner) = &finished.best else { return Ok(finished) };
                let report = TableReport::new(&source.table, &self.config.table, &winner.architecture, &winner.text)?;
                self.storage.set_result(TABLE_REPORT, &report)?;
                finished.table = Some(report);
            }
        }
        Ok(finished)
    }

    /// The last comparison; empty where none is needed, `None` when interrupted.
    fn finals(&mut self, strategy: &dyn SearchStrategy, watch: &Watch<'_>) -> Result<Option<Vec<Finalist>>, BonasError> {
        let supernet = SupernetConfig { epochs: self.config.finals.epochs, ..self.config.supernet.clone() };
        // All in one sub-supernet, or they would not be comparable.
        let device = self.config.device.first().into();
        let config = ExperimentConfig { supernet, device, ..self.config.clone() };
        let mut evaluator = self.source.evaluator(&config)?;
        if self.config.finals.candidates < 2 || evaluator.comparable_across_batches() {
            return Ok(Some(Vec::new()));
        }
        let finals = Finals {
            evaluator: evaluator.as_mut(),
            storage: &mut self.storage,
            seed: self.config.study.seed,
            strategy,
            candidates: self.config.finals.candidates,
            observer: watch.observer,
            progress: watch.progress,
            interrupt: &watch.interrupt,
        };
        Ok(finals.run()?)
    }

    /// Trains the finalists, or the best of the search where there are none, tests the winner and writes it to `best/`.
    fn train(&mut self, training: &Training, finished: &mut Finished, watch: &Watch<'_>) -> Result<(), BonasError> {
        let meet = Finalist::winner(&finished.finalists).is_some();
        if meet {
            let wanted = self.config.finals.trained;
            let recorded = (&self.run, &mut self.storage);
            let all = train_finalists(training, &mut finished.finalists, wanted, recorded, watch)?;
            finished.best = winner(self.storage.reader(), &finished.finalists)?.or(finished.best.take());
            if !all {
                return Ok(());
            }
        }
        let Some(winner) = &finished.best else { return Ok(()) };
        let done = self.storage.reader().result::<FinalMetrics>(FINAL_METRICS)?;
        let (text, best) = (self.space.format(&winner.architecture), TrainingFolder::new(&self.run.best()));
        if let Some(metrics) = done.filter(|metrics| metrics.architecture == text && best.is_finished()) {
            finished.metrics = Some(metrics);
            return Ok(());
        }
        let fitted = if meet { fitted(&self.run, &self.storage, winner.id)? } else { None };
        finished.metrics = match fitted {
            Some((file, fit)) => training.test_file(&winner.architecture, (&file, fit), &best, watch)?,
            None => training.run(&winner.architecture, &best, watch)?,
        };
        if let Some(metrics) = &finished.metrics {
            self.storage.set_result(FINAL_METRICS, metrics)?;
        }
        Ok(())
    }

    fn search(&mut self, watch: &Watch<'_>) -> Result<(StudySummary, Box<dyn SearchStrategy>), BonasError> {
        let mut strategy = informed_strategy(&self.config, &self.space, &self.transfer, self.source.table(), &self.costs)?;
        let mut evaluator = self.costs.with(self.source.evaluator(&self.config)?);
        let study = Study {
            space: self.space.as_ref(),
            strategy: strategy.as_mut(),
            evaluator: &mut evaluator,
            storage: &mut self.storage,
            config: &self.config.study,
            observer: watch.observer,
            progress: watch.progress,
            interrupt: &watch.interrupt,
        };
        let summary = study.run()?;
        Ok((summary, strategy))
    }
}

/// The configuration with paths that still lead to images and tables when the work is continued from another folder.
pub(crate) fn findable_from_anywhere(mut config: ExperimentConfig) -> ExperimentConfig {
    for path in [
        &mut config.data.path,
        &mut config.data.test_path,
        &mut config.table.path,
        &mut config.table.layout,
        &mut config.latency.table,
        &mut config.latency.layout,
    ] {
        *path = path.take().map(absolute);
    }
    config.knowledge.transfer_from = config.knowledge.transfer_from.into_iter().map(absolute).collect();
    if let SpaceChoice::File(path) = config.space {
        config.space = SpaceChoice::File(absolute(path));
    }
    config
}

/// What is no file stays a name.
fn absolute(path: PathBuf) -> PathBuf {
    let absolute = path.exists().then(|| std::path::absolute(&path).ok()).flatten();
    absolute.unwrap_or(path)
}

/// The trial that comes first among the finalists; `None` where there was none or all of its finalists failed.
pub(crate) fn winner(reader: &StudyReader, finalists: &[Finalist]) -> Result<Option<TrialRecord>, BonasError> {
    let Some(first) = Finalist::winner(finalists) else { return Ok(None) };
    Ok(reader.trials()?.into_iter().find(|trial| trial.id == first.trial))
}

/// The configuration as it was written down when the run began.
pub(crate) fn recorded_config(run: &RunFolder, text: &str) -> Result<ExperimentConfig, BonasError> {
    toml::from_str(text).map_err(|error| BonasError::RecordedConfig { path: run.study(), reason: error.message().to_string() })
}
