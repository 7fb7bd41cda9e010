use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::experiment::Watch;
use crate::model::MODEL_FILE;
use crate::run_folder::write_whole;
use crate::source::ImageSource;
use crate::training_plan::TrainingPlan;
use bonas_core::{Architecture, SeedStream};
use bonas_data::{DataConfig, DataSource};
use bonas_spaces::svg;
use bonas_supernet::{
    Blueprint, CardGenotype, CardSpace, Epoch, ModelCard, RetrainContext, SupernetError, Trained, TrainingImages, load_model,
    retrain, save_model,
};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// Name under which the metrics of the winner are recorded.
pub(crate) const FINAL_METRICS: &str = "final_metrics";

/// What an architecture achieved after training from scratch. The test images were opened once, after all of it.
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
    /// Of these, seconds that it waited for images.
    #[serde(default)]
    pub waiting_seconds: f64,
    /// Augmentations that most published results were trained without, so that they cannot be compared with this one.
    #[serde(default)]
    pub beyond_common: Vec<String>,
    /// Epoch by epoch.
    pub history: Vec<Epoch>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Test images per (true class, predicted class).
    pub confusion: Vec<Vec<usize>>,
}

/// A training from scratch that has not been tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fit {
    /// Seconds of training.
    seconds: f64,
    /// Those of them in which the training waited for images.
    waiting_seconds: f64,
    /// Epoch by epoch.
    history: Vec<Epoch>,
}

impl Fit {
    pub(crate) fn last_epoch(&self) -> &Epoch {
        self.history.last().expect("a training has at least one epoch")
    }
}

/// The training of one architecture from scratch, its one test, and the folder that both are written to.
pub struct Training {
    config: ExperimentConfig,
    images: ImageSource,
}

impl Training {
    /// Prepares a training: checks the settings and reads the training and validation images. The test images are looked at
    /// only to see whether they are there and fit.
    ///
    /// # Errors
    /// When a setting is wrong, images cannot be read, or bonas builds no networks of the space.
    pub fn start(config: ExperimentConfig) -> Result<Self, BonasError> {
        crate::parts::validate(&config)?;
        config.device.only_one()?;
        let images = ImageSource::open(&config)?;
        Ok(Self { config, images })
    }

    pub(crate) fn of_run(config: &ExperimentConfig, images: &ImageSource) -> Self {
        Self { config: config.clone(), images: images.clone() }
    }

    /// The settings.
    pub fn config(&self) -> &ExperimentConfig {
        &self.config
    }

    /// Trains the architecture from scratch, tests it once and writes genotype, weights, picture and metrics to `folder`.
    /// `None` when interrupted; then nothing is written.
    ///
    /// # Errors
    /// When the architecture is of another space, the training diverges, or the folder cannot be written.
    pub fn run(&self, architecture: &Architecture, folder: &Path, watch: &Watch<'_>) -> Result<Option<FinalMetrics>, BonasError> {
        unless_interrupted(|| {
            let (trained, fit) = self.fit(architecture, watch)?;
            self.test(architecture, &trained, fit, folder, watch)
        })
    }

    /// Trains the architecture from scratch and writes the network to `file`, without a look at test images. `None` when
    /// interrupted; then nothing is written.
    pub(crate) fn fit_to(&self, architecture: &Architecture, file: &Path, watch: &Watch<'_>) -> Result<Option<Fit>, BonasError> {
        unless_interrupted(|| {
            let (trained, fit) = self.fit(architecture, watch)?;
            make_folder(file.parent().unwrap_or(file))?;
            save_model(&trained, &self.card(architecture), file)?;
            Ok(fit)
        })
    }

    /// Tests the network that [`fit_to`](Self::fit_to) wrote, once, and writes to `folder` what [`run`](Self::run) writes.
    pub(crate) fn test_file(
        &self,
        architecture: &Architecture,
        (file, fit): (&Path, Fit),
        folder: &Path,
        watch: &Watch<'_>,
    ) -> Result<Option<FinalMetrics>, BonasError> {
        unless_interrupted(|| {
            let (trained, _) = load_model(file, &self.config.device.first().open()?)?;
            self.test(architecture, &trained, fit, folder, watch)
        })
    }

    /// What [`run`](Self::run) would do, without doing it.
    ///
    /// # Errors
    /// When the architecture is of another space.
    pub fn plan(&self, architecture: &Architecture) -> Result<TrainingPlan, BonasError> {
        let space = self.images.space.space();
        space.validate(architecture)?;
        let text = space.format(architecture);
        Ok(TrainingPlan::new(text, &self.blueprint(architecture), &self.config, &self.images.data))
    }

