use crate::accuracy::estimate_statistics;
use crate::blueprint::Candidates;
use crate::config::{NetworkConfig, OptimizerConfig, StemKind};
use crate::error::SupernetError;
use crate::gradients::{Objective, gradients};
use crate::network::{Network, Path, Shared, TaskShape};
use crate::network_space::NetworkSpace;
use crate::normalization::Normalize;
use crate::precision::Precision;
use crate::step::{Learner, StepOutcome, device_error, images};
use crate::trainee::Trainee;
use bonas_core::{Architecture, Interrupt, SeedStream, Silent, StudyRng};
use bonas_data::{Batch, ImageShape};
use bonas_spaces::{DartsCell, DartsGenotype, DartsSpace, Operand, TypedSpace};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use rand::RngExt;
use std::time::{Duration, Instant};

const SEED: u64 = 7;
const CLASSES: usize = 10;
const CHANNELS: usize = 3;
/// Architectures of a space that are checked together.
const MEMBERS: usize = 4;
/// Small enough that also a software driver gets through it.
const CHECKED: (NetworkConfig, usize, usize) =
    (NetworkConfig { channels: 8, cells: 3, stem_multiplier: 3, stem_stride: 1, stem: StemKind::Convolution }, 8, 16);
/// Large enough that a GPU has something to do.
const TIMED: (NetworkConfig, usize, usize) =
    (NetworkConfig { channels: 16, cells: 5, stem_multiplier: 3, stem_stride: 1, stem: StemKind::Convolution }, 64, 32);
/// Steps before the clock starts: kernels are compiled and chosen in them.
const UNTIMED_STEPS: usize = 2;
/// At least so many steps are timed.
const TIMED_STEPS: usize = 3;

/// Loss, gradients and logits of one step of a small sub-supernet with every operation in it, drawn from a fixed seed: the same numbers on
/// every device that computes right, up to rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceStep {
    loss: f64,
    /// By parameter, in the order of the module.
    gradients: Vec<NamedGradient>,
    /// Image after image, with estimated batch-norm statistics.
    logits: Vec<f64>,
}

/// A parameter's place in the module, and the numbers of its gradient.
type NamedGradient = (String, Vec<f64>);

/// How far one [`ReferenceStep`] is from another, each as ‖a − b‖ / ‖b‖. Not a number where something was not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Of the training loss.
    pub loss: f64,
    /// Of all gradients together.
    pub gradients: f64,
    /// Of the logits in a measurement.
    pub logits: f64,
    /// Of the gradient of every parameter, in the order of the module.
    pub parameters: Vec<ParameterDeviation>,
}

/// How far the gradient of one parameter is from another.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDeviation {
    /// Place in the module, such as `Darts.cells.0.operations.3.Separable.stages.0.depthwise.weight`.
    pub parameter: String,
    /// ‖a − b‖ / ‖b‖.
    pub error: f64,
    /// ‖a − b‖ / ‖all b‖: how much it is of the difference of all gradients.
    pub share: f64,
}

impl ReferenceStep {
    /// Computes it on a device (without autodiff); its training step in this precision, and logits in full.
    ///
    /// # Errors
    /// When the device fails.
    pub fn compute(device: &Device, precision: Precision) -> Result<Self, SupernetError> {
        Self::of(problem(&CHECKED, &device.clone().autodiff()), device, precision)
    }

    /// The same of a small sub-supernet of some architectures of another space, in full precision.
    ///
    /// # Errors
    /// When the device fails.
    pub fn of_space(space: &NetworkSpace, device: &Device) -> Result<Self, SupernetError> {
        let (network, images, side) = &CHECKED;
        let image = ImageShape { channels: CHANNELS, height: *side, width: *side };
        let candidates = space.candidates(&members(space), network, image);
        let problem = problem_of(&candidates, network, *images, *side, &device.clone().autodiff());
        Self::of(problem, device, Precision::Full)
    }

    fn of((network, path, batch): Problem, device: &Device, precision: Precision) -> Result<Self, SupernetError> {
        let trainee = Trainee::plain(network.clone());
        let training_device = device.clone().autodiff();
        let found =
            gradients(&trainee, &batch, &path, &Objective::in_precision(precision), &mut Normalize::Batch, 1, &training_device)?;
        let not_finite = || SupernetError::Device { doing: "computing a loss", reason: "it is not finite".into() };
        let (loss, found) = found.ok_or_else(not_finite)?;
        let frozen = network.valid();
        let batches = std::iter::once(Ok(batch.clone()));
        let statistics = estimate_statistics(&frozen, &path, batches, device, &Interrupt::default())?;
        let logits = frozen.forward(images(&batch, device), &path, &mut Normalize::Fixed(&statistics));
        Ok(Self { loss, gradients: named(&network, &found)?, logits: numbers(logits)? })
    }

