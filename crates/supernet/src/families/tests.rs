//! What the networks of every space must keep.

use crate::blueprint::{Blueprint, Candidates, cost};
use crate::config::NetworkConfig;
use crate::convolution::tally;
use crate::graph::{GraphPath, Plan};
use crate::network::{Network, Path as NetworkPath, Shared, TaskShape};
use crate::network_space::NetworkSpace;
use crate::normalization::{Normalize, Statistics};
use crate::precision::Precision;
use bonas_core::{Architecture, SeedStream, StudyRng};
use bonas_data::ImageShape;
use bonas_spaces::{CustomSpace, SpaceName, TypedSpace};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::RngExt;
use std::path::Path;

const CLASSES: usize = 3;

fn rng(purpose: &str) -> StudyRng {
    SeedStream::new(7).rng(purpose, 0)
}

/// Every space whose networks are plans.
fn spaces() -> Vec<NetworkSpace> {
    let known = SpaceName::ALL.iter().map(|name| name.build_typed());
    let own = ["my-chain.toml", "my-cells.toml"].map(example);
    let planned = known.chain(own).filter(|space| !matches!(space, TypedSpace::Darts(_)));
    planned.map(|space| NetworkSpace::new(space).expect("networks")).collect()
}

fn example(file: &str) -> TypedSpace {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces").join(file);
    TypedSpace::Custom(Box::new(CustomSpace::open(path).expect("a space")))
}

fn samples(space: &NetworkSpace, count: usize) -> Vec<Architecture> {
    let mut rng = rng("samples");
    (0..count).map(|_| space.space().canonical(&space.space().sample(&mut rng))).collect()
}

fn config(channels: usize, cells: usize) -> NetworkConfig {
    NetworkConfig { channels, cells, stem_stride: 1, ..NetworkConfig::default() }
}

fn image(channels: usize, height: usize, width: usize) -> ImageShape {
    ImageShape { channels, height, width }
}

fn images(count: usize, shape: ImageShape) -> Tensor<4> {
    let mut rng = rng("images");
    let dims = [count, shape.channels, shape.height, shape.width];
    let pixels: Vec<f32> = (0..dims.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(pixels, dims), &Device::flex())
}

/// Everything behind the images follows their type, and gradients come back in that of the weights.
#[test]
fn every_space_trains_in_mixed_precision() {
    let shape = image(3, 16, 16);
    for space in spaces() {
        let device = Device::flex().autodiff();
        let Shared { network, whole, .. } = shared(&space, &samples(&space, 3), &config(4, 5), shape, &device);
        let logits = |precision: Precision| {
            let images = Tensor::from_data(images(4, shape).into_data(), &device);
            network.forward(precision.narrowed(images), &whole, &mut Normalize::Batch)
        };
        let full = values(logits(Precision::Full));
        let mixed = logits(Precision::Bf16);
        let off = values(mixed.clone()).iter().zip(&full).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let size = full.iter().fold(0.0, |size: f32, logit| size.max(logit.abs()));
        assert!(off < 0.2 * size, "{}: {off} of {size}", space.space().name());
        let gradients = GradientsParams::from_grads(mixed.square().sum().backward(), &network);
        let mut types = Types { gradients: &gradients, found: Vec::new() };
        network.visit(&mut types);
        assert!(!types.found.is_empty() && types.found.iter().all(|dtype| *dtype == DType::F32), "{}", space.space().name());
    }
}

struct Types<'a> {
    gradients: &'a GradientsParams,
    found: Vec<DType>,
}

impl ModuleVisitor for Types<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.extend(self.gradients.get::<D>(param.id).map(|gradient| gradient.dtype()));
    }
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("floats")
}

fn task(shape: ImageShape) -> TaskShape {
    TaskShape { channels: shape.channels, classes: CLASSES }
}

fn plan(blueprint: &Blueprint) -> &Plan {
    let Blueprint::Graph(plan) = blueprint else { panic!("{blueprint:?}") };
    plan
}

