use crate::auxiliary_head::AuxiliaryHead;
use crate::blueprint::{Blueprint, Candidates};
use crate::build::Build;
use crate::config::{NetworkConfig, OptimizerConfig, StemKind};
use crate::device_check::{flat, relative};
use crate::device_memory::injected::{Failure, limit};
use crate::drop_path::DropPath;
use crate::error::SupernetError;
use crate::gradients::{Objective, gradients};
use crate::network::{Network, Path, Shared, TaskShape};
use crate::normalization::{NormFactory, Normalize, Statistics};
use crate::precision::Precision;
use crate::step::{Learner, StepOutcome, images};
use crate::trainee::Trainee;
use bonas_core::{Progress, SearchSpace, SeedStream};
use bonas_data::{Batch, ImageShape, Mixed};
use bonas_spaces::DartsSpace;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use rand::RngExt;
use std::sync::Mutex;

const NETWORK: NetworkConfig =
    NetworkConfig { channels: 4, cells: 3, stem_multiplier: 2, stem_stride: 1, stem: StemKind::Convolution };
const SHAPE: ImageShape = ImageShape { channels: 3, height: 8, width: 8 };
const IMAGES: usize = 10;

fn device() -> Device {
    Device::flex().autodiff()
}

fn network() -> (Network, Path) {
    let mut rng = SeedStream::new(2).rng("network", 0);
    let space = DartsSpace::darts();
    let genotypes = [0, 1].map(|_| space.genotype(&space.sample(&mut rng)));
    let candidates = Candidates::Darts(genotypes.to_vec());
    let task = TaskShape { channels: 3, classes: 4 };
    let Shared { network, whole, .. } = Network::shared(&candidates, &NETWORK, task, &mut rng, &device());
    (network, whole)
}

fn batch() -> Batch {
    let mut rng = SeedStream::new(3).rng("batch", 0);
    let pixels = (0..IMAGES * SHAPE.channels * SHAPE.height * SHAPE.width).map(|_| rng.random_range(-1.0..1.0)).collect();
    Batch { pixels, shape: SHAPE, labels: (0..IMAGES).map(|image| image as i64 % 4).collect(), mixed: None }
}

fn part(batch: &Batch, range: std::ops::Range<usize>) -> Batch {
    let size = SHAPE.channels * SHAPE.height * SHAPE.width;
    let pixels = batch.pixels[range.start * size..range.end * size].to_vec();
    Batch { pixels, shape: SHAPE, labels: batch.labels[range].to_vec(), mixed: None }
}

/// Keeps the notices.
#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Progress for Notices {
    fn begin(&self, _phase: &str, _steps: u64) {}
    fn advance(&self, _steps: u64, _message: &str) {}
    fn notice(&self, text: &str) {
        self.0.lock().expect("not poisoned").push(text.to_string());
    }
}

/// The batch as mixup blends it, with these other labels.
fn mixed(share: f64) -> Batch {
    let labels = (0..IMAGES).map(|image| (image as i64 + 1) % 4).collect();
    Batch { mixed: Some(Mixed { labels, share }), ..batch() }
}

#[test]
fn a_mixed_batch_counts_both_labels_by_their_shares() {
    let (network, path) = network();
    let trainee = Trainee::plain(network.clone());
    let loss = |batch: &Batch, parts| {
        let mut statistics = Statistics::default();
        network.valid().forward(images(batch, &Device::flex()), &path, &mut Normalize::Estimate(&mut statistics));
        let mut fixed = Normalize::Fixed(&statistics);
        let found = gradients(&trainee, batch, &path, &Objective::default(), &mut fixed, parts, &device());
        found.expect("computed").expect("finite").0
    };
    let others = Batch { labels: mixed(0.0).mixed.expect("mixed").labels, ..batch() };
    let (own, other) = (loss(&batch(), 1), loss(&others, 1));
    assert!((own - other).abs() > 1e-3, "{own} {other}");
    for share in [1.0, 0.3, 0.0] {
        for parts in [1, 3] {
            let (found, exact) = (loss(&mixed(share), parts), share * own + (1.0 - share) * other);
            assert!((found - exact).abs() < 1e-5, "{share} in {parts} parts: {found}, not {exact}");
        }
    }
}

fn weights(learner: &Learner<'_>) -> Vec<f32> {
    let mut weights = Weights(Vec::new());
    learner.frozen().visit(&mut weights);
    weights.0
}

struct Weights(Vec<f32>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.extend(param.val().try_into_data().expect("read").try_to_vec::<f32>().expect("f32"));
    }
}

