use super::points::{POINTS, SIDE, taps_from_points, taps_to_points};
use super::tiled::TILE_POINTS;
use crate::parallel::for_each_with;
use crate::product::{PanelsView, ROWS, load, store};
use crate::scratch::Scratch;
use crate::vectorized::vectors;
use pulp::{Simd, WithSimd};

/// Numbers of a kernel.
const TAPS: usize = SIDE * SIDE;

/// The matrices of kernels at every point: [point, panel, column, row of the panel].
pub(super) struct KernelPoints {
    rows: usize,
    /// Columns of a matrix.
    depth: usize,
    values: Scratch,
}

impl KernelPoints {
    /// Matrices [rows, depth · 3] at the points down the rows of kernels, whose columns are those of the kernels. `place(row, column)` tells which kernel
    /// of `weight` stands where.
    pub(super) fn of_rows(weight: &[f32], [rows, depth]: [usize; 2], place: impl Fn(usize, usize) -> usize + Sync) -> Self {
        let transform = |lines: &[f32], values: &mut [&mut [f32]]| vectors().dispatch(Down { lines, values });
        Self::new(weight, [rows, depth, depth * SIDE], POINTS, place, transform, |column, tap| {
            let [row, tap] = [tap / SIDE, tap % SIDE];
            (row * depth + column) * SIDE + tap
        })
    }

    /// Matrices [rows, depth] at the points of tiles, [down the rows, along them].
    pub(super) fn of_tiles(weight: &[f32], [rows, depth]: [usize; 2], place: impl Fn(usize, usize) -> usize + Sync) -> Self {
        let transform = |lines: &[f32], values: &mut [&mut [f32]]| vectors().dispatch(Both { lines, values });
        Self::new(weight, [rows, depth, depth], TILE_POINTS, place, transform, |column, tap| tap * depth + column)
    }

    /// Of rows · depth kernels, a row of which gives `width` numbers to each point. `line(column, tap)` tells where among the numbers of a row of kernels
    /// `transform` looks for a tap.
    fn new(
        weight: &[f32],
        [rows, depth, width]: [usize; 3],
        points: usize,
        place: impl Fn(usize, usize) -> usize + Sync,
        transform: impl Fn(&[f32], &mut [&mut [f32]]) + Sync,
        line: impl Fn(usize, usize) -> usize + Sync,
    ) -> Self {
        let kernels = weight.as_chunks::<TAPS>().0;
        let (panel, panels) = (width * ROWS, rows.div_ceil(ROWS));
        let mut values = Scratch::new(points * panels * panel);
        let mut blocks: Vec<Vec<&mut [f32]>> = (0..panels).map(|_| Vec::with_capacity(points)).collect();
        for (place, panel) in values.chunks_exact_mut(panel).enumerate() {
            blocks[place % panels].push(panel);
        }
        let buffer = || Scratch::new(TAPS * depth * ROWS);
        for_each_with(blocks, 4 * points * panel, buffer, |lines, block, mut values| {
            let (numbers, first) = (lines.as_chunks_mut::<ROWS>().0, block * ROWS);
            let missing = [0.0; TAPS];
            for column in 0..depth {
                let of_row = |row| if row < rows { &kernels[place(row, column)] } else { &missing };
                let kernels: [&[f32; TAPS]; ROWS] = std::array::from_fn(|row| of_row(first + row));
                for tap in 0..TAPS {
                    numbers[line(column, tap)] = kernels.map(|kernel| kernel[tap]);
                }
            }
            transform(lines, &mut values);
        });
        Self { rows, depth: width, values }
    }

    /// The matrix at a point.
    pub(super) fn at(&self, point: usize) -> PanelsView<'_> {
        let step = self.depth * ROWS;
        let matrix = self.rows.div_ceil(ROWS) * step;
        PanelsView { rows: self.rows, depth: self.depth, step, values: &self.values[point * matrix..][..matrix], shift: &[] }
    }
}

/// Three lines of numbers, at six points.
struct Down<'a, 'b> {
    lines: &'a [f32],
    values: &'a mut [&'b mut [f32]],
}

impl WithSimd for Down<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.lines.len() / SIDE;
        for at in (0..length).step_by(S::F32_LANES) {
            let taps = load_lines(simd, self.lines, [0, 1], length, at);
            for (point, value) in taps_to_points(simd, taps).into_iter().enumerate() {
                store_some(simd, self.values[point], at, length - at, value);
            }
        }
    }
}

