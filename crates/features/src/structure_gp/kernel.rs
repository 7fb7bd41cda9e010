use super::distances::{Apart, BLOCKS};
use super::exponentials::{Exponential, add_exponentials};
use ndarray::{Array1, Array2, ArrayView2, Zip};

/// The blocks that each term of the kernel multiplies, from the finest view of a cell to the coarsest: everything, what is alive,
/// and the statistics of paths. Few observations are explained by the coarse ones, many leave detail to the fine ones.
const TERMS: [&[usize]; 3] = [&[0, 1, 2], &[1, 2], &[2]];

/// Logarithm of the standard deviation of the noise that is expected of standardised targets.
const LOG_NOISE: f64 = -2.0;

/// Logarithm of the standard deviation that is expected of the slope of standardised targets by a standardised covariate.
const LOG_SLOPE: f64 = -1.0;

/// The kernel `Σ_t a_t² exp(−Σ_b w_tb d_b) + Σ_c s_c² z_c z_c'` over blocks b of squared distances and covariates c, and noise.
///
/// A structure that has fewer covariates than the kernel lacks the last of them: so a candidate belongs to none of the groups in which
/// observations were measured (`Apart::in_groups`), and what is expected of it is free of their levels.
///
/// The second sum is a prior mean `Σ_c β_c z_c` with slopes `β_c ~ N(0, s_c²)`, integrated out (Rasmussen and Williams 2006, section
/// 2.7): observations say how much of a covariate is believed, and a useless one ends with a slope of zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// For each term the logarithm of its amplitude, then of its weights; then of every s_c; last of the noise's standard deviation.
    parameters: Vec<f64>,
}

impl Kernel {
    /// What is expected before anything is seen, the mode of the prior: all terms of one size, and together as large as the
    /// targets.
    pub(super) fn prior(covariates: usize) -> Self {
        let amplitude = -(TERMS.len() as f64).ln() / 2.0;
        let mut parameters = Vec::new();
        for term in TERMS {
            parameters.push(amplitude);
            parameters.extend(std::iter::repeat_n(-(term.len() as f64).ln(), term.len()));
        }
        parameters.extend(std::iter::repeat_n(LOG_SLOPE, covariates));
        parameters.push(LOG_NOISE);
        Self { parameters }
    }

    pub(super) fn with_parameters(parameters: Vec<f64>) -> Self {
        Self { parameters }
    }

    pub(super) fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Kernel of every structure with itself. `[structures]`
    pub(super) fn own(&self, apart: &Apart) -> Array1<f64> {
        let terms: f64 = self.terms().map(|(amplitude, _, _)| (2.0 * amplitude).exp()).sum();
        let slopes: Array1<f64> = self.slopes()[..apart.squares.ncols()].iter().map(|slope| (2.0 * slope).exp()).collect();
        apart.squares.dot(&slopes) + terms
    }

    pub(super) fn noise_variance(&self) -> f64 {
        (2.0 * self.parameters[self.parameters.len() - 1]).exp()
    }

    /// The kernel of structures and observed ones. `[structures, observed]`
    pub(super) fn at(&self, apart: &Apart) -> Array2<f64> {
        let mut kernel = sum(self.terms(), &apart.blocks);
        for (slope, product) in self.slopes().iter().zip(&apart.products) {
            kernel.scaled_add((2.0 * slope).exp(), product);
        }
        kernel
    }

    /// The derivative by every parameter of what has the derivative `outer` by the kernel's entries, noise on the diagonal
    /// included.
    pub(super) fn pull_back(&self, apart: &Apart, outer: ArrayView2<'_, f64>) -> Vec<f64> {
        let mut gradient = Vec::with_capacity(self.parameters.len());
        for (amplitude, weights, blocks) in self.terms() {
            let weighted = sum([(amplitude, weights, blocks)].into_iter(), &apart.blocks) * outer;
            gradient.push(2.0 * weighted.sum());
            for (weight, &block) in weights.iter().zip(blocks) {
                let distances = &apart.blocks[block];
                let total = Zip::from(&weighted).and(distances).fold(0.0, |total, value, distance| total + value * distance);
                gradient.push(-weight.exp() * total);
            }
        }
        for (slope, product) in self.slopes().iter().zip(&apart.products) {
            let total = Zip::from(outer).and(product).fold(0.0, |total, value, product| total + value * product);
            gradient.push(2.0 * (2.0 * slope).exp() * total);
        }
        gradient.push(2.0 * self.noise_variance() * outer.diag().sum());
        gradient
    }

