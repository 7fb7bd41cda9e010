//! Convolution over all channels, of any size of kernel, stride and dilation.
//!
//! The channels of a few images are laid out between zeros as long runs, split by the phase of the stride, so that every tap is one offset
//! into them: the convolution is then a product of matrices whose right-hand rows overlap. Zeros between rows, and between images,
//! are shared by both neighbours.

use crate::Window;
use crate::depthwise::{Depthwise, SliceGradients, summed};
use crate::fresh::{Piece, Target, filled};
use crate::parallel::{for_each, for_each_with, part};
use crate::product::{LANES, Panels, PanelsView, add_dots, multiply, write_product};
use crate::row::{copy_from, keep_passed, passed};
use crate::scratch::Scratch;
use crate::vectorized::vectors;
use crate::winograd::{Tiled, Winograd};
use pulp::{Simd, WithSimd};

/// Numbers of a laid out group of images that still fit into the second cache of a core, beside the weights.
const GROUP: usize = 1 << 16;

/// Pixels from which on a 1×1 convolution leaves images where they are; smaller ones are laid side by side.
const PLAIN: usize = 64;

/// Images of `inputs` channels and a weight [outputs, inputs, kernel, kernel].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub(crate) images: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) window: Window,
    /// Whether what is convolved is not the input but its positive part.
    pub(crate) rectified: bool,
}

/// Where taps and numbers lie in the runs of one group of images.
struct Layout {
    shape: Dense,
    /// Images side by side in a run.
    group: usize,
    /// Numbers between the rows of a run.
    columns: usize,
    /// Numbers between the images of a run.
    plane: usize,
    /// Length of a run.
    run: usize,
    /// Numbers between runs: as many zeros follow each as the last tap reads beyond it.
    pitch: usize,
    /// Run of each phase (row, column) of the stride; phases that no tap reads have none.
    phases: Vec<Option<usize>>,
    /// Runs of a channel.
    runs: usize,
    /// Run and offset of every tap.
    taps: Vec<(usize, usize)>,
    /// The farthest offset.
    reach: usize,
    /// Whether images can be read and written in place.
    is_plain: bool,
}

impl Dense {
    fn input(&self) -> usize {
        self.inputs * self.height * self.width
    }

    fn output(&self) -> usize {
        self.outputs * self.window.outputs(self.height) * self.window.outputs(self.width)
    }

    fn taps(&self) -> usize {
        self.window.kernel * self.window.kernel
    }

    /// Multiplications for one image.
    fn cost(&self) -> usize {
        self.output() * self.inputs * self.taps()
    }

    fn layout(&self) -> Layout {
        let Window { kernel, stride, padding, dilation } = self.window;
        let along = |size: usize| (size + padding).div_ceil(stride).max(self.window.outputs(size));
        let (columns, rows) = (along(self.width), along(self.height));
        let (mut phases, mut runs) = (vec![None; stride * stride], 0);
        let tap = |tap: usize| {
            let [row, column] = [tap / kernel * dilation, tap % kernel * dilation];
            let run = *phases[row % stride * stride + column % stride].get_or_insert_with(|| {
                runs += 1;
                runs - 1
            });
            (run, row / stride * columns + column / stride)
        };
        let taps: Vec<(usize, usize)> = (0..self.taps()).map(tap).collect();
        let plane = rows * columns;
        // Without a window the runs are the channels as they lie in the images.
        let is_plain = kernel == 1 && stride == 1 && padding == 0 && plane % LANES == 0 && plane >= PLAIN;
        let group = (GROUP / (self.inputs.max(self.outputs) * plane * runs)).clamp(1, part(self.images));
        let group = if is_plain { 1 } else { group };
        let reach = taps.iter().map(|&(_, offset)| offset).max().unwrap_or(0);
        let run = (group * plane).next_multiple_of(LANES);
        Layout { shape: *self, group, columns, plane, run, pitch: run + reach, phases, runs, taps, reach, is_plain }
    }

    /// Output [image, output, row, column] of input [image, input, row, column] and weight, and a shift of every output channel.
    pub(crate) fn forward(&self, input: &[f32], weight: &[f32], shift: &[f32]) -> Vec<f32> {
        filled(self.images * self.output(), |output| self.write(input, weight, shift, output))
    }

