use crate::device::DeviceName;
use crate::error::BonasError;
use bonas_core::Interrupt;
use bonas_data::{DataConfig, DataSource, ImageSet, read_pictures};
use bonas_supernet::{Accuracy, ModelCard, Stopwatch, SupernetError, Trained, load_model, softmax};
use burn::tensor::Device;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the file of a trained network.
pub(crate) const MODEL_FILE: &str = "model.safetensors";

/// Images per forward pass, as many as a training takes by default.
const BATCH_SIZE: usize = 64;
/// Runs that warm the device up before latencies are measured, and runs that are measured.
const RUNS: [usize; 2] = [5, 31];
/// Pictures that are in memory at a time.
const PICTURES: usize = 1_024;

/// A trained network on disk, ready to be used. Its file is all that it needs.
pub struct Model {
    path: PathBuf,
    pub(crate) trained: Trained,
    card: ModelCard,
    device: Device,
}

/// What a network says of one picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The picture.
    pub image: String,
    /// The most likely classes, the likeliest first.
    pub classes: Vec<ClassProbability>,
    /// What the network puts out, one number per class in the order of its classes: logarithms of the probabilities but for a constant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logits: Vec<f32>,
}

/// A class and how likely the network holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassProbability {
    /// Its name.
    pub class: String,
    /// In [0, 1].
    pub probability: f64,
}

/// Which images of a data set a network is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationSplit {
    /// The test images, as the report of a training takes them
    Test,
    /// The part of the training images that trained nothing, by the seed of the training
    Validation,
    /// The part that trained the network
    Train,
    /// Every image of a folder of classes that has no test/ folder: for new images, of which none was there at the training
    Whole,
}

/// How well a network classifies the images of a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which images.
    pub split: EvaluationSplit,
    /// Whether the training images beside them are those that trained the network; unknown for [`EvaluationSplit::Whole`].
    pub trained_on_this_data: Option<bool>,
    /// Number of images.
    pub images: usize,
    /// Share of images classified right, in [0, 1].
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Class by class.
    pub per_class: Vec<ClassAccuracy>,
    /// Images per (true class, predicted class), in the order of `per_class`.
    pub confusion: Vec<Vec<usize>>,
}

/// How well the images of one class are classified.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassAccuracy {
    /// Its name.
    pub class: String,
    /// Images of the class.
    pub images: usize,
    /// Those of them that are classified right.
    pub correct: usize,
    /// Their share, in [0, 1].
    pub accuracy: f64,
    /// Images of other classes that are taken for this one.
    pub mistaken: usize,
}

impl Model {
    /// Loads a network from the folder of a run, from a folder that `bonas train` wrote (a run's `best/` is one), or from a
    /// model file.
    ///
    /// # Errors
    /// When there is none, or the file cannot be used.
    pub fn open(path: &Path, device: DeviceName) -> Result<Self, BonasError> {
        let places = [path.to_path_buf(), path.join("best").join(MODEL_FILE), path.join(MODEL_FILE)];
        let found = places.into_iter().find(|place| place.is_file());
        let path = found.ok_or_else(|| BonasError::NoModel(path.to_path_buf()))?;
        let device = device.open()?;
        let (trained, card) = load_model(&path, &device)?;
        Ok(Self { path, trained, card, device })
    }

    /// The file it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says of the network, the images it takes, and its classes.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Milliseconds that the network takes for `batch` images: the median of measured runs.
    ///
    /// # Errors
    /// When the device fails.
    pub fn latency(&self, batch: usize) -> Result<f64, BonasError> {
        let [warmup, runs] = RUNS;
        let stopwatch = Stopwatch { device: self.device.clone(), batch, warmup, runs, quantile: 0.5 };
        Ok(stopwatch.measure_trained(&self.trained, self.card.input)?)
    }

