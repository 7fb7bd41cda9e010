use crate::blueprint::Blueprint;
use crate::config::{NetworkConfig, OptimizerConfig, RetrainConfig, StemKind, SupernetConfig};
use crate::evaluator::SupernetEvaluator;
use crate::model_card::{CardGenotype, CardSpace, ModelCard, TrainingImages};
use crate::network_space::NetworkSpace;
use crate::retrain::{RetrainContext, Trained, retrain};
use crate::stand_alone::StandAloneEvaluator;
use crate::weights::{load_model, save_model};
use bonas_core::{
    Architecture, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, SearchSpace, SeedStream, Silent,
};
use bonas_data::{AugmentConfig, DataConfig, DataSource, SearchData};
use bonas_spaces::{DartsGenotype, DartsSpace, SpaceName, TypedSpace};
use burn::tensor::Device;
use std::sync::Arc;

const NETWORK: NetworkConfig =
    NetworkConfig { channels: 4, cells: 3, stem_multiplier: 3, stem_stride: 2, stem: StemKind::Convolution };

fn data() -> Arc<SearchData> {
    let config = DataConfig { limit_per_class: Some(60), ..DataConfig::default() };
    Arc::new(DataSource::open(&config, 3).expect("embedded"))
}

fn darts() -> Arc<NetworkSpace> {
    Arc::new(NetworkSpace::new(TypedSpace::Darts(DartsSpace::bonas())).expect("networks"))
}

fn supernet(optimizer: OptimizerConfig) -> SupernetEvaluator {
    let config = SupernetConfig {
        warmup_epochs: 0.2,
        epochs: 6.0,
        batch_size: 25,
        warmup_batch_size: 25,
        warmup_recompute: false,
        calibration_images: 200,
        optimizer,
    };
    let space = darts();
    SupernetEvaluator {
        space,
        data: data(),
        augment: AugmentConfig::none(),
        network: NETWORK,
        config,
        devices: vec![Device::flex()],
    }
}

fn batch(count: usize) -> Vec<Architecture> {
    let mut rng = SeedStream::new(5).rng("batch", 0);
    let space = DartsSpace::bonas();
    (0..count).map(|_| space.canonical(&space.sample(&mut rng))).collect()
}

fn outcomes(evaluator: &mut dyn Evaluator, batch: &[Architecture], seed: u64) -> Result<Vec<Outcome>, EvaluationError> {
    let interrupt = Interrupt::default();
    let context = EvaluationContext { round: 0, progress: &Silent, interrupt: &interrupt };
    evaluator.evaluate(batch, &mut SeedStream::new(seed).rng("evaluate", 0), &context)
}

fn fast() -> OptimizerConfig {
    OptimizerConfig { learning_rate: 0.1, ..OptimizerConfig::default() }
}

#[test]
fn a_sub_supernet_learns_and_follows_from_its_seed() {
    let mut evaluator = supernet(fast());
    let batch = batch(3);
    let first = outcomes(&mut evaluator, &batch, 1).expect("measured");
    for outcome in &first {
        let score = outcome.score().expect("finite");
        assert!(score > 0.3, "chance is 0.1, but the accuracy is {score}");
    }
    assert_eq!(outcomes(&mut evaluator, &batch, 1).expect("again"), first);
    assert_ne!(outcomes(&mut evaluator, &batch, 2).expect("another seed"), first);
}

#[test]
fn several_devices_share_a_round_and_results_follow_from_the_seed() {
    let mut evaluator = supernet(fast());
    evaluator.config.epochs = 2.0;
    let batch = batch(3);
    let alone = outcomes(&mut evaluator, &batch, 1).expect("measured");
    evaluator.devices = vec![Device::flex(), Device::flex()];
    let first = outcomes(&mut evaluator, &batch, 1).expect("measured");
    assert_eq!(first.len(), 3);
    assert_eq!(outcomes(&mut evaluator, &batch, 1).expect("again"), first);
    assert_ne!(first, alone, "two sub-supernets are not one");
    // The second device's share is the second candidate: it trains alone there, whatever the first device trains.
    let others = [batch[2].clone(), batch[1].clone()];
    assert_eq!(outcomes(&mut evaluator, &others, 1).expect("measured")[1], first[1]);
    // One candidate needs one device.
    let one = outcomes(&mut evaluator, &batch[..1], 1).expect("measured");
    evaluator.devices.pop();
    assert_eq!(outcomes(&mut evaluator, &batch[..1], 1).expect("measured"), one);
}

