//! What is exported computes what the network does, in every space.

use crate::blueprint::Blueprint;
use crate::config::NetworkConfig;
use crate::network::{Network, Path, TaskShape};
use crate::network_space::NetworkSpace;
use crate::normalization::{Normalize, Statistics};
use crate::program::program;
use bonas_core::{Architecture, SeedStream, StudyRng};
use bonas_data::ImageShape;
use bonas_export::onnx::{OnnxOptions, encode};
use bonas_export::{Operator, Program};
use bonas_spaces::{CustomSpace, SpaceName, TypedSpace};
use bonas_testing::onnx;
use burn::store::{ModuleSnapshot, bridge};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use std::collections::{BTreeMap, BTreeSet};

const CLASSES: usize = 3;
const IMAGES: usize = 3;

fn rng(purpose: &str) -> StudyRng {
    SeedStream::new(7).rng(purpose, 0)
}

fn spaces() -> Vec<NetworkSpace> {
    let known = SpaceName::ALL.iter().map(|name| name.build_typed());
    let own = ["my-chain.toml", "my-cells.toml"].map(|file| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces").join(file);
        TypedSpace::Custom(Box::new(CustomSpace::open(path).expect("a space")))
    });
    known.chain(own).map(|space| NetworkSpace::new(space).expect("networks")).collect()
}

/// A chain of every operation of the library but the one that brings nothing on.
fn every_operation() -> NetworkSpace {
    let names = "skip, conv1, conv3, conv5, conv7, conv1x1-bn-relu, conv3x3-bn-relu, max_pool, avg_pool, sep3, sep5, dil3, dil5, \
        MB3_K3, MB3_K5, MB6_K3, MB6_K5";
    let names: Vec<String> = names.split(", ").map(|name| format!("\"{name}\"")).collect();
    let text = format!("name = \"every\"\noperations = [{}]\n[[stages]]\nrepeat = {}", names.join(", "), names.len());
    let space = CustomSpace::parse_toml("every.toml", &text).expect("a space");
    NetworkSpace::new(TypedSpace::Custom(Box::new(space))).expect("networks")
}

fn values(count: usize, purpose: &str) -> Vec<f32> {
    let mut rng = rng(purpose);
    (0..count).map(|_| rng.random_range(-2.0..2.0)).collect()
}

/// A network with statistics of random images.
struct Subject {
    network: Network,
    path: Path,
    statistics: Statistics,
    image: ImageShape,
}

impl Subject {
    fn new(blueprint: &Blueprint, config: &NetworkConfig, image: ImageShape) -> Self {
        let task = TaskShape { channels: image.channels, classes: CLASSES };
        let (network, path) = Network::stand_alone(blueprint, config, task, &mut rng("weights"), &Device::flex());
        let mut statistics = Statistics::default();
        network.forward(images(16, image, "statistics"), &path, &mut Normalize::Estimate(&mut statistics));
        Self { network, path, statistics, image }
    }

    fn logits(&self) -> Vec<f32> {
        let images = images(IMAGES, self.image, "images");
        let logits = self.network.forward(images, &self.path, &mut Normalize::Fixed(&self.statistics));
        logits.into_data().try_to_vec().expect("floats")
    }

    fn program(&self) -> Program {
        program(&self.network, &self.path, &self.statistics, self.image).expect("a program")
    }

    /// The file, and the largest difference of its logits.
    fn exported(&self, name: &str) -> BTreeMap<String, usize> {
        let options = OnnxOptions { name: "test".into(), ..OnnxOptions::default() };
        let model = onnx::read(&encode(&self.program(), &options).expect("small"));
        let ImageShape { channels, height, width } = self.image;
        let pixels = values(IMAGES * channels * height * width, "images");
        let found = onnx::run(&model, &pixels, [IMAGES, channels, height, width]);
        for (ours, theirs) in self.logits().iter().zip(&found) {
            assert!((ours - theirs).abs() < 1e-4 * ours.abs().max(1.0), "{name}: {ours} {theirs}");
        }
        assert_eq!(found.len(), IMAGES * CLASSES);
        onnx::node_types(&model)
    }
}

fn images(count: usize, image: ImageShape, purpose: &str) -> Tensor<4> {
    let dims = [count, image.channels, image.height, image.width];
    let pixels = values(dims.iter().product(), purpose);
    Tensor::from_data(TensorData::new(pixels, dims), &Device::flex())
}

fn subject(space: &NetworkSpace, member: &Architecture, index: usize) -> Subject {
    let config = NetworkConfig { channels: 6, cells: 5, stem_stride: 1 + index % 2, ..NetworkConfig::default() };
    let (channels, height, width) = [(1, 8, 8), (3, 9, 14)][index % 2];
    let image = ImageShape { channels, height, width };
    Subject::new(&space.blueprint(member, &config, image), &config, image)
}

