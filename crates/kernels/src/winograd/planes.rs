//! The channels of images that strips are read from and written to.

use super::strips::ROWS;
use crate::dense::Dense;
use crate::fresh::{Tally, Target};
use crate::row::{load_row, passed_by};
use pulp::Simd;

/// A channel of an image.
#[derive(Clone, Copy)]
pub(super) struct Plane {
    /// Where it begins in the images.
    start: usize,
    height: usize,
    width: usize,
}

impl Plane {
    pub(super) fn new(shape: &Dense, [image, channel, channels]: [usize; 3]) -> Self {
        let Dense { height, width, .. } = *shape;
        Self { start: (image * channels + channel) * height * width, height, width }
    }

    /// Vectors at `at` of as many rows, from the one `before` the row `top` on; zeros where the image has none.
    #[inline(always)]
    pub(super) fn load<S: Simd, const N: usize>(
        &self,
        simd: S,
        images: &[f32],
        [top, before]: [usize; 2],
        at: usize,
    ) -> [S::f32s; N] {
        let plane = &images[self.start..][..self.height * self.width];
        let mut values = [simd.splat_f32s(0.0); N];
        if top >= before && top - before + N <= self.height {
            let rows = &plane[(top - before) * self.width..][..N * self.width];
            for (row, value) in values.iter_mut().enumerate() {
                *value = load_row(simd, rows, [row, self.width], at);
            }
            return values;
        }
        for (place, value) in values.iter_mut().enumerate() {
            let row = (top + place).wrapping_sub(before);
            if row < self.height {
                *value = load_row(simd, plane, [row, self.width], at);
            }
        }
        values
    }

    /// What of the gradients of four rows passes a ReLU of the images.
    #[inline(always)]
    pub(super) fn passed<S: Simd>(
        &self,
        simd: S,
        images: &[f32],
        top: usize,
        at: usize,
        mut gradients: [S::f32s; ROWS],
    ) -> [S::f32s; ROWS] {
        let values: [_; ROWS] = self.load(simd, images, [top, 0], at);
        for (gradient, value) in gradients.iter_mut().zip(values) {
            *gradient = passed_by(simd, value, *gradient);
        }
        gradients
    }
}

/// The strips of a result's images, each written once.
pub(super) struct Planes<'a, T> {
    strips: Vec<Option<T>>,
    of_plane: usize,
    tally: Tally<'a>,
}

impl<'a, T: Target<'a>> Planes<'a, T> {
    pub(super) fn new(shape: &Dense, images: T) -> Self {
        let Dense { height, width, .. } = *shape;
        let strips = images.pieces(height * width).flat_map(|plane| plane.pieces(ROWS * width)).map(Some).collect();
        Self { strips, of_plane: height.div_ceil(ROWS), tally: Tally::default() }
    }

    /// Writes the rows that the image has of a strip, or adds to them what `values` gives at every column.
    #[inline(always)]
    pub(super) fn write<S: Simd>(
        &mut self,
        simd: S,
        shape: &Dense,
        [image, channel, channels]: [usize; 3],
        top: usize,
        values: impl FnMut(usize) -> [S::f32s; ROWS],
    ) {
        let strip = &mut self.strips[(image * channels + channel) * self.of_plane + top / ROWS];
        strip.take().expect("a strip is written once").write_rows(simd, shape.width, &mut self.tally, values);
    }
}