#[test]
fn evaluators_keep_the_contract() {
    let batch = batch(2);
    bonas_testing::evaluator::check(&mut supernet(fast()), &batch);
    let config =
        RetrainConfig { epochs: 1, batch_size: 50, calibration_images: 100, optimizer: fast(), ..RetrainConfig::default() };
    let space = darts();
    let devices = vec![Device::flex()];
    let mut alone =
        StandAloneEvaluator { space, data: data(), augment: AugmentConfig::none(), network: NETWORK, config, devices };
    bonas_testing::evaluator::check(&mut alone, &batch);
    alone.devices = vec![Device::flex(); 2];
    bonas_testing::evaluator::check(&mut alone, &batch);
}

#[test]
fn candidates_that_diverge_are_failed_trials_with_reasons() {
    let wild = OptimizerConfig { learning_rate: 1e30, clip_norm: 1e30, ..OptimizerConfig::default() };
    for outcome in outcomes(&mut supernet(wild), &batch(2), 1).expect("a batch of failures is no error") {
        let Outcome::Failed { reason } = outcome else { panic!("measured: {outcome:?}") };
        assert!(reason.contains("not finite"), "{reason}");
    }
}

fn trained(epochs: usize) -> (Trained, Arc<SearchData>, bonas_spaces::DartsGenotype) {
    let data = data();
    let space = DartsSpace::bonas();
    let genotype = space.genotype(&batch(1)[0]);
    let config = RetrainConfig { epochs, batch_size: 25, calibration_images: 200, optimizer: fast(), ..RetrainConfig::default() };
    let (augment, device, interrupt) = (AugmentConfig::none(), Device::flex(), Interrupt::default());
    let context = RetrainContext {
        data: &data,
        augment: &augment,
        network: &NETWORK,
        config: &config,
        device: &device,
        progress: &Silent,
        interrupt: &interrupt,
        record: None,
    };
    let trained =
        retrain(&Blueprint::Darts(genotype.clone()), &context, &mut SeedStream::new(1).rng("retrain", 0)).expect("trained");
    (trained, data, genotype)
}