fn graph_path(path: &NetworkPath) -> &GraphPath {
    let NetworkPath::Graph(path) = path else { panic!("{path:?}") };
    path
}

fn shared(space: &NetworkSpace, members: &[Architecture], config: &NetworkConfig, shape: ImageShape, device: &Device) -> Shared {
    let candidates = space.candidates(members, config, shape);
    assert!(matches!(&candidates, Candidates::Graph(plans) if plans.len() == members.len()));
    Network::shared(&candidates, config, task(shape), &mut rng("weights"), device)
}

/// Every count against what a built network holds, and what its forward pass computes.
#[test]
fn counts_are_those_of_built_networks() {
    for space in spaces() {
        let mut compared = 0;
        for (index, member) in samples(&space, 12).iter().enumerate() {
            let config = NetworkConfig { stem_stride: 1 + index % 2, ..config(5 + index % 4, 1 + index % 6) };
            let shape = [image(1, 28, 28), image(3, 9, 14), image(3, 32, 32)][index % 3];
            let blueprint = space.blueprint(member, &config, shape);
            let (network, path) = Network::stand_alone(&blueprint, &config, task(shape), &mut rng("weights"), &Device::flex());
            let counted = cost(&blueprint, &config, shape, CLASSES);
            let statistics = network.num_params() - network.parameters();
            assert_eq!((counted.parameters, counted.statistics), (network.parameters() as u64, statistics as u64));
            tally::take();
            network.forward(images(1, shape), &path, &mut Normalize::Batch);
            let computed = tally::take() + (network.features() * CLASSES) as u64;
            let name = space.space().format(member);
            // What nothing reads is counted, as tables do, and not computed.
            if graph_path(&path).len() == plan(&blueprint).nodes().len() {
                assert_eq!(counted.multiply_adds, computed, "{name} {config:?}");
                compared += 1;
            } else {
                assert!(counted.multiply_adds >= computed, "{name} {config:?}");
            }
        }
        assert!(compared > 3, "{}", space.space().name());
    }
}

#[test]
fn every_path_of_a_supernet_gives_finite_logits_at_even_and_odd_resolutions() {
    for space in spaces() {
        for shape in [image(1, 8, 8), image(3, 9, 14)] {
            let config = config(6, 5);
            let Shared { network, whole, paths } = shared(&space, &samples(&space, 8), &config, shape, &Device::flex());
            for path in paths.iter().chain([&whole]) {
                let logits = network.forward(images(2, shape), path, &mut Normalize::Batch);
                assert_eq!(logits.dims(), [2, CLASSES]);
                assert!(values(logits).iter().all(|logit| logit.is_finite()), "{}", space.space().name());
            }
        }
    }
}

#[test]
fn a_path_uses_its_own_operations_and_no_others() {
    let device = Device::flex().autodiff();
    let shape = image(1, 8, 8);
    let config = config(6, 5);
    for space in spaces() {
        let members = samples(&space, 5);
        let Shared { network, paths, .. } = shared(&space, &members, &config, shape, &device);
        let mut whole_network = Tensors(0);
        network.visit(&mut whole_network);
        let mut fewer = 0;
        for (member, path) in members.iter().zip(&paths) {
            let reached = |network: &Network, path: &NetworkPath| {
                let x = Tensor::from_inner(images(4, shape));
                let loss = network.forward(x, path, &mut Normalize::Batch).square().mean();
                GradientsParams::from_grads(loss.backward(), network).len()
            };
            let alone = shared(&space, std::slice::from_ref(member), &config, shape, &device);
            let (through, own) = (reached(&network, path), reached(&alone.network, &alone.paths[0]));
            assert_eq!(through, own, "{}", space.space().format(member));
            fewer += usize::from(through < whole_network.0);
        }
        assert!(fewer > 0, "{}: nothing is shared", space.space().name());
    }
}

struct Tensors(usize);

