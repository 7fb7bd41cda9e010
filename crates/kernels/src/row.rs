//! Copies of rows, with ReLUs on the way. Rows are short: a call of the C library, or a loop that is made for long ones, takes longer than the row
//! itself.

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

/// Adds a row to another.
#[inline(always)]
pub(crate) fn add_to<S: Simd>(simd: S, source: &[f32], target: &mut [f32]) {
    let (vectors, rest) = S::as_simd_f32s(source);
    let (target_vectors, target_rest) = S::as_mut_simd_f32s(target);
    for (target, &value) in target_vectors.iter_mut().zip(vectors) {
        *target = simd.add_f32s(*target, value);
    }
    for (target, &value) in target_rest.iter_mut().zip(rest) {
        *target += value;
    }
}

/// Keeps of a gradient what passes a ReLU of `values`.
#[inline(always)]
pub(crate) fn keep_passed<S: Simd>(simd: S, values: &[f32], gradient: &mut [f32]) {
    let (vectors, rest) = S::as_simd_f32s(values);
    let (gradient_vectors, gradient_rest) = S::as_mut_simd_f32s(gradient);
    let zero = simd.splat_f32s(0.0);
    for (gradient, &value) in gradient_vectors.iter_mut().zip(vectors) {
        *gradient = simd.select_f32s(simd.less_than_or_equal_f32s(value, zero), zero, *gradient);
    }
    for (gradient, &value) in gradient_rest.iter_mut().zip(rest) {
        *gradient = passed(value, *gradient);
    }
}

/// What of a gradient passes a ReLU of `value`.
#[inline(always)]
pub(crate) fn passed(value: f32, gradient: f32) -> f32 {
    if value <= 0.0 { 0.0 } else { gradient }
}
