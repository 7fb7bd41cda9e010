//! The same in both directions, F(4×4, 3×3): outputs are cut into tiles of four by four, each seen through six by six numbers, and there are thirty-six
//! points. Vectors hold one number of as many tiles side by side; rows are taken apart into the columns of tiles, and put together again, between the
//! transforms of the two directions. In which order that leaves the tiles in a vector is no matter, as it is the same on the way in and out.

use super::kernel_points::{KernelPoints, lines_to_kernels, points_to_taps};
use super::planes::{Plane, Planes};
use super::points::{POINTS, from_points, from_points_transposed, to_points, to_points_transposed};
use super::strips::ROWS;
use super::tiles::{COLUMNS, TileStrip, Tiles};
use super::{load_points, store_points};
use crate::dense::Dense;
use crate::depthwise::{SliceGradients, summed};
use crate::fresh::{Piece, Target, filled};
use crate::parallel::{for_each_with, part};
use crate::product::{LANES, add_dots, load, multiply, store};
use crate::row::positive;
use crate::scratch::Scratch;
use crate::transpose::Transposed;
use crate::vectorized::vectors;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Channels, of the input and of the output, from which on tiles are faster than strips.
const FEWEST_CHANNELS: usize = 24;
/// As many that tiles are faster than strips for the gradients of large images, too.
const MANY_CHANNELS: usize = 64;

/// Points of a tile.
pub(super) const TILE_POINTS: usize = POINTS * POINTS;

/// Such a convolution.
#[derive(Clone, Copy)]
pub(crate) struct Tiled(Dense);

impl Tiled {
    /// Unless the shape does not allow it, or it would not pay.
    pub(crate) fn new(shape: Dense) -> Option<Self> {
        let Dense { images, inputs, outputs, height, width, window, .. } = shape;
        let is_three = [window.kernel, window.stride, window.padding, window.dilation] == [3, 1, 1, 1];
        let (down, along) = (height.div_ceil(ROWS), width.div_ceil(COLUMNS));
        // Sides that leave little of the last tiles over, and more tiles than weights for them.
        let pays = inputs.min(outputs) >= FEWEST_CHANNELS && 8 * down <= 3 * height && 8 * along <= 3 * width;
        (is_three && pays && images * down * along >= inputs.max(outputs)).then_some(Self(shape))
    }

    /// As [`Tiled::new`], for gradients: they take whole images.
    pub(crate) fn for_gradients(shape: Dense) -> Option<Self> {
        let pays = shape.inputs.min(shape.outputs) >= MANY_CHANNELS || Tiles::image_is_near(shape);
        Self::new(shape).filter(|_| pays)
    }

    fn input(&self) -> usize {
        self.0.inputs * self.0.height * self.0.width
    }

    fn output(&self) -> usize {
        self.0.outputs * self.0.height * self.0.width
    }

    /// Multiplications for one image.
    fn cost(&self) -> usize {
        let Dense { inputs, outputs, height, width, .. } = self.0;
        height.div_ceil(ROWS) * width.div_ceil(COLUMNS) * TILE_POINTS * inputs * outputs
    }

