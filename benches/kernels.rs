//! What share of the machine each kernel of a cell uses: `cargo bench --bench kernels [-- NAME]`.
//!
//! GFLOP/s are compared with the best matrix product, GB/s with a copy of as many bytes, both measured in the same run. Bytes are those
//! that have to be moved: every tensor once. With BONAS_STOCK_OPERATIONS=1, Burn's operations are timed instead.
#![allow(missing_docs)]

use bonas_kernels::{PoolKind, Window, batch_norm_train, dense_conv2d, depthwise_conv2d, pool2d, vector_instructions};
use burn::tensor::{Device, Distribution, Tensor};
use rayon::prelude::*;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

// As in the binary: without it, training is two to three times slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long one row is timed.
const TIME: Duration = Duration::from_millis(250);
const MATRIX_SIDES: [usize; 2] = [512, 1024];

#[derive(Clone, Copy)]
enum Kernel {
    Dense { kernel: usize },
    Depthwise { kernel: usize, dilation: usize },
    Pool(PoolKind),
    BatchNorm,
}

const KERNELS: [(&str, Kernel); 9] = [
    ("dense 3×3", Kernel::Dense { kernel: 3 }),
    ("1×1", Kernel::Dense { kernel: 1 }),
    ("depthwise 3×3", Kernel::Depthwise { kernel: 3, dilation: 1 }),
    ("depthwise 5×5", Kernel::Depthwise { kernel: 5, dilation: 1 }),
    ("dilated 3×3", Kernel::Depthwise { kernel: 3, dilation: 2 }),
    ("dilated 5×5", Kernel::Depthwise { kernel: 5, dilation: 2 }),
    ("max pool 3×3", Kernel::Pool(PoolKind::Max)),
    ("average pool 3×3", Kernel::Pool(PoolKind::Average)),
    ("batch norm", Kernel::BatchNorm),
];

/// Images, channels, side.
const SHAPES: [[usize; 3]; 5] = [[64, 16, 32], [64, 36, 32], [64, 64, 8], [64, 512, 4], [8, 32, 112]];

fn main() -> std::io::Result<()> {
    bonas::keep_freed_memory();
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let mut output = std::io::stdout();
    // From inside the thread pool, as in training.
    rayon::scope(|_| {
        for shape in SHAPES {
            // Here and not once: what else a machine does changes from one minute to the next.
            let peak = MATRIX_SIDES.map(matrix_product).into_iter().fold(0.0, f64::max);
            let [copied, anew] = copies(shape);
            let ([images, channels, side], threads) = (shape, rayon::current_num_threads());
            let instructions = vector_instructions();
            writeln!(
                output,
                "\n{images} images of {channels} × {side}², {threads} threads, {instructions}: product {peak:.0} GFLOP/s, copy {copied:.0} GB/s, {anew:.0} into new memory\n"
            )?;
            writeln!(
                output,
                "| kernel | pass | ms | GFLOP/s | of the product | GB/s | of the copy |\n|---|---|---|---|---|---|---|"
            )?;
            for (name, kernel) in KERNELS.iter().filter(|(name, _)| name.contains(&filter)) {
                for (pass, seconds, work) in [
                    ("forward", forward(*kernel, shape), Work::forward(*kernel, shape)),
                    ("backward", backward(*kernel, shape), Work::backward(*kernel, shape)),
                ] {
                    let milliseconds = 1000.0 * seconds;
                    let [flops, bytes] = [work.flops, work.bytes].map(|work| work / seconds / 1e9);
                    let computed = match work.flops {
                        0.0 => "– | –".to_string(),
                        _ => format!("{flops:.0} | {:.0} %", 100.0 * flops / peak),
                    };
                    let moved = format!("{bytes:.1} | {:.0} %", 100.0 * bytes / copied);
                    writeln!(output, "| {name} | {pass} | {milliseconds:.2} | {computed} | {moved} |")?;
                }
            }
        }
        Ok(())
    })
}

/// What a pass computes and moves at least.
struct Work {
    flops: f64,
    bytes: f64,
}

impl Work {
    fn forward(kernel: Kernel, [images, channels, side]: [usize; 3]) -> Self {
        let numbers = (images * channels * side * side) as f64;
        let taps = match kernel {
            Kernel::Dense { kernel } => kernel * kernel * channels,
            Kernel::Depthwise { kernel, .. } => kernel * kernel,
            // Neither multiplies: what they do is counted in bytes.
            Kernel::Pool(_) | Kernel::BatchNorm => 0,
        };
        Self { flops: 2.0 * taps as f64 * numbers, bytes: 2.0 * 4.0 * numbers }
    }

