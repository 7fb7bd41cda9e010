//! Every so many pixels of images: what convolutions with a stride see that have one tap.

use crate::fresh::{Target, filled};
use crate::parallel::{MOVED, for_each};
use crate::vectorized::{Kernel, vectorized};

/// Of planes of pixels the rows and columns `first`, `first + step`, …
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subsample {
    pub(crate) planes: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) first: usize,
    pub(crate) step: usize,
}

impl Subsample {
    /// Rows and columns that are left.
    pub(crate) fn outputs(&self) -> [usize; 2] {
        [self.height, self.width].map(|side| (side - self.first).div_ceil(self.step))
    }

    fn input(&self) -> usize {
        self.height * self.width
    }

    fn output(&self) -> usize {
        let [rows, columns] = self.outputs();
        rows * columns
    }

    /// Planes that a thread takes at once.
    fn group(&self) -> usize {
        (self.planes / 64).max(1)
    }

    pub(crate) fn forward(&self, input: &[f32]) -> Vec<f32> {
        let group = self.group();
        filled(self.planes * self.output(), |output| {
            let work: Vec<_> = input.chunks(group * self.input()).zip(output.pieces(group * self.output())).collect();
            for_each(work, MOVED * group * self.output(), |_, (input, output)| {
                vectorized(Picked { shape: *self, input, output: output.numbers() });
            });
        })
    }

    /// Gradient of the input: zero where no pixel is taken.
    pub(crate) fn backward(&self, gradient: &[f32]) -> Vec<f32> {
        let group = self.group();
        filled(self.planes * self.input(), |to_input| {
            let work: Vec<_> = gradient.chunks(group * self.output()).zip(to_input.pieces(group * self.input())).collect();
            for_each(work, MOVED * group * self.input(), |_, (gradient, to_input)| {
                vectorized(PutBack { shape: *self, gradient, to_input: to_input.numbers() });
            });
        })
    }

    /// Where the rows that are taken begin among those of some planes.
    #[inline(always)]
    fn rows(self, planes: usize) -> impl Iterator<Item = usize> {
        let Self { height, width, first, step, .. } = self;
        (0..planes).flat_map(move |plane| (first..height).step_by(step).map(move |row| (plane * height + row) * width + first))
    }
}

struct Picked<'a> {
    shape: Subsample,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Picked<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { shape, input, output } = self;
        let ([_, columns], length) = (shape.outputs(), shape.width - shape.first);
        for (output, start) in output.chunks_exact_mut(columns).zip(shape.rows(input.len() / shape.input())) {
            let row = &input[start..][..length];
            match shape.step {
                // With a step that the compiler knows, this is a loop over vectors.
                2 => output.iter_mut().zip(row.iter().step_by(2)).for_each(|(output, &input)| *output = input),
                step => output.iter_mut().zip(row.iter().step_by(step)).for_each(|(output, &input)| *output = input),
            }
        }
    }
}

struct PutBack<'a> {
    shape: Subsample,
    gradient: &'a [f32],
    to_input: &'a mut [f32],
}

impl Kernel for PutBack<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { shape, gradient, to_input } = self;
        let ([_, columns], length) = (shape.outputs(), shape.width - shape.first);
        let rows = shape.rows(to_input.len() / shape.input());
        for (gradient, start) in gradient.chunks_exact(columns).zip(rows) {
            let row = &mut to_input[start..][..length];
            match shape.step {
                2 => row.iter_mut().step_by(2).zip(gradient).for_each(|(input, &gradient)| *input = gradient),
                step => row.iter_mut().step_by(step).zip(gradient).for_each(|(input, &gradient)| *input = gradient),
            }
        }
    }
}
