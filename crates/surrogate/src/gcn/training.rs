use super::Gcn;
use super::parameters::{Places, read, write};
use super::pass::Pass;
use super::states::States;
use crate::GcnConfig;
use crate::adam::Adam;
use crate::encoding::GraphEncoder;
use crate::network::Blueprint;
use crate::settings::Settings;
use bonas_core::{CellGraph, StudyRng, SurrogateError};
use burn::tensor::Device;
use rand::seq::SliceRandom;

/// Trains a fresh network on the CPU without tensors: as [`train`](crate::training::train) does it by Burn, from the same generator, but
/// for rounding.
///
/// Products of a few hundred rows are so small that a tensor library spends as long on its graph of operations as on them, and it
/// computes states that many nodes share for each node.
pub(super) fn train(
    config: &GcnConfig,
    encoder: &GraphEncoder,
    graphs: &[CellGraph],
    targets: &[f64],
    rng: &mut StudyRng,
) -> Result<Gcn, SurrogateError> {
    let (settings, device) = (config.settings(), Device::flex());
    let mut network = config.network(encoder, rng, &device);
    let mut parameters = read(&network)?;
    let states = States::new(graphs, encoder.vocabulary, config.layers);
    let mut steps = Steps::new(Places::of(&network), config.batch_norm_epsilon, &settings);
    let mut order: Vec<usize> = (0..graphs.len()).collect();
    for epoch in 0..settings.epochs {
        order.shuffle(rng);
        let mut last = 0.0;
        for indices in order.chunks(settings.batch_size) {
            last = steps.step(&mut parameters, &states, indices, targets);
        }
        if !last.is_finite() {
            return Err(SurrogateError::Diverged(format!("the loss of the network is {last} after epoch {epoch}")));
        }
    }
    write(&mut network, &parameters, &device);
    Ok(network)
}

/// What is kept between steps.
struct Steps<'a> {
    settings: &'a Settings,
    pass: Pass,
    adam: Adam,
    gradient: Vec<f32>,
}

impl<'a> Steps<'a> {
    fn new(places: Places, batch_norm_epsilon: f64, settings: &'a Settings) -> Self {
        let adam = Adam::new(places.len(), settings.learning_rate, settings.adam_epsilon);
        Self { settings, pass: Pass::new(places, batch_norm_epsilon), adam, gradient: vec![0.0; places.len()] }
    }

    /// One step on some of the graphs; returns the loss before it.
    fn step(&mut self, parameters: &mut [f32], states: &States, indices: &[usize], targets: &[f64]) -> f32 {
        let batch = states.select(indices);
        let targets: Vec<f64> = indices.iter().map(|&index| targets[index]).collect();
        let predictions = self.pass.forward(parameters, &batch);
        let (value, derivatives) = self.settings.loss().derivatives(predictions, &targets, self.settings.hinge_margin);
        self.pass.backward(parameters, &batch, &derivatives, &mut self.gradient);
        self.adam.step(parameters, &self.gradient);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Encoder, Network};
    use crate::{Loss, training};
    use bonas_core::SeedStream;
    use burn::tensor::Tensor;
    use rand::RngExt;

    fn rng() -> StudyRng {
        SeedStream::new(3).rng("gcn", 0)
    }

    /// Graphs of two to six nodes with random operations and edges.
    fn graphs(count: usize) -> Vec<CellGraph> {
        let mut rng = SeedStream::new(4).rng("graphs", 0);
        let mut graph = || {
            let nodes = rng.random_range(2..7);
            let operations = (0..nodes).map(|_| rng.random_range(0..3)).collect();
            let pairs = (0..nodes).flat_map(|to| (0..to).map(move |from| (from, to)));
            CellGraph::new(operations, pairs.filter(|_| rng.random_bool(0.5)).collect(), 3).expect("valid")
        };
        (0..count).map(|_| graph()).collect()
    }

    fn targets(count: usize) -> Vec<f64> {
        (0..count).map(|index| (index * 7 % count) as f64 / count as f64).collect()
    }

    #[test]
    fn gradients_are_those_of_burn_with_every_loss() {
        let (graphs, targets) = (graphs(12), targets(12));
        let (encoder, device) = (GraphEncoder { vocabulary: 3 }, Device::flex().autodiff());
        let config = GcnConfig { layers: 3, width: 8, weight_range: 0.5, ..GcnConfig::default() };
        let network = config.network(&encoder, &mut rng(), &device);
        let (places, parameters) = (Places::of(&network), read(&network).expect("readable"));
        let batch = States::new(&graphs, 3, 3).select(&(0..12).collect::<Vec<_>>());
        assert!(batch.layers[1].len() < batch.nodes, "some states are shared");
        for loss in [Loss::Mse, Loss::Mae, Loss::Exponential, Loss::ExponentialRelease, Loss::PairwiseHinge] {
            let mut pass = Pass::new(places, config.batch_norm_epsilon);
            let (value, derivatives) = loss.derivatives(pass.forward(&parameters, &batch), &targets, 0.1);
            let mut gradient = vec![0.0; places.len()];
            pass.backward(&parameters, &batch, &derivatives, &mut gradient);

            let (embeddings, _) = network.embed_and_measure(&encoder.encode(&graphs, &device));
            let expected = loss.of(network.predict(embeddings), &targets, 0.1);
            let gradients = expected.clone().backward();
            assert!((expected.into_scalar::<f32>() - value).abs() < 1e-6, "{loss:?}");
            fn of<const D: usize>(tensor: Tensor<D>, gradients: &burn::tensor::Gradients) -> Vec<f32> {
                tensor.grad(gradients).expect("it has a part").try_into_vec_as().expect("readable")
            }
            let near = |what: &str, found: &[f32], expected: Vec<f32>| {
                let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                let distance = found.iter().zip(&expected).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max);
                assert!(found.len() == expected.len() && largest > 0.0, "{what}");
                assert!(distance < 1e-4 * largest, "{loss:?}: {what} differ by {distance} of {largest}");
            };
            for (index, layer) in network.layers.iter().enumerate() {
                near("weights", &gradient[places.weight(index)], of(layer.linear.weight.val(), &gradients));
                near("gammas", &gradient[places.gamma(index)], of(layer.norm.gamma.val(), &gradients));
                near("betas", &gradient[places.beta(index)], of(layer.norm.beta.val(), &gradients));
            }
            near("heads", &gradient[places.head()], of(network.head.weight.val(), &gradients));
            near("biases", &gradient[places.head_bias()..], of(network.head.bias.val(), &gradients));
        }
    }

    #[test]
    fn training_ends_where_it_ends_by_burn() {
        let (graphs, targets) = (graphs(50), targets(50));
        let config = GcnConfig { layers: 3, width: 16, batch_size: 20, epochs: 20, ..GcnConfig::default() }.resolved();
        let settings = config.settings();
        let by_burn =
            training::train_by_burn(&config, &settings, &graphs, &targets, &Device::flex(), &mut rng()).expect("trained");
        let directly = training::train(&config, &settings, &graphs, &targets, &Device::flex(), &mut rng()).expect("trained");
        let (expected, found) = (by_burn.predict(&graphs).expect("finite"), directly.predict(&graphs).expect("finite"));
        let spread = expected.iter().fold([1.0_f64, 0.0], |[low, high], &value| [low.min(value), high.max(value)]);
        assert!(spread[1] - spread[0] > 0.05, "something was learned: {spread:?}");
        let distance = expected.iter().zip(&found).map(|(left, right)| (left - right).abs()).fold(0.0, f64::max);
        assert!(distance < 2e-3, "predictions differ by {distance}");
    }
}
