//! The channels of images that strips are read from and written to.

use super::strips::ROWS;
use crate::dense::Dense;
use crate::fresh::Target;
use crate::row::load_row;
use pulp::Simd;

/// A channel of an image.
#[derive(Clone, Copy)]
pub(super) struct Plane {
    /// Where it begins in the images.
    pub(super) start: usize,
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
}

/// The planes of a result's images. Each is cleared when its first strip is written: then its numbers are near.
pub(super) struct Planes<'a, T>(Vec<(Option<T>, &'a mut [f32])>);

impl<'a, T: Target<'a>> Planes<'a, T> {
    pub(super) fn new(shape: &Dense, images: T) -> Self {
        Self(images.pieces(shape.height * shape.width).map(|plane| (Some(plane), Default::default())).collect())
    }

    /// The rows of a strip that the image has.
    #[inline(always)]
    pub(super) fn strip(&mut self, shape: &Dense, [image, channel, channels]: [usize; 3], top: usize) -> &mut [f32] {
        let (untouched, numbers) = &mut self.0[image * channels + channel];
        if let Some(plane) = untouched.take() {
            *numbers = plane.numbers();
        }
        &mut numbers[top * shape.width..][..ROWS.min(shape.height - top) * shape.width]
    }
}
