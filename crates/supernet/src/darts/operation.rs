use crate::build::Build;
use crate::convolution::Convolution;
use crate::error::SupernetError;
use crate::normalization::{Norm, Normalize};
use crate::precision::in_full;
use crate::program::Tracer;
use crate::sum::added;
use bonas_export::{Operator, Value};
use bonas_kernels::{PoolKind, Window, concatenate_channels, pool2d, subsample};
use bonas_spaces::Primitive;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

/// An operation of a cell (Liu et al., DARTS, ICLR 2019): [batch, c, h, w] → [batch, c, ⌈h/stride⌉, ⌈w/stride⌉].
#[derive(Module, Debug)]
pub enum Operation {
    /// 3×3 pooling.
    Pool(Pool),
    /// The identity, where the resolution stays.
    Identity(Identity),
    /// The identity, where the resolution is halved.
    Reduce(FactorizedReduce),
    /// One or two separable convolutions.
    Separable(Separable),
}

impl Operation {
    pub(crate) fn new(primitive: Primitive, channels: usize, stride: usize, build: &mut Build<'_>) -> Self {
        let separable = |kernel, dilation, repeats, build: &mut Build<'_>| {
            Self::Separable(Separable::new(channels, stride, kernel, dilation, repeats, build))
        };
        match primitive {
            Primitive::MaxPool3x3 => Self::Pool(Pool::new(true, channels, stride, build)),
            Primitive::AvgPool3x3 => Self::Pool(Pool::new(false, channels, stride, build)),
            Primitive::SkipConnect if stride == 1 => Self::Identity(Identity {}),
            Primitive::SkipConnect => Self::Reduce(FactorizedReduce::new([channels, channels], build)),
            Primitive::SepConv3x3 => separable(3, 1, 2, build),
            Primitive::SepConv5x5 => separable(5, 1, 2, build),
            Primitive::DilConv3x3 => separable(3, 2, 1, build),
            Primitive::DilConv5x5 => separable(5, 2, 1, build),
        }
    }

    /// Adds its result to what a node has summed so far.
    pub(crate) fn forward(&self, sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        match self {
            Self::Pool(pool) => pool.forward(sum, x, normalize),
            Self::Identity(_) => added(sum, x),
            Self::Reduce(reduce) => reduce.forward(sum, x, normalize),
            Self::Separable(separable) => separable.forward(sum, x, normalize),
        }
    }

    /// Whether its result is its input.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Self::Identity(_))
    }

    /// What [`forward`](Self::forward) computes.
    pub(super) fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        match self {
            Self::Pool(pool) => pool.trace(x, &format!("{name}.Pool"), tracer),
            Self::Identity(_) => Ok(x),
            Self::Reduce(reduce) => reduce.trace(x, &format!("{name}.Reduce"), tracer),
            Self::Separable(separable) => separable.trace(x, &format!("{name}.Separable"), tracer),
        }
    }

    pub(crate) fn norms<'a>(&'a self, found: &mut Vec<&'a Norm>) {
        match self {
            Self::Pool(pool) => found.extend(&pool.norm),
            Self::Identity(_) => {}
            Self::Reduce(reduce) => found.push(&reduce.norm),
            Self::Separable(separable) => found.extend(separable.stages.iter().map(|stage| &stage.norm)),
        }
    }
}

/// The identity as a module without parameters.
#[derive(Module, Debug)]
pub struct Identity {}

/// 3×3 pooling with padding 1; averages do not count the padding. In a supernet a batch norm follows, so that sampled paths
/// stay on one scale; a stand-alone network has none (as in DARTS).
#[derive(Module, Debug)]
pub struct Pool {
    norm: Option<Norm>,
    is_max: bool,
    stride: usize,
}

impl Pool {
    fn new(is_max: bool, channels: usize, stride: usize, build: &mut Build<'_>) -> Self {
        let norm = (!build.norms.is_affine()).then(|| build.norms.build(channels, build.device));
        Self { norm, is_max, stride }
    }

    fn forward(&self, sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let kind = if self.is_max { PoolKind::Max } else { PoolKind::Average };
        let window = Window { kernel: 3, stride: self.stride, padding: 1, dilation: 1 };
        let pooled = in_full(x, |x| pool2d(x, kind, window));
        match &self.norm {
            Some(norm) => norm.forward_onto(sum, pooled, normalize),
            None => added(sum, pooled),
        }
    }

    fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let operator = Operator::Pool { is_max: self.is_max, kernel: 3, stride: self.stride, padding: 1 };
        let pooled = tracer.program.then(name, operator, x);
        match &self.norm {
            Some(norm) => norm.trace(pooled, &format!("{name}.norm"), tracer),
            None => Ok(pooled),
        }
    }
}

/// ReLU, 1×1 convolution, batch norm: brings a cell's input to its channels.
#[derive(Module, Debug)]
pub(crate) struct Project {
    convolution: Convolution,
    pub(crate) norm: Norm,
}

