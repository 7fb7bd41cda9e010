use crate::darts::{DartsNetwork, DartsPath};
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use crate::trainee::Trainee;
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;

/// Gradients of a loss of the logits without the feature maps of the whole network: only what cells hand on is kept, and every cell is
/// computed a second time when its gradients are due (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). `None` where
/// `loss` gives none.
///
/// Batch norms take their statistics from the batch, both times.
///
/// # Panics
/// When the network is not of DARTS cells, which the settings rule out.
pub(crate) fn recomputed_gradients(
    trainee: &Trainee,
    path: &Path,
    images: Tensor<4>,
    loss: impl FnOnce(Tensor<2>) -> Option<Tensor<1>>,
) -> Option<GradientsParams> {
    let (Network::Darts(network), Path::Darts(path)) = (&trainee.network, path) else { panic!("only cells are computed again") };
    let states = states(network, path, images.clone());
    let mut sum = GradientsAccumulator::new();
    let mut wanted: Vec<Option<Tensor<4>>> = vec![None; states.len()];

    let features = leaf(&states[states.len() - 1]);
    let mut gradients = loss(network.logits(features.clone()))?.backward();
    wanted[states.len() - 1] = features.grad_remove(&mut gradients);
    sum.accumulate(trainee, GradientsParams::from_grads(gradients, trainee));

    for depth in (0..network.depth()).rev() {
        let Some(gradient) = wanted[depth + 2].take() else { continue };
        let inputs = [leaf(&states[depth]), leaf(&states[depth + 1])];
        let output = network.cell(depth, inputs.clone(), path, &mut Normalize::Batch);
        let mut gradients = along(output, gradient).backward();
        for (place, input) in inputs.into_iter().enumerate() {
            add(&mut wanted[depth + place], input.grad_remove(&mut gradients));
        }
        sum.accumulate(trainee, GradientsParams::from_grads(gradients, trainee));
    }

    let stem = network.stem(images, &mut Normalize::Batch);
    let parts = stem.into_iter().zip(&mut wanted).filter_map(|(output, gradient)| Some(along(output, gradient.take()?)));
    if let Some(stem) = parts.reduce(|sum, part| sum + part) {
        sum.accumulate(trainee, GradientsParams::from_grads(stem.backward(), trainee));
    }
    Some(sum.grads())
}

/// The two outputs of the stem, then that of every cell, outside of autodiff.
fn states(network: &DartsNetwork, path: &DartsPath, images: Tensor<4>) -> Vec<Tensor<4>> {
    let network = network.valid();
    let mut states = network.stem(images.inner(), &mut Normalize::Batch).to_vec();
    for depth in 0..network.depth() {
        let inputs = [states[depth].clone(), states[depth + 1].clone()];
        states.push(network.cell(depth, inputs, path, &mut Normalize::Batch));
    }
    states
}

fn leaf(state: &Tensor<4>) -> Tensor<4> {
    state.clone().autodiff().require_grad()
}

/// A number whose gradient by `output` is `gradient`.
fn along(output: Tensor<4>, gradient: Tensor<4>) -> Tensor<1> {
    (output * gradient.autodiff()).sum()
}

fn add(sum: &mut Option<Tensor<4>>, gradient: Option<Tensor<4>>) {
    *sum = match (sum.take(), gradient) {
        (Some(sum), Some(gradient)) => Some(sum + gradient),
        (sum, gradient) => sum.or(gradient),
    };
}