    /// As [`Dense::write`].
    pub(crate) fn write<'a, T: Target<'a>>(&self, input: &[f32], weight: &[f32], shift: &[f32], output: T) {
        let (Dense { inputs, outputs, .. }, part) = (self.0, part(self.0.images));
        let tiles = Tiles::few(self.0, part);
        let kernels = KernelPoints::of_tiles(weight, [outputs, inputs], |output, input| output * inputs + input);
        let offsets = tiles.offsets(inputs);
        let [seen_step, products_step] = [inputs, outputs].map(|channels| tiles.step(channels));
        let buffers = || [TILE_POINTS * seen_step, TILE_POINTS * products_step, 2 * POINTS * tiles.line()].map(Scratch::new);
        let parts = input.chunks(part * self.input()).zip(output.pieces(part * self.output()));
        for_each_with(parts.collect(), part * self.cost(), buffers, |[seen, products, scratch], _, (input, output)| {
            let mut output = Planes::new(&self.0, output);
            let all = input.len() / self.input() * tiles.of_image;
            for first in (0..all).step_by(tiles.group) {
                let of = Group { shape: self.0, tiles, numbers: first..(first + tiles.group).min(all) };
                let run = tiles.columns(of.numbers.len()) / COLUMNS;
                vectors().dispatch(Seen { of: of.clone(), input, seen, scratch });
                let points = seen.chunks_exact(seen_step).zip(products.chunks_exact_mut(products_step));
                for (point, (seen, products)) in points.enumerate() {
                    multiply(kernels.at(point), &offsets, seen, run, products, tiles.pitch());
                }
                vectors().dispatch(Outputs { of, products, shift, output: &mut output, scratch });
            }
        });
    }

    /// As [`Dense::backward`].
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        let Dense { images, inputs, outputs, .. } = self.0;
        let part = part(images).max(Tiles::enough_images(self.0)).min(images);
        let (tiles, group) = Tiles::of_images(self.0, part);
        let kernels = KernelPoints::of_tiles(weight, [inputs, outputs], |input, output| output * inputs + input);
        let (run, pitch) = (tiles.columns(tiles.group) / COLUMNS, tiles.pitch());
        let [seen_offsets, spread_offsets] = [inputs, outputs].map(|channels| tiles.offsets(channels));
        let [seen_step, spread_step] = [inputs, outputs].map(|channels| tiles.step(channels));
        let buffers = || {
            let numbers =
                [TILE_POINTS * seen_step, TILE_POINTS * spread_step, TILE_POINTS * outputs * inputs, 2 * POINTS * tiles.line()];
            let transposed = Transposed::fits([outputs, inputs]).then(|| Transposed::new([outputs, inputs], run, 1));
            (numbers.map(|numbers| vec![0.0; numbers]), transposed)
        };
        let work = |([seen, spread, sums, scratch], transposed): &mut ([Vec<f32>; 4], Option<Transposed>),
                    input: &[f32],
                    gradient: &[f32],
                    to_input: Piece<'_>| {
            sums.fill(0.0);
            let given = input.chunks(group * self.input()).zip(gradient.chunks(group * self.output()));
            for ((input, gradient), to_input) in given.zip(to_input.pieces(group * self.input())) {
                let to_input = &mut Planes::new(&self.0, to_input);
                let of = Group { shape: self.0, tiles, numbers: 0..input.len() / self.input() * tiles.of_image };
                if of.numbers.len() < tiles.group {
                    spread.fill(0.0);
                }
                vectors().dispatch(Seen { of: of.clone(), input, seen, scratch });
                vectors().dispatch(Spread { of: of.clone(), gradient, spread, scratch });
                let points = seen.chunks_exact_mut(seen_step).zip(spread.chunks_exact(spread_step));
                for (point, ((seen, spread), sums)) in points.zip(sums.chunks_exact_mut(outputs * inputs)).enumerate() {
                    match transposed {
                        Some(transposed) => transposed.add_dots(spread, seen, [pitch; 2], sums),
                        None => add_dots(spread, pitch, &seen_offsets, seen, run, sums),
                    }
                    // What was seen is done with: its gradient takes its place.
                    multiply(kernels.at(point), &spread_offsets, spread, run, seen, pitch);
                }
                vectors().dispatch(Inputs { of, seen, input, to_input, scratch });
            }
        };
        let mut partial = vec![0.0; images.div_ceil(part) * weight.len()];
        let to_input = filled(images * self.input(), |to_input| {
            let given = input.chunks(part * self.input()).zip(gradient.chunks(part * self.output()));
            let wanted = to_input.pieces(part * self.input()).zip(partial.chunks_exact_mut(weight.len()));
            let items = given.zip(wanted).collect();
            for_each_with(items, 2 * part * self.cost(), buffers, |buffers, _, ((input, gradient), (to_input, to_weight))| {
                work(buffers, input, gradient, to_input);
                points_to_taps(&buffers.0[2], to_weight);
            });
        });
        let to_weight = lines_to_kernels(&summed(&partial, weight.len()), |kernel, tap| tap * outputs * inputs + kernel);
        SliceGradients { input: to_input, weight: to_weight }
    }
}

