//! A network of NAS-Bench-201 (Dong and Yang, ICLR 2020) whose edges are all 3×3 convolutions, from our kernels.

use crate::work::Mode;
use bonas_kernels::{PoolKind, Window, batch_norm_train, dense_conv2d, pointwise_conv2d, pool2d, relu_dense_conv2d};
use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::batch_norm;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::time::Instant;

const CHANNELS: usize = 16;
const CLASSES: usize = 10;

#[derive(Module, Debug)]
struct Norm {
    scale: Param<Tensor<1>>,
    shift: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
struct Block {
    weight: Param<Tensor<4>>,
    norm: Norm,
    stride: usize,
}

/// Six edges of a cell, or the two of a reduction with its shortcut.
#[derive(Module, Debug)]
struct Stage {
    blocks: Vec<Block>,
    shortcut: Option<Param<Tensor<4>>>,
}

#[derive(Module, Debug)]
struct Network {
    stem: Block,
    stages: Vec<Stage>,
    last: Norm,
    classifier: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

fn numbers<const D: usize>(shape: [usize; D], scale: f32, device: &Device) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let number = |index: usize| ((index * 7919 % 1009) as f32 / 504.5 - 1.0) * scale;
    Tensor::from_data(TensorData::new((0..count).map(number).collect(), shape), device)
}

fn weight(shape: [usize; 4], device: &Device) -> Param<Tensor<4>> {
    Param::from_tensor(numbers(shape, (3.0 / (shape[1] * shape[2] * shape[3]) as f32).sqrt(), device))
}

impl Norm {
    fn new(channels: usize, device: &Device) -> Self {
        let of = |tensor| Param::from_tensor(tensor);
        Self { scale: of(Tensor::ones([channels], device)), shift: of(Tensor::zeros([channels], device)) }
    }

    fn forward(&self, x: Tensor<4>, mode: Mode) -> Tensor<4> {
        let (scale, shift) = (self.scale.val(), self.shift.val());
        match mode {
            Mode::Train => batch_norm_train(x, scale, shift, 1e-5).output,
            Mode::Infer => {
                let (mean, variance) = (shift.zeros_like(), scale.ones_like());
                batch_norm(x, scale, shift, mean, variance, 1e-5)
            }
        }
    }
}

impl Block {
    fn new(inputs: usize, outputs: usize, stride: usize, device: &Device) -> Self {
        Self { weight: weight([outputs, inputs, 3, 3], device), norm: Norm::new(outputs, device), stride }
    }

    fn forward(&self, x: Tensor<4>, mode: Mode) -> Tensor<4> {
        let window = Window { kernel: 3, stride: self.stride, padding: 1, dilation: 1 };
        self.norm.forward(relu_dense_conv2d(x, self.weight.val(), window), mode)
    }
}

impl Network {
    fn new(cells: usize, device: &Device) -> Self {
        let mut stages = Vec::new();
        for stage in 0..3 {
            let width = CHANNELS << stage;
            if stage > 0 {
                let blocks = vec![Block::new(width / 2, width, 2, device), Block::new(width, width, 1, device)];
                stages.push(Stage { blocks, shortcut: Some(weight([width, width / 2, 1, 1], device)) });
            }
            let cell = |_| Stage { blocks: (0..6).map(|_| Block::new(width, width, 1, device)).collect(), shortcut: None };
            stages.extend((0..cells).map(cell));
        }
        Self {
            stem: Block::new(3, CHANNELS, 1, device),
            stages,
            last: Norm::new(4 * CHANNELS, device),
            classifier: Param::from_tensor(numbers([4 * CHANNELS, CLASSES], 0.1, device)),
            bias: Param::from_tensor(Tensor::zeros([CLASSES], device)),
        }
    }

    fn forward(&self, x: Tensor<4>, mode: Mode) -> Tensor<2> {
        let window = Window { kernel: 3, stride: 1, padding: 1, dilation: 1 };
        let mut x = self.stem.norm.forward(dense_conv2d(x, self.stem.weight.val(), window), mode);
        for Stage { blocks, shortcut } in &self.stages {
            let edge = |index: usize, x: &Tensor<4>| blocks[index].forward(x.clone(), mode);
            x = match shortcut {
                Some(shortcut) => {
                    let pooled = pool2d(x.clone(), PoolKind::Average, Window { kernel: 2, stride: 2, padding: 0, dilation: 1 });
                    edge(1, &edge(0, &x)) + pointwise_conv2d(pooled, shortcut.val())
                }
                None => {
                    let first = edge(0, &x);
                    let second = edge(1, &x) + edge(2, &first);
                    edge(3, &x) + edge(4, &first) + edge(5, &second)
                }
            };
        }
        let x = relu(self.last.forward(x, mode));
        let [batch, features, height, width] = x.dims();
        let pooled = x.reshape([batch, features, height * width]).mean_dim(2).reshape([batch, features]);
        pooled.matmul(self.classifier.val()) + self.bias.val().unsqueeze()
    }
}

/// Seconds of every step after the first.
pub(crate) fn seconds(cells: usize, mode: Mode, steps: usize) -> Vec<f64> {
    let device = if mode == Mode::Train { Device::flex().autodiff() } else { Device::flex() };
    let mut network = Network::new(cells, &device);
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let config = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(WeightDecayConfig::new(3e-4)));
    let mut optimizer = config.init();
    let images = numbers([64, 3, 32, 32], 1.0, &device);
    let labels: Vec<i32> = (0..64).map(|image| image % CLASSES as i32).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [64]), &device);
    let mut seconds = Vec::new();
    for _ in 0..=steps {
        let start = Instant::now();
        let logits = network.forward(images.clone(), mode);
        if mode == Mode::Train {
            let loss = CrossEntropyLossConfig::new().init(&device).forward(logits, labels.clone());
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(1e-3, network, gradients);
        } else {
            let _: Vec<f32> = logits.try_into_vec_as().expect("readable");
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.split_off(1)
}
