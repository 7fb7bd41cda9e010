//! Sums and concatenations of feature maps, on all threads: Burn's have one for what is smaller than sixteen megabytes.

use crate::fresh::{Piece, Tally, Target, filled};
use crate::parallel::{MOVED, for_each};
use crate::row::load_row;
use crate::vectorized::vectors;
use pulp::{Simd, WithSimd};

/// Numbers that are added together: enough to be worth a turn.
const BLOCK: usize = 1 << 14;

/// first + second
pub(crate) fn sum(first: &[f32], second: &[f32]) -> Vec<f32> {
    filled(first.len(), |sum| {
        let items = sum.pieces(BLOCK).zip(first.chunks(BLOCK)).zip(second.chunks(BLOCK));
        for_each(items.collect(), MOVED * BLOCK, |_, ((sum, first), second)| vectors().dispatch(Sum { sum, first, second }));
    })
}

/// sum += second
pub(crate) fn add(sum: &mut [f32], second: &[f32]) {
    let items = sum.pieces(BLOCK).zip(second.chunks(BLOCK));
    for_each(items.collect(), MOVED * BLOCK, |_, (sum, second)| vectors().dispatch(Added { sum, second }));
}

struct Sum<'a> {
    sum: Piece<'a>,
    first: &'a [f32],
    second: &'a [f32],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sum, first, second } = self;
        let width = first.len();
        sum.write_rows(simd, width, &mut Tally::default(), |at| {
            let [first, second] = [load_row(simd, first, [0, width], at), load_row(simd, second, [0, width], at)];
            [simd.add_f32s(first, second)]
        });
    }
}

struct Added<'a> {
    sum: &'a mut [f32],
    second: &'a [f32],
}

impl WithSimd for Added<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sum, second } = self;
        let width = second.len();
        sum.write_rows(simd, width, &mut Tally::default(), |at| [load_row(simd, second, [0, width], at)]);
    }
}

/// Images that have the numbers of each of these parts, one part after the other. `sizes` are those of an image's parts.
pub(crate) fn concatenated<const N: usize>(parts: [&[f32]; N], sizes: [usize; N], images: usize) -> Vec<f32> {
    let size: usize = sizes.iter().sum();
    filled(images * size, |joined| {
        for_each(joined.pieces(size).collect(), MOVED * size, |image, joined| {
            let mut rest = joined;
            for (part, size) in parts.iter().zip(sizes) {
                let (own, others) = rest.split(size);
                own.copy(&part[image * size..][..size]);
                rest = others;
            }
        });
    })
}

/// The numbers of each part of images, as [`concatenated`] joined them.
pub(crate) fn separated<const N: usize>(joined: &[f32], sizes: [usize; N], images: usize) -> [Vec<f32>; N] {
    let size: usize = sizes.iter().sum();
    let mut first = 0;
    sizes.map(|own| {
        let start = first;
        first += own;
        filled(images * own, |part| {
            for_each(part.pieces(own.max(1)).collect(), MOVED * own, |image, part| {
                part.copy(&joined[image * size + start..][..own])
            });
        })
    })
}
