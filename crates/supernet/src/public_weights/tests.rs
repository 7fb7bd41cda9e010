use super::*;
use crate::model_card::{CardSpace, TrainingImages};
use crate::normalization::{Normalize, Statistics};
use crate::weights::load_model;
use bonas_core::SeedStream;
use bonas_data::{DataConfig, ImageShape, Normalization};
use bonas_spaces::{DartsSpace, SpaceName};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use rand::RngExt;

/// Every operation at both strides, no node's operands in the order that the union sorts them.
const GENOTYPE: &str = "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('skip_connect', 1), ('max_pool_3x3', 0), \
    ('dil_conv_3x3', 3), ('dil_conv_5x5', 0), ('avg_pool_3x3', 2), ('skip_connect', 0)], normal_concat=range(2, 6), \
    reduce=[('skip_connect', 1), ('sep_conv_3x3', 0), ('max_pool_3x3', 1), ('dil_conv_3x3', 0), ('dil_conv_5x5', 1), \
    ('avg_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 0)], reduce_concat=range(2, 6))";

fn card() -> ModelCard {
    let genotype = DartsSpace::darts().parse_genotype(GENOTYPE).expect("a genotype");
    ModelCard {
        format: ModelCard::FORMAT,
        bonas: "test".into(),
        space: CardSpace::Known(SpaceName::Darts),
        genotype: CardGenotype::Darts(genotype),
        network: NetworkConfig { channels: 4, cells: 4, ..NetworkConfig::default() },
        input: ImageShape { channels: 3, height: 9, width: 12 },
        normalization: Normalization { mean: vec![0.5; 3], stddev: vec![0.25; 3] },
        classes: ["a", "b", "c"].map(String::from).to_vec(),
        training: TrainingImages { name: "none".into(), digest: String::new(), seed: 0, data: DataConfig::default() },
    }
}

fn images(count: usize, card: &ModelCard) -> Tensor<4> {
    let mut rng = SeedStream::new(3).rng("images", 0);
    let pixels: Vec<f32> = (0..count * card.input.pixels()).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(pixels, [count, 3, card.input.height, card.input.width]), &Device::flex())
}

fn trained(card: &ModelCard) -> Trained {
    let task = TaskShape { channels: 3, classes: 3 };
    let mut rng = SeedStream::new(3).rng("weights", 0);
    let blueprint = Blueprint::Darts(darts_genotype(card).expect("DARTS").clone());
    let (network, path) = Network::stand_alone(&blueprint, &card.network, task, &mut rng, &Device::flex());
    let mut statistics = Statistics::default();
    network.forward(images(16, card), &path, &mut Normalize::Estimate(&mut statistics));
    network.store_statistics(&statistics);
    let statistics = network.stored_statistics();
    Trained { network, path, statistics, history: Vec::new(), seconds: 0.0, waiting_seconds: 0.0 }
}

fn logits(trained: &Trained, card: &ModelCard) -> Vec<f32> {
    let logits = trained.network.forward(images(4, card), &trained.path, &mut Normalize::Fixed(&trained.statistics));
    logits.into_data().try_to_vec().expect("floats")
}

fn state() -> StateDict {
    let card = card();
    trained(&card).public_state(&card).expect("a DARTS network")
}

#[test]
fn public_weights_make_the_network_they_came_from() {
    returns(&card(), "stem.0.weight");
    // `NetworkImageNet`: three convolutions, and a first cell whose older input is reduced.
    let imagenet = NetworkConfig { stem: StemKind::ImageNet, ..card().network };
    let input = ImageShape { channels: 3, height: 32, width: 64 };
    returns(&ModelCard { network: imagenet, input, ..card() }, "stem1.1.weight");
}

fn returns(card: &ModelCard, stem: &str) {
    let trained = trained(card);
    let state = trained.public_state(card).expect("a DARTS network");
    assert!(floats(&state, stem).is_some(), "{stem}");
    let sizes = PublicSizes { input_channels: 3, channels: 4, cells: 4, stem: card.network.stem, stem_multiplier: 3, classes: 3 };
    assert_eq!(PublicSizes::of(&state).expect("sizes"), sizes);
    let imported = import_public(&state, card).expect("they fit");
    assert_eq!(imported.auxiliary, [""; 0]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, &imported.file).expect("written");
    let (loaded, read) = load_model(&path, &Device::flex()).expect("a model");
    assert_eq!(&read, card);
    assert_eq!(logits(&loaded, card), logits(&trained, card), "to the last bit");
}

