//! The transforms of F(4, 3) and their transposes, for the points 0, ±a, ±b and ∞ with a = 1/√2 and b = √2.
//!
//! B has the rows [1, 0, −a²−b², 0, 1, 0], [0, ∓b, −b², ±a, 1, 0], [0, ∓a, −a², ±b, 1, 0] and [0, 1, 0, −a²−b², 0, 1]; A has powers 0 to 3 of
//! the points; G has powers 0 to 2, divided by the derivative of x(x²−a²)(x²−b²).

use crate::product::{Panels, multiply_add};
use crate::vectorized::{Kernel, vectorized};
use pulp::Simd;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Points of a strip, and rows of the input that it sees.
pub(super) const POINTS: usize = 6;
/// Taps along a side of a kernel.
const SIDE: usize = 3;

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

/// 1 / the derivative of x(x²−a²)(x²−b²) at 0, ±a and ±b.
const AT_ZERO: f32 = 1.0;
const AT_NEAR: f32 = 1.0 / (2.0 * NEAR_SQUARE * (NEAR_SQUARE - FAR_SQUARE));
const AT_FAR: f32 = 1.0 / (2.0 * FAR_SQUARE * (FAR_SQUARE - NEAR_SQUARE));

/// G: from taps to points.
const G: [[f32; 3]; 6] = [
    [AT_ZERO, 0.0, 0.0],
    [AT_NEAR, AT_NEAR * NEAR, AT_NEAR * NEAR_SQUARE],
    [AT_NEAR, -AT_NEAR * NEAR, AT_NEAR * NEAR_SQUARE],
    [AT_FAR, AT_FAR * FAR, AT_FAR * FAR_SQUARE],
    [AT_FAR, -AT_FAR * FAR, AT_FAR * FAR_SQUARE],
    [0.0, 0.0, 1.0],
];

/// The matrices [rows, depth · 3] of kernels at every point, whose columns are those of the kernels; `place(row, column)` tells which kernel
/// of `weight` stands where.
pub(super) fn kernels_to_points(
    weight: &[f32],
    [rows, depth]: [usize; 2],
    place: impl Fn(usize, usize) -> usize,
) -> [Panels; POINTS] {
    let (kernels, width) = (weight.as_chunks::<{ SIDE * SIDE }>().0, depth * SIDE);
    let mut lines: [Vec<f32>; SIDE] = std::array::from_fn(|_| vec![0.0; Panels::numbers(rows, width)]);
    for row in 0..rows {
        for column in 0..depth {
            let kernel = &kernels[place(row, column)];
            for (line, taps) in lines.iter_mut().zip(kernel.as_chunks::<SIDE>().0) {
                (0..SIDE).for_each(|tap| line[Panels::place(width, row, column * SIDE + tap)] = taps[tap]);
            }
        }
    }
    let [first, second, third] = &lines;
    G.map(|factors| {
        let mut values = vec![0.0; first.len()];
        vectorized(Sum { factors, terms: [first, second, third], sum: &mut values });
        Panels::of_values(rows, width, values)
    })
}

/// Gradients of kernels [kernel, row, column] from those at the points [point, kernel, column].
pub(super) fn points_to_kernels(points: &[f32], kernels: &mut [f32]) {
    let count = points.len() / POINTS;
    let mut line = vec![0.0; count];
    for row in 0..SIDE {
        let terms = std::array::from_fn(|point| &points[point * count..][..count]);
        vectorized(Sum { factors: G.map(|factors| factors[row]), terms, sum: &mut line });
        for (kernel, taps) in kernels.chunks_exact_mut(SIDE * SIDE).zip(line.chunks_exact(SIDE)) {
            kernel[row * SIDE..][..SIDE].copy_from_slice(taps);
        }
    }
}

/// A sum of terms with factors.
struct Sum<'a, const N: usize> {
    factors: [f32; N],
    terms: [&'a [f32]; N],
    sum: &'a mut [f32],
}

impl<const N: usize> Kernel for Sum<'_, N> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let terms = self.terms.map(|term| &term[..self.sum.len()]);
        for (place, sum) in self.sum.iter_mut().enumerate() {
            *sum = 0.0;
            for (factor, term) in self.factors.iter().zip(terms) {
                *sum += factor * term[place];
            }
        }
    }
}
