use super::points::POINTS;
use crate::dense::Dense;
use crate::parallel::part;
use crate::product::{LANES, load};
use crate::row::{add_to, copy_from};
use pulp::Simd;

/// Rows of outputs of a strip.
pub(super) const ROWS: usize = 4;
/// Numbers at the points, of inputs and outputs of a group of images, that stay in the second cache of a core.
const GROUP: usize = 1 << 17;

/// Where the strips of a few images lie in runs.
///
/// Strips are laid side by side in runs, with one zero after each that is the padding of both its neighbours. There is a run for each of
/// a strip's rows, or for each of its points, and for each channel. Runs of the input begin with another zero, so that the three columns that
/// an output sees begin where the output stands.
pub(super) struct Strips {
    height: usize,
    width: usize,
    /// Strips of an image.
    strips: usize,
    /// Images side by side in a run.
    pub(super) group: usize,
    /// Numbers of a run, a multiple of the widest vector.
    pub(super) run: usize,
    /// For each number of an input's run, 1 where the image has a strip above it, and where it has one below.
    neighbours: [Vec<f32>; 2],
}

impl Strips {
    pub(super) fn new(shape: Dense) -> Self {
        let Dense { images, inputs, outputs, height, width, .. } = shape;
        let strips = height.div_ceil(ROWS);
        let image = strips * (width + 1);
        // Where the weights do not fit into the cache, they are read for as many images as there are.
        let most = GROUP.max(POINTS * 3 * inputs * outputs);
        let group = (most / (POINTS * (inputs + outputs) * image)).clamp(1, part(images));
        let run = (group * image).next_multiple_of(LANES);
        let has = |is: &dyn Fn(usize) -> bool| {
            let of_number = |number: usize| {
                let strip = number.checked_sub(1).map(|number| number / (width + 1)).filter(|&strip| strip < group * strips);
                f32::from(u8::from(strip.is_some_and(|strip| is(strip % strips))))
            };
            (0..run + LANES).map(of_number).collect()
        };
        let neighbours = [has(&|strip| strip > 0), has(&|strip| strip + 1 < strips)];
        Self { height, width, strips, group, run, neighbours }
    }

    /// Numbers from one run of an input to the next: there is room for what the last outputs see.
    pub(super) fn seen(&self) -> usize {
        self.run + LANES
    }

    /// Numbers from one run of a gradient to the next: there are zeros before it, too.
    pub(super) fn spread(&self) -> usize {
        self.run + 2 * LANES
    }

    /// Runs for the rows of one channel, `pitch` apart.
    pub(super) fn rows(&self, pitch: usize) -> Vec<f32> {
        vec![0.0; ROWS * pitch]
    }

    /// Where every row of a channel's pixels begins in images, and in runs that are `pitch` apart.
    #[inline(always)]
    fn pixel_rows(&self, images: usize, [channel, channels]: [usize; 2], pitch: usize) -> impl Iterator<Item = (usize, usize)> {
        let Self { height, width, strips, .. } = *self;
        (0..images).flat_map(move |image| {
            (0..height).map(move |y| {
                let row = ((image * channels + channel) * height + y) * width;
                (row, y % ROWS * pitch + (image * strips + y / ROWS) * (width + 1))
            })
        })
    }

    fn images(&self, pixels: usize, channels: usize) -> usize {
        pixels / (channels * self.height * self.width)
    }

    /// Writes a channel of images into the runs of its rows, which begin at `first`; of an input that is to be rectified the positive part. Only
    /// pixels are touched, unless there are fewer images than a run has room for.
    #[inline(always)]
    pub(super) fn lay<S: Simd>(
        &self,
        simd: S,
        images: &[f32],
        of: [usize; 2],
        is_rectified: bool,
        rows: &mut [f32],
        first: usize,
    ) {
        let (count, pitch) = (self.images(images.len(), of[1]), rows.len() / ROWS);
        if count < self.group {
            rows.fill(0.0);
        }
        let least = if is_rectified { 0.0 } else { f32::NEG_INFINITY };
        for (pixels, start) in self.pixel_rows(count, of, pitch) {
            copy_from(simd, least, &images[pixels..][..self.width], &mut rows[first + start..][..self.width]);
        }
    }

    /// Reads a channel of images from the runs of its rows, which begin at `first`.
    #[inline(always)]
    pub(super) fn take<S: Simd>(&self, simd: S, rows: &[f32], of: [usize; 2], images: &mut [f32], first: usize) {
        let pitch = rows.len() / ROWS;
        for (pixels, start) in self.pixel_rows(self.images(images.len(), of[1]), of, pitch) {
            copy_from(simd, f32::NEG_INFINITY, &rows[first + start..][..self.width], &mut images[pixels..][..self.width]);
        }
    }

    /// Adds the runs of its rows to a channel of images.
    #[inline(always)]
    pub(super) fn add<S: Simd>(&self, simd: S, rows: &[f32], of: [usize; 2], images: &mut [f32]) {
        let pitch = rows.len() / ROWS;
        for (pixels, start) in self.pixel_rows(self.images(images.len(), of[1]), of, pitch) {
            add_to(simd, &rows[start..][..self.width], &mut images[pixels..][..self.width]);
        }
    }

    /// The vector at `at` where the numbers of an input's run from `start` on have a strip above, else zeros.
    #[inline(always)]
    pub(super) fn if_above<S: Simd>(&self, simd: S, start: usize, source: &[f32], at: usize) -> S::f32s {
        chosen(simd, load::<S>(&self.neighbours[0], start), load::<S>(source, at - (self.width + 1)))
    }

    /// The vector at `at` where the numbers of an input's run from `start` on have a strip below, else zeros.
    #[inline(always)]
    pub(super) fn if_below<S: Simd>(&self, simd: S, start: usize, source: &[f32], at: usize) -> S::f32s {
        chosen(simd, load::<S>(&self.neighbours[1], start), load::<S>(source, at + (self.width + 1)))
    }
}

#[inline(always)]
fn chosen<S: Simd>(simd: S, marks: S::f32s, values: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    simd.select_f32s(simd.less_than_f32s(zero, marks), values, zero)
}