fn samples(space: &NetworkSpace, count: usize) -> Vec<Architecture> {
    let mut rng = rng("samples");
    (0..count).map(|_| space.space().canonical(&space.space().sample(&mut rng))).collect()
}

#[test]
fn an_onnx_file_computes_what_the_network_does() {
    let mut types = BTreeSet::new();
    for space in spaces() {
        for (index, member) in samples(&space, 4).iter().enumerate() {
            let name = space.space().format(member);
            types.extend(subject(&space, member, index).exported(&name).into_keys());
        }
    }
    let types = types.into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(
        types,
        "Add AveragePool BatchNormalization Clip Concat ConstantOfShape Conv Flatten Gemm GlobalAveragePool MaxPool Pad Relu Shape \
         Slice Sum"
    );
}

#[test]
fn every_operation_of_the_library_is_exported() {
    let space = every_operation();
    let all: Vec<u8> = (0..17).collect();
    let member = Architecture::new(all);
    let types = subject(&space, &member, 0).exported("all");
    let count = |name: &str| types.get(name).copied().unwrap_or_default();
    // Two of the means belong to the blocks that halve the resolution.
    assert_eq!((count("MaxPool"), count("AveragePool"), count("Clip")), (1, 3, 8));
    assert!(count("Conv") > 30, "{types:?}");
}

/// Nothing but zeros: no edge of the cell brings anything on.
#[test]
fn a_cell_without_operations_is_exported() {
    let space = NetworkSpace::new(SpaceName::NasBench201.build_typed()).expect("networks");
    let none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    let member = space.space().parse(none).expect("a cell");
    let types = subject(&space, &member, 0).exported(none);
    assert!(types["ConstantOfShape"] > 0, "{types:?}");
}

#[test]
fn a_graph_that_normalises_takes_pixels() {
    let space = NetworkSpace::new(SpaceName::NasBench201.build_typed()).expect("networks");
    let subject = subject(&space, &samples(&space, 1)[0], 1);
    let (mean, stddev) = (vec![0.5, 0.25, -1.0], vec![0.5, 2.0, 0.1]);
    let options =
        OnnxOptions { normalization: Some((mean.clone(), stddev.clone())), name: "test".into(), ..OnnxOptions::default() };
    let model = onnx::read(&encode(&subject.program(), &options).expect("small"));
    let ImageShape { channels, height, width } = subject.image;
    let mut pixels = values(IMAGES * channels * height * width, "images");
    for (place, plane) in pixels.chunks_mut(height * width).enumerate() {
        let channel = place % channels;
        plane.iter_mut().for_each(|pixel| *pixel = *pixel * stddev[channel] + mean[channel]);
    }
    let found = onnx::run(&model, &pixels, [IMAGES, channels, height, width]);
    for (ours, theirs) in subject.logits().iter().zip(&found) {
        assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
    }
}

/// Every array of a program is one of the file of weights, by name, size and numbers.
#[test]
fn arrays_have_the_names_of_the_weights() {
    for space in spaces() {
        let subject = subject(&space, &samples(&space, 1)[0], 0);
        subject.network.store_statistics(&subject.statistics);
        let snapshots = match &subject.network {
            Network::Darts(network) => network.collect(None, None, false),
            Network::Graph(network) => network.collect(None, None, false),
        };
        let weights: BTreeMap<String, Vec<f32>> = snapshots
            .iter()
            .map(|tensor| (tensor.name.clone(), bridge::to_data(tensor).expect("data").try_to_vec().expect("floats")))
            .collect();
        let program = subject.program();
        let mut compared = 0;
        let mut compare = |name: String, values: &[f32]| {
            assert_eq!(weights.get(&name).map(Vec::as_slice), Some(values), "{name} of {:?}", weights.keys());
            compared += 1;
        };
        for step in &program.steps {
            let name = |part: &str| format!("{}.{part}", step.name);
            match &step.operator {
                Operator::Convolution { weight, .. } => compare(name("weight"), &weight.values),
                Operator::Norm(norm) => {
                    compare(name("weight"), &norm.weight);
                    compare(name("bias"), &norm.bias);
                    compare(name("running_mean"), &norm.mean);
                    compare(name("running_var"), &norm.variance);
                }
                Operator::Classifier { weight, bias } => {
                    compare(name("weight"), &weight.transposed().values);
                    compare(name("bias"), bias);
                }
                _ => {}
            }
        }
        assert!(compared > 10, "{}", space.space().name());
    }
}