    /// Amplitude, weights (both as logarithms) and blocks of every term.
    fn terms(&self) -> impl Iterator<Item = (f64, &[f64], &'static [usize])> {
        let mut rest = self.parameters.as_slice();
        TERMS.into_iter().map(move |blocks| {
            let (term, after) = rest.split_at(1 + blocks.len());
            rest = after;
            (term[0], &term[1..], blocks)
        })
    }

    /// The logarithm of s_c of every covariate.
    fn slopes(&self) -> &[f64] {
        let terms: usize = TERMS.iter().map(|blocks| 1 + blocks.len()).sum();
        &self.parameters[terms..self.parameters.len() - 1]
    }
}

/// The sum of these terms, each given as by [`Kernel::terms`].
fn sum<'a>(terms: impl Iterator<Item = (f64, &'a [f64], &'static [usize])>, distances: &[Array2<f64>; BLOCKS]) -> Array2<f64> {
    let standard = distances.each_ref().map(|block| block.as_standard_layout());
    let entries = standard.each_ref().map(|block| block.as_slice().expect("in standard layout"));
    let term = |(amplitude, weights, blocks): (f64, &[f64], &[usize])| Exponential {
        constant: 2.0 * amplitude,
        slopes: weights.iter().zip(blocks).map(|(weight, &block)| (-weight.exp(), entries[block])).collect(),
    };
    let mut kernel = Array2::zeros(distances[0].dim());
    add_exponentials(kernel.as_slice_mut().expect("in standard layout"), &terms.map(term).collect::<Vec<_>>());
    kernel
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn apart() -> Apart {
        let blocks = [array![[0.0, 1.0], [1.0, 0.0]], array![[0.0, 0.3], [0.3, 0.0]], array![[0.0, 2.0], [2.0, 0.0]]];
        let products = vec![array![[1.0, -2.0], [-2.0, 4.0]], array![[0.0, 0.0], [0.0, 9.0]]];
        Apart { blocks, products, squares: array![[1.0, 0.0], [4.0, 9.0]] }
    }

    fn without_covariates() -> Apart {
        Apart { products: Vec::new(), squares: Array2::zeros((2, 0)), ..apart() }
    }

    #[test]
    fn the_prior_is_as_large_as_the_targets() {
        let kernel = Kernel::prior(0);
        assert!(kernel.own(&without_covariates()).iter().all(|own| (own - 1.0).abs() < 1e-12));
        let found = kernel.at(&without_covariates());
        let expected = ((-3.3_f64 / 3.0).exp() + (-2.3_f64 / 2.0).exp() + (-2.0_f64).exp()) / 3.0;
        assert!((found[[0, 0]] - 1.0).abs() < 1e-12 && (found[[0, 1]] - expected).abs() < 1e-12);
        assert!((kernel.noise_variance() - (-4.0_f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn a_covariate_adds_the_kernel_of_its_slope() {
        let (kernel, squared) = (Kernel::prior(2), (2.0 * LOG_SLOPE).exp());
        let added = kernel.at(&apart()) - Kernel::prior(0).at(&without_covariates());
        let expected = array![[1.0, -2.0], [-2.0, 13.0]] * squared;
        assert!((&added - &expected).iter().all(|difference| difference.abs() < 1e-12));
        let own = kernel.own(&apart());
        assert!((own[0] - 1.0 - squared).abs() < 1e-12 && (own[1] - 1.0 - 13.0 * squared).abs() < 1e-12);
    }

    #[test]
    fn gradients_fit_differences() {
        let outer = array![[0.3, -0.7], [0.2, 1.1]];
        let parameters: Vec<f64> = (0..12).map(|place| 0.1 * place as f64 - 0.4).collect();
        let value = |parameters: &[f64]| {
            let kernel = Kernel::with_parameters(parameters.to_vec());
            (kernel.at(&apart()) * &outer).sum() + kernel.noise_variance() * outer.diag().sum()
        };
        let gradient = Kernel::with_parameters(parameters.clone()).pull_back(&apart(), outer.view());
        assert_eq!(gradient.len(), Kernel::prior(2).parameters().len());
        for place in 0..parameters.len() {
            let moved = |step: f64| {
                let mut moved = parameters.clone();
                moved[place] += step;
                value(&moved)
            };
            let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            assert!((gradient[place] - difference).abs() < 1e-7, "{place}: {} {difference}", gradient[place]);
        }
    }
}
