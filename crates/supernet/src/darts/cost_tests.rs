use super::cost::darts_cost as cost;
use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, StemKind};
use crate::convolution::tally;
use crate::cost::Cost;
use crate::network::{Network, TaskShape};
use crate::normalization::Normalize;
use bonas_core::{SearchSpace, SeedStream};
use bonas_data::ImageShape;
use bonas_spaces::{DartsGenotype, DartsSpace};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
    reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), \
    ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";
/// The candidate of the paper, one cell for both.
const BONAS_D: &str = "[('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 0), \
    ('max_pool_3x3', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 0)]";
/// The network that DARTS evaluates on CIFAR-10.
const CIFAR: NetworkConfig =
    NetworkConfig { channels: 36, cells: 20, stem_multiplier: 3, stem_stride: 1, stem: StemKind::Convolution };
/// The network that DARTS evaluates on ImageNet.
const IMAGENET: NetworkConfig =
    NetworkConfig { channels: 48, cells: 14, stem_multiplier: 1, stem_stride: 1, stem: StemKind::ImageNet };

fn built(genotype: &DartsGenotype, config: &NetworkConfig, image: ImageShape, classes: usize) -> Cost {
    let task = TaskShape { channels: image.channels, classes };
    let mut rng = SeedStream::new(7).rng("weights", 0);
    let (network, path) = Network::stand_alone(&Blueprint::Darts(genotype.clone()), config, task, &mut rng, &Device::flex());
    let images = Tensor::ones([1, image.channels, image.height, image.width], &Device::flex());
    tally::take();
    network.forward(images, &path, &mut Normalize::Batch);
    let classifier = network.features() * classes;
    Cost {
        parameters: network.parameters() as u64,
        statistics: (network.num_params() - network.parameters()) as u64,
        multiply_adds: tally::take() + classifier as u64,
    }
}

#[test]
fn published_networks_have_their_published_parameter_counts_without_the_auxiliary_head() {
    let image = ImageShape { channels: 3, height: 32, width: 32 };
    let darts = DartsSpace::darts();
    let darts_v2 = darts.genotype(&darts.parse(DARTS_V2).expect("a genotype"));
    let bonas = DartsSpace::bonas();
    let text = format!("Genotype(normal={BONAS_D}, normal_concat=range(2, 6), reduce={BONAS_D}, reduce_concat=range(2, 6))");
    let bonas_d = bonas.genotype(&bonas.parse(&text).expect("a genotype"));
    for (genotype, parameters, on_imagenet) in [(darts_v2, 3_349_342, 4_718_752), (bonas_d, 3_296_854, 4_838_656)] {
        let counted = cost(&genotype, &CIFAR, image, 10);
        assert_eq!(counted.parameters, parameters);
        assert_eq!(counted, built(&genotype, &CIFAR, image, 10));
        let large = ImageShape { channels: 3, height: 224, width: 224 };
        let counted = cost(&genotype, &IMAGENET, large, 1_000);
        assert_eq!(counted.parameters, on_imagenet);
        assert!(counted.multiply_adds < 600_000_000, "the mobile setting, not {}", counted.multiply_adds);
        // Smaller images have the same weights.
        let small = ImageShape { channels: 3, height: 33, width: 40 };
        assert_eq!(cost(&genotype, &IMAGENET, small, 1_000), built(&genotype, &IMAGENET, small, 1_000));
    }
}

/// Every count against what a built network holds, and what its forward pass computes.
#[test]
fn counts_are_those_of_built_networks() {
    let mut rng = SeedStream::new(11).rng("genotypes", 0);
    let sizes = [(1, 28, 28, 10), (3, 9, 14, 1), (1, 1, 1, 2), (3, 32, 32, 100)];
    for space in [DartsSpace::darts(), DartsSpace::bonas()] {
        for cells in 1..=7 {
            for (index, &(channels, height, width, classes)) in sizes.iter().enumerate() {
                let genotype = space.genotype(&space.sample(&mut rng));
                let config = NetworkConfig {
                    channels: 1 + cells,
                    cells,
                    stem_multiplier: 1 + index,
                    stem_stride: 1 + cells % 2,
                    ..NetworkConfig::default()
                };
                let image = ImageShape { channels, height, width };
                let counted = cost(&genotype, &config, image, classes);
                assert_eq!(counted, built(&genotype, &config, image, classes), "{genotype} {config:?} {image:?}");
            }
        }
    }
}
