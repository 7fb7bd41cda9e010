use crate::error::SupernetError;
use crate::network::Network;
use crate::step::device_error;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Tensor};

/// An exponential moving average of the weights of a network (Polyak & Juditsky, 1992, in the form that TensorFlow made common):
/// a ← d · a + (1 − d) · w after every step, with d = min(decay, (1 + step) / (10 + step)), so that the first weights are soon forgotten.
pub(crate) struct WeightAverage {
    network: Network,
    decay: f64,
}

/// The share of the old average at a step, the first of which is 1.
fn decay_at(decay: f64, step: u64) -> f64 {
    decay.min((1 + step) as f64 / (10 + step) as f64)
}

impl WeightAverage {
    /// Begins with the weights of a network, which is off the autodiff device.
    pub(crate) fn new(network: Network, decay: f64) -> Self {
        Self { network, decay }
    }

    /// Takes in the weights after a step, the first of which is 1.
    pub(crate) fn update(&mut self, network: &Network, step: u64) {
        let mut weights = Weights(GradientsParams::new());
        network.visit(&mut weights);
        let mut blend = Blend { weights: weights.0, share: decay_at(self.decay, step) };
        self.network = self.network.clone().map(&mut blend);
    }

    /// The network with averaged weights.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The averaged weights as a record.
    ///
    /// # Errors
    /// When they cannot be read from the device.
    pub(crate) fn state(&self) -> Result<Vec<u8>, SupernetError> {
        let bytes = self.network.clone().into_record().into_bytes().map_err(device_error("reading the averaged weights"))?;
        Ok(bytes.to_vec())
    }

    /// Continues from a state.
    ///
    /// # Errors
    /// With the reason, when it is of another network.
    pub(crate) fn restore(&mut self, state: Vec<u8>) -> Result<(), String> {
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(state)).map_err(|error| error.to_string())?;
        self.network = self.network.clone().try_load_record(record).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// The weights of a network by their identity.
struct Weights(GradientsParams);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, param.val());
    }
}

struct Blend {
    weights: GradientsParams,
    share: f64,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.weights.remove::<D>(param.id) {
            Some(weights) => param.map(|average| average * self.share + weights * (1.0 - self.share)),
            None => param,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::Candidates;
    use crate::config::NetworkConfig;
    use crate::network::{Shared, TaskShape};
    use bonas_core::{SearchSpace, SeedStream};
    use bonas_spaces::DartsSpace;
    use burn::tensor::Device;

    #[test]
    fn the_first_weights_are_soon_forgotten() {
        assert_eq!([1, 8, 80, 80_000].map(|step| decay_at(0.999, step)), [2.0 / 11.0, 0.5, 0.9, 0.999]);
    }

    /// A network whose weights are all the same number.
    fn filled(network: &Network, value: f32) -> Network {
        struct Fill(f32);
        impl ModuleMapper for Fill {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                param.map(|weights| weights.full_like(self.0))
            }
        }
        network.clone().map(&mut Fill(value))
    }

    struct Numbers(Vec<f32>);

    impl ModuleVisitor for Numbers {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_to_vec::<f32>().expect("floats"));
        }
    }

    #[test]
    fn it_is_the_closed_form_for_every_weight() {
        let space = DartsSpace::darts();
        let mut rng = SeedStream::new(1).rng("network", 0);
        let genotype = space.genotype(&space.sample(&mut rng));
        let task = TaskShape { channels: 1, classes: 3 };
        let config = NetworkConfig { channels: 2, cells: 1, ..NetworkConfig::default() };
        // Without affine batch norms, whose running statistics are no weights.
        let candidates = Candidates::Darts(vec![genotype]);
        let Shared { network, .. } = Network::shared(&candidates, &config, task, &mut rng, &Device::flex());
        let mut average = WeightAverage::new(filled(&network, 1.0), 0.4);
        let mut expected = 1.0;
        for step in 1..=6 {
            let weight = step as f64;
            average.update(&filled(&network, weight as f32), step);
            let share = 0.4f64.min((1 + step) as f64 / (10 + step) as f64);
            expected = share * expected + (1.0 - share) * weight;
        }
        let mut numbers = Numbers(Vec::new());
        average.network().visit(&mut numbers);
        assert!(numbers.0.len() > 100);
        assert!(numbers.0.iter().all(|&number| (f64::from(number) - expected).abs() < 1e-5), "{expected}: {:?}", &numbers.0[..3]);
    }
}