    /// Classifies PNG or JPEG files: the `top` most likely classes of each. Pictures of another size are resized, and made
    /// grey or coloured, as the network needs them.
    ///
    /// # Errors
    /// When a file cannot be read or decoded, or the work is interrupted.
    pub fn predict(&self, pictures: &[PathBuf], top: usize, interrupt: &Interrupt) -> Result<Vec<Prediction>, BonasError> {
        let mut predictions = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(PICTURES) {
            let (card, labels) = (&self.card, vec![0; pictures.len()]);
            let images = ImageSet::new(
                read_pictures(pictures, card.input, card.training.data.shorter_side)?,
                card.input,
                labels,
                card.classes.clone(),
            )?;
            let images = Arc::new(images);
            let rows = self.trained.logits(&images, &card.normalization, BATCH_SIZE, &self.device, interrupt)?;
            for (picture, logits) in pictures.iter().zip(rows) {
                let probabilities = softmax(&logits).ok_or_else(SupernetError::not_finite)?;
                let (image, classes) = (picture.display().to_string(), self.likeliest(&probabilities, top));
                predictions.push(Prediction { image, classes, logits });
            }
        }
        Ok(predictions)
    }

    /// Of several that are equally likely, the first come first.
    fn likeliest(&self, row: &[f64], top: usize) -> Vec<ClassProbability> {
        let mut classes: Vec<usize> = (0..row.len()).collect();
        classes.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        let class = |class: usize| ClassProbability { class: self.card.classes[class].clone(), probability: row[class] };
        classes.into_iter().take(top).map(class).collect()
    }

    /// Measures the network on images of `data` (a path as `data.path`; without one, the built-in images), which are read and split
    /// as they were for its training.
    ///
    /// # Errors
    /// When the images cannot be read, or have another size or other classes than the network; when interrupted.
    pub fn evaluate(&self, data: Option<&Path>, split: EvaluationSplit, interrupt: &Interrupt) -> Result<Evaluation, BonasError> {
        let card = &self.card;
        let (images, trained_on_this_data) = self.images(data, split)?;
        if images.shape() != card.input || images.class_names() != card.classes {
            return Err(BonasError::ModelMismatch {
                model: describe(card.input, &card.classes),
                images: describe(images.shape(), images.class_names()),
            });
        }
        let accuracy = self.trained.measure(&images, &card.normalization, BATCH_SIZE, &self.device, interrupt)?;
        Ok(Evaluation {
            split,
            trained_on_this_data,
            images: accuracy.images(),
            accuracy: accuracy.top1(),
            loss: accuracy.loss,
            per_class: per_class(&accuracy, &card.classes),
            confusion: accuracy.confusion,
        })
    }

    /// The images of a split, and whether they belong to those that trained the network.
    fn images(&self, data: Option<&Path>, split: EvaluationSplit) -> Result<(Arc<ImageSet>, Option<bool>), BonasError> {
        let training = &self.card.training;
        let input = self.card.input;
        let side = (input.height == input.width).then(|| u32::try_from(input.width).ok()).flatten();
        let path = data.map(Path::to_path_buf);
        let config =
            DataConfig { path, channels: input.channels, resize: side.or(training.data.resize), ..training.data.clone() };
        if split == EvaluationSplit::Whole {
            let whole = DataConfig { test_path: config.path.clone(), limit_per_class: None, ..config };
            return Ok((DataSource::open_test(&whole, training.seed)?.images, None));
        }
        let searched = DataSource::open(&config, training.seed)?;
        let same = Some(searched.digest == training.digest);
        Ok(match split {
            EvaluationSplit::Train => (searched.train, same),
            EvaluationSplit::Validation => (searched.validation, same),
            EvaluationSplit::Test | EvaluationSplit::Whole => (DataSource::open_test(&config, training.seed)?.images, same),
        })
    }
}

fn describe(shape: bonas_data::ImageShape, classes: &[String]) -> String {
    format!("{}×{}×{}, {} classes: {}", shape.channels, shape.height, shape.width, classes.len(), classes.join(", "))
}

fn per_class(accuracy: &Accuracy, classes: &[String]) -> Vec<ClassAccuracy> {
    let row = |(class, name): (usize, &String)| {
        let images: usize = accuracy.confusion[class].iter().sum();
        let correct = accuracy.confusion[class][class];
        let taken: usize = accuracy.confusion.iter().map(|row| row[class]).sum();
        let share = correct as f64 / images.max(1) as f64;
        ClassAccuracy { class: name.clone(), images, correct, accuracy: share, mistaken: taken - correct }
    };
    classes.iter().enumerate().map(row).collect()
}