    /// Writes the output, or adds it to what stands there.
    pub(crate) fn write<'a, T: Target<'a>>(&self, input: &[f32], weight: &[f32], shift: &[f32], output: T) {
        if let Some(tiled) = Tiled::new(*self) {
            return tiled.write(input, weight, shift, output);
        }
        if let Some(winograd) = Winograd::new(*self) {
            return winograd.write(input, weight, shift, output);
        }
        let layout = self.layout();
        let depth = self.inputs * self.taps();
        let panels = Panels::new(self.outputs, depth, |row, column| weight[row * depth + column]).shifted(shift);
        let offsets = layout.offsets();
        let groups = input.chunks(layout.group * self.input()).zip(output.pieces(layout.group * self.output()));
        let buffers = || layout.buffers();
        for_each_with(groups.collect(), layout.group * self.cost(), buffers, |buffers, _, (input, output)| {
            layout.write(panels.view(), &offsets, input, output, buffers);
        });
    }

    /// As [`write`](Self::write) of a 1×1 convolution whose input is the output of a depthwise one: that of a few images is used while it is near,
    /// and is never a tensor.
    pub(crate) fn write_after<'a, T: Target<'a>>(
        &self,
        depthwise: &Depthwise,
        [input, depthwise_weight]: [&[f32]; 2],
        [weight, shift]: [&[f32]; 2],
        output: T,
    ) {
        let layout = self.layout();
        let panels = Panels::new(self.outputs, self.inputs, |row, column| weight[row * self.inputs + column]).shifted(shift);
        let (offsets, together) = (layout.offsets(), depthwise.group());
        let group = together.max(layout.group);
        let items = input.chunks(group * depthwise.input()).zip(output.pieces(group * self.output()));
        let buffers = || (vec![0.0; group * self.input()], layout.buffers());
        let cost = group * (self.cost() + depthwise.cost());
        for_each_with(items.collect(), cost, buffers, |(between, buffers), _, (input, output)| {
            let between = &mut between[..input.len() / depthwise.input() * self.input()];
            let parts = input.chunks(together * depthwise.input()).zip(between.chunks_mut(together * self.input()));
            parts.for_each(|(input, between)| depthwise.write(input, depthwise_weight, between));
            let parts = between.chunks(layout.group * self.input()).zip(output.pieces(layout.group * self.output()));
            parts.for_each(|(between, output)| layout.write(panels.view(), &offsets, between, output, buffers));
        });
    }

    /// Gradients of input and weight from the gradient of the output.
    pub(crate) fn backward(&self, input: &[f32], weight: &[f32], gradient: &[f32]) -> SliceGradients {
        if let Some(tiled) = Tiled::for_gradients(*self) {
            return tiled.backward(input, weight, gradient);
        }
        if let Some(winograd) = Winograd::new(*self) {
            return winograd.backward(input, weight, gradient);
        }
        let layout = self.layout();
        let (offsets, transposed) = (layout.offsets(), layout.transposed(weight));
        let part = part(self.images);
        let work = |input: &[f32], gradient: &[f32], to_input: Piece<'_>, to_weight: &mut [f32]| {
            let (mut laid, mut spread, mut runs) = (Vec::new(), Vec::new(), Vec::new());
            if !layout.is_plain {
                spread.resize(self.outputs * layout.pitch, 0.0);
                runs.resize(self.inputs * layout.runs * layout.pitch, 0.0);
            }
            let given = input.chunks(layout.group * self.input()).zip(gradient.chunks(layout.group * self.output()));
            for ((input, gradient), to_input) in given.zip(to_input.pieces(layout.group * self.input())) {
                let laid = layout.laid_out(input, &mut laid);
                if layout.is_plain {
                    add_dots(gradient, layout.run, &offsets, laid, layout.run, to_weight);
                    let ((panels, offsets), mut rows) = (&transposed[0], to_input.rows(layout.run));
                    write_product(panels.view(), offsets, gradient, layout.run, &mut rows);
                    if self.rectified {
                        vectors().dispatch(Passed { values: input, gradient: rows.finished() });
                    }
                    continue;
                }
                layout.scatter(gradient, &mut spread);
                add_dots(&spread[layout.reach..], layout.pitch, &offsets, laid, layout.run, to_weight);
                for (run, (panels, offsets)) in transposed.iter().enumerate() {
                    multiply(
                        panels.view(),
                        offsets,
                        &spread,
                        layout.run,
                        &mut runs[run * layout.pitch..],
                        layout.runs * layout.pitch,
                    );
                }
                layout.crop(&runs, input, to_input.numbers());
            }
        };
        let mut partial = vec![0.0; self.images.div_ceil(part) * weight.len()];
        let to_input = filled(self.images * self.input(), |to_input| {
            let given = input.chunks(part * self.input()).zip(gradient.chunks(part * self.output()));
            let wanted = to_input.pieces(part * self.input()).zip(partial.chunks_exact_mut(weight.len()));
            for_each(given.zip(wanted).collect(), 2 * part * self.cost(), |_, ((input, gradient), (to_input, to_weight))| {
                work(input, gradient, to_input, to_weight);
            });
        });
        SliceGradients { input: to_input, weight: summed(&partial, weight.len()) }
    }
}

