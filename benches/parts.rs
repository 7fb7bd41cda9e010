//! Times of the parts of a round: `cargo bench`. Compare rows of one run; absolute times depend on the machine.
#![allow(missing_docs)]

use bonas::core::{
    Architecture, EvaluationContext, Evaluator, Interrupt, Observations, SearchSpace, SeedStream, Silent, Surrogate,
};
use bonas::data::{AugmentConfig, DataConfig, DataSource};
use bonas::spaces::{DartsSpace, SpaceName};
use bonas::supernet::{NetworkConfig, NetworkSpace, SupernetConfig, SupernetEvaluator};
use bonas::surrogate::{GcnConfig, GcnSurrogate};
use burn::tensor::Device;
use divan::Bencher;
use std::sync::Arc;

// As in the binary: without it, training is two to three times slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn sampled(space: &dyn SearchSpace, count: usize) -> Vec<Architecture> {
    let mut rng = SeedStream::new(1).rng("bench", 0);
    (0..count).map(|_| space.sample(&mut rng)).collect()
}

#[divan::bench(args = ["darts", "bonas-darts"])]
fn canonical_form(bencher: Bencher<'_, '_>, name: &str) {
    let space = name.parse::<SpaceName>().expect("known").build();
    let architectures = sampled(space.as_ref(), 100);
    bencher.bench(|| architectures.iter().map(|architecture| space.canonical(architecture)).collect::<Vec<_>>());
}

fn observations(count: usize) -> Observations {
    let space = DartsSpace::bonas();
    let graphs = sampled(&space, count).iter().map(|architecture| space.graph(architecture)).collect();
    Observations::new(graphs, (0..count).map(|index| index as f64 / count as f64).collect()).expect("finite")
}

#[divan::bench(args = [16, 64], sample_count = 5)]
fn surrogate_fit(bencher: Bencher<'_, '_>, count: usize) {
    let observations = observations(count);
    let surrogate = GcnSurrogate::new(GcnConfig::default(), Device::flex()).expect("valid");
    bencher.bench(|| surrogate.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fitted"));
}

/// `benches/pytorch/gcn_fit.py` is the same in PyTorch; with BONAS_STOCK_OPERATIONS=1, Burn trains it.
#[divan::bench(sample_count = 3)]
fn gcn_fit_of_424_graphs_200_epochs(bencher: Bencher<'_, '_>) {
    let observations = observations(424);
    let surrogate = GcnSurrogate::new(GcnConfig { epochs: 200, ..GcnConfig::default() }, Device::flex()).expect("valid");
    bencher.bench(|| surrogate.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fitted"));
}

#[divan::bench(sample_count = 5)]
fn surrogate_posterior_of_1000(bencher: Bencher<'_, '_>) {
    let surrogate = GcnSurrogate::new(GcnConfig::default(), Device::flex()).expect("valid");
    let fitted = surrogate.fit(&observations(32), &mut SeedStream::new(1).rng("fit", 0)).expect("fitted");
    let candidates = observations(1000);
    bencher.bench_local(|| fitted.posterior(candidates.graphs()).expect("finite"));
}

#[divan::bench(args = [2, 8], sample_count = 3)]
fn sub_supernet_of_600_images(bencher: Bencher<'_, '_>, candidates: usize) {
    let space = Arc::new(NetworkSpace::new(SpaceName::BonasDarts.build_typed()).expect("networks"));
    let config = DataConfig { limit_per_class: Some(72), ..DataConfig::default() };
    let mut evaluator = SupernetEvaluator {
        space: space.clone(),
        data: Arc::new(DataSource::open(&config, 1).expect("embedded")),
        augment: AugmentConfig::default(),
        network: NetworkConfig::default(),
        config: SupernetConfig { epochs: 1.0, ..SupernetConfig::default() },
        devices: vec![Device::flex()],
    };
    let batch = sampled(space.space(), candidates);
    let interrupt = Interrupt::default();
    bencher.bench_local(move || {
        let context = EvaluationContext { round: 0, progress: &Silent, interrupt: &interrupt };
        evaluator.evaluate(&batch, &mut SeedStream::new(1).rng("evaluate", 0), &context).expect("measured")
    });
}
