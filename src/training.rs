use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::experiment::{Watch, findable_from_anywhere};
use crate::run_folder::write_whole;
use crate::source::ImageSource;
use crate::training_folder::TrainingFolder;
use crate::training_plan::TrainingPlan;
use bonas_core::{Architecture, SeedStream};
use bonas_data::{AugmentConfig, DataConfig, DataSource, ImageSet, ImageShape};
use bonas_spaces::svg;
use bonas_supernet::{
    Blueprint, CardGenotype, CardSpace, Checkpoints, Epoch, EpochLog, HardImage, ModelCard, NetworkConfig, RetrainConfig,
    RetrainContext, SupernetError, Trained, TrainingImages, TrainingRecord, cost, load_model, retrain, save_model,
};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    /// Trainable parameters, without an auxiliary head.
    pub parameters: usize,
    /// Multiply-adds of one image, counted; zero in metrics of older versions.
    #[serde(default)]
    pub multiply_adds: u64,
    /// Seconds of training, of all processes together where it was continued.
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
    /// The test images with the highest loss, the highest first. The folder `hardest/` beside the metrics holds them by their place in this
    /// list, from 1.
    #[serde(default)]
    pub hardest: Vec<HardImage>,
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
        let mut config = findable_from_anywhere(config);
        crate::parts::validate(&config)?;
        config.device.only_one()?;
        config.device = config.device.chosen();
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

    /// Makes the folder of a new training, with all that [`resume`](Self::resume) needs.
    ///
    /// # Errors
    /// When the architecture is of another space, or the folder exists already or cannot be written.
    pub fn create(&self, architecture: &Architecture, folder: &Path) -> Result<TrainingFolder, BonasError> {
        self.images.space.space().validate(architecture)?;
        TrainingFolder::create(folder, &self.config, &CardGenotype::of(architecture, &self.images.space))
    }

    /// Opens a training that was begun in a folder, with the settings and the architecture that were recorded.
    ///
    /// # Errors
    /// When the folder holds none, or as [`start`](Self::start).
    pub fn resume(folder: &TrainingFolder) -> Result<(Self, Architecture), BonasError> {
        let (config, genotype) = folder.recorded()?;
        let training = Self::start(config)?;
        let architecture = folder.architecture(&genotype, &training.images.space)?;
        Ok((training, architecture))
    }

    /// Trains the architecture from scratch, tests it once and writes genotype, weights, picture and metrics to the folder.
    /// `None` when interrupted.
    ///
    /// Every epoch leaves a line in `metrics.jsonl` and a checkpoint in `checkpoints/`, from which another call with the same
    /// settings continues. On the CPU, its results are then the same, bit for bit.
    ///
    /// # Errors
    /// When the architecture is of another space, the training diverges, or the folder cannot be written or holds checkpoints of
    /// another training.
    pub fn run(
        &self,
        architecture: &Architecture,
        folder: &TrainingFolder,
        watch: &Watch<'_>,
    ) -> Result<Option<FinalMetrics>, BonasError> {
        unless_interrupted(|| {
            let (trained, fit) = self.fit(architecture, folder, watch)?;
            self.test(architecture, &trained, fit, folder, watch)
        })
    }

    /// Trains the architecture from scratch and writes the network to `file`, without a look at test images; checkpoints go to the
    /// folder. `None` when interrupted.
    pub(crate) fn fit_to(
        &self,
        architecture: &Architecture,
        (file, folder): (&Path, &TrainingFolder),
        watch: &Watch<'_>,
    ) -> Result<Option<Fit>, BonasError> {
        unless_interrupted(|| {
            let (trained, fit) = self.fit(architecture, folder, watch)?;
            save_model(&trained, &self.card(architecture), file)?;
            Ok(fit)
        })
    }

    /// Tests the network that [`fit_to`](Self::fit_to) wrote, once, and writes to the folder what [`run`](Self::run) writes.
    pub(crate) fn test_file(
        &self,
        architecture: &Architecture,
        (file, fit): (&Path, Fit),
        folder: &TrainingFolder,
        watch: &Watch<'_>,
    ) -> Result<Option<FinalMetrics>, BonasError> {
        unless_interrupted(|| {
            let (trained, _) = load_model(file, &self.config.device.first().open()?)?;
            make_folder(folder.path())?;
            EpochLog::new(folder.log()).begin(&fit.history)?;
            self.test(architecture, &trained, fit, folder, watch)
        })
    }

    /// What a training that was finished before has achieved; `None` where results are missing.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn results(folder: &TrainingFolder) -> Result<Option<FinalMetrics>, BonasError> {
        if !folder.is_finished() {
            return Ok(None);
        }
        let path = folder.metrics();
        let unknown = |reason| BonasError::RecordedConfig { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| unknown(error.to_string()))?;
        serde_json::from_str(&text).map(Some).map_err(|error| unknown(error.to_string()))
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

    fn fit(&self, architecture: &Architecture, folder: &TrainingFolder, watch: &Watch<'_>) -> Result<(Trained, Fit), BonasError> {
        self.images.space.space().validate(architecture)?;
        let config = &self.config;
        let device = config.device.first().open_for(config.retrain.optimizer.precision)?;
        make_folder(folder.path())?;
        let record = TrainingRecord {
            checkpoints: Checkpoints::new(folder.checkpoints(), &self.settings(architecture)),
            log: EpochLog::new(folder.log()),
        };
        let context = RetrainContext {
            data: &self.images.data,
            augment: &config.augment,
            network: &config.network,
            config: &config.retrain,
            device: &device,
            progress: watch.progress,
            interrupt: &watch.interrupt,
            record: Some(&record),
        };
        let mut rng = SeedStream::new(config.study.seed).rng("retrain", 0);
        let trained = retrain(&self.blueprint(architecture), &context, &mut rng).map_err(|error| kept(error, &record))?;
        let Trained { seconds, waiting_seconds, .. } = trained;
        let fit = Fit { seconds, waiting_seconds, history: trained.history.clone() };
        Ok((trained, fit))
    }

    fn test(
        &self,
        architecture: &Architecture,
        trained: &Trained,
        fit: Fit,
        folder: &TrainingFolder,
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
            multiply_adds: cost(&self.blueprint(architecture), &config.network, data.train.shape(), data.train.classes())
                .multiply_adds,
            seconds: fit.seconds,
            waiting_seconds: fit.waiting_seconds,
            beyond_common: config.augment.beyond_common(),
            history: fit.history,
            classes: test.images.class_names().to_vec(),
            confusion: accuracy.confusion,
            hardest: accuracy.hardest,
        };
        write_hardest(&metrics.hardest, &test.images, &folder.hardest())?;
        self.write(architecture, folder, trained, &metrics)?;
        Ok(metrics)
    }

    /// All that decides the course of the training of an architecture.
    fn settings(&self, architecture: &Architecture) -> TrainingSettings<'_> {
        let (config, ImageSource { space, data }) = (&self.config, &self.images);
        TrainingSettings {
            architecture: space.space().format(architecture),
            space: CardSpace::of(space),
            network: &config.network,
            retrain: &config.retrain,
            augment: &config.augment,
            images: &data.digest,
            data: DataConfig { path: None, test_path: None, ..config.data.clone() },
            seed: config.study.seed,
        }
    }

    fn write(
        &self,
        architecture: &Architecture,
        folder: &TrainingFolder,
        trained: &Trained,
        metrics: &FinalMetrics,
    ) -> Result<(), BonasError> {
        folder.write_genotype(&CardGenotype::of(architecture, &self.images.space))?;
        write_whole(&folder.picture(), &svg(&self.images.space.space().diagrams(architecture))?)?;
        save_model(trained, &self.card(architecture), &folder.model())?;
        let json = serde_json::to_string_pretty(metrics).expect("plain data with text keys is JSON");
        write_whole(&folder.metrics(), &json)
    }
}