/// Some strips of images.
#[derive(Clone)]
struct Group {
    shape: Dense,
    tiles: Tiles,
    numbers: Range<usize>,
}

impl Group {
    fn columns(&self) -> usize {
        self.tiles.columns(self.numbers.len())
    }

    fn strips(&self) -> impl Iterator<Item = TileStrip> {
        self.tiles.strips(self.numbers.clone())
    }
}

/// Lines of the columns of a group for every point down the rows: `near` has the four columns of a tile from the one before it on, and `far` has the
/// two behind these, and two that nobody reads.
struct Lines<'a> {
    tiles: Tiles,
    near: &'a mut [f32],
    far: &'a mut [f32],
}

impl<'a> Lines<'a> {
    fn new(tiles: Tiles, scratch: &'a mut [f32]) -> Self {
        let (near, far) = scratch.split_at_mut(POINTS * tiles.line());
        Self { tiles, near, far }
    }

    /// Where in `near` the columns before those at `start` are.
    #[inline(always)]
    fn near(&self, point: usize, start: usize) -> usize {
        point * self.tiles.line() + start
    }

    /// Where in `far` the columns three behind those at `start` are.
    #[inline(always)]
    fn far(&self, point: usize, start: usize) -> usize {
        point * self.tiles.line() + LANES + start
    }

    /// Columns from both lines, added.
    #[inline(always)]
    fn column<S: Simd>(&self, simd: S, point: usize, start: usize) -> S::f32s {
        let near = load::<S>(self.near, self.near(point, start) + 1);
        simd.add_f32s(near, load::<S>(self.far, self.far(point, start) - 3))
    }

    /// Zeros on both sides of the strips.
    #[inline(always)]
    fn clear_borders(&mut self, of: &Group) {
        let (width, strip) = (of.shape.width, self.tiles.strip);
        for TileStrip { start, .. } in of.strips() {
            for point in 0..POINTS {
                let (near, far) = (self.near(point, start), self.far(point, start));
                self.near[near] = 0.0;
                if width < strip {
                    self.near[near + width + 1..near + strip].fill(0.0);
                    self.far[far + width - 3..far + strip - 3].fill(0.0);
                }
                self.far[far + strip - 3] = 0.0;
            }
        }
    }
}

/// What some strips see of the input, at the points: [point, input, tile].
struct Seen<'a> {
    of: Group,
    input: &'a [f32],
    seen: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl WithSimd for Seen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.of.shape.rectified {
            true => self.of::<S, true>(simd),
            false => self.of::<S, false>(simd),
        }
    }
}

impl Seen<'_> {
    #[inline(always)]
    fn of<S: Simd, const RECTIFIED: bool>(self, simd: S) {
        let Self { of, input, seen, scratch } = self;
        let Group { shape, tiles, .. } = of;
        let mut lines = Lines::new(tiles, scratch);
        for channel in 0..shape.inputs {
            for strip in of.strips() {
                let plane = Plane::new(&shape, [strip.image, channel, shape.inputs]);
                for at in (0..shape.width).step_by(S::F32_LANES) {
                    let mut values = plane.load(simd, input, [strip.top, 1], at);
                    if RECTIFIED {
                        for value in &mut values {
                            *value = positive(simd, *value);
                        }
                    }
                    for (point, value) in to_points(simd, values).into_iter().enumerate() {
                        let (near, far) = (lines.near(point, strip.start + at), lines.far(point, strip.start + at));
                        store::<S>(lines.near, near + 1, value);
                        store::<S>(lines.far, far - 3, value);
                    }
                }
            }
            lines.clear_borders(&of);
            for point in 0..POINTS {
                for at in (0..of.columns()).step_by(COLUMNS * S::F32_LANES) {
                    let [v0, v1, v2, v3] = simd.deinterleave_shfl_f32s(load_tiles(simd, lines.near, lines.near(point, at)));
                    let [v4, v5, ..] = simd.deinterleave_shfl_f32s(load_tiles(simd, lines.far, lines.far(point, at)));
                    let values = to_points(simd, [v0, v1, v2, v3, v4, v5]);
                    store_points::<S>(seen, tiles.step(shape.inputs), tiles.place(shape.inputs, [point, channel, at]), values);
                }
            }
        }
    }
}

