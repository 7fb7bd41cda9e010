//! Copies of rows, which are short: a call of the C library, or a loop that is made for long ones, takes longer than the row itself.

use pulp::Simd;

/// Copies a row, numbers below `least` as `least`. A NaN stays one, so that a diverged network does not pass for a sound one.
#[inline(always)]
pub(crate) fn copy_from<S: Simd>(simd: S, least: f32, source: &[f32], target: &mut [f32]) {
    let (vectors, rest) = S::as_simd_f32s(source);
    let (target_vectors, target_rest) = S::as_mut_simd_f32s(target);
    let bound = simd.splat_f32s(least);
    for (target, &value) in target_vectors.iter_mut().zip(vectors) {
        *target = simd.select_f32s(simd.less_than_f32s(value, bound), bound, value);
    }
    for (target, &value) in target_rest.iter_mut().zip(rest) {
        *target = if value < least { least } else { value };
    }
}

/// Copies the gradients of a row of ReLUs: those of values that are not positive as zeros.
#[inline(always)]
pub(crate) fn copy_passed<S: Simd>(simd: S, values: &[f32], source: &[f32], target: &mut [f32]) {
    let ((value_vectors, value_rest), (vectors, rest)) = (S::as_simd_f32s(values), S::as_simd_f32s(source));
    let (target_vectors, target_rest) = S::as_mut_simd_f32s(target);
    let zero = simd.splat_f32s(0.0);
    for (target, (&gradient, &value)) in target_vectors.iter_mut().zip(vectors.iter().zip(value_vectors)) {
        *target = simd.select_f32s(simd.less_than_or_equal_f32s(value, zero), zero, gradient);
    }
    for (target, (&gradient, &value)) in target_rest.iter_mut().zip(rest.iter().zip(value_rest)) {
        *target = if value <= 0.0 { 0.0 } else { gradient };
    }
}
