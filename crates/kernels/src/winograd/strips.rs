use super::points::POINTS;
use crate::dense::Dense;
use crate::product::LANES;
use std::ops::Range;

/// Rows of outputs of a strip.
pub(super) const ROWS: usize = 4;
/// Columns from which on a product is as fast as it gets.
const ENOUGH_COLUMNS: usize = 192;
/// Numbers at the points, of inputs and outputs, that are near enough to a core.
const NEAR: usize = 1 << 17;
/// Those of a group of images that stay in the second cache of a core.
const GROUP: usize = 1 << 17;

/// Where strips lie in runs: side by side, with one zero after each that is the padding of both its neighbours. There is a run for every point and
/// channel. Runs of the input begin with another zero, so that the three columns that an output sees begin where the output stands.
#[derive(Clone, Copy)]
pub(super) struct Strips {
    width: usize,
    /// Strips of an image.
    pub(super) of_image: usize,
    /// Strips side by side in a run.
    pub(super) group: usize,
    /// Numbers of a run, a multiple of the widest vector.
    pub(super) run: usize,
}

/// A strip of an image.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    pub(super) image: usize,
    /// Its first row.
    pub(super) top: usize,
    /// Where it begins in a run.
    pub(super) start: usize,
    /// Whether the image has a strip above and one below.
    pub(super) has: [bool; 2],
}

impl Strips {
    /// Few strips, so that what is computed of them is used while it is near.
    pub(super) fn few(shape: Dense) -> Self {
        let column = POINTS * (shape.inputs + shape.outputs);
        let columns = (NEAR / column).max(ENOUGH_COLUMNS);
        Self::of(shape, columns / (shape.width + 1))
    }

    /// The strips of whole images: sums over long runs are what gradients of weights are made of.
    pub(super) fn of_images(shape: Dense, most: usize) -> (Self, usize) {
        let Dense { inputs, outputs, height, width, .. } = shape;
        let image = height.div_ceil(ROWS) * (width + 1);
        // Where the weights do not fit into the cache, they are read for as many images as there are.
        let numbers = GROUP.max(POINTS * 3 * inputs * outputs);
        let images = (numbers / (POINTS * (inputs + outputs) * image)).clamp(1, most);
        (Self::of(shape, images * height.div_ceil(ROWS)), images)
    }

    fn of(shape: Dense, group: usize) -> Self {
        let Dense { height, width, .. } = shape;
        let group = group.max(1);
        let mut strips = Self { width, of_image: height.div_ceil(ROWS), group, run: 0 };
        strips.run = strips.columns(group);
        strips
    }

    /// Numbers of a run of so many strips, rounded up to whole vectors.
    pub(super) fn columns(&self, strips: usize) -> usize {
        (strips * (self.width + 1)).next_multiple_of(LANES)
    }

    /// Numbers from one run of an input to the next: there is room for what the last outputs see, and for a vector that ends beyond its strip.
    pub(super) fn seen(&self) -> usize {
        self.run + LANES
    }

    /// Numbers from one run of a gradient to the next: there are zeros before it, too.
    pub(super) fn spread(&self) -> usize {
        self.run + 2 * LANES
    }

    /// Some strips of images, numbered from the first image's first.
    pub(super) fn strips(&self, numbers: Range<usize>) -> impl Iterator<Item = Strip> {
        let Self { of_image, width, .. } = *self;
        numbers.enumerate().map(move |(place, number)| {
            let inside = number % of_image;
            let has = [inside > 0, inside + 1 < of_image];
            Strip { image: number / of_image, top: inside * ROWS, start: place * (width + 1), has }
        })
    }
}
