use bonas_core::StudyRng;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

/// `x W + b`. Its parameters come from the generator that is handed in: Burn's own is shared by all threads of a process.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// `[inputs, outputs]`
    pub(crate) weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub(crate) bias: Param<Tensor<1>>,
}

impl Linear {
    /// Weights uniform in ± `weight_range`, biases in ± `bias_range`.
    pub(crate) fn uniform(
        [inputs, outputs]: [usize; 2],
        weight_range: f64,
        bias_range: f64,
        rng: &mut StudyRng,
        device: &Device,
    ) -> Self {
        let weight = uniform(inputs * outputs, weight_range, rng);
        Self::of([inputs, outputs], weight, uniform(outputs, bias_range, rng), device)
    }

    /// Weights uniform in ±√(6 / (inputs + outputs)), so that neither signals nor gradients grow or shrink much from layer to
    /// layer, and biases of 0 (Glorot and Bengio 2010).
    pub(crate) fn glorot([inputs, outputs]: [usize; 2], rng: &mut StudyRng, device: &Device) -> Self {
        let range = (6.0 / (inputs + outputs) as f64).sqrt();
        Self::of([inputs, outputs], uniform(inputs * outputs, range, rng), vec![0.0; outputs], device)
    }

    fn of(shape: [usize; 2], weight: Vec<f32>, bias: Vec<f32>, device: &Device) -> Self {
        let weight = Param::from_data(TensorData::new(weight, shape), device);
        Self { weight, bias: Param::from_data(TensorData::new(bias, [shape[1]]), device) }
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val()) + self.bias.val().unsqueeze::<2>()
    }
}

/// Numbers uniform in ± `range`, which is above 0.
fn uniform(count: usize, range: f64, rng: &mut StudyRng) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-range..range) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    #[test]
    fn parameters_start_in_their_ranges() {
        let (mut rng, device) = (SeedStream::new(1).rng("layer", 0), Device::flex());
        let largest = |values: Vec<f32>| values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let weight = |layer: &Linear| largest(layer.weight.val().try_into_vec_as().expect("readable"));
        let bias = |layer: &Linear| largest(layer.bias.val().try_into_vec_as().expect("readable"));
        let uniform = Linear::uniform([64, 64], 0.05, 0.125, &mut rng, &device);
        assert!((0.045..=0.05).contains(&weight(&uniform)) && (0.1..=0.125).contains(&bias(&uniform)));
        let glorot = Linear::glorot([40, 20], &mut rng, &device);
        assert!((0.3..=0.1_f32.sqrt()).contains(&weight(&glorot)), "{}", weight(&glorot));
        assert_eq!(bias(&glorot), 0.0);
    }
}
