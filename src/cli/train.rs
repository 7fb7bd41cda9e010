use super::Failure;
use super::device_options::admit;
use super::display::DisplayOptions;
use super::experiment_options::ExperimentOptions;
use super::genotype::Genotype;
use super::summary::print_line;
use bonas::core::Architecture;
use bonas::supernet::ScheduleShape;
use bonas::{
    BonasError, ExperimentConfig, FinalMetrics, Override, Recipe, RunFolder, Training, TrainingFolder, TrainingPlan, Watch,
    pareto_front, write_training_report,
};
use clap::Args;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The shell's code for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Train one architecture from scratch and test it once
///
/// Trains as the winner of a search is trained (the settings `retrain`, `network`, `augment` and `data`), so that architectures
/// can be compared under one training. Of a folder, images and settings are taken with its genotype; of a genotype or a file of one, the
/// defaults hold. For example:
/// bonas train --arch runs/mine --seed 2 --out trained
#[derive(Args)]
pub(super) struct TrainArguments {
    /// Folder of a search: trains a network of its Pareto front with its settings
    #[arg(required_unless_present = "arch", conflicts_with = "arch")]
    run: Option<PathBuf>,
    /// Which network of the front, by its place in `bonas show RUN`
    #[arg(long, value_name = "N", requires = "run", default_value_t = NonZero::<usize>::MIN)]
    pick: NonZero<usize>,
    /// The genotype, or a file with it, or the folder of a search (its winner) or of a training, with whose settings it is trained
    #[arg(long, value_name = "GENOTYPE")]
    arch: Option<Genotype>,
    /// How to train: darts-cifar, darts-imagenet, or a file of that form (configs/recipes/); --set changes single settings of it
    #[arg(long, value_name = "RECIPE")]
    recipe: Option<Recipe>,
    #[command(flatten)]
    experiment: ExperimentOptions,
    /// Folder for genotype, weights, picture and metrics, which must not exist yet
    #[arg(long, value_name = "FOLDER", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Only count: parameters, multiply-adds, steps and schedule; trains and writes nothing
    #[arg(long, conflicts_with = "dashboard")]
    dry_run: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    display: DisplayOptions,
}