impl Layout {
    /// Length of a buffer for all channels.
    fn laid(&self) -> usize {
        self.shape.inputs * self.runs * self.pitch + LANES
    }

    /// What [`write`](Self::write) needs: images between zeros, and the runs of the outputs.
    fn buffers(&self) -> (Vec<f32>, Scratch) {
        (Vec::new(), Scratch::new(if self.is_plain { 0 } else { self.shape.outputs * self.run }))
    }

    /// Output of a group of images, on this thread.
    fn write<'a, T: Target<'a>>(
        &self,
        panels: PanelsView<'_>,
        offsets: &[usize],
        input: &[f32],
        output: T,
        (laid, runs): &mut (Vec<f32>, Scratch),
    ) {
        let laid = self.laid_out(input, laid);
        if self.is_plain {
            return write_product(panels, offsets, laid, self.run, &mut output.rows(self.run));
        }
        multiply(panels, offsets, laid, self.run, runs, self.run);
        self.gather(runs, output.numbers());
    }

    /// Where the run of every channel and tap starts, in the order of a weight's numbers.
    fn offsets(&self) -> Vec<usize> {
        let of_channel = |channel| self.taps.iter().map(move |(run, offset)| (channel * self.runs + run) * self.pitch + offset);
        (0..self.shape.inputs).flat_map(of_channel).collect()
    }

    /// The transposed weight, and where its runs start in a spread gradient, for every run of a channel.
    fn transposed(&self, weight: &[f32]) -> Vec<(Panels, Vec<usize>)> {
        let (Dense { inputs, outputs, .. }, taps) = (self.shape, self.taps.len());
        let of_run = |run| {
            let own: Vec<usize> = (0..taps).filter(|&tap| self.taps[tap].0 == run).collect();
            let count = own.len();
            let panels = Panels::new(inputs, outputs * count, |input, column| {
                weight[(column / count * inputs + input) * taps + own[column % count]]
            });
            let start = |output: usize, tap: usize| output * self.pitch + self.reach - self.taps[tap].1;
            let offsets = (0..outputs).flat_map(|output| own.iter().map(move |&tap| start(output, tap)));
            (panels, offsets.collect())
        };
        (0..self.runs).map(of_run).collect()
    }

    /// Calls `row` for every row of every run of a group: where it starts in the runs, and its first number and the step to the next
    /// in the images.
    #[inline(always)]
    fn rows(&self, images: usize, mut row: impl FnMut(usize, usize, usize)) {
        let Dense { inputs, height, width, window: Window { stride, padding, .. }, .. } = self.shape;
        for image in 0..images {
            for channel in 0..inputs {
                for y in 0..height {
                    let source = ((image * inputs + channel) * height + y) * width;
                    let (phase_row, line) = ((y + padding) % stride, (y + padding) / stride);
                    for first in 0..stride.min(width) {
                        let (phase, column) = ((first + padding) % stride, (first + padding) / stride);
                        let Some(run) = self.phases[phase_row * stride + phase] else { continue };
                        let start = (channel * self.runs + run) * self.pitch + image * self.plane + line * self.columns + column;
                        row(start, source + first, (width - first).div_ceil(stride));
                    }
                }
            }
        }
    }

