//! 1×1 convolution: at every pixel a product of a matrix with the channels.

use crate::depthwise::{SliceGradients, summed};
use crate::parallel::{for_each, part};
use crate::plane::total;
use crate::vectorized::{Kernel, multiply_add, vectorized};

/// Pixels computed together.
const PIXELS: usize = 16;
/// Rows of the matrix that share the pixels they read.
const ROWS: usize = 4;
/// Pixels of a sum over pixels that are added side by side.
const SUMMED: usize = 8;

/// Images of `inputs` channels of `pixels`, and a matrix [outputs, inputs].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pointwise {
    pub(crate) images: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) pixels: usize,
}

impl Pointwise {
    fn cost(&self) -> usize {
        self.inputs * self.outputs * self.pixels
    }

    /// Output [image, output, pixel] of input [image, input, pixel] and weight [output, input].
    pub(crate) fn forward(&self, input: &[f32], weight: &[f32]) -> Vec<f32> {
        self.product(input, weight, self.inputs, self.outputs)
    }

    fn product(&self, input: &[f32], matrix: &[f32], from: usize, to: usize) -> Vec<f32> {
        let mut output = vec![0.0; self.images * to * self.pixels];
        let images: Vec<_> = input.chunks_exact(from * self.pixels).zip(output.chunks_exact_mut(to * self.pixels)).collect();
        for_each(images, self.cost(), |_, (input, output)| {
            vectorized(Product { matrix, columns: from, pixels: self.pixels, input, output });
        });
        output
    }

    /// Gradients of input and weight from the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        let mut transposed = vec![0.0; weight.len()];
        for (output, row) in weight.chunks_exact(self.inputs).enumerate() {
            row.iter().enumerate().for_each(|(input, &value)| transposed[input * self.outputs + output] = value);
        }
        let to_input = self.product(gradient, &transposed, self.outputs, self.inputs);

        let part = part(self.images);
        let mut partial = vec![0.0; self.images.div_ceil(part) * weight.len()];
        let images = input.chunks(part * self.inputs * self.pixels).zip(gradient.chunks(part * self.outputs * self.pixels));
        let work: Vec<_> = images.zip(partial.chunks_exact_mut(weight.len())).collect();
        for_each(work, part * self.cost(), |_, ((input, gradient), sum)| {
            vectorized(OuterProducts { shape: *self, input, gradient, sum });
        });
        SliceGradients { input: to_input, weight: summed(&partial, weight.len()) }
    }
}

/// output [rows, pixels] = matrix [rows, columns] · input [columns, pixels]
struct Product<'a> {
    matrix: &'a [f32],
    columns: usize,
    pixels: usize,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Product<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { matrix, columns, pixels, input, output } = self;
        let whole = pixels / PIXELS * PIXELS;
        for start in (0..whole).step_by(PIXELS) {
            block::<FUSED>(matrix, columns, &input[start..], pixels, &mut output[start..], pixels, PIXELS);
        }
        let rest = pixels - whole;
        if rest > 0 {
            // The last pixels as a block of their own, filled up with zeros.
            let mut tail = vec![0.0; columns * PIXELS];
            for (tail, row) in tail.chunks_exact_mut(PIXELS).zip(input.chunks_exact(pixels)) {
                tail[..rest].copy_from_slice(&row[whole..]);
            }
            block::<FUSED>(matrix, columns, &tail, PIXELS, &mut output[whole..], pixels, rest);
        }
    }
}

/// One block of pixels, all rows. Rows of `input` and `output` are `input_step` and `output_step` numbers apart.
#[inline(always)]
fn block<const FUSED: bool>(
    matrix: &[f32],
    columns: usize,
    input: &[f32],
    input_step: usize,
    output: &mut [f32],
    output_step: usize,
    valid: usize,
) {
    let rows = matrix.len() / columns;
    let mut row = 0;
    while row + ROWS <= rows {
        let sums = products::<ROWS, FUSED>(&matrix[row * columns..], columns, input, input_step);
        for (place, sums) in sums.iter().enumerate() {
            output[(row + place) * output_step..][..valid].copy_from_slice(&sums[..valid]);
        }
        row += ROWS;
    }
    while row < rows {
        let [sums] = products::<1, FUSED>(&matrix[row * columns..], columns, input, input_step);
        output[row * output_step..][..valid].copy_from_slice(&sums[..valid]);
        row += 1;
    }
}