/// Outputs of some strips from products at the points, [point, output, tile], and the shift of every output.
struct Outputs<'a, 'b, T> {
    of: Group,
    products: &'a [f32],
    shift: &'a [f32],
    output: &'a mut Planes<'b, T>,
    scratch: &'a mut [f32],
}

impl<'b, T: Target<'b>> WithSimd for Outputs<'_, 'b, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { of, products, output, scratch, .. } = self;
        let Group { shape, tiles, .. } = of;
        let (step, line) = (tiles.step(shape.outputs), tiles.line());
        for channel in 0..shape.outputs {
            for at in (0..of.columns()).step_by(COLUMNS * S::F32_LANES) {
                let mut rows = [[simd.splat_f32s(0.0); POINTS]; ROWS];
                #[expect(clippy::needless_range_loop, reason = "it walks along the second dimension")]
                for along in 0..POINTS {
                    let from = tiles.place(shape.outputs, [0, channel, at]) + along * step;
                    let values = load_points(simd, products, POINTS * step, from);
                    for (row, value) in from_points(simd, values).into_iter().enumerate() {
                        rows[row][along] = value;
                    }
                }
                for (row, values) in rows.into_iter().enumerate() {
                    let values = simd.interleave_shfl_f32s(from_points(simd, values));
                    S::as_mut_simd_f32s(&mut scratch[row * line + at..][..COLUMNS * S::F32_LANES]).0.copy_from_slice(&values);
                }
            }
            let shift = simd.splat_f32s(self.shift[channel]);
            for strip in of.strips() {
                output.write(simd, &shape, [strip.image, channel, shape.outputs], strip.top, |at| {
                    let mut values = [shift; ROWS];
                    for (row, value) in values.iter_mut().enumerate() {
                        *value = simd.add_f32s(load::<S>(scratch, row * line + strip.start + at), shift);
                    }
                    values
                });
            }
        }
    }
}

/// The gradient of some strips' outputs, at the points: [point, output, tile].
struct Spread<'a> {
    of: Group,
    gradient: &'a [f32],
    spread: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { of, gradient, spread, scratch } = self;
        let Group { shape, tiles, .. } = of;
        let (width, step, line) = (shape.width, tiles.step(shape.outputs), tiles.line());
        // Nothing lies behind the last strip.
        for row in scratch.chunks_exact_mut(line).take(ROWS) {
            row[of.numbers.len() * tiles.strip..].fill(0.0);
        }
        for channel in 0..shape.outputs {
            for strip in of.strips() {
                let plane = Plane::new(&shape, [strip.image, channel, shape.outputs]);
                for at in (0..width).step_by(S::F32_LANES) {
                    let values: [_; ROWS] = plane.load(simd, gradient, [strip.top, 0], at);
                    for (row, value) in values.into_iter().enumerate() {
                        store::<S>(scratch, row * line + strip.start + at, value);
                    }
                }
                if width < tiles.strip {
                    (0..ROWS).for_each(|row| scratch[row * line + strip.start..][width..tiles.strip].fill(0.0));
                }
            }
            for at in (0..of.columns()).step_by(COLUMNS * S::F32_LANES) {
                let mut rows = [[simd.splat_f32s(0.0); POINTS]; ROWS];
                for (row, points) in rows.iter_mut().enumerate() {
                    let values = simd.deinterleave_shfl_f32s(load_tiles(simd, scratch, row * line + at));
                    *points = from_points_transposed(simd, values);
                }
                #[expect(clippy::needless_range_loop, reason = "it walks along the second dimension")]
                for along in 0..POINTS {
                    let values = from_points_transposed(simd, [rows[0][along], rows[1][along], rows[2][along], rows[3][along]]);
                    let target = tiles.place(shape.outputs, [0, channel, at]) + along * step;
                    store_points::<S>(spread, POINTS * step, target, values);
                }
            }
        }
    }
}

