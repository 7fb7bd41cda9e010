use crate::layer::Linear;
use crate::network::Network;
use bonas_core::StudyRng;
use burn::module::Module;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

/// A multilayer perceptron: `H ← ReLU(H W + b)` a few times, the last of which is the embedding, and a linear head with a sigmoid.
#[derive(Module, Debug)]
pub(crate) struct Mlp {
    layers: Vec<Linear>,
    head: Linear,
}

impl Mlp {
    /// A network for rows of this many numbers.
    pub(crate) fn new(columns: usize, layers: usize, width: usize, rng: &mut StudyRng, device: &Device) -> Self {
        let inputs = std::iter::once(columns).chain(std::iter::repeat(width)).take(layers);
        let layers = inputs.map(|inputs| Linear::glorot([inputs, width], rng, device)).collect();
        Self { layers, head: Linear::glorot([width, 1], rng, device) }
    }
}

impl Network for Mlp {
    type Batch = Tensor<2>;
    type Statistics = ();

    fn embed_and_measure(&self, batch: &Tensor<2>) -> (Tensor<2>, ()) {
        (self.embed(batch, &()), ())
    }

    fn embed(&self, batch: &Tensor<2>, _statistics: &()) -> Tensor<2> {
        self.layers.iter().fold(batch.clone(), |states, layer| relu(layer.forward(states)))
    }

    fn predict(&self, embeddings: Tensor<2>) -> Tensor<1> {
        let [graphs, _] = embeddings.dims();
        sigmoid(self.head.forward(embeddings).reshape([graphs]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use burn::module::Param;

    #[test]
    fn one_layer_by_hand() {
        let device = Device::flex();
        let mut network = Mlp::new(2, 1, 2, &mut SeedStream::new(1).rng("network", 0), &device);
        network.layers[0].weight = Param::from_data([[1.0, -1.0], [2.0, 0.5]], &device);
        network.layers[0].bias = Param::from_data([0.25, -0.25], &device);
        network.head.weight = Param::from_data([[1.0], [3.0]], &device);
        let embedding = network.embed(&Tensor::from_data([[1.0, 0.5], [-1.0, 1.0]], &device), &());
        let found: Vec<f32> = embedding.clone().try_into_vec_as().expect("readable");
        assert_eq!(found, [2.25, 0.0, 1.25, 1.25]);
        let predicted: Vec<f32> = network.predict(embedding).try_into_vec_as().expect("readable");
        assert!((predicted[0] - 1.0 / (1.0 + (-2.25_f32).exp())).abs() < 1e-6);
        assert!((predicted[1] - 1.0 / (1.0 + (-5.0_f32).exp())).abs() < 1e-6);
    }
}