    /// How far this one is from that of a device that is right.
    pub fn deviation(&self, right: &Self) -> Deviation {
        Deviation {
            loss: relative(&[self.loss], &[right.loss]),
            gradients: relative(&joined(&self.gradients), &joined(&right.gradients)),
            logits: relative(&self.logits, &right.logits),
            parameters: self.parameters(right),
        }
    }

    fn parameters(&self, right: &Self) -> Vec<ParameterDeviation> {
        let whole = norm(joined(&right.gradients));
        let compared = right.gradients.iter().map(|(parameter, right)| {
            let here = self.gradients.iter().find(|(name, _)| name == parameter).map_or(&[][..], |(_, here)| here);
            let error = relative(here, right);
            let share = error * norm(right.iter().copied()) / whole.max(f64::MIN_POSITIVE);
            ParameterDeviation { parameter: parameter.clone(), error, share }
        });
        compared.collect()
    }
}

/// Images per second of training a sub-supernet of 5 cells and 16 channels on batches of 64 images of 32×32, for at least `time`, after
/// two steps that do not count.
///
/// # Errors
/// When the device fails.
pub fn images_per_second(device: &Device, time: Duration) -> Result<f64, SupernetError> {
    let training_device = device.clone().autodiff();
    let (network, path, batch) = problem(&TIMED, &training_device);
    let mut learner = Learner::new(network, &OptimizerConfig::default(), &training_device, &Silent);
    let mut step = || match learner.step(&batch, &path, 0.01)? {
        StepOutcome::Learned(_) => Ok(()),
        StepOutcome::NotFinite(what) => {
            Err(SupernetError::Device { doing: "training", reason: format!("the {what} is not finite") })
        }
    };
    (0..UNTIMED_STEPS).try_for_each(|_| step())?;
    let wait = || device.sync().map_err(device_error("waiting for the device"));
    wait()?;
    let clock = Instant::now();
    let mut steps = 0;
    while steps < TIMED_STEPS || clock.elapsed() < time {
        step()?;
        steps += 1;
    }
    wait()?;
    Ok((steps * batch.labels.len()) as f64 / clock.elapsed().as_secs_f64())
}

/// A network, the path through it that a step takes, and the images.
type Problem = (Network, Path, Batch);

fn problem((network, images, side): &(NetworkConfig, usize, usize), device: &Device) -> Problem {
    problem_of(&Candidates::Darts(vec![genotype()]), network, *images, *side, device)
}

fn problem_of(candidates: &Candidates, network: &NetworkConfig, images: usize, side: usize, device: &Device) -> Problem {
    let mut rng = SeedStream::new(SEED).rng("device check", 0);
    let task = TaskShape { channels: CHANNELS, classes: CLASSES };
    let Shared { network, whole, .. } = Network::shared(candidates, network, task, &mut rng, device);
    (network, whole, batch(images, side, &mut rng))
}

/// Architectures of a space that have all of its operations among them. ResNets differ in depth alone, so one that is not deep stands for all.
fn members(space: &NetworkSpace) -> Vec<Architecture> {
    if let TypedSpace::ResNet(_) = space.typed() {
        return vec![Architecture::new(vec![0, 1, 2])];
    }
    let mut rng = SeedStream::new(SEED).rng("members", 0);
    (0..MEMBERS).map(|_| space.space().sample(&mut rng)).collect()
}

/// A genotype with every primitive in both of its cells.
fn genotype() -> DartsGenotype {
    let space = DartsSpace::darts();
    let mut primitives = space.primitives().iter().copied().cycle();
    let mut operand = |source| Operand { source, primitive: primitives.next().expect("a space has primitives") };
    let mut cell = || DartsCell { nodes: (0..4).map(|node| [operand(node), operand(node + 1)]).collect() };
    DartsGenotype { normal: cell(), reduce: cell() }
}

fn batch(images: usize, side: usize, rng: &mut StudyRng) -> Batch {
    let shape = ImageShape { channels: CHANNELS, height: side, width: side };
    let pixels = (0..images * CHANNELS * side * side).map(|_| rng.random_range(-1.0..1.0)).collect();
    Batch { pixels, shape, labels: (0..images).map(|image| (image % CLASSES) as i64).collect(), mixed: None }
}

/// The gradients of all parameters that have one, in the order of the module.
#[cfg(test)]
pub(crate) fn flat(network: &impl Module, gradients: &GradientsParams) -> Result<Vec<f64>, SupernetError> {
    Ok(joined(&named(network, gradients)?))
}