#[test]
fn micro_batches_have_the_gradients_of_the_whole_batch() {
    let ((network, path), batch) = (network(), batch());
    let mut statistics = Statistics::default();
    let frozen = network.valid();
    frozen.forward(images(&batch, &Device::flex()), &path, &mut Normalize::Estimate(&mut statistics));
    let trainee = Trainee::plain(network.clone());
    // Statistics that do not depend on the split: then nothing may change but rounding.
    let in_parts = |parts| {
        let found =
            gradients(&trainee, &batch, &path, &Objective::default(), &mut Normalize::Fixed(&statistics), parts, &device());
        let (loss, found) = found.expect("computed").expect("finite");
        (loss, flat(&network, &found).expect("read"))
    };
    let (loss, whole) = in_parts(1);
    assert!(whole.iter().any(|&gradient| gradient.abs() > 1e-3));
    // Ten images also divide into parts of different sizes.
    for parts in [2, 3, 4, 10] {
        let (other, gradients) = in_parts(parts);
        assert!((other - loss).abs() < 1e-5 * loss, "{parts} parts: loss {other}, not {loss}");
        let error = relative(&gradients, &whole);
        assert!(error < 1e-5, "{parts} parts: gradients are off by {error}");
    }
}

#[test]
fn batch_norms_see_a_micro_batch_at_a_time() {
    let ((network, path), batch) = (network(), batch());
    let trainee = Trainee::plain(network.clone());
    let of = |batch: &Batch, parts| {
        let found = gradients(&trainee, batch, &path, &Objective::default(), &mut Normalize::Batch, parts, &device());
        flat(&network, &found.expect("computed").expect("finite").1).expect("read")
    };
    let [first, second] = [of(&part(&batch, 0..5), 1), of(&part(&batch, 5..10), 1)];
    let mean: Vec<f64> = first.iter().zip(&second).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(relative(&of(&batch, 2), &mean) < 1e-5);
    assert!(relative(&of(&batch, 1), &mean) > 1e-3, "statistics of the whole batch are others");
}

/// A stand-alone network with an auxiliary head, and the path through it.
fn trainee() -> (Trainee, Path) {
    let mut rng = SeedStream::new(2).rng("trainee", 0);
    let space = DartsSpace::darts();
    let blueprint = Blueprint::Darts(space.genotype(&space.sample(&mut rng)));
    let task = TaskShape { channels: 3, classes: 4 };
    let device = device();
    let (network, path) = Network::stand_alone(&blueprint, &NETWORK, task, &mut rng, &device);
    let mut build = Build { norms: &mut NormFactory::new(true), rng: &mut rng, device: &device };
    let head = AuxiliaryHead::new(blueprint.auxiliary_features(&NETWORK), 4, NETWORK.stem, &mut build);
    (Trainee::with_auxiliary(network, head), path)
}

/// Batch norms of the whole network see a micro-batch of two copies of the same images as they see the images once. So a batch of such
/// pairs of halves has the same gradients in two parts, with all that a recipe adds.
#[test]
fn a_recipe_has_the_same_gradients_in_parts() {
    let ((trainee, path), images) = (trainee(), part(&batch(), 0..5));
    let doubled = Batch {
        pixels: [&images.pixels[..], &images.pixels].concat(),
        shape: SHAPE,
        labels: [&images.labels[..], &images.labels].concat(),
        mixed: None,
    };
    let drop_path = DropPath::new(0.3, 5, &mut SeedStream::new(2).rng("drop", 0));
    let objective =
        Objective { label_smoothing: 0.1, auxiliary_weight: 0.4, drop_path: Some(drop_path.doubled()), ..Objective::default() };
    let in_parts = |objective: &Objective, parts| {
        let found = gradients(&trainee, &doubled, &path, objective, &mut Normalize::Batch, parts, &device());
        let (loss, found) = found.expect("computed").expect("finite");
        (loss, flat(&trainee, &found).expect("read"))
    };
    let (loss, whole) = in_parts(&objective, 1);
    let (other, parts) = in_parts(&objective, 2);
    assert!((other - loss).abs() < 1e-5 * loss, "{other} {loss}");
    assert!(relative(&parts, &whole) < 1e-4, "gradients are off by {}", relative(&parts, &whole));
    let mixed = Objective { precision: Precision::F16, loss_scale: Some(64.0), ..objective.clone() };
    assert!((in_parts(&mixed, 1).0 - loss).abs() < 1e-2 * loss, "head and dropped paths follow the type of the images");
    // Each of the three has a part in it.
    for without in [
        Objective { label_smoothing: 0.0, ..objective.clone() },
        Objective { auxiliary_weight: 0.0, ..objective.clone() },
        Objective { drop_path: None, ..objective.clone() },
    ] {
        assert!(relative(&in_parts(&without, 1).1, &whole) > 1e-3, "{without:?}");
    }
}

