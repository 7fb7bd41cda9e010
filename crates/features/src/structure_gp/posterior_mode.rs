use super::distances::BLOCKS;
use super::kernel::Kernel;
use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use bonas_bayes::ConditionedProcess;
use ndarray::{Array2, ArrayView1};

/// Standard deviation of the prior of every parameter of the kernel, all of which are logarithms.
const PRIOR_STDDEV: f64 = 1.0;

/// Steps that L-BFGS remembers.
const MEMORY: usize = 7;

/// A cost beyond all others, for parameters at which the covariance cannot be factored.
const UNUSABLE: f64 = 1e12;

/// The kernel of the highest marginal likelihood times prior, after at most `iterations` steps of L-BFGS from the prior's mode.
///
/// A search that fails on its way has not failed: the best kernel it saw counts, and the prior's mode is always one.
pub(super) fn posterior_mode(distances: &[Array2<f64>; BLOCKS], targets: ArrayView1<'_, f64>, iterations: u64) -> Kernel {
    let prior = Kernel::prior();
    if iterations == 0 {
        return prior;
    }
    let start = prior.parameters().to_vec();
    let problem = Problem { distances, targets, prior: start.clone() };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY);
    let result = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(iterations)).run();
    let best = result.ok().and_then(|result| result.state().get_best_param().cloned());
    best.filter(|parameters| parameters.iter().all(|value| value.is_finite())).map_or(prior, Kernel::with_parameters)
}

struct Problem<'a> {
    distances: &'a [Array2<f64>; BLOCKS],
    targets: ArrayView1<'a, f64>,
    prior: Vec<f64>,
}

impl Problem<'_> {
    fn process(&self, kernel: &Kernel) -> Option<ConditionedProcess> {
        ConditionedProcess::fit(kernel.at(self.distances).view(), self.targets, kernel.noise_variance()).ok()
    }

    fn distance_from_prior(&self, parameters: &[f64]) -> impl Iterator<Item = f64> {
        parameters.iter().zip(&self.prior).map(|(value, prior)| (value - prior) / PRIOR_STDDEV)
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        let penalty: f64 = self.distance_from_prior(parameters).map(|distance| distance * distance / 2.0).sum();
        let process = self.process(&Kernel::with_parameters(parameters.clone()));
        Ok(process.map_or(UNUSABLE, |process| penalty - process.log_likelihood()))
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let kernel = Kernel::with_parameters(parameters.clone());
        let Some(process) = self.process(&kernel) else { return Ok(vec![0.0; parameters.len()]) };
        let likelihood = kernel.pull_back(self.distances, process.log_likelihood_gradient().view());
        let prior = self.distance_from_prior(parameters).map(|distance| distance / PRIOR_STDDEV);
        Ok(prior.zip(likelihood).map(|(prior, likelihood)| prior - likelihood).collect())
    }
}
