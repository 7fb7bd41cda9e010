//! Contract suite: surrogate.

use bonas_core::{CellGraph, FittedSurrogate, Observations, Posterior, SeedStream, StudyRng, Surrogate, SurrogateError};
use rand::RngExt;

/// How much better each operation of the toy makes a graph; the first is the input, the last the output.
const WORTH: [f64; 6] = [0.5, 0.0, 0.3, 0.6, 1.0, 0.5];
/// Operations that the toy's graphs know.
pub const VOCABULARY: usize = WORTH.len();
const OBSERVED: usize = 80;
const HELD_OUT: usize = 80;
/// Pairs of held-out graphs that a fit must order correctly; chance is 0.5.
const CONCORDANCE: f64 = 0.7;
/// Differences below this are rounding: surrogates may compute in single precision.
const ROUNDING: f64 = 1e-4;

/// Checks that a surrogate learns from graphs of different sizes, is the same for the same generator, and answers as the
/// contract says. It is fitted a few times to 80 graphs whose scores lie in (0, 1).
pub fn check(surrogate: &dyn Surrogate) {
    let toy = Toy::new();
    let fitted = fit(surrogate, &toy.observations());
    assert!(fitted.incumbent().is_finite(), "the incumbent must be finite");
    posterior_is_a_distribution_per_graph(&*fitted, &toy);
    it_orders_held_out_graphs(&*fitted, &toy);
    graphs_are_predicted_for_themselves(&*fitted, &toy);
    isomorphic_graphs_are_equal(&*fitted, &toy);
    other_vocabularies_are_refused(&*fitted);
    same_generator_same_posterior(surrogate, &*fitted, &toy);
    too_few_observations_are_refused(surrogate, &toy);
}

struct Toy {
    graphs: Vec<CellGraph>,
    scores: Vec<f64>,
}

impl Toy {
    fn new() -> Self {
        let mut rng = SeedStream::new(11).rng("toy graphs", 0);
        let graphs: Vec<CellGraph> = (0..OBSERVED + HELD_OUT).map(|_| random_graph(&mut rng)).collect();
        let scores = graphs.iter().map(score).collect();
        Self { graphs, scores }
    }

    fn observations(&self) -> Observations {
        self.first_observations(OBSERVED)
    }

    fn first_observations(&self, count: usize) -> Observations {
        Observations::new(self.graphs[..count].to_vec(), self.scores[..count].to_vec()).expect("the toy's observations are valid")
    }

    fn held_out(&self) -> (&[CellGraph], &[f64]) {
        (&self.graphs[OBSERVED..], &self.scores[OBSERVED..])
    }
}

/// A graph of an input, two to five operations and an output, in which every node has a source.
fn random_graph(rng: &mut StudyRng) -> CellGraph {
    let inner = rng.random_range(2..=5);
    let last = inner + 1;
    let mut operations: Vec<usize> = (0..inner).map(|_| rng.random_range(1..WORTH.len() - 1)).collect();
    operations.insert(0, 0);
    operations.push(WORTH.len() - 1);
    let mut edges: Vec<(usize, usize)> = (1..=last).map(|node| (rng.random_range(0..node), node)).collect();
    edges.extend((1..last).map(|node| (node, last)));
    edges.sort_unstable();
    edges.dedup();
    CellGraph::new(operations, edges, WORTH.len()).expect("the toy's graphs are valid")
}

/// The mean worth of a graph's operations, as a fraction.
fn score(graph: &CellGraph) -> f64 {
    let worth: f64 = graph.operations().iter().map(|&operation| WORTH[operation]).sum();
    0.1 + 0.8 * worth / graph.node_count() as f64
}

/// The same graph with its nodes in another topological order.
fn relabelled(graph: &CellGraph, rng: &mut StudyRng) -> CellGraph {
    let count = graph.node_count();
    let mut place = vec![None; count];
    for next in 0..count {
        let free = |node: usize| {
            let mut sources = graph.edges().iter().filter(|edge| edge.1 == node);
            place[node].is_none() && sources.all(|edge| place[edge.0].is_some())
        };
        let ready: Vec<usize> = (0..count).filter(|&node| free(node)).collect();
        place[ready[rng.random_range(0..ready.len())]] = Some(next);
    }
    let place: Vec<usize> = place.into_iter().map(|place| place.expect("an acyclic graph can be ordered")).collect();
    let mut operations = vec![0; count];
    graph.operations().iter().enumerate().for_each(|(node, &operation)| operations[place[node]] = operation);
    let edges = graph.edges().iter().map(|&(from, to)| (place[from], place[to])).collect();
    CellGraph::new(operations, edges, graph.vocabulary()).expect("a relabelled graph is valid")
}

fn fit(surrogate: &dyn Surrogate, observations: &Observations) -> Box<dyn FittedSurrogate> {
    let mut rng = SeedStream::new(3).rng("fit", 0);
    surrogate.fit(observations, &mut rng).expect("the toy can be fitted")
}