    /// The channels of images between their zeros, in `buffer` where they cannot be read in place.
    fn laid_out<'a>(&self, input: &'a [f32], buffer: &'a mut Vec<f32>) -> &'a [f32] {
        if self.is_plain && !self.shape.rectified {
            return input;
        }
        buffer.resize(self.laid(), 0.0);
        match self.is_plain {
            true => vectors().dispatch(Rectified { values: input, positive: buffer }),
            false => self.lay(input, buffer),
        }
        buffer
    }

    /// Writes the channels of images between their zeros.
    fn lay(&self, input: &[f32], laid: &mut [f32]) {
        let images = input.len() / self.shape.input();
        if images < self.group {
            laid.fill(0.0);
        }
        let (stride, rectified) = (self.shape.window.stride, self.shape.rectified);
        // A NaN stays one, so that a diverged network does not pass for a sound one.
        let value = |value: f32| if rectified && value < 0.0 { 0.0 } else { value };
        self.rows(images, |start, source, count| {
            let target = &mut laid[start..][..count];
            match stride {
                1 => target.iter_mut().zip(&input[source..][..count]).for_each(|(target, &source)| *target = value(source)),
                _ => {
                    let source = input[source..].iter().step_by(stride);
                    target.iter_mut().zip(source).for_each(|(target, &source)| *target = value(source));
                }
            }
        });
    }

    /// Reads images from the runs of their gradient.
    fn crop(&self, runs: &[f32], input: &[f32], to_input: &mut [f32]) {
        let (stride, rectified) = (self.shape.window.stride, self.shape.rectified);
        let passes = |value: f32, gradient: f32| if rectified { passed(value, gradient) } else { gradient };
        self.rows(input.len() / self.shape.input(), |start, place, count| {
            let runs = &runs[start..][..count];
            let (input, to_input) = (&input[place..], &mut to_input[place..]);
            match stride {
                1 => {
                    let targets = to_input[..count].iter_mut().zip(&input[..count]);
                    targets.zip(runs).for_each(|((target, &value), &gradient)| *target = passes(value, gradient));
                }
                _ => {
                    let targets = to_input.iter_mut().step_by(stride).zip(input.iter().step_by(stride));
                    targets.zip(runs).for_each(|((target, &value), &gradient)| *target = passes(value, gradient));
                }
            }
        });
    }

    /// Calls `row` for every row of outputs: where it starts in runs that are `step` apart, and in the outputs.
    #[inline(always)]
    fn output_rows(&self, images: usize, step: usize, mut row: impl FnMut(usize, usize)) {
        let Dense { outputs, height, width, window, .. } = self.shape;
        let (rows, columns) = (window.outputs(height), window.outputs(width));
        for image in 0..images {
            for output in 0..outputs {
                for y in 0..rows {
                    let target = ((image * outputs + output) * rows + y) * columns;
                    row(output * step + image * self.plane + y * self.columns, target);
                }
            }
        }
    }

    /// Adds the runs to images.
    fn gather(&self, runs: &[f32], outputs: &mut [f32]) {
        let columns = self.shape.window.outputs(self.shape.width);
        self.output_rows(outputs.len() / self.shape.output(), self.run, |start, place| {
            let row = outputs[place..][..columns].iter_mut().zip(&runs[start..][..columns]);
            row.for_each(|(output, number)| *output += number);
        });
    }

    /// Writes the gradient of outputs to its places in runs. Only those places are touched.
    fn scatter(&self, gradient: &[f32], spread: &mut [f32]) {
        let images = gradient.len() / self.shape.output();
        if images < self.group {
            spread.fill(0.0);
        }
        let columns = self.shape.window.outputs(self.shape.width);
        self.output_rows(images, self.pitch, |start, place| {
            spread[self.reach + start..][..columns].copy_from_slice(&gradient[place..][..columns]);
        });
    }
}

/// The positive part of numbers.
struct Rectified<'a> {
    values: &'a [f32],
    positive: &'a mut [f32],
}

impl WithSimd for Rectified<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        copy_from(simd, 0.0, self.values, &mut self.positive[..self.values.len()]);
    }
}

/// Keeps of a gradient what passes a ReLU of `values`.
struct Passed<'a> {
    values: &'a [f32],
    gradient: &'a mut [f32],
}

impl WithSimd for Passed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        keep_passed(simd, self.values, self.gradient);
    }
}