fn joined(gradients: &[NamedGradient]) -> Vec<f64> {
    gradients.iter().flat_map(|(_, gradient)| gradient).copied().collect()
}

fn named(network: &impl Module, gradients: &GradientsParams) -> Result<Vec<NamedGradient>, SupernetError> {
    let mut visitor = Named { gradients, place: Vec::new(), found: Ok(Vec::new()) };
    network.visit(&mut visitor);
    visitor.found
}

struct Named<'a> {
    gradients: &'a GradientsParams,
    place: Vec<String>,
    found: Result<Vec<NamedGradient>, SupernetError>,
}

impl ModuleVisitor for Named<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (Ok(found), Some(gradient)) = (&mut self.found, self.gradients.get::<D>(param.id)) else { return };
        match numbers(gradient) {
            Ok(gradient) => found.push((self.place.join("."), gradient)),
            Err(error) => self.found = Err(error),
        }
    }

    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.place.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.pop();
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, SupernetError> {
    let data = tensor.try_into_data().map_err(device_error("reading numbers"))?;
    let data = data.try_to_vec::<f32>().map_err(device_error("reading numbers"))?;
    Ok(data.into_iter().map(f64::from).collect())
}

/// ‖a − b‖ / ‖b‖; infinite if there are more numbers of one than of the other.
pub(crate) fn relative(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    norm(a.iter().zip(b).map(|(a, b)| a - b)) / norm(b.iter().copied()).max(f64::MIN_POSITIVE)
}

