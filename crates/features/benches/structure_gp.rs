//! Times and memory of the surrogate `structure-gp`: `cargo bench -p bonas-features`. Compare rows of one run; absolute times depend
//! on the machine. One thread.
#![allow(missing_docs)]

use bonas_core::{CellGraph, FittedSurrogate, Observations, OperationRole, SearchSpace, SeedStream, Surrogate};
use bonas_features::{StructureGp, StructureGpConfig, WlGp, WlGpConfig};
use bonas_spaces::{NasBench101Space, SpaceName};
use divan::{AllocProfiler, Bencher};
use std::sync::{Arc, LazyLock};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Every graph of NAS-Bench-101.
static WHOLE: LazyLock<Vec<CellGraph>> =
    LazyLock::new(|| NasBench101Space.all().iter().map(|architecture| NasBench101Space.graph(architecture)).collect());

fn main() {
    divan::main();
}

fn space() -> Arc<dyn SearchSpace> {
    SpaceName::NasBench201.build()
}

fn graphs(count: usize) -> Vec<CellGraph> {
    let (space, mut rng) = (space(), SeedStream::new(1).rng("bench", 0));
    (0..count).map(|_| space.graph(&space.sample(&mut rng))).collect()
}

/// Random graphs of NAS-Bench-201; the score is the number of 3×3 convolutions, with a ripple.
fn observations(count: usize) -> Observations {
    let graphs = graphs(count);
    let convolutions = |graph: &CellGraph| graph.operations().iter().filter(|&&operation| operation == 5).count() as f64;
    let scores = graphs.iter().enumerate().map(|(place, graph)| convolutions(graph) + (place as f64).sin() / 10.0).collect();
    Observations::new(graphs, scores).expect("finite")
}

fn structure_gp() -> StructureGp {
    let roles = OperationRole::of_vocabulary(&space().vocabulary());
    StructureGp::new(StructureGpConfig::default(), roles).expect("valid")
}

fn fitted(count: usize) -> Box<dyn FittedSurrogate> {
    structure_gp().fit(&observations(count), &mut SeedStream::new(1).rng("fit", 0)).expect("fitted")
}

#[divan::bench(args = [50, 300, 1000, 3000, 10_000], sample_count = 3)]
fn fit(bencher: Bencher<'_, '_>, count: usize) {
    let (surrogate, observations) = (structure_gp(), observations(count));
    bencher.bench_local(|| surrogate.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fitted"));
}

#[divan::bench(args = [50, 300], sample_count = 3)]
fn fit_of_wl_gp(bencher: Bencher<'_, '_>, count: usize) {
    let (surrogate, observations) = (WlGp::new(WlGpConfig::default()).expect("valid"), observations(count));
    bencher.bench_local(|| surrogate.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fitted"));
}

/// After 300 observations.
#[divan::bench(args = [1000, 4000, 15_625], sample_count = 5)]
fn posterior(bencher: Bencher<'_, '_>, candidates: usize) {
    let (fitted, graphs) = (fitted(300), graphs(candidates));
    bencher.bench_local(|| fitted.posterior(&graphs).expect("finite"));
}

/// After 300 observations of NAS-Bench-101, all 423,624 cells.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn posterior_of_nas_bench_101(bencher: Bencher<'_, '_>) {
    let observed: Vec<CellGraph> = WHOLE.iter().step_by(1400).cloned().collect();
    let scores = observed.iter().map(|graph| graph.edges().len() as f64).collect();
    let roles = OperationRole::of_vocabulary(&NasBench101Space.vocabulary());
    let surrogate = StructureGp::new(StructureGpConfig::default(), roles).expect("valid");
    let observations = Observations::new(observed, scores).expect("finite");
    let fitted = surrogate.fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fitted");
    bencher.bench_local(|| fitted.posterior(&WHOLE).expect("finite"));
}
