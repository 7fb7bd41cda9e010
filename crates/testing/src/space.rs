//! Contract suite: search spaces.

use bonas_core::{Architecture, CellGraph, SearchSpace, SeedStream};
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

const SAMPLES: usize = 100;
const GARBAGE: u32 = 256;

/// Checks everything that [`SearchSpace`] promises, on samples of the space.
///
/// What only the space itself knows (which relabellings there are, its exact size) is for the tests of the space.
pub fn check(space: &dyn SearchSpace) {
    check_names(space);
    let samples = samples(space, 1, SAMPLES);
    check_sampling(space, &samples);
    for (index, architecture) in samples.iter().enumerate() {
        check_architecture(space, architecture);
        check_moves(space, architecture, index as u64);
    }
    check_decisions(space, &samples[0]);
    check_texts(space, &samples[0]);
}

/// A picture of a graph that doesn't depend on how its nodes are numbered: the sorted Weisfeiler-Lehman colours.
///
/// Isomorphic graphs have equal colours; graphs with different colours are not isomorphic.
pub fn graph_colors(graph: &CellGraph) -> Vec<u64> {
    let mut colors: Vec<u64> = graph.operations().iter().map(hash).collect();
    for _ in 0..graph.node_count() {
        colors = (0..colors.len()).map(|node| refined(graph, &colors, node)).collect();
    }
    colors.sort_unstable();
    colors
}