fn norm(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_spaces::SpaceName;
    use std::collections::BTreeSet;

    #[test]
    fn the_cpu_agrees_with_itself_and_a_wrong_number_is_seen() {
        let right = ReferenceStep::compute(&Device::flex(), Precision::Full).expect("computed");
        let again = ReferenceStep::compute(&Device::flex(), Precision::Full).expect("computed");
        let same = again.deviation(&right);
        assert_eq!((same.loss, same.gradients, same.logits), (0.0, 0.0, 0.0));
        assert!(same.parameters.iter().all(|parameter| parameter.error == 0.0));
        assert!(right.loss > 1.0 && joined(&right.gradients).len() > 1_000 && right.logits.len() == 8 * CLASSES);

        let mut wrong = right.clone();
        let (place, gradient) = &mut wrong.gradients[3];
        let (place, own) = (place.clone(), norm(gradient.iter().copied()));
        gradient[0] += 0.5 * norm(joined(&right.gradients));
        wrong.logits.pop();
        let deviation = wrong.deviation(&right);
        assert!((deviation.gradients - 0.5).abs() < 1e-9);
        assert_eq!(deviation.logits, f64::INFINITY);
        for ParameterDeviation { parameter, error, share } in deviation.parameters {
            let expected = if parameter == place { [0.5 * norm(joined(&right.gradients)) / own, 0.5] } else { [0.0; 2] };
            assert!((error - expected[0]).abs() < 1e-6 * (1.0 + error) && (share - expected[1]).abs() < 1e-9, "{parameter}");
        }
        wrong.loss = f64::NAN;
        assert!(wrong.deviation(&right).loss.is_nan());
        wrong.gradients.remove(3);
        let missing = wrong.deviation(&right).parameters.into_iter().find(|found| found.parameter == place);
        assert_eq!(missing.expect("listed").error, f64::INFINITY);
    }

    #[test]
    fn every_parameter_has_a_name_of_its_own() {
        let step = ReferenceStep::compute(&Device::flex(), Precision::Full).expect("computed");
        let names: std::collections::BTreeSet<_> = step.gradients.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), step.gradients.len());
        assert!(names.iter().any(|name| name.ends_with("Separable.stages.0.depthwise.weight")), "{names:?}");
    }

    #[test]
    fn the_checked_network_has_every_operation() {
        for cell in [genotype().normal, genotype().reduce] {
            for primitive in DartsSpace::darts().primitives() {
                assert!(cell.nodes.iter().flatten().any(|operand| operand.primitive == *primitive), "{primitive:?}");
            }
        }
    }

    /// What no member uses, none of a hundred others does.
    #[test]
    fn the_networks_of_every_space_are_checked_with_every_operation() {
        for name in SpaceName::ALL.iter().filter(|name| !matches!(name, SpaceName::ResNet)) {
            let space = NetworkSpace::new(name.build_typed()).expect("networks");
            let graphs = |members: Vec<Architecture>| {
                let operations = members.iter().flat_map(|member| space.space().graph(member).operations().to_vec());
                operations.collect::<BTreeSet<_>>()
            };
            let mut rng = SeedStream::new(1).rng("others", 0);
            let others = (0..100).map(|_| space.space().sample(&mut rng)).collect();
            assert_eq!(graphs(members(&space)), graphs(others), "{name}");
        }
    }

    #[test]
    fn the_cpu_agrees_with_itself_on_the_networks_of_a_space() {
        for name in [SpaceName::NasBench101, SpaceName::ResNet] {
            let space = NetworkSpace::new(name.build_typed()).expect("networks");
            let right = ReferenceStep::of_space(&space, &Device::flex()).expect("computed");
            let again = ReferenceStep::of_space(&space, &Device::flex()).expect("computed").deviation(&right);
            assert_eq!((again.loss, again.gradients, again.logits), (0.0, 0.0, 0.0), "{name}");
            assert!(right.gradients.len() > 10 && joined(&right.gradients).iter().any(|value| *value != 0.0), "{name}");
        }
    }

    /// The CPU stands in for a GPU here: what passes through 16 bits must do so without harm.
    #[test]
    fn mixed_precision_is_near_full_precision() {
        let right = ReferenceStep::compute(&Device::flex(), Precision::Full).expect("computed");
        for (precision, loss, gradients) in [(Precision::Bf16, 1e-2, 0.45), (Precision::F16, 2e-3, 0.2)] {
            let deviation = ReferenceStep::compute(&Device::flex(), precision).expect("computed").deviation(&right);
            assert!(deviation.loss > 0.0 && deviation.loss < loss, "{precision}: {}", deviation.loss);
            assert!(deviation.gradients > 0.0 && deviation.gradients < gradients, "{precision}: {}", deviation.gradients);
            assert_eq!(deviation.logits, 0.0, "measurements are in full precision");
        }
    }

    #[test]
    fn a_network_learns_in_mixed_precision() {
        for precision in Precision::MIXED {
            let device = Device::flex().autodiff();
            let (network, path, batch) = problem(&CHECKED, &device);
            let config = OptimizerConfig { precision, ..OptimizerConfig::default() };
            let mut learner = Learner::new(network, &config, &device, &Silent);
            let losses: Vec<f64> = (0..8)
                .map(|_| match learner.step(&batch, &path, 0.05).expect("computed") {
                    StepOutcome::Learned(loss) => loss,
                    StepOutcome::NotFinite(what) => panic!("{what}"),
                })
                .collect();
            assert!(losses[7] < 0.8 * losses[0], "{precision}: {losses:?}");
        }
    }

    #[test]
    fn cells_that_are_computed_twice_have_the_same_gradients() {
        let device = Device::flex().autodiff();
        let (network, path, batch) = problem(&CHECKED, &device);
        let trainee = Trainee::plain(network.clone());
        for (parts, precision, most) in [(1, Precision::Full, 1e-5), (3, Precision::Full, 1e-5), (1, Precision::F16, 1e-2)] {
            let of = |recompute| {
                let objective = Objective { recompute, ..Objective::in_precision(precision) };
                let found = gradients(&trainee, &batch, &path, &objective, &mut Normalize::Batch, parts, &device);
                let (loss, found) = found.expect("computed").expect("finite");
                (loss, named(&network, &found).expect("read"))
            };
            let ((loss, once), (again, twice)) = (of(false), of(true));
            assert!((loss - again).abs() <= 1e-6 * loss, "{loss} {again}");
            let names = |found: &[NamedGradient]| found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&once), names(&twice));
            let error = relative(&joined(&twice), &joined(&once));
            assert!(error < most, "{parts} parts, {precision}: {error}");
        }
    }

    #[test]
    fn gradients_that_are_too_large_for_16_bits_are_tried_with_a_smaller_loss() {
        let device = Device::flex().autodiff();
        let (network, path, batch) = problem(&CHECKED, &device);
        let trainee = Trainee::plain(network.clone());
        let right = joined(&ReferenceStep::compute(&Device::flex(), Precision::Full).expect("computed").gradients);
        let mut objective = Objective { loss_scale: Some(f64::from(1 << 24)), ..Objective::in_precision(Precision::F16) };
        let mut tries = 0;
        let error = loop {
            let found = gradients(&trainee, &batch, &path, &objective, &mut Normalize::Batch, 1, &device);
            let (_, found) = found.expect("computed").expect("the loss itself is finite");
            let error = relative(&flat(&network, &found).expect("read"), &right);
            if error.is_finite() {
                break error;
            }
            tries += 1;
            assert!(objective.back_off(), "there is nothing left to halve");
        };
        assert!(tries > 0 && error < 0.25, "{tries} {error}");
        assert!(!Objective::in_precision(Precision::Bf16).back_off(), "bf16 has the range of f32");
    }
}