impl Project {
    pub(crate) fn new(channels: [usize; 2], build: &mut Build<'_>) -> Self {
        let convolution = Convolution::dense(channels, 1, 1, build.rng, build.device);
        Self { convolution, norm: build.norms.build(channels[1], build.device) }
    }

    pub(crate) fn forward(&self, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        self.convolution.forward_normed(None, x, true, &self.norm, normalize)
    }

    /// What [`forward`](Self::forward) computes.
    pub(super) fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let projected = self.convolution.trace_relu(x, format!("{name}.convolution"), tracer)?;
        self.norm.trace(projected, &format!("{name}.norm"), tracer)
    }
}

/// Halves the resolution with two 1×1 convolutions of stride 2, the second on the image shifted by one pixel, so that every
/// pixel is seen. Odd resolutions are padded with zeros on the far side.
#[derive(Module, Debug)]
pub struct FactorizedReduce {
    even: Convolution,
    odd: Convolution,
    pub(crate) norm: Norm,
}

impl FactorizedReduce {
    pub(crate) fn new([input, output]: [usize; 2], build: &mut Build<'_>) -> Self {
        let half = output / 2;
        let even = Convolution::dense([input, half], 1, 1, build.rng, build.device);
        let odd = Convolution::dense([input, output - half], 1, 1, build.rng, build.device);
        Self { even, odd, norm: build.norms.build(output, build.device) }
    }

    /// Adds its result to what a node has summed so far.
    pub(crate) fn forward(&self, sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let odd = subsample(far_padded(x.clone(), [height % 2, width % 2]), 1, 2);
        // The ReLU comes with the convolutions, for the pixels alone that they see.
        let (odd, even) = (self.odd.forward_relu(odd), self.even.forward_relu(subsample(x, 0, 2)));
        self.norm.forward_onto(sum, concatenate_channels(vec![even, odd]), normalize)
    }

    /// What [`forward`](Self::forward) computes.
    pub(crate) fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let relu = tracer.program.then(format!("{name}.relu"), Operator::Relu, x);
        let shape = tracer.program.shape(relu);
        let padded = match [shape.height % 2, shape.width % 2] {
            [0, 0] => relu,
            [below, right] => tracer.program.then(format!("{name}.padded"), Operator::Zeros { below, right }, relu),
        };
        let odd = tracer.program.then(format!("{name}.odd.pixels"), Operator::Subsample { first: 1, step: 2 }, padded);
        let odd = self.odd.trace(odd, format!("{name}.odd"), tracer)?;
        let even = tracer.program.then(format!("{name}.even.pixels"), Operator::Subsample { first: 0, step: 2 }, relu);
        let even = self.even.trace(even, format!("{name}.even"), tracer)?;
        let both = tracer.program.concatenation(format!("{name}.both"), vec![even, odd]);
        self.norm.trace(both, &format!("{name}.norm"), tracer)
    }
}

/// Appends zeros below and to the right.
fn far_padded(x: Tensor<4>, [below, right]: [usize; 2]) -> Tensor<4> {
    match [below, right] {
        [0, 0] => x,
        _ => x.pad((0, right, 0, below), PadMode::Constant(0.0)),
    }
}

/// A chain of ReLU, depthwise convolution, 1×1 convolution, batch norm. The first link takes the stride.
#[derive(Module, Debug)]
pub struct Separable {
    stages: Vec<SeparableStage>,
}

/// One link of a [`Separable`] chain.
#[derive(Module, Debug)]
pub(crate) struct SeparableStage {
    depthwise: Convolution,
    pointwise: Convolution,
    norm: Norm,
}

impl Separable {
    fn new(channels: usize, stride: usize, kernel: usize, dilation: usize, repeats: usize, build: &mut Build<'_>) -> Self {
        let stages = (0..repeats).map(|index| SeparableStage {
            depthwise: Convolution::depthwise(
                channels,
                kernel,
                if index == 0 { stride } else { 1 },
                dilation,
                build.rng,
                build.device,
            ),
            pointwise: Convolution::dense([channels, channels], 1, 1, build.rng, build.device),
            norm: build.norms.build(channels, build.device),
        });
        Self { stages: stages.collect() }
    }

    fn forward(&self, mut sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let last = self.stages.len() - 1;
        self.stages.iter().enumerate().fold(x, |x, (number, stage)| {
            let sum = if number == last { sum.take() } else { None };
            stage.pointwise.forward_normed_after(&stage.depthwise, sum, x, &stage.norm, normalize)
        })
    }

    fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        self.stages.iter().enumerate().try_fold(x, |x, (number, stage)| {
            let name = format!("{name}.stages.{number}");
            let x = stage.depthwise.trace_relu(x, format!("{name}.depthwise"), tracer)?;
            let x = stage.pointwise.trace(x, format!("{name}.pointwise"), tracer)?;
            stage.norm.trace(x, &format!("{name}.norm"), tracer)
        })
    }
}
