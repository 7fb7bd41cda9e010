use super::{build, described};
use crate::config::{EvaluatorName, ExperimentConfig};
use crate::costs::Costs;
use crate::device::DeviceName;
use crate::error::BonasError;
use crate::parts::validate;
use crate::source::{ImageSource, Source};
use bonas_core::{BoxError, Evaluator};
use bonas_laboratory::{Epochs, Grouping, Settings, SharingCourse, SharingSummary, TrainingKey, TrainingRecord};
use bonas_supernet::SupernetConfig;
use serde::Serialize;
use std::collections::BTreeMap;

/// Settings that a training of a network depends on, by the beginning of their keys. The lengths of the trainings of sub-supernets
/// are what is compared, and the place of the images does not matter, only their content.
const OF_A_TRAINING: [&str; 8] =
    ["study.seed", "device", "data.", "augment.", "network.", "supernet.", "retrain.", "constraints."];
const NOT_OF_A_TRAINING: [&str; 3] = ["supernet.epochs", "data.path", "data.test_path"];

/// Which architectures are trained alone and together, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct SharingPlan {
    /// Architectures drawn at random.
    pub architectures: usize,
    /// Parents whose mutations meet.
    pub families: usize,
    /// Which architectures meet.
    pub groupings: Vec<Grouping>,
    /// Numbers of candidates that share a sub-supernet.
    pub sizes: Vec<usize>,
    /// Lengths of the training of a sub-supernet, in passes over the training images.
    pub epochs: Vec<Epochs>,
    /// How many stand-alone trainings each architecture has; their seeds count up from 1.
    pub alone_seeds: u64,
}

/// A course of trainings on images, and what it was made of.
pub struct SupernetBench {
    /// What is to be trained.
    pub course: SharingCourse,
    /// What all of it has in common.
    pub settings: Settings,
    /// Where networks are trained; `auto` is the CPU.
    pub device: DeviceName,
    data: String,
    images: [usize; 2],
    alone_epochs: usize,
}

/// What weight sharing is worth on these images: everything that `bonas bench supernet` says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharingReport {
    /// Name of the images.
    pub data: String,
    /// Images that train.
    pub train_images: usize,
    /// Images that score.
    pub validation_images: usize,
    /// Passes over the training images of a stand-alone training.
    pub alone_epochs: usize,
    /// Correlations, and the scores themselves.
    #[serde(flatten)]
    pub summary: SharingSummary,
}

impl SupernetBench {
    /// Builds the course in which sub-supernets are compared with stand-alone training on the configured images: `supernet` trains
    /// together, `retrain` alone, and both score on validation images. The seed of the study draws the architectures, too.
    ///
    /// # Errors
    /// When a setting is wrong, several devices are named, images cannot be read, or the course makes no sense.
    pub fn new(mut config: ExperimentConfig, plan: SharingPlan) -> Result<Self, BonasError> {
        config.evaluator = EvaluatorName::Supernet;
        config.device = config.device.chosen();
        // Several would deal a group out to several sub-supernets.
        let device = config.device.only_one()?;
        validate(&config)?;
        for epochs in &plan.epochs {
            SupernetConfig { epochs: epochs.0, ..config.supernet.clone() }.validate()?;
        }
        let space = config.space.build()?;
        let images = ImageSource::open(&config)?;
        let space = Costs::open(&config, &Source::Images(images.clone()), None)?.limited(space)?;
        let settings = Settings { build: build(), common: shared(&config, &images)?, contestants: BTreeMap::new() };
        let data = images.data.clone();
        let alone_epochs = config.retrain.epochs;
        let course = SharingCourse {
            space,
            groupings: plan.groupings,
            architectures: plan.architectures,
            families: plan.families,
            sizes: plan.sizes,
            epochs: plan.epochs,
            seeds: 1..plan.alone_seeds.saturating_add(1),
            seed: config.study.seed,
            alone: alone(&config, &images),
            shared: together(config, images),
        };
        course.trainings()?;
        Ok(Self {
            course,
            settings,
            device,
            data: data.name.clone(),
            images: [data.train.len(), data.validation.len()],
            alone_epochs,
        })
    }

    /// Sums up what is recorded. All trainings must be finished.
    ///
    /// # Errors
    /// As [`SharingSummary::new`].
    pub fn report(&self, records: &BTreeMap<TrainingKey, TrainingRecord>) -> Result<SharingReport, BonasError> {
        let [train_images, validation_images] = self.images;
        Ok(SharingReport {
            data: self.data.clone(),
            train_images,
            validation_images,
            alone_epochs: self.alone_epochs,
            summary: SharingSummary::new(&self.course, records)?,
        })
    }
}

type Built = Result<Box<dyn Evaluator>, BoxError>;

fn alone(config: &ExperimentConfig, images: &ImageSource) -> Box<dyn Fn() -> Built + Sync> {
    let (images, mut config) = (images.clone(), config.clone());
    config.evaluator = EvaluatorName::StandAlone;
    Box::new(move || Ok(images.evaluator(&config)?))
}

fn together(config: ExperimentConfig, images: ImageSource) -> Box<dyn Fn(Epochs) -> Built + Sync> {
    Box::new(move |epochs| {
        let mut config = config.clone();
        config.supernet.epochs = epochs.0;
        Ok(images.evaluator(&config)?)
    })
}

fn shared(config: &ExperimentConfig, images: &ImageSource) -> Result<BTreeMap<String, String>, BonasError> {
    let is_of_it =
        |key: &str| OF_A_TRAINING.iter().any(|beginning| key.starts_with(beginning)) && !NOT_OF_A_TRAINING.contains(&key);
    let mut shared = described(config, is_of_it)?;
    shared.insert("data.sha256".into(), images.data.digest.clone());
    Ok(shared)
}