fn refined(graph: &CellGraph, colors: &[u64], node: usize) -> u64 {
    let sources = graph.edges().iter().filter(|edge| edge.1 == node).map(|edge| colors[edge.0]);
    let targets = graph.edges().iter().filter(|edge| edge.0 == node).map(|edge| colors[edge.1]);
    let (mut sources, mut targets): (Vec<_>, Vec<_>) = (sources.collect(), targets.collect());
    sources.sort_unstable();
    targets.sort_unstable();
    hash(&(colors[node], sources, targets))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn samples(space: &dyn SearchSpace, seed: u64, count: usize) -> Vec<Architecture> {
    let mut rng = SeedStream::new(seed).rng("space contract: sample", 0);
    (0..count).map(|_| space.sample(&mut rng)).collect()
}

fn check_names(space: &dyn SearchSpace) {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(!space.name().is_empty() && space.name().chars().all(is_name), "'{}' is not in kebab case", space.name());
    assert!(!space.description().is_empty(), "the space needs a description");
    let vocabulary = space.vocabulary();
    let distinct: BTreeSet<_> = vocabulary.iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(distinct.len(), vocabulary.len(), "names of operations are empty or repeated: {vocabulary:?}");
}

fn check_sampling(space: &dyn SearchSpace, samples: &[Architecture]) {
    assert_eq!(self::samples(space, 1, SAMPLES), samples, "the same seed drew other samples");
    assert_ne!(self::samples(space, 2, SAMPLES), samples, "another seed drew the same samples");
    let distinct: BTreeSet<_> = samples.iter().collect();
    assert!(distinct.len() as u128 <= space.size(), "there are more architectures than the space has");
    assert!(
        distinct.len() > SAMPLES / 10 || distinct.len() as u128 == space.size(),
        "only {} of {SAMPLES} samples differ",
        distinct.len()
    );
}

fn check_architecture(space: &dyn SearchSpace, architecture: &Architecture) {
    assert_valid(space, architecture, "sample");
    let canonical = space.canonical(architecture);
    assert_valid(space, &canonical, "canonical");
    assert_eq!(space.canonical(&canonical), canonical, "the canonical form of {architecture:?} has another canonical form");

    let graph = space.graph(architecture);
    assert_eq!(graph.vocabulary(), space.vocabulary().len(), "the graph has another vocabulary than the space");
    assert_eq!(graph, space.graph(architecture), "the same architecture has two graphs");
    let colors = graph_colors(&space.graph(&canonical));
    assert_eq!(graph_colors(&graph), colors, "{architecture:?} and its canonical form have graphs that are not isomorphic");

    for (form, architecture) in [("sample", architecture), ("canonical form", &canonical)] {
        let text = space.format(architecture);
        let read = space.parse(&text).unwrap_or_else(|error| panic!("cannot read what was written, {text}: {error}"));
        assert_eq!(&read, architecture, "the text of a {form} reads as another architecture: {text}");
    }
    check_diagrams(space, architecture);
}

fn check_diagrams(space: &dyn SearchSpace, architecture: &Architecture) {
    let diagrams = space.diagrams(architecture);
    assert!(!diagrams.is_empty(), "an architecture has no diagram");
    for diagram in diagrams {
        let forward = diagram.edges.iter().all(|edge| edge.from < edge.to && edge.to < diagram.nodes.len());
        assert!(forward, "an edge of {diagram:?} doesn't run forward");
    }
}

fn check_moves(space: &dyn SearchSpace, architecture: &Architecture, index: u64) {
    let neighbors = space.neighbors(architecture);
    let distinct: BTreeSet<_> = neighbors.iter().collect();
    assert_eq!(distinct.len(), neighbors.len(), "{architecture:?} has a neighbour twice");
    assert!(!distinct.contains(architecture), "{architecture:?} is its own neighbour");
    neighbors.iter().for_each(|neighbor| assert_valid(space, neighbor, "neighbors"));

    let mutate = || {
        let mut rng = SeedStream::new(3).rng("space contract: mutate", index);
        (0..20).map(|_| space.mutate(architecture, &mut rng)).collect::<Vec<_>>()
    };
    let children = mutate();
    assert_eq!(mutate(), children, "the same seed gave other mutations");
    for child in &children {
        assert!(distinct.contains(child), "mutation {child:?} is no neighbour of {architecture:?}");
    }
    let varied = children.iter().any(|child| child != &children[0]);
    assert!(varied || neighbors.len() < 3, "20 mutations of {architecture:?} are all the same");
}

/// Decisions that are no architecture must be refused, not misread.
fn check_decisions(space: &dyn SearchSpace, valid: &Architecture) {
    let decisions = valid.decisions();
    let refused = |decisions: &[u8]| space.validate(&Architecture::new(decisions)).is_err();
    assert!(refused(&[]), "no decisions at all were accepted");
    assert!(refused(&decisions[..decisions.len() - 1]), "a truncated architecture was accepted");
    assert!(refused(&[decisions, &[0]].concat()), "an overlong architecture was accepted");
    assert!(refused(&decisions.repeat(2)), "an architecture of two was accepted");
    for place in 0..decisions.len() {
        let mut changed = decisions.to_vec();
        changed[place] = u8::MAX;
        assert!(refused(&changed), "decision {place} was accepted out of range");
    }
}

/// Any text is read or refused, and what is read is an architecture.
fn check_texts(space: &dyn SearchSpace, architecture: &Architecture) {
    let text = space.format(architecture);
    let read = |text: &str| {
        if let Ok(architecture) = space.parse(text) {
            assert_valid(space, &architecture, text);
        }
    };
    for (end, character) in text.char_indices() {
        assert!(space.parse(&text[..end]).is_err(), "a truncated text was accepted: {}", &text[..end]);
        read(&text[end..]);
        read(&[&text[..end], &text[end + character.len_utf8()..]].concat());
        read(&[&text[..end], "9é", &text[end..]].concat());
    }
    let mut runner = TestRunner::new_with_rng(
        Config { cases: GARBAGE, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let garbage = "\\PC*|[\\[\\](){},:='\"a-z0-9_ ~|+-]{0,80}";
    let outcome = runner.run(&proptest::string::string_regex(garbage).unwrap(), |text| {
        read(&text);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("garbage was not refused cleanly: {error}"));
}

fn assert_valid(space: &dyn SearchSpace, architecture: &Architecture, origin: &str) {
    if let Err(error) = space.validate(architecture) {
        panic!("{origin} gave {architecture:?}, which the space refuses: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::graph_colors;
    use bonas_core::CellGraph;

    #[test]
    fn colours_follow_structure_and_not_numbering() {
        let graph = |operations: &[usize], edges: &[(usize, usize)]| CellGraph::new(operations.into(), edges.into(), 3).unwrap();
        let path = graph(&[0, 1, 2, 2], &[(0, 1), (1, 3), (0, 2)]);
        assert_eq!(graph_colors(&path), graph_colors(&graph(&[0, 2, 1, 2], &[(0, 1), (0, 2), (2, 3)])));
        assert_ne!(graph_colors(&path), graph_colors(&graph(&[0, 1, 2, 2], &[(0, 1), (0, 3), (0, 2)])));
        assert_ne!(graph_colors(&path), graph_colors(&graph(&[1, 0, 2, 2], &[(0, 1), (1, 3), (0, 2)])));
    }
}