#[test]
fn names_are_those_of_the_public_code() {
    let state = state();
    let names: Vec<&str> = state.tensors.iter().map(|(name, _)| name.as_str()).collect();
    // Four nodes of two operands, in the order of the genotype; cells 1 and 2 reduce.
    for name in [
        "stem.0.weight",
        "stem.1.running_mean",
        "stem.1.num_batches_tracked",
        "cells.0.preprocess0.op.1.weight",
        "cells.0.preprocess1.op.2.running_var",
        "cells.0._ops.0.op.1.weight",
        "cells.0._ops.0.op.7.bias",
        "cells.0._ops.4.op.2.weight",
        "cells.1._ops.0.conv_1.weight",
        "cells.1._ops.0.bn.weight",
        "cells.2.preprocess0.conv_2.weight",
        "cells.2.preprocess0.bn.num_batches_tracked",
        "cells.3._ops.5.op.3.running_mean",
        "classifier.weight",
        "classifier.bias",
    ] {
        assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{name} in {names:?}");
    }
    let dims = |name| floats(&state, name).expect("a tensor").dims.clone();
    assert_eq!(dims("cells.0._ops.0.op.1.weight"), [4, 1, 3, 3], "a 3×3 convolution comes first in the genotype");
    assert_eq!(dims("cells.0._ops.1.op.1.weight"), [4, 1, 5, 5]);
    assert_eq!(dims("classifier.weight"), [3, 64]);
    let elements: usize = names.iter().filter_map(|name| floats(&state, name)).map(|array| array.values.len()).sum();
    assert_eq!(elements, trained(&card()).network.num_params());
}

fn refusal(change: impl Fn(&mut StateDict)) -> String {
    let mut state = state();
    change(&mut state);
    import_public(&state, &card()).expect_err("they do not fit").to_string()
}

#[test]
fn what_does_not_fit_is_named() {
    let missing = refusal(|state| state.tensors.retain(|(name, _)| !name.starts_with("cells.1._ops.6.op")));
    assert!(missing.contains("they lack cells.1._ops.6.op.1.weight, cells.1._ops.6.op.2.weight"), "{missing}");
    assert!(missing.contains("and 8 more") && missing.contains("check the genotype"), "{missing}");
    let extra = refusal(|state| state.push("cells.0._ops.2.op.1.weight", Entry::Floats(Array::vector(vec![0.0]))));
    assert!(extra.contains("no place for cells.0._ops.2.op.1.weight"), "{extra}");
    let shape = refusal(|state| state.tensors[0].1 = Entry::Floats(Array { dims: vec![12, 3, 1, 1], values: vec![0.0; 36] }));
    assert!(shape.contains("stem.0.weight has [12, 3, 1, 1] instead of [12, 3, 3, 3]"), "{shape}");
    let classifier = refusal(|state| {
        let place = state.tensors.iter().position(|(name, _)| name == "classifier.weight").expect("a classifier");
        state.tensors[place].1 = Entry::Floats(Array::vector(vec![0.0; 3]));
    });
    assert!(classifier.contains("classifier.weight has [3] instead of [3, 64]"), "{classifier}");
    let other = PublicSizes::of(&StateDict::default()).expect_err("nothing").to_string();
    assert!(other.contains("neither of NetworkCIFAR nor of NetworkImageNet"), "{other}");
}

#[test]
fn the_auxiliary_classifier_is_left_out_by_name() {
    let (mut state, name) = (state(), "auxiliary_head.classifier.bias");
    state.push(name, Entry::Floats(Array::vector(vec![0.0; 3])));
    assert_eq!(import_public(&state, &card()).expect("they fit").auxiliary, [name]);
}

#[test]
fn other_spaces_have_no_public_names() {
    let genotype = CardGenotype::Text("|nor_conv_3x3~0|+…".into());
    let card = ModelCard { genotype, ..card() };
    let error = import_public(&state(), &card).expect_err("not DARTS").to_string();
    assert!(error.contains("only networks of DARTS") && error.contains("nor_conv_3x3"), "{error}");
}
