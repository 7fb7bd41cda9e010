use super::decomposition::Decomposition;

/// Powers of ten between which the noise ratio is sought, relative to the mean of the kernel's diagonal.
const MIN_EXPONENT: f64 = -6.0;
const MAX_EXPONENT: f64 = 3.0;
/// Steps per power of ten of the first, coarse search: the likelihood may have two maxima, all signal and all noise.
const STEPS_PER_DECADE: usize = 4;
/// Width, in powers of ten, at which the refined search ends.
const TOLERANCE: f64 = 1e-6;
/// The smaller part of the golden section.
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// Where the marginal likelihood was evaluated, and what maximises it there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Likelihood {
    /// Noise variance over signal variance.
    pub(super) noise_ratio: f64,
    /// The best signal variance at this ratio.
    pub(super) signal_variance: f64,
    /// The best constant at this ratio.
    pub(super) constant: f64,
    /// Logarithm of the likelihood.
    pub(super) log_likelihood: f64,
}

/// The ratio of the highest likelihood: the best of a grid, refined by golden section between its neighbours.
pub(super) fn maximize(decomposition: &Decomposition) -> Likelihood {
    let scale = decomposition.scale();
    let at = |exponent: f64| decomposition.likelihood(scale * 10_f64.powf(exponent));
    let steps = ((MAX_EXPONENT - MIN_EXPONENT) as usize) * STEPS_PER_DECADE;
    let exponent = |step: usize| MIN_EXPONENT + step as f64 / STEPS_PER_DECADE as f64;
    let best = (0..=steps)
        .map(|step| (step, at(exponent(step))))
        .reduce(|best, next| if next.1.log_likelihood > best.1.log_likelihood { next } else { best });
    let (step, best) = best.expect("a grid has points");
    let refined = golden_section(exponent(step.saturating_sub(1)), exponent((step + 1).min(steps)), at);
    if refined.log_likelihood > best.log_likelihood { refined } else { best }
}

fn golden_section(mut low: f64, mut high: f64, at: impl Fn(f64) -> Likelihood) -> Likelihood {
    let (mut left, mut right) = (low + GOLDEN * (high - low), high - GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (at(left), at(right));
    while high - low > TOLERANCE {
        if at_left.log_likelihood > at_right.log_likelihood {
            (high, right, at_right) = (right, left, at_left);
            left = low + GOLDEN * (high - low);
            at_left = at(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = high - GOLDEN * (high - low);
            at_right = at(right);
        }
    }
    if at_left.log_likelihood > at_right.log_likelihood { at_left } else { at_right }
}