impl ModuleVisitor for Tensors {
    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
        self.0 += 1;
    }
}

/// What candidates have in common is one and the same: a supernet has fewer weights than its members together.
#[test]
fn candidates_share_weights() {
    let (shape, config) = (image(1, 16, 16), config(8, 5));
    for space in spaces() {
        let members = samples(&space, 6);
        let together = shared(&space, &members, &config, shape, &Device::flex()).network.num_params();
        let alone = |member| shared(&space, std::slice::from_ref(member), &config, shape, &Device::flex()).network.num_params();
        let apart: usize = members.iter().map(alone).sum();
        assert!(together < apart, "{}: {together} of {apart}", space.space().name());
    }
}

/// The whole of a union of one member is that member.
#[test]
fn the_union_of_one_is_itself() {
    let (shape, config) = (image(1, 9, 9), config(6, 5));
    for space in spaces() {
        for member in samples(&space, 3) {
            let Shared { network, whole, paths } = shared(&space, &[member], &config, shape, &Device::flex());
            let output = |path| values(network.forward(images(4, shape), path, &mut Normalize::Batch));
            for (whole, own) in output(&whole).iter().zip(output(&paths[0])) {
                assert!((whole - own).abs() < 1e-3, "{whole} {own}");
            }
        }
    }
}

#[test]
fn estimated_statistics_of_one_batch_reproduce_the_batch_and_are_stored() {
    let (shape, config) = (image(1, 8, 8), config(6, 5));
    for space in spaces() {
        let blueprint = space.blueprint(&samples(&space, 1)[0], &config, shape);
        let (network, path) = Network::stand_alone(&blueprint, &config, task(shape), &mut rng("weights"), &Device::flex());
        let mut statistics = Statistics::default();
        let estimated = values(network.forward(images(6, shape), &path, &mut Normalize::Estimate(&mut statistics)));
        let fixed = values(network.forward(images(6, shape), &path, &mut Normalize::Fixed(&statistics)));
        for (estimated, fixed) in estimated.iter().zip(&fixed) {
            assert!((estimated - fixed).abs() < 1e-3, "{estimated} {fixed}");
        }
        network.store_statistics(&statistics);
        let stored = values(network.forward(images(6, shape), &path, &mut Normalize::Fixed(&network.stored_statistics())));
        assert_eq!(stored, fixed, "what is stored is what was measured with, to the last bit");
    }
}

#[test]
fn weights_follow_from_the_seed_alone() {
    let (shape, config) = (image(1, 8, 8), config(6, 5));
    for space in spaces() {
        let blueprint = space.blueprint(&samples(&space, 1)[0], &config, shape);
        let output = |purpose| {
            let (network, path) = Network::stand_alone(&blueprint, &config, task(shape), &mut rng(purpose), &Device::flex());
            values(network.forward(images(2, shape), &path, &mut Normalize::Batch))
        };
        assert_eq!(output("a"), output("a"));
        assert_ne!(output("a"), output("b"));
    }
}

#[test]
fn an_operation_that_the_library_lacks_is_named() {
    let text = "name = \"mine\"\noperations = [\"conv3\", \"conv4\"]\n[[stages]]\nrepeat = 2";
    let space = CustomSpace::parse_toml("mine.toml", text).expect("a space");
    let error = NetworkSpace::new(TypedSpace::Custom(Box::new(space))).expect_err("no such convolution").to_string();
    assert!(error.contains("the space mine: its operation 'conv4' is not in the library, which has none = zero"), "{error}");
}

#[test]
fn cells_of_nas_bench_101_need_a_channel_for_every_vertex() {
    let space = NetworkSpace::new(SpaceName::NasBench101.build_typed()).expect("networks");
    let error = space.check(&config(4, 5)).expect_err("too few").to_string();
    assert!(error.starts_with("network.channels must be at least 5 in nas-bench-101"), "{error}");
    assert!(space.check(&config(5, 5)).is_ok());
}
