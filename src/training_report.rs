use crate::error::BonasError;
use crate::run_folder::write_whole;
use crate::training::{FinalMetrics, Training, hardest_image};
use crate::training_folder::TrainingFolder;
use bonas_report::{
    CellDrawing, ConfusionMatrix, EpochEntry, HardImage, Retraining, TestResult, TrainingData, TrainingFacts, render_training,
};
use bonas_spaces::svg;
use bonas_supernet::{Epoch, NetworkSpace};

/// Everything the report of a training shows, read from its folder. The training may still go on.
///
/// # Errors
/// When the folder holds no training, or a file of it cannot be read.
pub fn training_data(folder: &TrainingFolder) -> Result<TrainingData, BonasError> {
    let (config, genotype) = folder.recorded()?;
    let space = NetworkSpace::new(config.space.build_typed()?)?;
    let architecture = folder.architecture(&genotype, &space)?;
    let space = space.space();
    let drawings = space.diagrams(&architecture).into_iter().map(|diagram| {
        let title = diagram.title.clone();
        Ok(CellDrawing { title, svg: svg(std::slice::from_ref(&diagram))? })
    });
    let drawings = drawings.collect::<Result<_, BonasError>>()?;
    let (curve, finished) = match Training::results(folder)? {
        Some(metrics) => (metrics.history.iter().map(epoch_entry).collect(), Some(retraining(metrics, folder)?)),
        None => (folder.epochs()?.iter().map(epoch_entry).collect(), None),
    };
    let path = std::path::absolute(folder.path()).unwrap_or_else(|_| folder.path().to_path_buf());
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let data = config.data.path.as_ref().map_or_else(|| "the built-in images".to_string(), |path| path.display().to_string());
    let facts = TrainingFacts {
        name,
        architecture: space.format(&architecture),
        space: space.name().to_string(),
        data,
        epochs: config.retrain.epochs,
        seed: config.study.seed,
        device: config.device.to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        configuration: config.to_toml(),
    };
    Ok(TrainingData { facts, drawings, curve, finished })
}

/// Renders the report of a training and writes it to its place.
///
/// # Errors
/// As [`training_data`], and when it cannot be rendered or written.
pub fn write_training_report(folder: &TrainingFolder) -> Result<(), BonasError> {
    write_whole(&folder.report(), &render_training(&training_data(folder)?)?)
}

/// What a trained network achieved, with the images that its folder keeps.
pub(crate) fn retraining(metrics: FinalMetrics, folder: &TrainingFolder) -> Result<Retraining, BonasError> {
    let counts = metrics.confusion.iter().map(|row| row.iter().map(|&count| count as u64).collect()).collect();
    let class = |class: usize| metrics.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
    // An image that somebody removed is no reason to have no report.
    let hardest = metrics.hardest.iter().enumerate().filter_map(|(place, image)| {
        let png = std::fs::read(hardest_image(&folder.hardest(), place)).ok()?;
        Some(HardImage { png, truth: class(image.label), predicted: class(image.predicted), loss: image.loss })
    });
    Ok(Retraining {
        test: TestResult { accuracy: metrics.test_accuracy, images: Some(metrics.test_images as u64) },
        epochs: metrics.history.len(),
        curve: metrics.history.iter().map(epoch_entry).collect(),
        parameters: metrics.parameters as u64,
        multiply_adds: Some(metrics.multiply_adds).filter(|&count| count > 0),
        seconds: metrics.seconds,
        beyond_common: metrics.beyond_common,
        hardest: hardest.collect(),
        confusion: Some(ConfusionMatrix::new(metrics.classes, counts)?),
    })
}

fn epoch_entry(epoch: &Epoch) -> EpochEntry {
    EpochEntry {
        epoch: epoch.epoch,
        train_loss: epoch.train_loss,
        learning_rate: epoch.learning_rate,
        loss: epoch.validation_loss,
        accuracy: epoch.validation_accuracy,
    }
}
