//! The side of bonas, with its own kernels or, if `BONAS_STOCK_OPERATIONS` is set, with Burn's.

use crate::nas_bench_201;
use crate::work::{Mode, Work};
use bonas::core::{EvaluationContext, Interrupt, Progress, SeedStream, Silent};
use bonas::data::{AugmentConfig, ImageSet, ImageShape, Normalization, SearchData, evaluation_batches};
use bonas::supernet::{NetworkConfig, RetrainConfig, RetrainContext, Supernet, SupernetConfig, Trained, retrain};
use burn::tensor::Device;
use serde::Deserialize;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const BATCH: usize = 64;
const SIDE: usize = 32;

#[derive(Deserialize)]
struct Request {
    work: String,
    mode: Mode,
    steps: usize,
}

pub(crate) fn serve() {
    let data = data();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let request: Request = serde_json::from_str(&line).expect("a request");
        let work = Work::find(&request.work).expect("a known workload");
        // From inside the thread pool, as in a search.
        let seconds = rayon::scope(|_| match work {
            Work::NasBench1 | Work::NasBench5 => nas_bench_201::seconds(work.cells(), request.mode, request.steps),
            Work::Darts | Work::Supernet => cells(work, request.mode, request.steps, &data),
        });
        println!("{}", serde_json::to_string(&seconds).expect("numbers"));
    }
}

/// As many random images as the longest turn needs.
fn data() -> SearchData {
    let shape = ImageShape { channels: 3, height: SIDE, width: SIDE };
    let count = 8 * BATCH;
    let pixels = (0..count * 3 * SIDE * SIDE).map(|index| (index * 7919 % 251) as u8).collect();
    let labels = (0..count).map(|image| image as u32 % 10).collect();
    let names = (0..10).map(|class| class.to_string()).collect();
    let images = Arc::new(ImageSet::new(pixels, shape, labels, names).expect("valid"));
    let normalization = Normalization::of(&images);
    SearchData { name: "random".into(), train: images.clone(), validation: images, normalization, digest: String::new() }
}

/// When each step of the last phase ended.
#[derive(Default)]
struct Ends(Mutex<Vec<Instant>>);

impl Progress for Ends {
    fn begin(&self, _: &str, _: u64) {
        self.0.lock().expect("no panic").clear();
    }

    fn advance(&self, _: u64, _: &str) {
        self.0.lock().expect("no panic").push(Instant::now());
    }
}

fn cells(work: Work, mode: Mode, steps: usize, data: &SearchData) -> Vec<f64> {
    let network = NetworkConfig { channels: 16, cells: work.cells(), stem_multiplier: 3, stem_stride: 1 };
    let (augment, device, interrupt) = (AugmentConfig::default(), Device::flex(), Interrupt::default());
    let genotypes = work.genotypes().expect("of cells");
    let mut rng = SeedStream::new(1).rng("bench", 0);
    if mode == Mode::Infer {
        let trained = trained(&genotypes[0], &network, data, &augment, &device);
        let batch = || evaluation_batches(&data.validation, Some(&(0..BATCH).collect::<Vec<_>>()), &data.normalization, BATCH);
        let count = batch().map(|batch| batch.labels.len()).sum::<usize>();
        assert_eq!(count, BATCH);
        let timed = |_| {
            let start = Instant::now();
            trained.measure(&data.validation, &data.normalization, BATCH, &device, &interrupt).expect("measured");
            start.elapsed().as_secs_f64() * BATCH as f64 / data.validation.len() as f64
        };
        return (0..steps.min(2)).map(timed).collect();
    }
    let share = (steps + 1) as f64 * BATCH as f64 / data.train.len() as f64;
    let config = SupernetConfig { warmup_epochs: 0.0, epochs: share, ..SupernetConfig::default() };
    let supernet = Supernet { network: &network, config: &config, data, augment: &augment, device: &device };
    let ends = Ends::default();
    let context = EvaluationContext { round: 0, progress: &ends, interrupt: &interrupt };
    supernet.train(&genotypes, &mut rng, &context).expect("trained");
    let ends = ends.0.into_inner().expect("no panic");
    ends.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
}

/// A network after one step: its speed does not depend on its weights.
fn trained(
    genotype: &bonas::spaces::DartsGenotype,
    network: &NetworkConfig,
    data: &SearchData,
    augment: &AugmentConfig,
    device: &Device,
) -> Trained {
    let config = RetrainConfig { epochs: 1, batch_size: BATCH, calibration_images: BATCH, ..RetrainConfig::default() };
    let interrupt = Interrupt::default();
    let context = RetrainContext { data, augment, network, config: &config, device, progress: &Silent, interrupt: &interrupt };
    retrain(genotype, &context, &mut SeedStream::new(1).rng("bench", 1)).expect("trained")
}
