//! One channel of one image, flattened so that every tap of a kernel is one offset.
//!
//! A padded plane of width `p` is a single run of numbers. Tap (i, j) of output l then reads number `l + i·d·p + j·d`, for all outputs
//! at once; what lands in the columns between rows is ignored. So even a 7×7 image gives long vectors.

use crate::Window;
use crate::vectorized::multiply_add;

/// Numbers computed together; runs are rounded up to it.
pub(crate) const LANES: usize = 32;

/// Sizes of a plane and its flattened forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) window: Window,
}

impl Plane {
    pub(crate) fn outputs(&self) -> [usize; 2] {
        [self.window.outputs(self.height), self.window.outputs(self.width)]
    }

    pub(crate) fn padded_width(&self) -> usize {
        self.width + 2 * self.window.padding
    }

    fn padded(&self) -> usize {
        self.padded_width() * (self.height + 2 * self.window.padding)
    }

    /// Where the taps lie from the place of their output, in the order of the kernel's numbers.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = usize> + use<> {
        let (kernel, dilation, width) = (self.window.kernel, self.window.dilation, self.padded_width());
        (0..kernel * kernel).map(move |tap| tap / kernel * dilation * width + tap % kernel * dilation)
    }

    /// The farthest tap.
    pub(crate) fn reach(&self) -> usize {
        self.window.reach() * (self.padded_width() + 1)
    }

    /// Length of a run over all places of outputs at stride 1, rounded up.
    pub(crate) fn run(&self) -> usize {
        (self.padded() - self.reach()).next_multiple_of(LANES)
    }

    /// Length of a run over the padded plane, rounded up.
    pub(crate) fn padded_run(&self) -> usize {
        self.padded().next_multiple_of(LANES)
    }

    /// Length of a buffer from which every tap of every place of a padded run can be read.
    pub(crate) fn buffer(&self) -> usize {
        self.padded_run() + self.reach()
    }

    /// Writes a plane between its zeros. Only the image part of `padded` is touched.
    #[inline(always)]
    pub(crate) fn pad(&self, image: &[f32], padded: &mut [f32]) {
        for (row, source) in image.chunks_exact(self.width).enumerate() {
            let start = (row + self.window.padding) * self.padded_width() + self.window.padding;
            padded[start..start + self.width].copy_from_slice(source);
        }
    }

    /// Reads the image part of a run over the padded plane.
    #[inline(always)]
    pub(crate) fn crop(&self, padded: &[f32], image: &mut [f32]) {
        for (row, target) in image.chunks_exact_mut(self.width).enumerate() {
            let start = (row + self.window.padding) * self.padded_width() + self.window.padding;
            target.copy_from_slice(&padded[start..start + self.width]);
        }
    }

    /// Reads the outputs from a run.
    #[inline(always)]
    pub(crate) fn gather(&self, run: &[f32], outputs: &mut [f32]) {
        let ([_, columns], stride) = (self.outputs(), self.window.stride);
        for (row, target) in outputs.chunks_exact_mut(columns).enumerate() {
            let source = &run[row * stride * self.padded_width()..];
            match stride {
                1 => target.copy_from_slice(&source[..columns]),
                _ => target.iter_mut().zip(source.iter().step_by(stride)).for_each(|(target, source)| *target = *source),
            }
        }
    }

    /// Writes outputs to their places in a run. Only those places are touched.
    #[inline(always)]
    pub(crate) fn scatter(&self, outputs: &[f32], run: &mut [f32]) {
        let ([_, columns], stride) = (self.outputs(), self.window.stride);
        for (row, source) in outputs.chunks_exact(columns).enumerate() {
            let target = &mut run[row * stride * self.padded_width()..];
            match stride {
                1 => target[..columns].copy_from_slice(source),
                _ => target.iter_mut().step_by(stride).zip(source).for_each(|(target, source)| *target = *source),
            }
        }
    }
}

/// `target[l] = Σ weight · source[l + offset]` over all taps; the length of `target` is a multiple of [`LANES`].
#[inline(always)]
pub(crate) fn correlate<const FUSED: bool>(taps: &[(usize, f32)], source: &[f32], target: &mut [f32]) {
    const WIDE: usize = 2 * LANES;
    let (wide, narrow) = target.as_chunks_mut::<WIDE>();
    let done = wide.len() * WIDE;
    for (place, target) in wide.iter_mut().enumerate() {
        *target = correlated::<WIDE, FUSED>(taps, source, place * WIDE);
    }
    let (narrow, _) = narrow.as_chunks_mut::<LANES>();
    for (place, target) in narrow.iter_mut().enumerate() {
        *target = correlated::<LANES, FUSED>(taps, source, done + place * LANES);
    }
}

#[inline(always)]
fn correlated<const N: usize, const FUSED: bool>(taps: &[(usize, f32)], source: &[f32], start: usize) -> [f32; N] {
    let mut sums = [0.0; N];
    for &(offset, weight) in taps {
        let source = &source[start + offset..][..N];
        for lane in 0..N {
            sums[lane] = multiply_add::<FUSED>(weight, source[lane], sums[lane]);
        }
    }
    sums
}

/// Adds in a tree, which is both faster and more exact than one after the other.
#[inline(always)]
pub(crate) fn total<const N: usize>(sums: &[f32; N]) -> f32 {
    let mut sums = *sums;
    let mut half = N / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}
