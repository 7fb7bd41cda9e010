use crate::config::{NetworkConfig, OptimizerConfig, RetrainConfig, SupernetConfig};
use crate::evaluator::SupernetEvaluator;
use crate::retrain::{RetrainContext, Trained, retrain};
use crate::stand_alone::StandAloneEvaluator;
use crate::weights::{load_weights, save_weights};
use bonas_core::{
    Architecture, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, SearchSpace, SeedStream, Silent,
};
use bonas_data::{AugmentConfig, DataConfig, DataSource, SearchData};
use bonas_spaces::DartsSpace;
use burn::tensor::Device;
use std::sync::Arc;

const NETWORK: NetworkConfig = NetworkConfig { channels: 4, cells: 3, stem_multiplier: 3, stem_stride: 2 };

fn data() -> Arc<SearchData> {
    let config = DataConfig { limit_per_class: Some(60), ..DataConfig::default() };
    Arc::new(DataSource::open(&config, 3).expect("embedded"))
}

fn supernet(optimizer: OptimizerConfig) -> SupernetEvaluator {
    let config = SupernetConfig {
        warmup_epochs: 0.2,
        epochs: 6.0,
        batch_size: 25,
        warmup_batch_size: 25,
        calibration_images: 200,
        optimizer,
    };
    let space = Arc::new(DartsSpace::bonas());
    SupernetEvaluator { space, data: data(), augment: AugmentConfig::none(), network: NETWORK, config, device: Device::flex() }
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
fn evaluators_keep_the_contract() {
    let batch = batch(2);
    bonas_testing::evaluator::check(&mut supernet(fast()), &batch);
    let config = RetrainConfig { epochs: 1, batch_size: 50, calibration_images: 100, optimizer: fast() };
    let space = Arc::new(DartsSpace::bonas());
    let device = Device::flex();
    let mut alone = StandAloneEvaluator { space, data: data(), augment: AugmentConfig::none(), network: NETWORK, config, device };
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
    let config = RetrainConfig { epochs, batch_size: 25, calibration_images: 200, optimizer: fast() };
    let (augment, device, interrupt) = (AugmentConfig::none(), Device::flex(), Interrupt::default());
    let context = RetrainContext {
        data: &data,
        augment: &augment,
        network: &NETWORK,
        config: &config,
        device: &device,
        progress: &Silent,
        interrupt: &interrupt,
    };
    let trained = retrain(&genotype, &context, &mut SeedStream::new(1).rng("retrain", 0)).expect("trained");
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
    save_weights(&trained, &path).expect("written");
    let device = Device::flex();
    let loaded = load_weights(&genotype, &NETWORK, [1, 10], &path, &device).expect("read");
    let measure =
        |network: &Trained| network.measure(&data.validation, &data, 50, &device, &Interrupt::default()).expect("measured");
    let (before, after) = (measure(&trained), measure(&loaded));
    assert_eq!(before.confusion, after.confusion);
    assert!((before.loss - after.loss).abs() < 1e-5);

    std::fs::write(&path, "no weights").expect("written");
    let error = load_weights(&genotype, &NETWORK, [1, 10], &path, &device).err().expect("damaged").to_string();
    assert!(error.starts_with("cannot read the weights in"), "{error}");
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