    /// Gradients of the input and of the weight.
    fn backward(kernel: Kernel, shape: [usize; 3]) -> Self {
        let Self { flops, bytes } = Self::forward(kernel, shape);
        let tensors = match kernel {
            Kernel::Pool(PoolKind::Average | PoolKind::AverageWithPadding) => 2.0,
            Kernel::Dense { .. } | Kernel::Depthwise { .. } | Kernel::Pool(PoolKind::Max) | Kernel::BatchNorm => 3.0,
        };
        Self { flops: 2.0 * flops, bytes: bytes / 2.0 * tensors }
    }
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Default, device)
}

/// With a gradient, if it is trained.
fn parameter<const D: usize>(shape: [usize; D], is_trained: bool) -> Tensor<D> {
    match is_trained {
        true => random(shape, &Device::flex().autodiff()).require_grad(),
        false => random(shape, &Device::flex()),
    }
}

/// The kernel, ready to be applied to its input.
fn operation(kernel: Kernel, channels: usize, is_trained: bool) -> Box<dyn Fn(Tensor<4>) -> Tensor<4>> {
    let window = |kernel, dilation| Window { kernel, stride: 1, padding: dilation * (kernel - 1) / 2, dilation };
    match kernel {
        Kernel::Dense { kernel } => {
            let weight = parameter([channels, channels, kernel, kernel], is_trained);
            Box::new(move |input| dense_conv2d(input, weight.clone(), window(kernel, 1)))
        }
        Kernel::Depthwise { kernel, dilation } => {
            let weight = parameter([channels, 1, kernel, kernel], is_trained);
            Box::new(move |input| depthwise_conv2d(input, weight.clone(), window(kernel, dilation)))
        }
        Kernel::Pool(kind) => Box::new(move |input| pool2d(input, kind, window(3, 1))),
        Kernel::BatchNorm => {
            let (scale, shift) = (parameter([channels], is_trained), parameter([channels], is_trained));
            Box::new(move |input| batch_norm_train(input, scale.clone(), shift.clone(), 1e-5).output)
        }
    }
}

/// Median seconds without autodiff.
fn forward(kernel: Kernel, [images, channels, side]: [usize; 3]) -> f64 {
    let operation = operation(kernel, channels, false);
    let input = random([images, channels, side, side], &Device::flex());
    median(|| {
        let clock = Instant::now();
        black_box(operation(input.clone()));
        clock.elapsed()
    })
}

/// Median seconds of the gradients alone; the gradient of the result is a tensor of ones, whose writing is among them.
fn backward(kernel: Kernel, [images, channels, side]: [usize; 3]) -> f64 {
    let operation = operation(kernel, channels, true);
    let input = parameter([images, channels, side, side], true);
    median(|| {
        let result = operation(input.clone());
        let clock = Instant::now();
        black_box(result.backward());
        clock.elapsed()
    })
}

/// GFLOP/s of a square product.
fn matrix_product(side: usize) -> f64 {
    let device = Device::flex();
    let [left, right] = [(); 2].map(|()| random([side, side], &device));
    let seconds = median(|| {
        let clock = Instant::now();
        black_box(left.clone().matmul(right.clone()));
        clock.elapsed()
    });
    2.0 * (side as f64).powi(3) / seconds / 1e9
}

/// GB/s, read and written, of copying a tensor of a shape into memory that is there, and into memory that is asked for anew and cleared, as
/// the result of a kernel is.
fn copies([images, channels, side]: [usize; 3]) -> [f64; 2] {
    let numbers = images * channels * side * side;
    let (from, mut kept) = (vec![1.0_f32; numbers], vec![0.0_f32; numbers]);
    let part = numbers.div_ceil(4 * rayon::current_num_threads());
    let copy =
        |to: &mut [f32]| to.par_chunks_mut(part).zip(from.par_chunks(part)).for_each(|(to, from)| to.copy_from_slice(from));
    let into_kept = median(|| {
        let clock = Instant::now();
        copy(&mut kept);
        black_box(&mut kept);
        clock.elapsed()
    });
    let into_new = median(|| {
        let clock = Instant::now();
        let mut new = vec![0.0; numbers];
        copy(&mut new);
        black_box(new);
        clock.elapsed()
    });
    [into_kept, into_new].map(|seconds| 2.0 * 4.0 * numbers as f64 / seconds / 1e9)
}

/// Median seconds of as many runs as fit, at least five, after two that do not count.
fn median(mut run: impl FnMut() -> Duration) -> f64 {
    (0..2).for_each(|_| {
        run();
    });
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || began.elapsed() < TIME {
        times.push(run());
    }
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