    fn blueprint(&self, architecture: &Architecture) -> Blueprint {
        let ImageSource { space, data } = &self.images;
        space.blueprint(architecture, &self.config.network, data.train.shape())
    }

    /// What the file of the trained network says about it.
    fn card(&self, architecture: &Architecture) -> ModelCard {
        let (config, data) = (&self.config, &self.images.data);
        ModelCard {
            format: ModelCard::FORMAT,
            bonas: env!("CARGO_PKG_VERSION").into(),
            space: CardSpace::of(&self.images.space),
            genotype: CardGenotype::of(architecture, &self.images.space),
            network: config.network.clone(),
            input: data.train.shape(),
            normalization: data.normalization.clone(),
            classes: data.train.class_names().to_vec(),
            training: TrainingImages {
                name: data.name.clone(),
                digest: data.digest.clone(),
                seed: config.study.seed,
                data: DataConfig { path: None, test_path: None, ..data.opened_by(&config.data) },
            },
        }
    }

    fn fit(&self, architecture: &Architecture, watch: &Watch<'_>) -> Result<(Trained, Fit), BonasError> {
        self.images.space.space().validate(architecture)?;
        let config = &self.config;
        let device = config.device.first().open()?;
        let clock = Instant::now();
        let context = RetrainContext {
            data: &self.images.data,
            augment: &config.augment,
            network: &config.network,
            config: &config.retrain,
            device: &device,
            progress: watch.progress,
            interrupt: &watch.interrupt,
        };
        let mut rng = SeedStream::new(config.study.seed).rng("retrain", 0);
        let trained = retrain(&self.blueprint(architecture), &context, &mut rng)?;
        let (seconds, waiting_seconds) = (clock.elapsed().as_secs_f64(), trained.waiting_seconds);
        let fit = Fit { seconds, waiting_seconds, history: trained.history.clone() };
        Ok((trained, fit))
    }

    fn test(
        &self,
        architecture: &Architecture,
        trained: &Trained,
        fit: Fit,
        folder: &Path,
        watch: &Watch<'_>,
    ) -> Result<FinalMetrics, BonasError> {
        let (config, data) = (&self.config, &self.images.data);
        let test = DataSource::open_test(&config.data, config.study.seed)?;
        test.check_fits(&data.train)?;
        let (batch_size, device) = (config.retrain.batch_size, config.device.first().open()?);
        let accuracy = trained.measure(&test.images, &data.normalization, batch_size, &device, &watch.interrupt)?;
        let metrics = FinalMetrics {
            architecture: self.images.space.space().format(architecture),
            test_accuracy: accuracy.top1(),
            test_loss: accuracy.loss,
            test_images: accuracy.images(),
            validation_accuracy: fit.last_epoch().validation_accuracy,
            parameters: trained.parameters(),
            seconds: fit.seconds,
            waiting_seconds: fit.waiting_seconds,
            beyond_common: config.augment.beyond_common(),
            history: fit.history,
            classes: test.images.class_names().to_vec(),
            confusion: accuracy.confusion,
        };
        self.write(architecture, folder, trained, &metrics)?;
        Ok(metrics)
    }

    fn write(
        &self,
        architecture: &Architecture,
        folder: &Path,
        trained: &Trained,
        metrics: &FinalMetrics,
    ) -> Result<(), BonasError> {
        make_folder(folder)?;
        let json = |value: Result<String, serde_json::Error>| value.expect("plain data with text keys is JSON");
        let genotype = CardGenotype::of(architecture, &self.images.space);
        write_whole(&folder.join("genotype.json"), &json(serde_json::to_string_pretty(&genotype)))?;
        write_whole(&folder.join("cell.svg"), &svg(&self.images.space.space().diagrams(architecture))?)?;
        save_model(trained, &self.card(architecture), &folder.join(MODEL_FILE))?;
        write_whole(&folder.join("metrics.json"), &json(serde_json::to_string_pretty(metrics)))
    }
}

fn make_folder(folder: &Path) -> Result<(), BonasError> {
    std::fs::create_dir_all(folder).map_err(|source| BonasError::Folder { path: folder.to_path_buf(), source })
}

fn unless_interrupted<T>(work: impl FnOnce() -> Result<T, BonasError>) -> Result<Option<T>, BonasError> {
    match work() {
        Err(BonasError::Network(SupernetError::Interrupted)) => Ok(None),
        other => other.map(Some),
    }
}

/// Whether a training has written everything it writes.
pub(crate) fn is_written(folder: &Path) -> bool {
    ["genotype.json", "cell.svg", MODEL_FILE, "metrics.json"].iter().all(|name| folder.join(name).is_file())
}
