//! Copies of rows, with ReLUs on the way. Rows are short: a call of the C library, or a loop that is made for long ones, takes longer than the row
//! itself.

use crate::product::{load, store};
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

/// The vector at `at` of one of several rows, zeros behind its end.
#[inline(always)]
pub(crate) fn load_row<S: Simd>(simd: S, rows: &[f32], [row, width]: [usize; 2], at: usize) -> S::f32s {
    match width - at >= S::F32_LANES {
        true => load::<S>(rows, row * width + at),
        false => simd.partial_load_f32s(&rows[row * width + at..(row + 1) * width]),
    }
}

/// Writes a vector at `at` of one of several rows, up to its end.
#[inline(always)]
pub(crate) fn store_row<S: Simd>(simd: S, rows: &mut [f32], [row, width]: [usize; 2], at: usize, value: S::f32s) {
    match width - at >= S::F32_LANES {
        true => store::<S>(rows, row * width + at, value),
        false => simd.partial_store_f32s(&mut rows[row * width + at..(row + 1) * width], value),
    }
}

/// ReLU of a vector. A NaN stays one, so that a diverged network does not pass for a sound one.
#[inline(always)]
pub(crate) fn positive<S: Simd>(simd: S, value: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    // Of two numbers of which one is none, vector instructions give the second (x86) or that one (others); a scalar maximum gives the other.
    match S::F32_LANES > 1 {
        true => simd.max_f32s(zero, value),
        false => simd.select_f32s(simd.less_than_f32s(value, zero), zero, value),
    }
}

/// What of a gradient passes a ReLU of `value`.
#[inline(always)]
pub(crate) fn passed_by<S: Simd>(simd: S, value: S::f32s, gradient: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    simd.select_f32s(simd.less_than_or_equal_f32s(value, zero), zero, gradient)
}

/// Keeps of a gradient what passes a ReLU of `values`.
#[inline(always)]
pub(crate) fn keep_passed<S: Simd>(simd: S, values: &[f32], gradient: &mut [f32]) {
    let (vectors, rest) = S::as_simd_f32s(values);
    let (gradient_vectors, gradient_rest) = S::as_mut_simd_f32s(gradient);
    for (gradient, &value) in gradient_vectors.iter_mut().zip(vectors) {
        *gradient = passed_by(simd, value, *gradient);
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
