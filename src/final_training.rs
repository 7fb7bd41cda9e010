use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::experiment::Watch;
use crate::run_folder::RunFolder;
use bonas_core::{SearchSpace, SeedStream};
use bonas_data::{DataSource, SearchData};
use bonas_search::{Storage, TrialRecord};
use bonas_spaces::{DartsSpace, svg};
use bonas_supernet::{Epoch, RetrainContext, SupernetError, retrain, save_weights};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Name under which the metrics of the winner are recorded.
pub(crate) const FINAL_METRICS: &str = "final_metrics";

/// What the winner achieved after training from scratch. The test images were opened once, after all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalMetrics {
    /// The architecture, in the text form of its space.
    pub architecture: String,
    /// Share of test images classified right, in [0, 1].
    pub test_accuracy: f64,
    /// Mean cross-entropy on the test images, in nats.
    pub test_loss: f64,
    /// Number of test images.
    pub test_images: usize,
    /// Share of validation images classified right after the last epoch, in [0, 1].
    pub validation_accuracy: f64,
    /// Trainable parameters.
    pub parameters: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// Epoch by epoch.
    pub history: Vec<Epoch>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Test images per (true class, predicted class).
    pub confusion: Vec<Vec<usize>>,
}

/// The training of the winner and what becomes of it.
pub(crate) struct FinalTraining<'a> {
    pub(crate) config: &'a ExperimentConfig,
    pub(crate) space: &'a DartsSpace,
    pub(crate) data: &'a SearchData,
    pub(crate) run: &'a RunFolder,
}

impl FinalTraining<'_> {
    /// Trains, tests and writes the winner, unless that is done already. `None` when interrupted.
    pub(crate) fn run(
        &self,
        best: &TrialRecord,
        storage: &mut Storage,
        watch: &Watch<'_>,
    ) -> Result<Option<FinalMetrics>, BonasError> {
        let done = storage.reader().result::<FinalMetrics>(FINAL_METRICS)?;
        if let Some(metrics) = done.filter(|metrics| metrics.architecture == best.text && self.is_written()) {
            return Ok(Some(metrics));
        }
        let metrics = match self.train(best, watch) {
            Err(BonasError::Network(SupernetError::Interrupted)) => return Ok(None),
            other => other?,
        };
        storage.set_result(FINAL_METRICS, &metrics)?;
        Ok(Some(metrics))
    }

    fn train(&self, best: &TrialRecord, watch: &Watch<'_>) -> Result<FinalMetrics, BonasError> {
        let genotype = self.space.genotype(&best.architecture);
        let device = self.config.device.open();
        let clock = Instant::now();
        let context = RetrainContext {
            data: self.data,
            augment: &self.config.augment,
            network: &self.config.network,
            config: &self.config.retrain,
            device: &device,
            progress: watch.progress,
            interrupt: &watch.interrupt,
        };
        let mut rng = SeedStream::new(self.config.study.seed).rng("retrain", 0);
        let trained = retrain(&genotype, &context, &mut rng)?;
        let seconds = clock.elapsed().as_secs_f64();

        let test = DataSource::open_test(&self.config.data, self.config.study.seed)?;
        test.check_fits(&self.data.train)?;
        let accuracy = trained.measure(&test.images, self.data, self.config.retrain.batch_size, &device, &watch.interrupt)?;
        let metrics = FinalMetrics {
            architecture: best.text.clone(),
            test_accuracy: accuracy.top1(),
            test_loss: accuracy.loss,
            test_images: accuracy.images(),
            validation_accuracy: trained.last_epoch().validation_accuracy,
            parameters: trained.parameters(),
            seconds,
            history: trained.history.clone(),
            classes: test.images.class_names().to_vec(),
            confusion: accuracy.confusion,
        };
        self.write_folder(best, &trained, &metrics)?;
        Ok(metrics)
    }

    fn write_folder(
        &self,
        best: &TrialRecord,
        trained: &bonas_supernet::Trained,
        metrics: &FinalMetrics,
    ) -> Result<(), BonasError> {
        let folder = self.run.best();
        std::fs::create_dir_all(&folder).map_err(|source| BonasError::Folder { path: folder.clone(), source })?;
        let json = |value: Result<String, serde_json::Error>| value.expect("plain data with text keys is JSON");
        let genotype = self.space.genotype(&best.architecture);
        self.run.write(&folder.join("genotype.json"), &json(serde_json::to_string_pretty(&genotype)))?;
        self.run.write(&folder.join("cell.svg"), &svg(&self.space.diagrams(&best.architecture))?)?;
        save_weights(trained, &folder.join("model.safetensors"))?;
        self.run.write(&folder.join("metrics.json"), &json(serde_json::to_string_pretty(metrics)))
    }

    fn is_written(&self) -> bool {
        ["genotype.json", "cell.svg", "model.safetensors", "metrics.json"].iter().all(|name| self.run.best().join(name).is_file())
    }
}
