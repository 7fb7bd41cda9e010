use super::distances::Apart;
use super::kernel::Kernel;
use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use bonas_bayes::ConditionedProcess;
use ndarray::ArrayView1;
use std::cell::RefCell;

/// Standard deviation of the prior of every parameter of the kernel, all of which are logarithms.
const PRIOR_STDDEV: f64 = 1.0;

/// Steps that L-BFGS remembers.
const MEMORY: usize = 7;

/// A cost beyond all others, for parameters at which the covariance cannot be factored.
const UNUSABLE: f64 = 1e12;

/// The kernel of the highest marginal likelihood times prior, after at most `iterations` steps of L-BFGS from the prior's mode.
///
/// A search that fails on its way has not failed: the best kernel it saw counts, and the prior's mode is always one.
pub(super) fn posterior_mode(apart: &Apart, targets: ArrayView1<'_, f64>, iterations: u64) -> Kernel {
    let prior = Kernel::prior(apart.products.len());
    if iterations == 0 {
        return prior;
    }
    let start = prior.parameters().to_vec();
    let problem = Problem { apart, targets, prior: start.clone(), last: RefCell::default() };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY);
    let result = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(iterations)).run();
    let best = result.ok().and_then(|result| result.state().get_best_param().cloned());
    best.filter(|parameters| parameters.iter().all(|value| value.is_finite())).map_or(prior, Kernel::with_parameters)
}

struct Problem<'a> {
    apart: &'a Apart,
    targets: ArrayView1<'a, f64>,
    prior: Vec<f64>,
    /// The last point that was looked at: the solver asks for cost and gradient one after the other, and both come from one
    /// factorisation.
    last: RefCell<Option<Point>>,
}

#[derive(Clone)]
struct Point {
    parameters: Vec<f64>,
    cost: f64,
    gradient: Vec<f64>,
}

impl Problem<'_> {
    fn at(&self, parameters: &[f64]) -> Point {
        let mut last = self.last.borrow_mut();
        match last.as_ref().filter(|point| point.parameters == parameters) {
            Some(point) => point.clone(),
            None => last.insert(self.evaluated(parameters)).clone(),
        }
    }

    fn evaluated(&self, parameters: &[f64]) -> Point {
        let kernel = Kernel::with_parameters(parameters.to_vec());
        let fitted = ConditionedProcess::fit(kernel.at(self.apart).view(), self.targets, kernel.noise_variance());
        let parameters = parameters.to_vec();
        let Ok(process) = fitted else {
            let gradient = vec![0.0; parameters.len()];
            return Point { parameters, cost: UNUSABLE, gradient };
        };
        let from_prior: Vec<f64> =
            parameters.iter().zip(&self.prior).map(|(value, prior)| (value - prior) / PRIOR_STDDEV).collect();
        let penalty: f64 = from_prior.iter().map(|distance| distance * distance / 2.0).sum();
        let likelihood = kernel.pull_back(self.apart, process.log_likelihood_gradient().view());
        let gradient = from_prior.iter().zip(likelihood).map(|(distance, slope)| distance / PRIOR_STDDEV - slope).collect();
        Point { parameters, cost: penalty - process.log_likelihood(), gradient }
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.at(parameters).cost)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(parameters).gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, array};

    fn problem() -> (Apart, Array1<f64>) {
        let distance = |scale: f64| Array2::from_shape_fn((6, 6), |(i, j)| scale * (i as f64 - j as f64).powi(2));
        let blocks = [distance(0.1), distance(0.3), distance(0.05)];
        let known = Array2::from_shape_fn((6, 1), |(i, _)| (i as f64 - 2.5) / 2.0);
        let apart = Apart { blocks, products: vec![known.dot(&known.t())], squares: known.mapv(|value| value * value) };
        (apart, array![-1.2, -0.7, -0.1, 0.2, 0.7, 1.1])
    }

    #[test]
    fn the_gradient_fits_differences_of_the_cost() {
        let (apart, targets) = problem();
        let prior = Kernel::prior(1).parameters().to_vec();
        let problem = Problem { apart: &apart, targets: targets.view(), prior: prior.clone(), last: RefCell::default() };
        let here: Vec<f64> = prior.iter().enumerate().map(|(place, value)| value + 0.05 * place as f64).collect();
        let gradient = problem.gradient(&here).expect("finite");
        for place in 0..here.len() {
            let cost = |step: f64| {
                let mut moved = here.clone();
                moved[place] += step;
                problem.cost(&moved).expect("finite")
            };
            let difference = (cost(1e-5) - cost(-1e-5)) / 2e-5;
            assert!((gradient[place] - difference).abs() < 1e-6, "{place}: {} {difference}", gradient[place]);
        }
    }

    #[test]
    fn the_search_climbs_and_no_step_leaves_the_prior() {
        let (apart, targets) = problem();
        assert_eq!(posterior_mode(&apart, targets.view(), 0), Kernel::prior(1));
        let found = posterior_mode(&apart, targets.view(), 30);
        let prior = Kernel::prior(1).parameters().to_vec();
        let problem = Problem { apart: &apart, targets: targets.view(), prior: prior.clone(), last: RefCell::default() };
        let cost = |parameters: &[f64]| problem.cost(&parameters.to_vec()).expect("finite");
        assert!(cost(found.parameters()) < cost(&prior) - 0.1);
        let slope = problem.gradient(&found.parameters().to_vec()).expect("finite");
        assert!(slope.iter().all(|slope| slope.abs() < 0.05), "{slope:?}");
    }
}
