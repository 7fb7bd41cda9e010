use pulp::{Arch, Simd, WithSimd};

/// Entries that are computed together; a few kilobytes of them.
const TOGETHER: usize = 256;

/// `exp(constant + Σ slope · x)` for every entry of the x.
pub(super) struct Exponential<'a> {
    pub(super) constant: f64,
    /// Slopes and their x.
    pub(super) slopes: Vec<(f64, &'a [f64])>,
}

/// Adds all of them to the totals, in one pass over all numbers and in the widest vectors of this processor.
///
/// The exponential function of the standard library, a call for every number, took a quarter of the time of a search. Without fused
/// operations, an entry depends neither on the vectors nor on where it stands.
///
/// # Panics
/// When there are fewer x than totals.
pub(super) fn add_exponentials(totals: &mut [f64], exponentials: &[Exponential<'_>]) {
    Arch::new().dispatch(Added { totals, exponentials });
}

struct Added<'a> {
    totals: &'a mut [f64],
    exponentials: &'a [Exponential<'a>],
}

impl WithSimd for Added<'_> {
    type Output = ();

    /// The compiler makes vectors of the loops, as this is compiled for every kind of them.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let mut exponents = [0.0; TOGETHER];
        for (place, totals) in self.totals.chunks_mut(TOGETHER).enumerate() {
            let here = place * TOGETHER..place * TOGETHER + totals.len();
            let exponents = &mut exponents[..totals.len()];
            for Exponential { constant, slopes } in self.exponentials {
                exponents.fill(*constant);
                for (slope, x) in slopes {
                    for (exponent, x) in exponents.iter_mut().zip(&x[here.clone()]) {
                        *exponent += slope * x;
                    }
                }
                for (total, exponent) in totals.iter_mut().zip(&*exponents) {
                    *total += exp(*exponent);
                }
            }
        }
    }
}

/// Below, the exponential is not a normal number and counts as 0; above, it is infinite.
const LEAST: f64 = -708.0;
const MOST: f64 = 709.0;

/// Added to a number and taken away again, it leaves the nearest integer.
const INTEGERS: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²

/// The logarithm of 2 in two parts, of which the first has so few digits that its product with an exponent is exact.
const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// 1/k! for k from 13 down to 0.
const TAYLOR: [f64; 14] = {
    let mut coefficients = [1.0; 14];
    let (mut k, mut factorial) = (1, 1.0);
    while k < 14 {
        factorial *= k as f64;
        coefficients[13 - k] = 1.0 / factorial;
        k += 1;
    }
    coefficients
};

/// The exponential function to two units in the last place, without branches: `2ⁿ exp(f)` with `x = n ln 2 + f`, where f is at most
/// half a logarithm of 2 and the Taylor series ends with its 13th power.
#[inline(always)]
fn exp(x: f64) -> f64 {
    let within = x.clamp(LEAST, MOST);
    let shifted = within * std::f64::consts::LOG2_E + INTEGERS;
    let n = shifted - INTEGERS;
    let f = within - n * LN_2.0 - n * LN_2.1;
    let mut sum = TAYLOR[0];
    let mut k = 1;
    while k < TAYLOR.len() {
        sum = sum * f + TAYLOR[k];
        k += 1;
    }
    // The lowest bits of what was shifted are n.
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    let result = sum * power;
    let result = if x < LEAST { 0.0 } else { result };
    if x > MOST { f64::INFINITY } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn relative(x: f64) -> f64 {
        (exp(x) - x.exp()).abs() / x.exp()
    }

    #[test]
    fn ends_and_special_values() {
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        assert_eq!((exp(-709.0), exp(f64::NEG_INFINITY)), (0.0, 0.0));
        assert_eq!((exp(709.5), exp(f64::INFINITY)), (f64::INFINITY, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan());
        assert!(relative(LEAST) < 1e-15 && relative(MOST) < 1e-15);
    }

    proptest! {
        #[test]
        fn as_the_standard_library(x in LEAST..MOST) {
            prop_assert!(relative(x) < 5e-16, "{x}: {}", relative(x));
        }

        #[test]
        fn near_zero_as_the_standard_library(x in -1.0..1.0) {
            prop_assert!(relative(x) < 5e-16, "{x}: {}", relative(x));
        }

        #[test]
        fn sums_depend_neither_on_vectors_nor_on_where_they_stand(count in 1_usize..600, from in 0_usize..600) {
            let x: Vec<f64> = (0..count).map(|place| (place as f64).sin()).collect();
            let y: Vec<f64> = (0..count).map(|place| (place as f64).cos()).collect();
            let all = |x: &[f64], y: &[f64]| {
                let mut totals = vec![0.25; x.len()];
                let first = Exponential { constant: -0.3, slopes: vec![(-1.5, x), (0.7, y)] };
                add_exponentials(&mut totals, &[first, Exponential { constant: 1.0, slopes: vec![(2.0, y)] }]);
                totals
            };
            let from = from % count;
            let (whole, part) = (all(&x, &y), all(&x[from..], &y[from..]));
            prop_assert_eq!(&whole[from..], &part[..]);
            for place in 0..count {
                let one_by_one = 0.25 + exp(-0.3 + -1.5 * x[place] + 0.7 * y[place]) + exp(1.0 + 2.0 * y[place]);
                prop_assert_eq!(whole[place], one_by_one);
            }
        }
    }
}
