use bonas_core::{CellGraph, FittedSurrogate, Observations, Posterior, StudyRng, Surrogate, SurrogateError};

/// Precision of the weights' prior, relative to the noise.
const PRIOR_PRECISION: f64 = 1e-2;
/// Variance of the noise; scores of the toy problem lie within about one unit.
const NOISE_VARIANCE: f64 = 1e-3;

/// Bayesian linear regression on counts: of each operation, of each pair of operations that share all their neighbours,
/// and of each pair joined by an edge. Needs two observations, uses no randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToySurrogate;

struct Fitted {
    vocabulary: usize,
    /// Lower Cholesky factor of ΦᵀΦ + λI, [features, features].
    factor: Vec<Vec<f64>>,
    /// Mean of the weights, [features].
    weights: Vec<f64>,
    offset: f64,
    incumbent: f64,
}

impl Surrogate for ToySurrogate {
    fn fit(&self, observations: &Observations, _rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        if observations.len() < 2 {
            return Err(SurrogateError::TooFewObservations { needed: 2, given: observations.len() });
        }
        let scores = observations.scores();
        let offset = scores.iter().sum::<f64>() / scores.len() as f64;
        let rows: Vec<_> = observations.graphs().iter().map(features).collect();
        let width = rows[0].len();
        let mut gram = vec![vec![0.0; width]; width];
        let mut moment = vec![0.0; width];
        for (row, score) in rows.iter().zip(scores) {
            for (i, value) in row.iter().enumerate() {
                moment[i] += value * (score - offset);
                row.iter().zip(&mut gram[i]).for_each(|(other, entry)| *entry += value * other);
            }
        }
        (0..width).for_each(|i| gram[i][i] += PRIOR_PRECISION);
        let factor = cholesky(gram);
        let weights = backward(&factor, &forward(&factor, &moment));
        let incumbent = scores.iter().copied().fold(f64::MIN, f64::max);
        let vocabulary = observations.graphs()[0].vocabulary();
        Ok(Box::new(Fitted { vocabulary, factor, weights, offset, incumbent }))
    }
}

impl FittedSurrogate for Fitted {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        let mut mean = Vec::with_capacity(graphs.len());
        let mut stddev = Vec::with_capacity(graphs.len());
        for graph in graphs {
            if graph.vocabulary() != self.vocabulary {
                return Err(SurrogateError::VocabularyMismatch { given: graph.vocabulary(), fitted: self.vocabulary });
            }
            let row = features(graph);
            let whitened = forward(&self.factor, &row);
            mean.push(self.offset + dot(&row, &self.weights));
            stddev.push((NOISE_VARIANCE * (1.0 + dot(&whitened, &whitened))).sqrt());
        }
        Posterior::gaussian(mean, stddev).map_err(|error| SurrogateError::Other(error.into()))
    }

    fn incumbent(&self) -> f64 {
        self.incumbent
    }
}

/// Counts of a graph, invariant under relabelling: [vocabulary + 2 vocabulary²].
fn features(graph: &CellGraph) -> Vec<f64> {
    let width = graph.vocabulary();
    let operations = graph.operations();
    let mut counts = vec![0.0; width + 2 * width * width];
    let neighbors = |node: usize| graph.edges().iter().filter(move |&&(from, to)| from == node || to == node);
    let others = |node: usize| neighbors(node).map(|&(from, to)| from + to - node).collect::<Vec<_>>();
    for node in 0..operations.len() {
        counts[operations[node]] += 1.0;
        for twin in (node + 1..operations.len()).filter(|&twin| others(node) == others(twin)) {
            let (low, high) = (operations[node].min(operations[twin]), operations[node].max(operations[twin]));
            counts[width + low * width + high] += 1.0;
        }
    }
    for &(from, to) in graph.edges() {
        counts[width + width * width + operations[from] * width + operations[to]] += 1.0;
    }
    counts
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// The lower L with L Lᵀ = `matrix`, which must be positive definite.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for row in 0..matrix.len() {
        for column in 0..=row {
            let rest = matrix[row][column] - dot(&matrix[row][..column], &matrix[column][..column]);
            matrix[row][column] = if row == column { rest.sqrt() } else { rest / matrix[column][column] };
        }
    }
    matrix
}

/// Solves L x = `right`.
fn forward(factor: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut solution = Vec::with_capacity(right.len());
    for (row, value) in factor.iter().zip(right) {
        let known = solution.len();
        solution.push((value - dot(&row[..known], &solution)) / row[known]);
    }
    solution
}

/// Solves Lᵀ x = `right`.
fn backward(factor: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut solution = right.to_vec();
    for row in (0..right.len()).rev() {
        let known: f64 = (row + 1..right.len()).map(|below| factor[below][row] * solution[below]).sum();
        solution[row] = (solution[row] - known) / factor[row][row];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::{ToyEvaluator, ToySpace};
    use bonas_core::{SearchSpace, SeedStream};

    #[test]
    fn predictions_follow_the_score_and_ignore_the_order_within_pairs() {
        let space = ToySpace::new(3);
        let mut rng = SeedStream::new(3).rng("toy", 0);
        let samples: Vec<_> = (0..200).map(|_| space.sample(&mut rng)).filter(|a| ToyEvaluator::score(a).is_some()).collect();
        let graphs: Vec<_> = samples.iter().map(|a| space.graph(a)).collect();
        let scores: Vec<_> = samples.iter().filter_map(ToyEvaluator::score).collect();
        let fitted = ToySurrogate.fit(&Observations::new(graphs.clone(), scores.clone()).unwrap(), &mut rng).unwrap();
        let posterior = fitted.posterior(&graphs).unwrap();
        let worst = posterior.mean().iter().zip(&scores).map(|(mean, score)| (mean - score).abs()).fold(0.0, f64::max);
        assert!(worst < 0.02, "{worst}");
        let pair = ["ab-cd-ad", "ba-dc-ad"].map(|text| space.graph(&space.parse(text).unwrap()));
        let posterior = fitted.posterior(&pair).unwrap();
        assert!((posterior.mean()[0] - posterior.mean()[1]).abs() < 1e-12);
    }
}
