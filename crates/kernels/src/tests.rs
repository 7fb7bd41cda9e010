//! Every kernel against Burn's own operation, forward and backward, over random shapes.

use crate::*;
use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, s};
use proptest::prelude::*;

const POINTWISE: Window = Window { kernel: 1, stride: 1, padding: 0, dilation: 1 };

/// Numbers that look random and are not: the shape is what varies.
fn values(shape: [usize; 4], seed: u64) -> TensorData {
    let count = shape.iter().product::<usize>() as u64;
    let number = |index: u64| {
        let mixed = (index + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(seed)
            .rotate_left(17)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    TensorData::new((0..count).map(number).collect(), shape)
}

fn read(tensor: Tensor<4>) -> Vec<f32> {
    tensor.try_into_vec_as().expect("readable")
}

/// Output and the gradients of input and weight, when the gradient of the output is `values`.
fn all(input: [usize; 4], weight: [usize; 4], operation: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) -> [Vec<f32>; 3] {
    all_at(values(input, 1), weight, operation)
}

fn all_at(input: TensorData, weight: [usize; 4], operation: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) -> [Vec<f32>; 3] {
    let device = Device::flex().autodiff();
    let input = Tensor::<4>::from_data(input, &device).require_grad();
    let weight = Tensor::<4>::from_data(values(weight, 2), &device).require_grad();
    let output = operation(input.clone(), weight.clone());
    let gradient = Tensor::from_data(values(output.dims(), 3), &device);
    let gradients = (output.clone() * gradient).sum().backward();
    let of = |tensor: &Tensor<4>| read(tensor.grad(&gradients).expect("a gradient"));
    [read(output.inner()), of(&input), of(&weight)]
}

fn same(ours: &[Vec<f32>; 3], theirs: &[Vec<f32>; 3]) -> Result<(), TestCaseError> {
    for (what, (ours, theirs)) in ["output", "input gradient", "weight gradient"].iter().zip(ours.iter().zip(theirs)) {
        prop_assert_eq!(ours.len(), theirs.len(), "{}", what);
        let scale = theirs.iter().fold(1.0_f32, |scale, value| scale.max(value.abs()));
        for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            prop_assert!((ours - theirs).abs() <= 5e-5 * scale, "{what} {place}: {ours} and {theirs}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn depthwise_is_burns_convolution(
        (images, channels) in (1_usize..20, 2_usize..9),
        (height, width) in (1_usize..19, 1_usize..19),
        (half, stride, dilation) in (0_usize..3, 1_usize..4, 1_usize..4),
        rectified in any::<bool>(),
    ) {
        let kernel = 2 * half + 1;
        let window = Window { kernel, stride, padding: dilation * half, dilation };
        let (input, weight) = ([images, channels, height, width], [channels, 1, kernel, kernel]);
        let ours = if rectified { relu_depthwise_conv2d } else { depthwise_conv2d };
        let ours = all(input, weight, |input, weight| ours(input, weight, window));
        same(&ours, &stock(input, weight, window, channels, rectified))?;
    }

    #[test]
    fn dense_is_burns_convolution(
        (images, inputs, outputs) in (1_usize..20, 1_usize..11, 1_usize..11),
        (height, width) in (1_usize..19, 1_usize..19),
        (kernel, stride, dilation) in (1_usize..5, 1_usize..4, 1_usize..4),
        (padding, rectified) in (0_usize..6, any::<bool>()),
    ) {
        let reach = dilation * (kernel - 1);
        // Padding beyond the kernel's reach is allowed, but has to make room for it.
        let padding = padding.min(reach).max((reach + 1).saturating_sub(height.min(width)).div_ceil(2));
        let window = Window { kernel, stride, padding, dilation };
        let (input, weight) = ([images, inputs, height, width], [outputs, inputs, kernel, kernel]);
        let ours = if rectified { relu_dense_conv2d } else { dense_conv2d };
        let ours = all(input, weight, |input, weight| ours(input, weight, window));
        same(&ours, &stock(input, weight, window, 1, rectified))?;
    }

    #[test]
    fn three_by_three_is_burns_convolution(
        // Channels and sides on both sides of what pays in strips.
        (images, inputs, outputs) in (1_usize..20, 1_usize..21, 1_usize..21),
        (height, width) in (1_usize..37, 1_usize..37),
        rectified in any::<bool>(),
    ) {
        let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
        let (input, weight) = ([images, inputs, height, width], [outputs, inputs, 3, 3]);
        let ours = if rectified { relu_dense_conv2d } else { dense_conv2d };
        let ours = all(input, weight, |input, weight| ours(input, weight, window));
        same(&ours, &stock(input, weight, window, 1, rectified))?;
    }

    #[test]
    fn tiles_are_burns_convolution(
        // Channels in fours and others; sides that tiles fit and others, and fewer tiles than channels.
        images in 1_usize..20,
        (inputs, outputs) in prop_oneof![Just((24, 64)), Just((64, 32)), (22_usize..40, 22_usize..40)],
        (height, width) in (3_usize..21, 3_usize..21),
        rectified in any::<bool>(),
    ) {
        let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
        let (input, weight) = ([images, inputs, height, width], [outputs, inputs, 3, 3]);
        let ours = if rectified { relu_dense_conv2d } else { dense_conv2d };
        let ours = all(input, weight, |input, weight| ours(input, weight, window));
        same(&ours, &stock(input, weight, window, 1, rectified))?;
    }

    #[test]
    fn a_separable_convolution_is_burns(
        (images, channels, outputs) in (1_usize..20, 2_usize..11, 1_usize..11),
        side in prop_oneof![1_usize..19, Just(32)],
        (half, stride, dilation, rectified) in (0_usize..3, 1_usize..3, 1_usize..3, any::<bool>()),
        // Whether there is a sum to add to, and something else holds it.
        (has_sum, is_held) in any::<(bool, bool)>(),
    ) {
        let window = Window { kernel: 2 * half + 1, stride, padding: dilation * half, dilation };
        let side_out = window.outputs(side);
        let tensor = |shape, seed, device: &Device| Tensor::<4>::from_data(values(shape, seed), device);
        let computed = |device: &Device| {
            let input = tensor([images, channels, side, side], 1, device);
            let depthwise = tensor([channels, 1, window.kernel, window.kernel], 2, device);
            let pointwise = tensor([outputs, channels, 1, 1], 5, device);
            let shift = tensor([outputs, 1, 1, 1], 3, device).reshape([outputs]);
            let sum = has_sum.then(|| tensor([images, outputs, side_out, side_out], 4, device));
            let held = if is_held { sum.clone() } else { None };
            let output = shifted_separable_conv2d(sum, input, [depthwise, pointwise], shift, window, rectified);
            drop(held);
            read(output)
        };
        // With gradients, and so on other devices, it is the operations one by one.
        let (ours, theirs) = (computed(&Device::flex()), computed(&Device::flex().autodiff()));
        prop_assert_eq!(ours.len(), theirs.len());
        let scale = theirs.iter().fold(1.0_f32, |scale, value| scale.max(value.abs()));
        for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            prop_assert!((ours - theirs).abs() <= 5e-5 * scale, "{place}: {ours} and {theirs}");
        }
    }

    #[test]
    fn a_shifted_convolution_is_burns(
        (images, inputs, outputs) in (1_usize..20, 1_usize..11, 1_usize..11),
        side in prop_oneof![1_usize..19, Just(32)],
        (half, stride, rectified) in (0_usize..3, 1_usize..3, any::<bool>()),
        // Whether there is a sum to add to, and something else holds it.
        (has_sum, is_held) in any::<(bool, bool)>(),
    ) {
        let window = Window { kernel: 2 * half + 1, stride, padding: half, dilation: 1 };
        let output = [images, outputs, window.outputs(side), window.outputs(side)];
        let tensor = |shape, seed, device: &Device| Tensor::<4>::from_data(values(shape, seed), device);
        let computed = |device: &Device| {
            let (input, weight) = ([images, inputs, side, side], [outputs, inputs, window.kernel, window.kernel]);
            let shift = tensor([outputs, 1, 1, 1], 3, device).reshape([outputs]);
            let sum = has_sum.then(|| tensor(output, 4, device));
            let _held = sum.clone().filter(|_| is_held);
            read(shifted_dense_conv2d(sum, tensor(input, 1, device), tensor(weight, 2, device), shift, window, rectified))
        };
        // Where gradients are wanted, Burn computes.
        let (ours, theirs) = (computed(&Device::flex()), computed(&Device::flex().autodiff()));
        let size = theirs.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert!((ours - theirs).abs() <= 5e-5 * size, "{ours} and {theirs}");
        }
    }

    #[test]
    fn concatenated_maps_are_burns(
        (images, height, width) in (1_usize..20, 1_usize..12, 1_usize..12),
        // With five, Burn computes.
        (first, second, count) in (1_usize..40, 1_usize..40, 1_usize..6),
    ) {
        let (first, second) = ([images, first, height, width], [images, second, height, width]);
        let maps = |first: Tensor<4>, second: Tensor<4>| (0..count).map(move |place| if place % 2 == 0 { second.clone() } else { first.clone() });
        // A gradient needs both.
        let both = |joined: Tensor<4>, first: Tensor<4>, second: Tensor<4>| joined + first.mean().reshape([1; 4]) + second.mean().reshape([1; 4]);
        let ours = all(first, second, |a, b| both(concatenate_channels(maps(a.clone(), b.clone()).collect()), a, b));
        let theirs = all(first, second, |a, b| both(Tensor::cat(maps(a.clone(), b.clone()).collect(), 1), a, b));
        same(&ours, &theirs)?;
    }

    #[test]
    fn subsampled_images_are_burns(
        (images, channels, height, width) in (1_usize..20, 1_usize..10, 4_usize..20, 4_usize..40),
        (first, step) in (0_usize..4, 1_usize..4),
    ) {
        let shape = [images, channels, height, width];
        // A gradient needs both.
        let weighted = |taken: Tensor<4>, weight: Tensor<4>| taken * weight.mean().reshape([1; 4]);
        let ours = all(shape, shape, |input, weight| weighted(subsample(input, first, step), weight));
        let (first, step) = (first as isize, step as isize);
        let theirs = all(shape, shape, |input, weight| weighted(input.slice(s![.., .., first..;step, first..;step]), weight));
        same(&ours, &theirs)?;
    }

    #[test]
    fn added_maps_are_burns(
        (images, channels, height, width) in (1_usize..20, 1_usize..40, 1_usize..12, 1_usize..12),
        // What else holds the two, and whether the rows of one stand in another order.
        (holds_first, holds_second, is_turned) in any::<(bool, bool, bool)>(),
    ) {
        let (shape, turned) = ([images, channels, height, width], [images, channels, width, height]);
        let operands = |first: Tensor<4>, second: Tensor<4>| {
            let first = if holds_first { first } else { first * 2.0 };
            let second = if holds_second { second } else { second * 3.0 };
            (first, if is_turned { second.swap_dims(2, 3) } else { second })
        };
        let second = if is_turned { turned } else { shape };
        let ours = all(shape, second, |first, second| {
            let (first, second) = operands(first, second);
            add_maps(add_maps(first.clone(), second), first)
        });
        let theirs = all(shape, second, |first, second| {
            let (first, second) = operands(first, second);
            first.clone() + second + first
        });
        same(&ours, &theirs)?;
    }

    #[test]
    fn a_folded_batch_norm_is_one_behind(
        (images, inputs, outputs, side) in (1_usize..5, 1_usize..11, 1_usize..11, 1_usize..9),
        (half, rectified) in (0_usize..2, any::<bool>()),
    ) {
        let window = Window { kernel: 2 * half + 1, stride: 1, padding: half, dilation: 1 };
        let tensor = |shape, seed, device: &Device| Tensor::<4>::from_data(values(shape, seed), device);
        for device in [Device::flex(), Device::flex().autodiff()] {
            let (input, weight) = ([images, inputs, side, side], [outputs, inputs, window.kernel, window.kernel]);
            let (input, weight) = (tensor(input, 1, &device), tensor(weight, 2, &device));
            let vector = |seed| tensor([outputs, 1, 1, 1], seed, &device).reshape([outputs]);
            let (affine, moments) = ([vector(3), vector(4)], [vector(5), vector(6).abs()]);
            let convolved = if rectified { relu_dense_conv2d(input.clone(), weight.clone(), window) } else { dense_conv2d(input.clone(), weight.clone(), window) };
            let behind = read(batch_norm_fixed(convolved, affine.clone(), moments.clone(), 1e-5));
            let (weight, shift) = fold_batch_norm(weight, affine, moments, 1e-5);
            let folded = read(shifted_dense_conv2d(None, input, weight, shift, window, rectified));
            let size = behind.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
            for (folded, behind) in folded.iter().zip(&behind) {
                prop_assert!((folded - behind).abs() <= 5e-5 * size, "{folded} and {behind}");
            }
        }
    }

    #[test]
    fn pointwise_is_burns_convolution(
        (images, inputs, outputs) in (1_usize..20, 1_usize..23, 1_usize..23),
        // Sizes whose channels are read where they lie, and others.
        (height, width) in (prop_oneof![1_usize..12, Just(16)], prop_oneof![1_usize..12, Just(16), Just(32)]),
        rectified in any::<bool>(),
    ) {
        let window = Window { kernel: 1, stride: 1, padding: 0, dilation: 1 };
        let (input, weight) = ([images, inputs, height, width], [outputs, inputs, 1, 1]);
        let ours = all(input, weight, |input, weight| match rectified {
            true => relu_dense_conv2d(input, weight, window),
            false => dense_conv2d(input, weight, POINTWISE),
        });
        same(&ours, &stock(input, weight, window, 1, rectified))?;
    }
}

fn stock(input: [usize; 4], weight: [usize; 4], window: Window, groups: usize, rectified: bool) -> [Vec<f32>; 3] {
    let Window { stride, padding, dilation, .. } = window;
    all(input, weight, |input, weight| {
        let input = if rectified { relu(input) } else { input };
        conv2d(input, weight, None, ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups))
    })
}

