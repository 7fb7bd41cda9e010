use crate::accuracy::estimate_statistics;
use crate::blueprint::{Blueprint, Candidates};
use crate::config::{NetworkConfig, OptimizerConfig};
use crate::error::SupernetError;
use crate::network::{Network, Path, Shared, TaskShape};
use crate::normalization::{Normalize, Statistics};
use crate::step::{Learner, StepOutcome, device_error, images};
use bonas_core::{Interrupt, Silent, StudyRng};
use bonas_data::{Batch, ImageShape};
use burn::tensor::{Device, Tensor};
use rand::{RngExt, SeedableRng};

/// A network and a batch of random images, to measure what a step of its training and a look at the batch take. Steps are those of a
/// search: loss, gradients, clipping, stochastic gradient descent.
pub struct Workbench {
    learner: Learner<'static>,
    paths: Vec<Path>,
    batch: Batch,
    device: Device,
}

/// The network of a [`Workbench`] as it was when it was frozen.
pub struct FrozenWorkbench {
    network: Network,
    paths: Vec<(Path, Statistics)>,
    images: Tensor<4>,
}

impl Workbench {
    /// The stand-alone network of a blueprint, on a device without autodiff, and a batch of so many images.
    pub fn stand_alone(
        blueprint: &Blueprint,
        config: &NetworkConfig,
        image: ImageShape,
        classes: usize,
        images: usize,
        device: &Device,
    ) -> Self {
        let (task, mut rng) = (TaskShape { channels: image.channels, classes }, StudyRng::seed_from_u64(0));
        let (network, path) = Network::stand_alone(blueprint, config, task, &mut rng, &device.clone().autodiff());
        Self::new(network, vec![path], batch(image, classes, images, &mut rng), device)
    }

    /// The sub-supernet of some candidates, likewise.
    pub fn shared(
        candidates: &Candidates,
        config: &NetworkConfig,
        image: ImageShape,
        classes: usize,
        images: usize,
        device: &Device,
    ) -> Self {
        let (task, mut rng) = (TaskShape { channels: image.channels, classes }, StudyRng::seed_from_u64(0));
        let Shared { network, paths, .. } = Network::shared(candidates, config, task, &mut rng, &device.clone().autodiff());
        Self::new(network, paths, batch(image, classes, images, &mut rng), device)
    }

    fn new(network: Network, paths: Vec<Path>, batch: Batch, device: &Device) -> Self {
        let learner = Learner::new(network, &OptimizerConfig::default(), &device.clone().autodiff(), &Silent);
        Self { learner, paths, batch, device: device.clone() }
    }

    /// Numbers that are trained.
    pub fn parameters(&self) -> usize {
        self.learner.frozen().parameters()
    }

    /// One step of a candidate; returns the loss before it.
    ///
    /// # Errors
    /// When the device fails or something is not finite.
    ///
    /// # Panics
    /// When there is no such candidate.
    pub fn step(&mut self, candidate: usize) -> Result<f64, SupernetError> {
        match self.learner.step(&self.batch, &self.paths[candidate], OptimizerConfig::default().learning_rate)? {
            StepOutcome::Learned(loss) => Ok(loss),
            StepOutcome::NotFinite(what) => {
                Err(SupernetError::Device { doing: "training", reason: format!("the {what} is not finite") })
            }
        }
    }

    /// The network as it is now, with batch-norm statistics of every candidate.
    ///
    /// # Errors
    /// When the device fails.
    pub fn frozen(&self) -> Result<FrozenWorkbench, SupernetError> {
        let network = self.learner.frozen();
        let estimate = |path: &Path| {
            let batches = std::iter::once(Ok(self.batch.clone()));
            let statistics = estimate_statistics(&network, path, batches, &self.device, &Interrupt::default())?;
            Ok((path.clone(), statistics))
        };
        let paths = self.paths.iter().map(estimate).collect::<Result<_, SupernetError>>()?;
        Ok(FrozenWorkbench { network, paths, images: images(&self.batch, &self.device) })
    }
}

impl FrozenWorkbench {
    /// Looks at the batch along the path of a candidate, until its logits are back in memory.
    ///
    /// # Errors
    /// When the device fails.
    ///
    /// # Panics
    /// When there is no such candidate.
    pub fn look(&self, candidate: usize) -> Result<(), SupernetError> {
        let (path, statistics) = &self.paths[candidate];
        let logits = self.network.forward(self.images.clone(), path, &mut Normalize::Fixed(statistics));
        logits.try_into_data().map_err(device_error("reading the logits"))?;
        Ok(())
    }
}

fn batch(shape: ImageShape, classes: usize, images: usize, rng: &mut StudyRng) -> Batch {
    let pixels = (0..images * shape.channels * shape.height * shape.width).map(|_| rng.random_range(-1.0..1.0)).collect();
    Batch { pixels, shape, labels: (0..images).map(|image| (image % classes) as i64).collect(), mixed: None }
}