/// The gradient of some images' inputs from that of what is seen: [point, input, tile].
struct Inputs<'a, 'b, T> {
    of: Group,
    seen: &'a [f32],
    input: &'a [f32],
    to_input: &'a mut Planes<'b, T>,
    scratch: &'a mut [f32],
}

impl<'b, T: Target<'b>> WithSimd for Inputs<'_, 'b, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { of, seen, input, to_input, scratch } = self;
        let Group { shape, tiles, .. } = of;
        let (step, zero) = (tiles.step(shape.inputs), simd.splat_f32s(0.0));
        let mut lines = Lines::new(tiles, scratch);
        for channel in 0..shape.inputs {
            for point in 0..POINTS {
                for at in (0..of.columns()).step_by(COLUMNS * S::F32_LANES) {
                    let from = tiles.place(shape.inputs, [point, channel, at]);
                    let values = load_points(simd, seen, step, from);
                    let [v0, v1, v2, v3, v4, v5] = to_points_transposed(simd, values);
                    for (place, value) in simd.interleave_shfl_f32s([v0, v1, v2, v3]).into_iter().enumerate() {
                        let near = lines.near(point, at);
                        store::<S>(lines.near, near + place * S::F32_LANES, value);
                    }
                    for (place, value) in simd.interleave_shfl_f32s([v4, v5, zero, zero]).into_iter().enumerate() {
                        let far = lines.far(point, at);
                        store::<S>(lines.far, far + place * S::F32_LANES, value);
                    }
                }
            }
            lines.clear_borders(&of);
            // Whatever the last strip saw behind itself, and what stands before the first.
            for point in 0..POINTS {
                let (behind, before) = (lines.near(point, of.numbers.len() * tiles.strip), lines.far(point, 0));
                lines.near[behind] = 0.0;
                lines.far[before - 3..before].fill(0.0);
            }
            for strip in of.strips() {
                let plane = Plane::new(&shape, [strip.image, channel, shape.inputs]);
                to_input.write(simd, &shape, [strip.image, channel, shape.inputs], strip.top, |at| {
                    let from = strip.start + at;
                    let mut values = [zero; POINTS];
                    for (point, value) in values.iter_mut().enumerate() {
                        *value = lines.column(simd, point, from);
                    }
                    let [_, first, second, third, fourth, _] = to_points_transposed(simd, values);
                    // Of the six rows, the outer ones belong to neighbours; they are those of the outer points as they are.
                    let above = if strip.has[0] { lines.column(simd, POINTS - 1, from - tiles.strip) } else { zero };
                    let below = if strip.has[1] { lines.column(simd, 0, from + tiles.strip) } else { zero };
                    let values = [simd.add_f32s(first, above), second, third, simd.add_f32s(fourth, below)];
                    if shape.rectified { plane.passed(simd, input, strip.top, at, values) } else { values }
                });
            }
        }
    }
}

/// The columns of as many tiles as a vector has numbers.
#[inline(always)]
fn load_tiles<S: Simd>(simd: S, source: &[f32], at: usize) -> [S::f32s; COLUMNS] {
    let mut values = [simd.splat_f32s(0.0); COLUMNS];
    values.copy_from_slice(S::as_simd_f32s(&source[at..][..COLUMNS * S::F32_LANES]).0);
    values
}
