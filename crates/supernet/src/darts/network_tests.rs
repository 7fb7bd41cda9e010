use super::network::{DartsNetwork, DartsPath};
use super::union::GenotypeUnion;
use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, StemKind};
use crate::network::{Network, TaskShape};
use crate::normalization::{Normalize, Statistics};
use bonas_core::{SearchSpace, SeedStream, StudyRng};
use bonas_spaces::{DartsGenotype, DartsSpace};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

const TASK: TaskShape = TaskShape { channels: 1, classes: 3 };
const SMALL: NetworkConfig =
    NetworkConfig { channels: 2, cells: 3, stem_multiplier: 3, stem_stride: 1, stem: StemKind::Convolution };

fn rng(purpose: &str) -> StudyRng {
    SeedStream::new(7).rng(purpose, 0)
}

fn images(count: usize, side: usize) -> Tensor<4> {
    let mut rng = rng("images");
    let pixels: Vec<f32> = (0..count * side * side).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(pixels, [count, 1, side, side]), &Device::flex())
}

fn genotypes(space: &DartsSpace, count: usize) -> Vec<DartsGenotype> {
    let mut rng = rng("genotypes");
    (0..count).map(|_| space.genotype(&space.sample(&mut rng))).collect()
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("floats")
}

#[test]
fn every_operation_keeps_shapes_at_even_and_odd_resolutions() {
    let space = DartsSpace::darts();
    let candidates = genotypes(&space, 30);
    let union = GenotypeUnion::new(&candidates);
    let network = DartsNetwork::shared(&union, &SMALL, TASK, &mut rng("weights"), &Device::flex());
    for side in [8, 9, 14] {
        for path in candidates
            .iter()
            .map(|genotype| DartsPath::of(genotype, &union).expect("in the union"))
            .chain([DartsPath::whole(&union)])
        {
            let logits = network.forward(images(2, side), &path, &mut Normalize::Batch);
            assert_eq!(logits.dims(), [2, 3]);
            assert!(values(logits).iter().all(|logit| logit.is_finite()));
        }
    }
}

#[test]
fn a_path_uses_its_own_operations_and_no_others() {
    let space = DartsSpace::bonas();
    let candidates = genotypes(&space, 5);
    let union = GenotypeUnion::new(&candidates);
    let device = Device::flex().autodiff();
    let network = DartsNetwork::shared(&union, &SMALL, TASK, &mut rng("weights"), &device);
    let path = DartsPath::of(&candidates[0], &union).expect("in the union");
    let x = Tensor::from_inner(images(4, 8));
    let loss = network.forward(x, &path, &mut Normalize::Batch).square().mean();
    let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &network);
    let alone = GenotypeUnion::new(&candidates[..1]);
    let of_candidate = DartsNetwork::shared(&alone, &SMALL, TASK, &mut rng("weights"), &device);
    let mut tensors = Tensors(0);
    burn::module::Module::visit(&of_candidate, &mut tensors);
    assert_eq!(gradients.len(), tensors.0, "parameters off the path get no gradient");
}

struct Tensors(usize);

impl burn::module::ModuleVisitor for Tensors {
    fn visit_float<const D: usize>(&mut self, _: &burn::module::Param<Tensor<D>>) {
        self.0 += 1;
    }
}

#[test]
fn a_cell_with_swapped_operands_is_the_same_function_and_one_with_swapped_inputs_is_not() {
    let space = DartsSpace::bonas();
    let genotype = genotypes(&space, 1).remove(0);
    let mut swapped = genotype.clone();
    swapped.normal.nodes.iter_mut().chain(&mut swapped.reduce.nodes).for_each(|pair| pair.reverse());
    let mut exchanged = genotype.clone();
    for operand in exchanged.normal.nodes.iter_mut().chain(&mut exchanged.reduce.nodes).flatten() {
        operand.source = if operand.source < 2 { 1 - operand.source } else { operand.source };
    }
    let union = GenotypeUnion::new(&[genotype.clone(), swapped.clone(), exchanged.clone()]);
    let network = DartsNetwork::shared(&union, &SMALL, TASK, &mut rng("weights"), &Device::flex());
    let output = |genotype| {
        let path = DartsPath::of(genotype, &union).expect("in the union");
        values(network.forward(images(4, 8), &path, &mut Normalize::Batch))
    };
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(near(&output(&genotype), &output(&swapped)));
    assert!(!near(&output(&genotype), &output(&exchanged)));
}

#[test]
fn estimated_statistics_of_one_batch_reproduce_the_batch() {
    let space = DartsSpace::bonas();
    let genotype = genotypes(&space, 1).remove(0);
    let blueprint = Blueprint::Darts(genotype);
    let (network, path) = Network::stand_alone(&blueprint, &SMALL, TASK, &mut rng("weights"), &Device::flex());
    let mut statistics = Statistics::default();
    let estimated = values(network.forward(images(6, 8), &path, &mut Normalize::Estimate(&mut statistics)));
    let fixed = values(network.forward(images(6, 8), &path, &mut Normalize::Fixed(&statistics)));
    for (estimated, fixed) in estimated.iter().zip(&fixed) {
        assert!((estimated - fixed).abs() < 1e-3, "{estimated} {fixed}");
    }
    network.store_statistics(&statistics);
    let stored = values(network.forward(images(6, 8), &path, &mut Normalize::Fixed(&network.stored_statistics())));
    assert_eq!(stored, fixed, "what is stored is what was measured with, to the last bit");
}

#[test]
fn weights_follow_from_the_seed_alone() {
    let space = DartsSpace::bonas();
    let genotype = genotypes(&space, 1).remove(0);
    let output = |purpose| {
        let (network, path) = DartsNetwork::stand_alone(&genotype, &SMALL, TASK, &mut rng(purpose), &Device::flex());
        values(network.forward(images(2, 8), &path, &mut Normalize::Batch))
    };
    assert_eq!(output("a"), output("a"));
    assert_ne!(output("a"), output("b"));
}