#[test]
fn many_channels_and_large_images_are_burns_convolution() {
    let window = |kernel: usize, stride| Window { kernel, stride, padding: kernel / 2, dilation: 1 };
    for (input, weight, window) in [
        ([3, 512, 4, 4], [96, 512, 3, 3], window(3, 1)),
        ([2, 65, 8, 8], [512, 65, 1, 1], window(1, 2)),
        ([1, 3, 224, 224], [7, 3, 7, 7], window(7, 2)),
    ] {
        let ours = all(input, weight, |input, weight| dense_conv2d(input, weight, window));
        same(&ours, &stock(input, weight, window, 1, false)).expect("the same");
    }
}

/// Numbers in an order without a pattern that differ from each other and from zero by more than a step of a finite difference, so that
/// no step crosses the kink of a ReLU or of a maximum.
fn apart(shape: [usize; 4]) -> Vec<f32> {
    let count = shape.iter().product::<usize>();
    assert!(count <= 240, "room between the numbers");
    (0..count).map(|index| ((index * 7919 % count) as f32 + 0.25) / count as f32 * 2.0 - 1.0).collect()
}

/// Gradients of input and weight against finite differences of the loss Σ gradient · output, which is linear in each.
fn agrees_with_finite_differences(input: [usize; 4], weight: [usize; 4], operation: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) {
    let [_, to_input, to_weight] = all_at(TensorData::new(apart(input), input), weight, &operation);
    let device = Device::flex();
    let loss = |shift: [Option<usize>; 2], change: f32| {
        let moved = |shape: [usize; 4], mut numbers: Vec<f32>, place: Option<usize>| {
            if let Some(place) = place {
                numbers[place] += change;
            }
            Tensor::<4>::from_data(TensorData::new(numbers, shape), &device)
        };
        let output = operation(
            moved(input, apart(input), shift[0]),
            moved(weight, values(weight, 2).try_to_vec().expect("numbers"), shift[1]),
        );
        let gradient = Tensor::from_data(values(output.dims(), 3), &device);
        f64::from((output * gradient).sum().try_into_scalar::<f32>().expect("a number"))
    };
    let check = |what: &str, gradients: &[f32], shift: fn(usize) -> [Option<usize>; 2]| {
        for (place, &gradient) in gradients.iter().enumerate() {
            let slope = (loss(shift(place), 1e-3) - loss(shift(place), -1e-3)) / 2e-3;
            assert!((slope - f64::from(gradient)).abs() < 2e-2, "{what} {place}: {slope} and {gradient}");
        }
    };
    check("input", &to_input, |place| [Some(place), None]);
    check("weight", &to_weight, |place| [None, Some(place)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gradients_agree_with_finite_differences(
        (images, inputs, outputs) in (1_usize..4, 2_usize..4, 1_usize..4),
        (height, width) in (3_usize..6, 3_usize..6),
        (kernel, stride, dilation) in (1_usize..4, 1_usize..3, 1_usize..3),
    ) {
        let window = Window { kernel, stride, padding: dilation * (kernel - 1) / 2 + 1, dilation };
        let input = [images, inputs, height, width];
        for operation in [dense_conv2d, relu_dense_conv2d] {
            agrees_with_finite_differences(input, [outputs, inputs, kernel, kernel], |x, weight| operation(x, weight, window));
        }
        for operation in [depthwise_conv2d, relu_depthwise_conv2d] {
            agrees_with_finite_differences(input, [inputs, 1, kernel, kernel], |x, weight| operation(x, weight, window));
        }
        let window = Window { kernel: 3, stride, padding: 1, dilation: 1 };
        for kind in [PoolKind::Max, PoolKind::Average, PoolKind::AverageWithPadding] {
            agrees_with_finite_differences(input, [1, 1, 1, 1], |x, weight| pool2d(x, kind, window) * weight);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pooling_is_burns(
        (images, channels) in (1_usize..20, 1_usize..9),
        (height, width) in (3_usize..19, 3_usize..19),
        (kernel, stride) in (2_usize..4, 1_usize..4),
        kind in prop_oneof![Just(PoolKind::Max), Just(PoolKind::Average), Just(PoolKind::AverageWithPadding)],
    ) {
        let window = Window { kernel, stride, padding: kernel / 2, dilation: 1 };
        let input = [images, channels, height, width];
        let (kernel, stride, padding) = ([kernel; 2], [stride; 2], [kernel / 2; 2]);
        let theirs = |input: Tensor<4>| match kind {
            PoolKind::Max => max_pool2d(input, MaxPoolOptions::new(kernel).with_stride(stride).with_padding(padding)),
            PoolKind::Average | PoolKind::AverageWithPadding => {
                let options = AvgPoolOptions::new(kernel).with_stride(stride).with_padding(padding);
                avg_pool2d(input, options.with_count_include_pad(kind == PoolKind::AverageWithPadding))
            }
        };
        // The weight takes no part, but for a term that gives it a gradient.
        let ours = all(input, [1, 1, 1, 1], |input, weight| pool2d(input, kind, window) + weight);
        let theirs = all(input, [1, 1, 1, 1], |input, weight| theirs(input) + weight);
        same(&ours, &theirs)?;
    }

    #[test]
    fn batch_norm_is_burns((images, channels) in (1_usize..20, 1_usize..9), (height, width) in (1_usize..12, 2_usize..12)) {
        let vector = |weight: &Tensor<4>, row: usize| weight.clone().slice([row..row + 1, 0..channels, 0..1, 0..1]).reshape([channels]);
        // Far from zero, where a variance in one pass would lose its digits.
        let ours = all([images, channels, height, width], [2, channels, 1, 1], |input, weight| {
            batch_norm_train(input + 100.0, vector(&weight, 0), vector(&weight, 1), 1e-5).output
        });
        let theirs = all([images, channels, height, width], [2, channels, 1, 1], |input, weight| {
            burn::tensor::module::batch_norm_train(input + 100.0, vector(&weight, 0), vector(&weight, 1), 1e-5).output
        });
        // Where the true gradient of the input is zero, both leave what rounding leaves.
        prop_assume!(images * height * width > 4);
        for (what, (ours, theirs)) in ["output", "input gradient", "weight gradient"].iter().zip(ours.iter().zip(&theirs)) {
            let scale = theirs.iter().fold(1.0_f32, |scale, value| scale.max(value.abs()));
            for (ours, theirs) in ours.iter().zip(theirs) {
                prop_assert!((ours - theirs).abs() <= 1e-3 * scale, "{what}: {ours} and {theirs}");
            }
        }
    }

    #[test]
    fn a_batch_norm_that_is_added_is_a_sum(
        (images, channels) in (1_usize..20, 1_usize..9),
        (height, width) in (2_usize..12, 2_usize..12),
        is_held in any::<bool>(),
    ) {
        let shape = [images, channels, height, width];
        let vector = |weight: &Tensor<4>, row: usize| weight.clone().slice([row..row + 1, 0..channels, 0..1, 0..1]).reshape([channels]);
        let sum = |input: &Tensor<4>| input.clone() * 0.5;
        let ours = all(shape, [2, channels, 1, 1], |input, weight| {
            let sum = sum(&input);
            let _held = is_held.then(|| sum.clone());
            add_batch_norm_train(sum, input, vector(&weight, 0), vector(&weight, 1), 1e-5).output
        });
        let theirs = all(shape, [2, channels, 1, 1], |input, weight| {
            sum(&input) + batch_norm_train(input, vector(&weight, 0), vector(&weight, 1), 1e-5).output
        });
        same(&ours, &theirs)?;
    }

    #[test]
    fn batch_norm_with_fixed_statistics_is_burns((images, channels) in (1_usize..20, 1_usize..9), (height, width) in (1_usize..12, 1_usize..12)) {
        let device = Device::flex();
        let vector = |seed: u64| Tensor::<4>::from_data(values([1, channels, 1, 1], seed), &device).reshape([channels]);
        let (scale, shift, mean, variance) = (vector(2), vector(3), vector(4), vector(5).abs());
        let input = Tensor::<4>::from_data(values([images, channels, height, width], 1), &device);
        let statistics = [mean.clone(), variance.clone()];
        // The second holds the only copy of its input, which it may write over.
        let ours = read(batch_norm_fixed(input.clone(), [scale.clone(), shift.clone()], statistics.clone(), 1e-3));
        let in_place = read(batch_norm_fixed(input.clone() * 1.0, [scale.clone(), shift.clone()], statistics, 1e-3));
        let theirs = read(burn::tensor::module::batch_norm(input.clone(), scale, shift, mean, variance, 1e-3));
        prop_assert_eq!(read(input), Tensor::<4>::from_data(values([images, channels, height, width], 1), &device).try_into_vec_as::<f32>().expect("readable"), "the input is as it was");
        prop_assert_eq!(&ours, &in_place);
        let size = theirs.iter().fold(1.0_f32, |size, value| size.max(value.abs()));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert!((ours - theirs).abs() <= 1e-5 * size, "{ours} and {theirs}");
        }
    }
}

#[test]
fn batch_norm_statistics_are_exact_and_gradients_agree_with_finite_differences() {
    let device = Device::flex().autodiff();
    let shape = [3, 2, 2, 2];
    let one = |value: f32| Tensor::<1>::from_data([value, -value], &device);
    let loss = |data: Tensor<4>| {
        (batch_norm_train(data, one(1.5), one(0.5), 1e-5).output * Tensor::from_data(values(shape, 3), &device)).sum()
    };
    let input = Tensor::<4>::from_data(values(shape, 1), &device).require_grad();
    let result = batch_norm_train(input.clone(), one(1.0), one(0.0), 1e-5);
    let mean: Vec<f32> = result.mean.try_into_vec_as().expect("readable");
    let channel: Vec<f32> = read(input.clone().inner()).chunks(4).step_by(2).flatten().copied().collect();
    let expected = channel.iter().sum::<f32>() / 12.0;
    assert!((mean[0] - expected).abs() < 1e-6, "{mean:?} {expected}");
    let variance: Vec<f32> = result.variance.try_into_vec_as().expect("readable");
    let spread = channel.iter().map(|value| (value - expected).powi(2)).sum::<f32>() / 12.0;
    assert!((variance[0] - spread).abs() < 1e-6, "{variance:?} {spread}");

    let gradient = read(input.grad(&loss(input.clone()).backward()).expect("a gradient"));
    let at = |place: usize, change: f32| {
        let mut numbers: Vec<f32> = values(shape, 1).try_to_vec().expect("numbers");
        numbers[place] += change;
        loss(Tensor::from_data(TensorData::new(numbers, shape), &device)).try_into_scalar::<f32>().expect("a number")
    };
    for (place, gradient) in gradient.iter().enumerate() {
        let slope = (at(place, 1e-2) - at(place, -1e-2)) / 2e-2;
        assert!((slope - gradient).abs() < 2e-2, "{place}: {slope} and {gradient}");
    }
}

#[test]
fn a_diverged_number_passes_through_a_pool() {
    let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
    let input = Tensor::<4>::from_data([[[[1.0, f32::NAN], [0.0, 2.0]]]], &Device::flex());
    assert!(read(pool2d(input, PoolKind::Max, window)).iter().all(|value| value.is_nan()));
}

/// Large enough to be handed to several threads.
fn large() -> [[Vec<f32>; 3]; 6] {
    let window = Window { kernel: 5, stride: 1, padding: 4, dilation: 2 };
    let depthwise = all([64, 16, 16, 16], [16, 1, 5, 5], |input, weight| depthwise_conv2d(input, weight, window));
    let pointwise = all([64, 16, 16, 16], [24, 16, 1, 1], |input, weight| dense_conv2d(input, weight, POINTWISE));
    let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
    let pool = all([64, 16, 16, 16], [1, 1, 1, 1], |input, weight| pool2d(input, PoolKind::Max, window) + weight);
    let norm = all([64, 16, 16, 16], [1, 16, 1, 1], |input, weight| {
        batch_norm_train(input, weight.clone().reshape([16]), weight.reshape([16]), 1e-5).output
    });
    let window = |stride| Window { kernel: 3, stride, padding: 1, dilation: 1 };
    let dense = [1, 2]
        .map(|stride| all([21, 16, 16, 16], [12, 16, 3, 3], |input, weight| relu_dense_conv2d(input, weight, window(stride))));
    let [dense, strided] = dense;
    [depthwise, pointwise, pool, norm, dense, strided]
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let alone = pool(1).install(large);
    for threads in [2, 3, 7] {
        assert_eq!(pool(threads).install(large), alone, "{threads} threads");
    }
}

#[test]
#[should_panic(expected = "a kernel that spans 9 pixels does not fit into 8")]
fn a_window_that_does_not_fit_is_refused() {
    let device = Device::flex();
    let window = Window { kernel: 5, stride: 1, padding: 0, dilation: 2 };
    depthwise_conv2d(Tensor::zeros([1, 2, 8, 8], &device), Tensor::zeros([2, 1, 5, 5], &device), window);
}

#[test]
#[should_panic(expected = "the weight of a convolution")]
fn a_weight_of_another_shape_is_refused() {
    let device = Device::flex();
    dense_conv2d(Tensor::zeros([1, 2, 8, 8], &device), Tensor::zeros([2, 3, 1, 1], &device), POINTWISE);
}

#[test]
fn kernels_are_switched_off_for_a_while() {
    let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
    let run = || dense_conv2d(input(), weight(), window);
    fn input() -> Tensor<4> {
        Tensor::from_data(values([4, 9, 12, 12], 1), &Device::flex())
    }
    fn weight() -> Tensor<4> {
        Tensor::from_data(values([8, 9, 3, 3], 2), &Device::flex())
    }
    let burns = read(conv2d(input(), weight(), None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1)));
    let ours = read(run());
    assert_ne!(ours, burns, "two ways of adding that round alike");
    assert_eq!(read(with_stock_operations(run)), burns);
    assert!(std::panic::catch_unwind(|| with_stock_operations(|| panic!("on the way"))).is_err());
    assert_eq!(read(run()), ours);
}
