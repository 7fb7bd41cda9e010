use super::layer::Layer;
use super::shape::Shape;
use crate::build::Build;
use crate::convolution::Convolution;
use crate::darts::FactorizedReduce;
use crate::error::SupernetError;
use crate::normalization::{Norm, Normalize};
use crate::precision::{cast, in_full};
use crate::program::Tracer;
use crate::sum::added;
use bonas_export::{Operator, Value};
use bonas_kernels::{PoolKind, Window, pool2d, subsample};
use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, s};

/// The layers of an edge, with their weights.
#[derive(Module, Debug)]
pub(super) struct Part {
    layers: Vec<LayerModule>,
}

/// A [`Layer`] with its weights.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a boxed module is no module, and there are a few hundred of them at most")]
enum LayerModule {
    Plain(Plain),
    Convolution(Convolution),
    Norm(Norm),
    Reduce(FactorizedReduce),
}

/// A layer without weights.
#[derive(Module, Debug)]
struct Plain {
    #[module(skip)]
    layer: Layer,
}

impl Part {
    pub(super) fn new(layers: &[Layer], mut shape: Shape, build: &mut Build<'_>) -> Self {
        let mut modules = Vec::with_capacity(layers.len());
        for &layer in layers {
            modules.extend(LayerModule::new(layer, shape.channels, build));
            shape = layer.output(shape);
        }
        Self { layers: modules }
    }

    /// Adds its result to what a node has summed so far.
    pub(super) fn forward(&self, mut sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let (mut x, mut layers) = (x, &self.layers[..]);
        loop {
            // The last layers know best how to add their result.
            let mut onto = |rest: &[LayerModule]| if rest.is_empty() { sum.take() } else { None };
            // What is one operation together comes first.
            (x, layers) = match layers {
                [] => return added(sum, x),
                [
                    LayerModule::Plain(Plain { layer: Layer::Relu }),
                    LayerModule::Convolution(convolution),
                    LayerModule::Norm(norm),
                    rest @ ..,
                ] => (convolution.forward_normed(onto(rest), x, true, norm, normalize), rest),
                [LayerModule::Plain(Plain { layer: Layer::Relu }), LayerModule::Convolution(convolution), rest @ ..] => {
                    (convolution.forward_relu(x), rest)
                }
                [LayerModule::Convolution(convolution), LayerModule::Norm(norm), rest @ ..] => {
                    (convolution.forward_normed(onto(rest), x, false, norm, normalize), rest)
                }
                [LayerModule::Norm(norm), rest @ ..] => (norm.forward_onto(onto(rest), x, normalize), rest),
                [LayerModule::Reduce(reduce), rest @ ..] => (reduce.forward(onto(rest), x, normalize), rest),
                [LayerModule::Convolution(convolution), rest @ ..] => (convolution.forward_onto(onto(rest), x), rest),
                [LayerModule::Plain(plain), rest @ ..] => (apply(plain.layer, x), rest),
            };
        }
    }

    /// Whether it only selects of its input.
    pub(super) fn is_identity(&self) -> bool {
        self.layers
            .iter()
            .all(|layer| matches!(layer, LayerModule::Plain(Plain { layer: Layer::Truncate { .. } | Layer::Shortcut { .. } })))
    }

    /// What [`forward`](Self::forward) computes.
    pub(super) fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        self.layers.iter().enumerate().try_fold(x, |x, (number, layer)| {
            let name = format!("{name}.layers.{number}");
            match layer {
                LayerModule::Plain(plain) => Ok(trace_plain(plain.layer, x, name, tracer)),
                LayerModule::Convolution(convolution) => convolution.trace(x, format!("{name}.Convolution"), tracer),
                LayerModule::Norm(norm) => norm.trace(x, &format!("{name}.Norm"), tracer),
                LayerModule::Reduce(reduce) => reduce.trace(x, &format!("{name}.Reduce"), tracer),
            }
        })
    }

    pub(super) fn norms(&self) -> impl Iterator<Item = &Norm> {
        self.layers.iter().filter_map(|layer| match layer {
            LayerModule::Norm(norm) => Some(norm),
            LayerModule::Reduce(reduce) => Some(&reduce.norm),
            LayerModule::Plain(_) | LayerModule::Convolution(_) => None,
        })
    }
}

