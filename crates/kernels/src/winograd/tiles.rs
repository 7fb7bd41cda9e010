use super::points::POINTS;
use super::strips::ROWS;
use super::tiled::TILE_POINTS;
use crate::dense::Dense;
use crate::product::LANES;
use std::ops::Range;

/// Columns of outputs of a tile.
pub(super) const COLUMNS: usize = 4;
/// Tiles from which on a product is as fast as it gets.
const ENOUGH: usize = 64;
/// Numbers at the points, of inputs and outputs, that are near enough to a core.
const NEAR: usize = 1 << 17;
/// Those of an image that stay in the second cache of a core.
const CACHED: usize = 1 << 19;

/// Where tiles lie in runs: those of a strip side by side, strip after strip. There is a run for every point and channel.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    /// Numbers of a strip: its columns, rounded up to whole tiles.
    pub(super) strip: usize,
    /// Strips of an image.
    pub(super) of_image: usize,
    /// Strips side by side in a run.
    pub(super) group: usize,
}

/// A strip of an image, one tile high.
#[derive(Clone, Copy)]
pub(super) struct TileStrip {
    pub(super) image: usize,
    /// Its first row.
    pub(super) top: usize,
    /// Where its columns begin among those of a group.
    pub(super) start: usize,
    /// Whether the image has a strip above and one below.
    pub(super) has: [bool; 2],
}

impl Tiles {
    fn of(shape: Dense, group: usize) -> Self {
        Self { strip: shape.width.next_multiple_of(COLUMNS), of_image: shape.height.div_ceil(ROWS), group: group.max(1) }
    }

    /// Few tiles, so that what is computed of them is used while it is near; of at most so many images.
    pub(super) fn few(shape: Dense, most: usize) -> Self {
        let tiles = (NEAR / (TILE_POINTS * (shape.inputs + shape.outputs))).max(ENOUGH);
        Self::of(shape, (tiles / shape.width.div_ceil(COLUMNS)).min(most * shape.height.div_ceil(ROWS)))
    }

    /// Whether the tiles of an image stay in the second cache of a core.
    pub(super) fn image_is_near(shape: Dense) -> bool {
        let tiles = shape.height.div_ceil(ROWS) * shape.width.div_ceil(COLUMNS);
        TILE_POINTS * (shape.inputs + shape.outputs) * tiles <= CACHED
    }

    /// Images whose tiles are enough.
    pub(super) fn enough_images(shape: Dense) -> usize {
        ENOUGH.div_ceil(shape.height.div_ceil(ROWS) * shape.width.div_ceil(COLUMNS))
    }

    /// The tiles of whole images, of at most so many, and how many images these are.
    pub(super) fn of_images(shape: Dense, most: usize) -> (Self, usize) {
        let Dense { inputs, outputs, height, width, .. } = shape;
        let tiles = height.div_ceil(ROWS) * width.div_ceil(COLUMNS);
        let images = (NEAR / (TILE_POINTS * (inputs + outputs) * tiles)).max(Self::enough_images(shape)).clamp(1, most);
        (Self::of(shape, images * height.div_ceil(ROWS)), images)
    }

    /// Columns of so many strips, rounded up to whole vectors of tiles.
    pub(super) fn columns(&self, strips: usize) -> usize {
        (strips * self.strip).next_multiple_of(COLUMNS * LANES)
    }

    /// Numbers from the run of a channel to that of the next one.
    pub(super) fn pitch(&self) -> usize {
        self.columns(self.group) / COLUMNS + LANES
    }

    /// Where the runs of channels start.
    pub(super) fn offsets(&self, channels: usize) -> Vec<usize> {
        (0..channels).map(|channel| channel * self.pitch()).collect()
    }

    /// Numbers from one point to the next.
    pub(super) fn step(&self, channels: usize) -> usize {
        channels * self.pitch() + LANES
    }

    /// Where the vector of the tile at a column stands, [point down the rows, channel, column], at the first point along them.
    #[inline(always)]
    pub(super) fn place(&self, channels: usize, [point, channel, column]: [usize; 3]) -> usize {
        point * POINTS * self.step(channels) + channel * self.pitch() + column / COLUMNS
    }

    /// Numbers of a line of columns, with room for vectors that begin before the first strip or end behind the last.
    pub(super) fn line(&self) -> usize {
        self.columns(self.group) + 3 * LANES
    }

    /// Some strips of images, numbered from the first image's first.
    pub(super) fn strips(&self, numbers: Range<usize>) -> impl Iterator<Item = TileStrip> {
        let Self { of_image, strip, .. } = *self;
        numbers.enumerate().map(move |(place, number)| {
            let inside = number % of_image;
            let has = [inside > 0, inside + 1 < of_image];
            TileStrip { image: number / of_image, top: inside * ROWS, start: place * strip, has }
        })
    }
}