#[inline(always)]
fn products<const R: usize, const FUSED: bool>(matrix: &[f32], columns: usize, input: &[f32], step: usize) -> [[f32; PIXELS]; R] {
    let mut sums = [[0.0; PIXELS]; R];
    for column in 0..columns {
        let input = &input[column * step..][..PIXELS];
        for row in 0..R {
            let weight = matrix[row * columns + column];
            for pixel in 0..PIXELS {
                sums[row][pixel] = multiply_add::<FUSED>(weight, input[pixel], sums[row][pixel]);
            }
        }
    }
    sums
}

/// sum [outputs, inputs] += Σ over images of gradient [outputs, pixels] · input [inputs, pixels]ᵀ
struct OuterProducts<'a> {
    shape: Pointwise,
    input: &'a [f32],
    gradient: &'a [f32],
    sum: &'a mut [f32],
}

impl Kernel for OuterProducts<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Pointwise { inputs, outputs, pixels, .. } = self.shape;
        let step = pixels.next_multiple_of(SUMMED);
        let mut padded_input = vec![0.0; inputs * step];
        let mut padded_gradient = vec![0.0; outputs * step];
        for (input, gradient) in self.input.chunks_exact(inputs * pixels).zip(self.gradient.chunks_exact(outputs * pixels)) {
            fill(&mut padded_input, step, input, pixels);
            fill(&mut padded_gradient, step, gradient, pixels);
            outer::<FUSED>(&padded_gradient, &padded_input, step, self.sum, inputs);
        }
    }
}

/// Copies rows of `pixels` to rows of `step`.
#[inline(always)]
fn fill(padded: &mut [f32], step: usize, rows: &[f32], pixels: usize) {
    for (target, row) in padded.chunks_exact_mut(step).zip(rows.chunks_exact(pixels)) {
        target[..pixels].copy_from_slice(row);
    }
}

#[inline(always)]
fn outer<const FUSED: bool>(left: &[f32], right: &[f32], step: usize, sum: &mut [f32], columns: usize) {
    const WIDTH: usize = 2;
    let rows = left.len() / step;
    let mut row = 0;
    while row < rows {
        let height = if row + ROWS <= rows { ROWS } else { 1 };
        let mut column = 0;
        while column < columns {
            let width = if column + WIDTH <= columns { WIDTH } else { 1 };
            let (left, right) = (&left[row * step..], &right[column * step..]);
            let target = &mut sum[row * columns + column..];
            match (height, width) {
                (ROWS, WIDTH) => dots::<ROWS, WIDTH, FUSED>(left, right, step, target, columns),
                (ROWS, _) => dots::<ROWS, 1, FUSED>(left, right, step, target, columns),
                (_, WIDTH) => dots::<1, WIDTH, FUSED>(left, right, step, target, columns),
                _ => dots::<1, 1, FUSED>(left, right, step, target, columns),
            }
            column += width;
        }
        row += height;
    }
}

#[inline(always)]
fn dots<const R: usize, const C: usize, const FUSED: bool>(
    left: &[f32],
    right: &[f32],
    step: usize,
    target: &mut [f32],
    columns: usize,
) {
    let mut sums = [[[0.0; SUMMED]; C]; R];
    for start in (0..step).step_by(SUMMED) {
        for row in 0..R {
            let left = &left[row * step + start..][..SUMMED];
            for column in 0..C {
                let right = &right[column * step + start..][..SUMMED];
                for lane in 0..SUMMED {
                    sums[row][column][lane] = multiply_add::<FUSED>(left[lane], right[lane], sums[row][column][lane]);
                }
            }
        }
    }
    for row in 0..R {
        for column in 0..C {
            target[row * columns + column] += total(&sums[row][column]);
        }
    }
}