impl LayerModule {
    /// `None` for what only supernets have, elsewhere.
    fn new(layer: Layer, channels: usize, build: &mut Build<'_>) -> Option<Self> {
        Some(match layer {
            Layer::Relu | Layer::Relu6 | Layer::Pool { .. } | Layer::Truncate { .. } | Layer::Shortcut { .. } => {
                Self::Plain(Plain { layer })
            }
            Layer::SharedNorm if build.norms.is_affine() => return None,
            Layer::Norm | Layer::SharedNorm => Self::Norm(build.norms.build(channels, build.device)),
            Layer::Convolution { output, kernel, stride } => {
                Self::Convolution(Convolution::dense([channels, output], kernel, stride, build.rng, build.device))
            }
            Layer::Depthwise { kernel, stride, dilation } => {
                Self::Convolution(Convolution::depthwise(channels, kernel, stride, dilation, build.rng, build.device))
            }
            Layer::FactorizedReduce { output } => Self::Reduce(FactorizedReduce::new([channels, output], build)),
        })
    }
}

/// A layer that has no weights.
fn apply(layer: Layer, x: Tensor<4>) -> Tensor<4> {
    match layer {
        Layer::Relu => relu(x),
        Layer::Relu6 => x.clamp(0.0, 6.0),
        Layer::Truncate { channels } => x.slice(s![.., 0..channels as isize]),
        Layer::Shortcut { output, stride } => shortcut(x, output, stride),
        Layer::Pool { is_max, kernel, stride } => in_full(x, |x| pool(x, is_max, kernel, stride)),
        // These have modules of their own.
        Layer::Norm
        | Layer::SharedNorm
        | Layer::Convolution { .. }
        | Layer::Depthwise { .. }
        | Layer::FactorizedReduce { .. } => x,
    }
}

/// Every `stride`-th pixel; zeros in the channels that are new.
fn shortcut(x: Tensor<4>, output: usize, stride: usize) -> Tensor<4> {
    let x = if stride == 1 { x } else { subsample(x, 0, stride) };
    let [batch, channels, height, width] = x.dims();
    match output.saturating_sub(channels) {
        0 => x,
        new => {
            let zeros = cast(Tensor::zeros([batch, new, height, width], &x.device()), x.dtype());
            Tensor::cat(vec![x, zeros], 1)
        }
    }
}

/// What [`apply`] computes.
fn trace_plain(layer: Layer, x: Value, name: String, tracer: &mut Tracer<'_>) -> Value {
    let program = &mut tracer.program;
    match layer {
        Layer::Relu => program.then(name, Operator::Relu, x),
        Layer::Relu6 => program.then(name, Operator::Relu6, x),
        Layer::Truncate { channels } => program.then(name, Operator::FirstChannels(channels), x),
        Layer::Shortcut { output, stride } => {
            let pixels = match stride {
                1 => x,
                _ => program.then(format!("{name}.pixels"), Operator::Subsample { first: 0, step: stride }, x),
            };
            match output.saturating_sub(program.shape(pixels).channels) {
                0 => pixels,
                new => program.then(name, Operator::ZeroChannels(new), pixels),
            }
        }
        Layer::Pool { is_max, kernel, stride } if kernel % 2 == 1 => {
            program.then(name, Operator::Pool { is_max, kernel, stride, padding: kernel / 2 }, x)
        }
        Layer::Pool { is_max, kernel, stride } => {
            let shape = program.shape(x);
            let [below, right] = [shape.height, shape.width].map(|side| missing(side, kernel));
            let filled = match [below, right] {
                [0, 0] => x,
                _ => program.then(format!("{name}.filled"), Operator::Repeat { below, right }, x),
            };
            program.then(name, Operator::Pool { is_max, kernel, stride, padding: 0 }, filled)
        }
        // These have modules of their own.
        Layer::Norm
        | Layer::SharedNorm
        | Layer::Convolution { .. }
        | Layer::Depthwise { .. }
        | Layer::FactorizedReduce { .. } => x,
    }
}

fn pool(x: Tensor<4>, is_max: bool, kernel: usize, stride: usize) -> Tensor<4> {
    let kind = if is_max { PoolKind::Max } else { PoolKind::Average };
    match kernel % 2 {
        1 => pool2d(x, kind, Window { kernel, stride, padding: kernel / 2, dilation: 1 }),
        _ => pool2d(filled(x, kernel), kind, Window { kernel, stride, padding: 0, dilation: 1 }),
    }
}

/// Repeats the last row and column until windows of this size cover the map. With a window of two, maximum and mean are then those
/// of the pixels that are there.
fn filled(x: Tensor<4>, kernel: usize) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let mut x = x;
    for _ in 0..missing(height, kernel) {
        let last = x.clone().slice(s![.., .., -1.., ..]);
        x = Tensor::cat(vec![x, last], 2);
    }
    for _ in 0..missing(width, kernel) {
        let last = x.clone().slice(s![.., .., .., -1..]);
        x = Tensor::cat(vec![x, last], 3);
    }
    x
}

/// Pixels that a side lacks to be covered by windows of this size.
fn missing(side: usize, kernel: usize) -> usize {
    (kernel - side % kernel) % kernel
}