impl TrainArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.display.check()?;
        let (config, architecture) = match (&self.run, &self.arch) {
            (Some(run), _) => self.picked(run)?,
            (None, Some(arch)) => {
                let (space, architecture) = arch.read(self.experiment.space.as_ref())?;
                let space = Override::option("space", space.to_string());
                let overrides = [self.recipe()?, vec![space]].concat();
                (self.experiment.config_from(arch.config_of_folder().as_deref(), overrides)?, architecture)
            }
            (None, None) => return Err(Failure::other("name a run, or a genotype with --arch")),
        };
        let existing = self.out.as_ref().filter(|out| out.exists());
        if let (Some(out), false) = (existing, self.dry_run) {
            return Err(BonasError::FolderExists(out.clone()).into());
        }
        let training = Training::start(config)?;
        let Some(out) = self.out.as_deref().filter(|_| !self.dry_run) else {
            return self.print_plan(&training.plan(&architecture)?);
        };
        admit(training.config())?;
        let folder = training.create(&architecture, out)?;
        conduct(&training, &architecture, &folder, &self.display, self.json)
    }

    /// The settings of the recipe, if one is named.
    fn recipe(&self) -> Result<Vec<Override>, Failure> {
        Ok(self.recipe.as_ref().map_or_else(|| Ok(Vec::new()), Recipe::overrides).map_err(BonasError::from)?)
    }

    /// The picked network of a run's front, and the settings of the run.
    fn picked(&self, run: &Path) -> Result<(ExperimentConfig, Architecture), Failure> {
        let run = RunFolder::open(run)?;
        let (_, front) = pareto_front(&run)?;
        let place = self.pick.get();
        let Some(trial) = front.get(place - 1) else {
            let path = run.path().display();
            return Err(Failure::other(format!(
                "the front of {path} has {} networks, so there is no {place}; see bonas show",
                front.len()
            )));
        };
        Ok((self.experiment.config_from(Some(&run.config()), self.recipe()?)?, trial.architecture.clone()))
    }

    fn print_plan(&self, plan: &TrainingPlan) -> Result<ExitCode, Failure> {
        if self.json {
            print_line(&serde_json::to_string(plan).map_err(Failure::other)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let TrainingPlan { network, input: [channels, height, width], classes, recipe, .. } = plan;
        let optimizer = &recipe.optimizer;
        print_line(&format!(
            "network: {} cells, {} channels; images of {channels}×{height}×{width}, {classes} classes",
            network.cells, network.channels
        ))?;
        print_line(&match plan.auxiliary_parameters {
            0 => format!("parameters: {} (there is no auxiliary head)", plan.parameters),
            head => format!("parameters: {}, and {head} of the auxiliary head while it trains", plan.parameters),
        })?;
        print_line(&format!("multiply-adds per image: {} (convolutions and classifier)", plan.multiply_adds))?;
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        print_line(&format!(
            "memory of a step, estimated: {} MiB ({} of feature maps, {} of weights, gradients and momentum, {} of images), beside the \
             program and the data set",
            mebibytes(plan.memory.bytes()),
            mebibytes(plan.memory.feature_maps),
            mebibytes(plan.memory.weights),
            mebibytes(plan.memory.images)
        ))?;
        print_line(&format!(
            "training: {} steps, {} epochs of {} images in batches of {}; {} validation images",
            plan.steps, plan.epochs, plan.train_images, plan.batch_size, plan.validation_images
        ))?;
        print_line(&format!(
            "recipe: auxiliary loss × {}, dropped paths up to {}, label smoothing {}, average of weights {}",
            recipe.auxiliary_weight, recipe.drop_path, recipe.label_smoothing, recipe.weight_average
        ))?;
        let schedule = match recipe.schedule.shape {
            ScheduleShape::Cosine => "follows a cosine".to_string(),
            ScheduleShape::Exponential => format!("is multiplied by {} after every epoch", recipe.schedule.decay),
        };
        let warmup = match recipe.schedule.warmup_epochs {
            0.0 => String::new(),
            epochs => format!(" behind a warm-up of {epochs} epochs"),
        };
        print_line(&format!(
            "optimiser: SGD, momentum {}, weight decay {}, gradients clipped at {}; the learning rate {schedule}{warmup}:",
            optimizer.momentum, optimizer.weight_decay, optimizer.clip_norm
        ))?;
        for rate in &plan.schedule {
            print_line(&format!("  step {:>8}: {:.6}", rate.step, rate.learning_rate))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Trains, from where the folder is, with progress on the display and the result on stdout.
pub(super) fn conduct(
    training: &Training,
    architecture: &Architecture,
    folder: &TrainingFolder,
    display: &DisplayOptions,
    json: bool,
) -> Result<ExitCode, Failure> {
    let metrics = display
        .show(|progress, interrupt| training.run(architecture, folder, &Watch { progress, interrupt, ..Watch::default() }))??;
    match metrics {
        Some(metrics) => {
            write_training_report(folder)?;
            print(&metrics, folder, json)
        }
        None => {
            anstream::eprintln!("stopped before the end; continue with: bonas resume {}", folder.path().display());
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

pub(super) fn print(metrics: &FinalMetrics, folder: &TrainingFolder, json: bool) -> Result<ExitCode, Failure> {
    let FinalMetrics { test_accuracy, test_images, validation_accuracy, parameters, .. } = metrics;
    if json {
        print_line(&serde_json::to_string(metrics).map_err(Failure::other)?)?;
    } else {
        print_line(&format!(
            "test accuracy {test_accuracy:.4} on {test_images} images (validation {validation_accuracy:.4}), {parameters} parameters"
        ))?;
        if !metrics.beyond_common.is_empty() {
            let augmentations = metrics.beyond_common.join(" and ");
            print_line(&format!("trained with {augmentations}: results without cannot be compared with it"))?;
        }
        print_line(&format!("network, genotype, picture and report: {}", folder.path().display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