#[test]
fn training_from_scratch_learns_and_its_file_gives_the_same_network() {
    let (trained, data, genotype) = trained(6);
    assert_eq!(trained.history.len(), 6);
    assert!(trained.last_epoch().validation_accuracy > 0.4, "{:?}", trained.history);
    assert!(trained.last_epoch().train_loss < trained.history[0].train_loss);

    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("model.safetensors");
    let card = card(&data, genotype);
    save_model(&trained, &card, &path).expect("written");
    let device = Device::flex();
    let (loaded, read) = load_model(&path, &device).expect("read");
    assert_eq!(read, card);
    let measure = |network: &Trained, card: &ModelCard| {
        network.measure(&data.validation, &card.normalization, 50, &device, &Interrupt::default()).expect("measured")
    };
    let before = measure(&trained, &card);
    assert_eq!(before, measure(&loaded, &read), "to the last bit: the file holds the statistics that were measured with");
    assert_eq!(before.top1(), trained.last_epoch().validation_accuracy);

    let rows = loaded.probabilities(&data.validation, &read.normalization, 50, &device, &Interrupt::default()).expect("rows");
    let first_of_largest = |row: &[f64]| (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
    let labels = data.validation.labels();
    let surprise = |place: usize| -rows[place][labels[place] as usize].ln();
    assert_eq!(before.hardest.len(), 24);
    for pair in before.hardest.windows(2) {
        assert!(pair[0].loss >= pair[1].loss, "the hardest first");
    }
    let easiest = before.hardest[23].loss;
    let harder = (0..rows.len()).filter(|&place| surprise(place) > easiest + 1e-9).count();
    assert!(harder < 24, "{harder} images are harder than the last that was kept");
    assert!((before.hardest[0].loss - surprise(before.hardest[0].place)).abs() < 1e-6);
    let correct = rows.iter().zip(labels).filter(|(row, label)| first_of_largest(row) == **label as usize).count();
    assert_eq!((rows.len(), correct), (before.images(), before.correct()));
    let loss: f64 = rows.iter().zip(labels).map(|(row, &label)| -row[label as usize].ln()).sum::<f64>() / rows.len() as f64;
    assert!((loss - before.loss).abs() < 1e-9, "{loss} {}", before.loss);
}

fn card(data: &SearchData, genotype: DartsGenotype) -> ModelCard {
    ModelCard {
        format: ModelCard::FORMAT,
        bonas: "0.0.0".into(),
        space: CardSpace::Known(SpaceName::BonasDarts),
        genotype: CardGenotype::Darts(genotype),
        network: NETWORK,
        input: data.train.shape(),
        normalization: data.normalization.clone(),
        classes: data.train.class_names().to_vec(),
        training: TrainingImages {
            name: data.name.clone(),
            digest: data.digest.clone(),
            seed: 3,
            data: DataConfig { limit_per_class: Some(60), ..DataConfig::default() },
        },
    }
}

#[test]
fn models_that_cannot_be_used_say_why() {
    let (trained, data, genotype) = trained(1);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("model.safetensors");
    let good = card(&data, genotype);
    let refuses = |expected: &str| {
        let error = load_model(&path, &Device::flex()).err().expect("no model").to_string();
        assert!(error.starts_with("cannot read the weights in") && error.contains(expected), "'{expected}' is missing: {error}");
    };
    let described = |change: fn(&mut ModelCard)| {
        let mut card = good.clone();
        change(&mut card);
        save_model(&trained, &card, &path).expect("written");
    };
    refuses("check the path");
    for text in ["", "no weights", "a longer text that is no header either"] {
        std::fs::write(&path, text).expect("written");
        refuses("not a safetensors file");
    }
    described(|card| card.format = 2);
    refuses("it has format 2 (written by bonas 0.0.0), this version reads format 1");
    described(|card| card.network.cells = 4);
    refuses("cut off or was changed");
    described(|card| card.network.channels = 1_000_000);
    refuses("network.channels must be from 1");
    described(|card| card.space = CardSpace::Known(SpaceName::NasBench201));
    refuses("cells of DARTS are no architecture of the space nas-bench-201");
    described(|card| {
        let CardGenotype::Darts(genotype) = &mut card.genotype else { panic!("{card:?}") };
        genotype.normal.nodes[0][0].source = 9;
        genotype.reduce.nodes[0][0].source = 9;
    });
    refuses("source 9");
    described(|card| card.normalization.stddev = vec![0.0]);
    refuses("normalisation");
    described(|card| card.classes.clear());
    refuses("no class");
    described(|_| {});
    let mut bytes = std::fs::read(&path).expect("a file");
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    refuses("is not finite; it was changed, copy it again");
    described(|_| {});
    let whole = std::fs::read(&path).expect("read");
    std::fs::write(&path, &whole[..whole.len() - 4]).expect("cut");
    refuses("cut off or was changed");
    let text = String::from_utf8_lossy(&whole[..]).find(ModelCard::METADATA_KEY).expect("the key");
    let mut renamed = whole.clone();
    renamed[text] = b'x';
    std::fs::write(&path, renamed).expect("written");
    refuses("train again with `bonas train`");
    std::fs::write(&path, whole).expect("written");
    assert_eq!(load_model(&path, &Device::flex()).expect("whole again").1, good);
}

#[test]
fn gradients_are_clipped_together() {
    use crate::gradient_clipping::clip_by_global_norm;
    use burn::module::{Module, Param};
    use burn::optim::GradientsParams;
    use burn::tensor::Tensor;

    #[derive(Module, Debug)]
    struct Pair {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
    }
    let device = Device::flex().autodiff();
    let pair = Pair { a: Param::from_data([1.0f32, 2.0], &device), b: Param::from_data([[3.0f32]], &device) };
    // The gradients of ½x² are x: their joint norm is √14.
    let loss = (pair.a.val().square().sum() + pair.b.val().square().sum()).div_scalar(2.0);
    let mut gradients = GradientsParams::from_grads(loss.backward(), &pair);
    let norm = clip_by_global_norm(&pair, &mut gradients, 1.0).expect("read");
    assert!((norm - 14f64.sqrt()).abs() < 1e-5);
    let a: Vec<f32> = gradients.get::<1>(pair.a.id).expect("kept").into_data().try_to_vec().expect("floats");
    let b: Vec<f32> = gradients.get::<2>(pair.b.id).expect("kept").into_data().try_to_vec().expect("floats");
    for (clipped, whole) in a.iter().chain(&b).zip([1.0, 2.0, 3.0]) {
        assert!((f64::from(*clipped) - whole / 14f64.sqrt()).abs() < 1e-5);
    }
}