fn posterior(fitted: &dyn FittedSurrogate, graphs: &[CellGraph]) -> Posterior {
    fitted.posterior(graphs).expect("graphs of the fitted vocabulary can be predicted")
}

fn posterior_is_a_distribution_per_graph(fitted: &dyn FittedSurrogate, toy: &Toy) {
    // `Posterior` itself checks that its numbers are finite and no standard deviation is negative.
    assert_eq!(posterior(fitted, &toy.graphs).len(), toy.graphs.len(), "one belief per graph");
    assert!(posterior(fitted, &[]).is_empty(), "no graph, no belief");
}

fn it_orders_held_out_graphs(fitted: &dyn FittedSurrogate, toy: &Toy) {
    let (graphs, scores) = toy.held_out();
    let posterior = posterior(fitted, graphs);
    for (scale, means) in [("outcome", posterior.mean()), ("latent", posterior.latent_mean())] {
        let concordance = concordance(means, scores);
        assert!(concordance >= CONCORDANCE, "{scale} means order {concordance:.3} of the pairs, less than {CONCORDANCE}");
    }
}

/// The part of all pairs with different scores that the means order correctly.
fn concordance(means: &[f64], scores: &[f64]) -> f64 {
    let pairs = (0..scores.len()).flat_map(|left| (0..scores.len()).map(move |right| (left, right)));
    let ordered: Vec<bool> =
        pairs.filter(|&(left, right)| scores[left] > scores[right]).map(|(left, right)| means[left] > means[right]).collect();
    ordered.iter().filter(|&&correct| correct).count() as f64 / ordered.len() as f64
}

fn graphs_are_predicted_for_themselves(fitted: &dyn FittedSurrogate, toy: &Toy) {
    let (graphs, _) = toy.held_out();
    let together = posterior(fitted, graphs);
    let reversed: Vec<CellGraph> = graphs.iter().rev().cloned().collect();
    let backward = posterior(fitted, &reversed);
    for (index, graph) in graphs.iter().enumerate() {
        assert_near("in reverse order", &together, index, &backward, graphs.len() - 1 - index);
        if index % 20 == 0 {
            assert_near("alone", &together, index, &posterior(fitted, std::slice::from_ref(graph)), 0);
        }
    }
}

fn isomorphic_graphs_are_equal(fitted: &dyn FittedSurrogate, toy: &Toy) {
    let mut rng = SeedStream::new(12).rng("relabel", 0);
    let (graphs, _) = toy.held_out();
    let others: Vec<CellGraph> = graphs.iter().map(|graph| relabelled(graph, &mut rng)).collect();
    assert!(graphs.iter().zip(&others).any(|(graph, other)| graph != other), "the toy has graphs with several orders");
    let (original, other) = (posterior(fitted, graphs), posterior(fitted, &others));
    (0..graphs.len()).for_each(|index| assert_near("with relabelled nodes", &original, index, &other, index));
}

fn assert_near(how: &str, left: &Posterior, left_index: usize, right: &Posterior, right_index: usize) {
    let numbers = |posterior: &Posterior, index: usize| {
        [posterior.mean()[index], posterior.stddev()[index], posterior.latent_mean()[index], posterior.latent_stddev()[index]]
    };
    let (left, right) = (numbers(left, left_index), numbers(right, right_index));
    let near = left.iter().zip(&right).all(|(left, right)| (left - right).abs() < ROUNDING * left.abs().max(1.0));
    assert!(near, "a graph {how} must have the same posterior: {left:?} and {right:?}");
}

fn other_vocabularies_are_refused(fitted: &dyn FittedSurrogate) {
    let stranger = CellGraph::new(vec![0, 1], vec![(0, 1)], WORTH.len() + 1).expect("valid");
    let answer = fitted.posterior(&[stranger]);
    assert!(matches!(answer, Err(SurrogateError::VocabularyMismatch { given: 7, fitted: 6 })), "{answer:?}");
}

fn same_generator_same_posterior(surrogate: &dyn Surrogate, fitted: &dyn FittedSurrogate, toy: &Toy) {
    let again = fit(surrogate, &toy.observations());
    assert_eq!(posterior(fitted, &toy.graphs), posterior(&*again, &toy.graphs), "same generator, same posterior, to the bit");
    assert_eq!(fitted.incumbent(), again.incumbent(), "same observations, same incumbent");
}

fn too_few_observations_are_refused(surrogate: &dyn Surrogate, toy: &Toy) {
    let mut rng = SeedStream::new(3).rng("fit", 0);
    let answer = surrogate.fit(&toy.first_observations(0), &mut rng).err();
    assert!(matches!(answer, Some(SurrogateError::TooFewObservations { given: 0, .. })), "{answer:?}");
}