/// Writes images as PNG files, named by their place in the list.
fn write_hardest(hardest: &[HardImage], images: &ImageSet, folder: &Path) -> Result<(), BonasError> {
    make_folder(folder)?;
    for (place, image) in hardest.iter().enumerate() {
        let path = hardest_image(folder, place);
        let png = png(&images.image(image.place)?, images.shape());
        let written = png.and_then(|png| std::fs::write(&path, png));
        written.map_err(|source| BonasError::Write { path, source })?;
    }
    Ok(())
}

/// The file of an image of the list, from 0.
pub(crate) fn hardest_image(folder: &Path, place: usize) -> PathBuf {
    folder.join(format!("{:02}.png", place + 1))
}

/// An image, [channel, row, column], as a PNG file.
fn png(image: &[u8], shape: ImageShape) -> std::io::Result<Vec<u8>> {
    let plane = shape.height * shape.width;
    let interleaved: Vec<u8> =
        (0..plane).flat_map(|pixel| (0..shape.channels).map(move |channel| image[channel * plane + pixel])).collect();
    let color = if shape.channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    let written = encoder.write_image(&interleaved, shape.width as u32, shape.height as u32, color);
    written.map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// What two trainings must have in common for one to continue the other.
#[derive(Serialize)]
struct TrainingSettings<'a> {
    architecture: String,
    space: CardSpace,
    network: &'a NetworkConfig,
    retrain: &'a RetrainConfig,
    augment: &'a AugmentConfig,
    /// Digest of the images.
    images: &'a str,
    data: DataConfig,
    seed: u64,
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

/// Names the last good weights of a training that diverged.
fn kept(error: SupernetError, record: &TrainingRecord) -> BonasError {
    match (error, record.checkpoints.files().into_iter().next()) {
        (error @ SupernetError::Diverged { .. }, Some(checkpoint)) => {
            BonasError::Diverged { reason: error.to_string(), checkpoint }
        }
        (error, _) => error.into(),
    }
}
