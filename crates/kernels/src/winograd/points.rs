//! The transforms of F(4, 3) and their transposes, for the points 0, ±a, ±b and ∞ with a = 1/√2 and b = √2.
//!
//! B has the rows [1, 0, −a²−b², 0, 1, 0], [0, ∓b, −b², ±a, 1, 0], [0, ∓a, −a², ±b, 1, 0] and [0, 1, 0, −a²−b², 0, 1]; A has powers 0 to 3 of
//! the points; G has powers 0 to 2, divided by the derivative of x(x²−a²)(x²−b²).

use crate::product::multiply_add;
use pulp::Simd;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Points of a strip, and rows of the input that it sees.
pub(super) const POINTS: usize = 6;
/// Taps along a side of a kernel.
pub(super) const SIDE: usize = 3;

const NEAR: f32 = FRAC_1_SQRT_2;
const FAR: f32 = SQRT_2;
const NEAR_SQUARE: f32 = 0.5;
const FAR_SQUARE: f32 = 2.0;
const SQUARES: f32 = NEAR_SQUARE + FAR_SQUARE;

/// B · values: what a strip sees, at the points.
#[inline(always)]
pub(super) fn to_points<S: Simd>(simd: S, values: [S::f32s; 6]) -> [S::f32s; 6] {
    let [v0, v1, v2, v3, v4, v5] = values;
    let near_even = add_times(simd, -FAR_SQUARE, v2, v4);
    let near_odd = add_times(simd, -FAR_SQUARE, v1, v3);
    let far_even = add_times(simd, -NEAR_SQUARE, v2, v4);
    let far_odd = add_times(simd, -NEAR_SQUARE, v1, v3);
    [
        add_times(simd, -SQUARES, v2, simd.add_f32s(v0, v4)),
        add_times(simd, NEAR, near_odd, near_even),
        add_times(simd, -NEAR, near_odd, near_even),
        add_times(simd, FAR, far_odd, far_even),
        add_times(simd, -FAR, far_odd, far_even),
        add_times(simd, -SQUARES, v3, simd.add_f32s(v1, v5)),
    ]
}

/// Bᵀ · values.
#[inline(always)]
pub(super) fn to_points_transposed<S: Simd>(simd: S, values: [S::f32s; 6]) -> [S::f32s; 6] {
    let [v0, v1, v2, v3, v4, v5] = values;
    let (near_even, near_odd) = (simd.add_f32s(v1, v2), simd.sub_f32s(v1, v2));
    let (far_even, far_odd) = (simd.add_f32s(v3, v4), simd.sub_f32s(v3, v4));
    let even = simd.add_f32s(v0, simd.add_f32s(near_even, far_even));
    let odd = add_times(simd, NEAR, near_odd, times(simd, FAR, far_odd));
    let second = add_times(simd, -FAR_SQUARE, near_even, times(simd, -NEAR_SQUARE, far_even));
    let first = add_times(simd, -FAR, near_odd, v5);
    [
        v0,
        add_times(simd, -NEAR, far_odd, first),
        add_times(simd, -SQUARES, v0, second),
        add_times(simd, -SQUARES, v5, odd),
        even,
        v5,
    ]
}

/// Aᵀ · values: outputs of a strip from products at the points.
#[inline(always)]
pub(super) fn from_points<S: Simd>(simd: S, values: [S::f32s; 6]) -> [S::f32s; 4] {
    let [v0, v1, v2, v3, v4, v5] = values;
    let (near_even, near_odd) = (simd.add_f32s(v1, v2), simd.sub_f32s(v1, v2));
    let (far_even, far_odd) = (simd.add_f32s(v3, v4), simd.sub_f32s(v3, v4));
    let third = add_times(simd, NEAR * NEAR_SQUARE, near_odd, v5);
    [
        simd.add_f32s(v0, simd.add_f32s(near_even, far_even)),
        add_times(simd, NEAR, near_odd, times(simd, FAR, far_odd)),
        add_times(simd, NEAR_SQUARE, near_even, times(simd, FAR_SQUARE, far_even)),
        add_times(simd, FAR * FAR_SQUARE, far_odd, third),
    ]
}

/// A · values.
#[inline(always)]
pub(super) fn from_points_transposed<S: Simd>(simd: S, values: [S::f32s; 4]) -> [S::f32s; 6] {
    let [v0, v1, v2, v3] = values;
    let near_even = add_times(simd, NEAR_SQUARE, v2, v0);
    let near_odd = add_times(simd, NEAR_SQUARE, v3, v1);
    let far_even = add_times(simd, FAR_SQUARE, v2, v0);
    let far_odd = add_times(simd, FAR_SQUARE, v3, v1);
    [
        v0,
        add_times(simd, NEAR, near_odd, near_even),
        add_times(simd, -NEAR, near_odd, near_even),
        add_times(simd, FAR, far_odd, far_even),
        add_times(simd, -FAR, far_odd, far_even),
        v3,
    ]
}

#[inline(always)]
fn times<S: Simd>(simd: S, factor: f32, value: S::f32s) -> S::f32s {
    simd.mul_f32s(simd.splat_f32s(factor), value)
}

#[inline(always)]
fn add_times<S: Simd>(simd: S, factor: f32, value: S::f32s, sum: S::f32s) -> S::f32s {
    multiply_add(simd, simd.splat_f32s(factor), value, sum)
}

/// 1 / the derivative of x(x²−a²)(x²−b²) at ±a and ±b; at 0 it is 1.
const AT_NEAR: f32 = 1.0 / (2.0 * NEAR_SQUARE * (NEAR_SQUARE - FAR_SQUARE));
const AT_FAR: f32 = 1.0 / (2.0 * FAR_SQUARE * (FAR_SQUARE - NEAR_SQUARE));

/// G · taps: a row or a column of a kernel, at the points.
#[inline(always)]
pub(super) fn taps_to_points<S: Simd>(simd: S, taps: [S::f32s; SIDE]) -> [S::f32s; POINTS] {
    let [first, second, third] = taps;
    let near_even = times(simd, AT_NEAR, add_times(simd, NEAR_SQUARE, third, first));
    let far_even = times(simd, AT_FAR, add_times(simd, FAR_SQUARE, third, first));
    [
        first,
        add_times(simd, AT_NEAR * NEAR, second, near_even),
        add_times(simd, -AT_NEAR * NEAR, second, near_even),
        add_times(simd, AT_FAR * FAR, second, far_even),
        add_times(simd, -AT_FAR * FAR, second, far_even),
        third,
    ]
}

/// Gᵀ · values: the gradient of a row or a column of a kernel from those at the points.
#[inline(always)]
pub(super) fn taps_from_points<S: Simd>(simd: S, values: [S::f32s; POINTS]) -> [S::f32s; SIDE] {
    let [v0, v1, v2, v3, v4, v5] = values;
    let (near_even, near_odd) = (times(simd, AT_NEAR, simd.add_f32s(v1, v2)), times(simd, AT_NEAR, simd.sub_f32s(v1, v2)));
    let (far_even, far_odd) = (times(simd, AT_FAR, simd.add_f32s(v3, v4)), times(simd, AT_FAR, simd.sub_f32s(v3, v4)));
    [
        simd.add_f32s(v0, simd.add_f32s(near_even, far_even)),
        add_times(simd, NEAR, near_odd, times(simd, FAR, far_odd)),
        add_times(simd, NEAR_SQUARE, near_even, add_times(simd, FAR_SQUARE, far_even, v5)),
    ]
}
