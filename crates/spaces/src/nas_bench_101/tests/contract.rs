use super::super::edges::Edges;
use super::{coloured, structures};
use crate::NasBench101Space;
use crate::nas_bench_101::search_space::encode;
use bonas_core::{Architecture, SearchSpace, SeedStream};
use std::collections::BTreeMap;

const SAMPLES: usize = 200;

fn samples(count: usize) -> Vec<Architecture> {
    let mut rng = SeedStream::new(0).rng("samples", 0);
    (0..count).map(|_| NasBench101Space::new().sample(&mut rng)).collect()
}

#[test]
fn the_contract_is_kept() {
    bonas_testing::space::check(&NasBench101Space::new());
}

#[test]
fn texts_of_all_small_cells_are_read_back() {
    let space = NasBench101Space::new();
    for cell in (2..=5).flat_map(structures).flat_map(coloured) {
        let architecture = encode(&cell);
        space.validate(&architecture).expect("admitted");
        assert_eq!(space.parse(&space.format(&architecture)).expect("written just now"), architecture);
    }
}

#[test]
fn children_are_never_isomorphic_to_their_parents() {
    let space = NasBench101Space::new();
    for parent in samples(SAMPLES) {
        let canonical = space.canonical(&parent);
        assert!(space.neighbors(&parent).iter().all(|child| space.canonical(child) != canonical));
    }
}

#[test]
fn mutation_changes_operations_edges_and_vertices_alike() {
    let space = NasBench101Space::new();
    let parent = space.parse("01100|00010|00001|00001|00000; in 3 1 M out").expect("a cell");
    let mut rng = SeedStream::new(0).rng("mutate", 0);
    let mut kinds = BTreeMap::<(bool, bool), usize>::new();
    for _ in 0..3_000 {
        let child = space.mutate(&parent, &mut rng);
        let edges = |architecture: &Architecture| architecture.decisions()[1..22].to_vec();
        let kind = (edges(&child) == edges(&parent), child.decisions()[0] > parent.decisions()[0]);
        *kinds.entry(kind).or_default() += 1;
    }
    assert_eq!(kinds.len(), 3);
    assert!(kinds.values().all(|count| (850..1150).contains(count)), "{kinds:?}");
}

/// The cell without operations comes from every triangle with the edge from input to output and no other path.
#[test]
fn sampling_follows_the_number_of_cells_that_prune_to_an_architecture() {
    let space = NasBench101Space::new();
    let smallest = space.parse("01|00; in out").expect("the smallest cell");
    let admitted = |bits: u32| {
        let (edges, operations) = (Edges::from_bits(bits), [0; 5]);
        super::Cell { vertices: 7, edges, operations }.admitted().ok()
    };
    let cells: Vec<u8> = (0..1 << 21).filter_map(admitted).map(|cell| encode(&cell).decisions()[0]).collect();
    let expected = cells.iter().filter(|&&vertices| vertices == 2).count() as f64 / cells.len() as f64;
    let draws = samples(20_000);
    let found = draws.iter().filter(|&architecture| *architecture == smallest).count() as f64 / draws.len() as f64;
    // Five standard deviations of a binomial share.
    let tolerance = 5.0 * (expected * (1.0 - expected) / draws.len() as f64).sqrt();
    assert!((found - expected).abs() < tolerance, "{found} instead of {expected}");
}

#[test]
fn only_pruned_cells_within_the_limits_are_valid() {
    let space = NasBench101Space::new();
    let refusal = |vertices: usize, edges: &[(usize, usize)]| {
        let cell = super::Cell { vertices, edges: edges.iter().copied().collect(), operations: [0; 5] };
        space.validate(&encode(&cell)).expect_err("outside").to_string()
    };
    insta::assert_snapshot!(refusal(3, &[(0, 2), (0, 1)]), @"not an architecture of space nas-bench-101: vertex 1 is on no path from the input to the output");
    insta::assert_snapshot!(refusal(3, &[(0, 1)]), @"not an architecture of space nas-bench-101: no path leads from its input to its output");
    let all: Vec<_> = (0..5).flat_map(|from| (from + 1..5).map(move |to| (from, to))).collect();
    insta::assert_snapshot!(refusal(5, &all), @"not an architecture of space nas-bench-101: it has 10 edges, but at most 9 are allowed");
    insta::assert_snapshot!(refusal(2, &[(0, 1), (1, 2)]), @"not an architecture of space nas-bench-101: an edge leads from vertex 1 to vertex 2, but there are only 2 vertices");
}