/// The gradients are those of the loss that is told: central differences along a direction in the weights of network and head.
#[test]
fn gradients_of_a_recipe_are_those_of_its_loss() {
    let ((trainee, path), batch) = (trainee(), batch());
    let objective = Objective { label_smoothing: 0.1, auxiliary_weight: 0.4, ..Objective::default() };
    let of = |trainee: &Trainee| {
        let found = gradients(trainee, &batch, &path, &objective, &mut Normalize::Batch, 1, &device());
        found.expect("computed").expect("finite")
    };
    let (_, found) = of(&trainee);
    for name in ["classifier", "auxiliary"] {
        // Along the gradient itself, in which the loss changes most.
        let moved = |by: f64| of(&trainee.clone().map(&mut Move { gradients: &found, by, inside: 0, name })).0;
        let mut along = Squares { gradients: &found, sum: 0.0, inside: 0, name };
        trainee.visit(&mut along);
        let step = 0.02 / along.sum.sqrt();
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        assert!(along.sum > 1e-6 && (slope / along.sum - 1.0).abs() < 0.02, "{name}: {slope}, not {}", along.sum);
    }
}

/// Moves the parameters of a module of this name along their gradients.
struct Move<'a> {
    gradients: &'a GradientsParams,
    by: f64,
    inside: usize,
    name: &'a str,
}

impl ModuleMapper for Move<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.inside += usize::from(self.inside > 0 || name == self.name);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.inside = self.inside.saturating_sub(1);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.gradients.get::<D>(param.id).filter(|_| self.inside > 0) {
            Some(gradient) => param.map(|weights| (weights.without_autodiff() + gradient * self.by).autodiff().require_grad()),
            None => param,
        }
    }
}

/// Sum of the squared gradients of the parameters of a module of this name.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
    inside: usize,
    name: &'a str,
}

impl ModuleVisitor for Squares<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.inside += usize::from(self.inside > 0 || name == self.name);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.inside = self.inside.saturating_sub(1);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id).filter(|_| self.inside > 0) {
            let numbers = gradient.into_data().try_to_vec::<f32>().expect("floats");
            self.sum += numbers.into_iter().map(|number| f64::from(number).powi(2)).sum::<f64>();
        }
    }
}

/// (1 − a) of the cross-entropy with the label, and a of the mean over all classes (Szegedy et al., CVPR 2016, section 7).
#[test]
fn smoothing_is_the_closed_form() {
    let ((network, path), batch) = (network(), batch());
    let frozen = network.valid();
    let logits = frozen.forward(images(&batch, &Device::flex()), &path, &mut Normalize::Batch);
    let logits = logits.into_data().try_to_vec::<f32>().expect("floats");
    let loss = |smoothing: f64| {
        let of_image = |(row, &label): (&[f32], &i64)| {
            let total = row.iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln();
            let surprise: Vec<f64> = row.iter().map(|&logit| total - f64::from(logit)).collect();
            (1.0 - smoothing) * surprise[label as usize] + smoothing * surprise.iter().sum::<f64>() / 4.0
        };
        logits.chunks(4).zip(&batch.labels).map(of_image).sum::<f64>() / IMAGES as f64
    };
    for label_smoothing in [0.0, 0.1, 0.9] {
        let objective = Objective { label_smoothing, ..Objective::default() };
        let trainee = Trainee::plain(network.clone());
        let found = gradients(&trainee, &batch, &path, &objective, &mut Normalize::Batch, 1, &device());
        let (found, _) = found.expect("computed").expect("finite");
        assert!((found - loss(label_smoothing)).abs() < 1e-5, "{label_smoothing}: {found}, not {}", loss(label_smoothing));
    }
}

#[test]
fn a_lack_of_memory_splits_the_batch_once_and_says_so() {
    let batch = batch();
    let mut ended = Vec::new();
    for failure in [Failure::Error, Failure::Panic] {
        let (notices, (network, path)) = (Notices::default(), network());
        let mut learner = Learner::new(network, &OptimizerConfig::default(), &device(), &notices);
        limit(5, failure);
        for _ in 0..3 {
            assert!(matches!(learner.step(&batch, &path, 0.1), Ok(StepOutcome::Learned(_))));
        }
        assert_eq!(
            *notices.0.lock().expect("not poisoned"),
            [
                "the device ran out of memory; batches of 10 images now go through it in 2 parts, with added gradients and batch-norm \
              statistics of a part each"
            ]
        );
        ended.push(weights(&learner));
        limit(usize::MAX, failure);
    }
    assert!(ended[0] == ended[1], "the same weights, however the device fails");
}

#[test]
fn memory_for_no_image_at_all_is_an_error_that_says_what_to_do() {
    let (notices, (network, path)) = (Notices::default(), network());
    let mut learner = Learner::new(network, &OptimizerConfig::default(), &device(), &notices);
    let before = weights(&learner);
    limit(0, Failure::Error);
    let error = learner.step(&batch(), &path, 0.1).expect_err("no memory");
    limit(usize::MAX, Failure::Error);
    assert!(matches!(error, SupernetError::OutOfMemory { images: 1, .. }));
    assert_eq!(
        error.to_string(),
        "the device ran out of memory with 1 images at a time: injected: OutOfMemory { size: 1 }; free memory on it, lower \
         network.channels or network.cells, or use another device"
    );
    assert!(weights(&learner) == before);
}
