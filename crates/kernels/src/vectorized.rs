//! Loops compiled for the vector instructions of the CPU that runs them.

use pulp::{Arch, Simd, WithSimd};

/// A loop over plain slices. `FUSED` says whether a multiplication and an addition are one instruction here; where they are not,
/// `mul_add` would be a slow call of the C library.
pub(crate) trait Kernel {
    fn run<const FUSED: bool>(self);
}

struct Dispatched<K>(K);

impl<K: Kernel> WithSimd for Dispatched<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if size_of::<S::f32s>() > size_of::<f32>() {
            self.0.run::<true>();
        } else {
            self.0.run::<false>();
        }
    }
}

/// Runs a kernel in the version for this CPU. Implementations of [`Kernel`] inline everything, or the instructions of the
/// version do not reach it.
pub(crate) fn vectorized(kernel: impl Kernel) {
    Arch::new().dispatch(Dispatched(kernel));
}

#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, sum: f32) -> f32 {
    if FUSED { a.mul_add(b, sum) } else { a * b + sum }
}