/// Nine lines of numbers, at thirty-six points.
struct Both<'a, 'b> {
    lines: &'a [f32],
    values: &'a mut [&'b mut [f32]],
}

impl WithSimd for Both<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.lines.len() / TAPS;
        for at in (0..length).step_by(S::F32_LANES) {
            let mut columns = [[simd.splat_f32s(0.0); POINTS]; SIDE];
            for (column, points) in columns.iter_mut().enumerate() {
                let taps = load_lines(simd, self.lines, [column, SIDE], length, at);
                *points = taps_to_points(simd, taps);
            }
            #[expect(clippy::needless_range_loop, reason = "it walks along the second dimension")]
            for down in 0..POINTS {
                let taps = [columns[0][down], columns[1][down], columns[2][down]];
                for (along, value) in taps_to_points(simd, taps).into_iter().enumerate() {
                    store_some(simd, self.values[down * POINTS + along], at, length - at, value);
                }
            }
        }
    }
}

/// Gradients at the points down the rows of kernels, [point, number], as those of their rows, [row, number].
pub(super) fn points_to_rows(points: &[f32], lines: &mut [f32]) {
    vectors().dispatch(FromDown { points, lines });
}

/// Gradients at the points of tiles, [down the rows, along them, number], as those of the taps of kernels, [row, column, number].
pub(super) fn points_to_taps(points: &[f32], lines: &mut [f32]) {
    vectors().dispatch(FromBoth { points, lines });
}

/// Kernels [output, input, row, column] of lines of numbers; `place(kernel, tap)` tells where each number stands.
pub(super) fn lines_to_kernels(lines: &[f32], place: impl Fn(usize, usize) -> usize) -> Vec<f32> {
    let mut kernels = vec![0.0; lines.len()];
    for (number, kernel) in kernels.as_chunks_mut::<TAPS>().0.iter_mut().enumerate() {
        *kernel = std::array::from_fn(|tap| lines[place(number, tap)]);
    }
    kernels
}

struct FromDown<'a> {
    points: &'a [f32],
    lines: &'a mut [f32],
}

impl WithSimd for FromDown<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.lines.len() / SIDE;
        for at in (0..length).step_by(S::F32_LANES) {
            let values = load_lines(simd, self.points, [0, 1], length, at);
            for (row, value) in taps_from_points(simd, values).into_iter().enumerate() {
                store_some(simd, self.lines, row * length + at, length - at, value);
            }
        }
    }
}

struct FromBoth<'a> {
    points: &'a [f32],
    lines: &'a mut [f32],
}

impl WithSimd for FromBoth<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.lines.len() / TAPS;
        for at in (0..length).step_by(S::F32_LANES) {
            let mut rows = [[simd.splat_f32s(0.0); SIDE]; POINTS];
            for (down, taps) in rows.iter_mut().enumerate() {
                let values = load_lines(simd, self.points, [down * POINTS, 1], length, at);
                *taps = taps_from_points(simd, values);
            }
            for column in 0..SIDE {
                let mut values = [simd.splat_f32s(0.0); POINTS];
                for (value, taps) in values.iter_mut().zip(&rows) {
                    *value = taps[column];
                }
                for (row, value) in taps_from_points(simd, values).into_iter().enumerate() {
                    store_some(simd, self.lines, (row * SIDE + column) * length + at, length - at, value);
                }
            }
        }
    }
}

/// A vector at `at` of some lines of as many numbers, or what is left of these: of the first, and of those that come `every` so many lines.
#[inline(always)]
fn load_lines<S: Simd, const N: usize>(
    simd: S,
    source: &[f32],
    [first, every]: [usize; 2],
    length: usize,
    at: usize,
) -> [S::f32s; N] {
    let mut values = [simd.splat_f32s(0.0); N];
    for (place, value) in values.iter_mut().enumerate() {
        let line = &source[(first + place * every) * length..][..length];
        *value = match length - at >= S::F32_LANES {
            true => load::<S>(line, at),
            false => simd.partial_load_f32s(&line[at..]),
        };
    }
    values
}

#[inline(always)]
fn store_some<S: Simd>(simd: S, target: &mut [f32], at: usize, count: usize, value: S::f32s) {
    match count >= S::F32_LANES {
        true => store::<S>(target, at, value),
        false => simd.partial_store_f32s(&mut target[at..][..count], value),
    }
}
